"""A loss and a baseline for dcgan. `pip install` of this package is all that `dcgan` needs to offer both."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from dcgan.probing.baselines.baseline import BuildContext, FeatureBaseline
from dcgan.training.losses import Loss
from dcgan.types import Features, Pixels

BINS = 8


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Half the squared distance of D(x) to 1 and of D(G(z)) to 0, averaged (Mao et al. 2017)."""
    return ((real_logits - 1).square().mean() + fake_logits.square().mean()) / 2


def generator_loss(_real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Half the squared distance of D(G(z)) to 1, averaged."""
    return (fake_logits - 1).square().mean() / 2


LEAST_SQUARES = Loss(discriminator_loss, generator_loss, pairs=False)  # the generator's loss ignores real logits


@dataclass(frozen=True)
class ColorHistogram:
    """How often each level of each channel occurs in a picture.

    Attributes:
        size: Features of a picture: BINS for each channel.
    """

    size: int

    def extract(self, pixels: Pixels) -> Features:
        """Pixels (N, H, W, C), uint8, to shares (N, C BINS), float32, that sum to 1 for each channel."""
        levels = pixels.reshape(len(pixels), -1, pixels.shape[-1]) // (256 // BINS)
        counts = [(levels == level).mean(axis=1) for level in range(BINS)]
        return np.concatenate(counts, axis=1).astype(np.float32)


def fit_color_histogram(context: BuildContext) -> ColorHistogram:
    """There is nothing to fit; only the number of channels is read from the pictures."""
    return ColorHistogram(BINS * context.train.channels)


COLOR_HISTOGRAM = FeatureBaseline(fit_color_histogram)
