"""The pixels themselves as features."""

from dataclasses import dataclass

import numpy as np

from dcgan.probing.baselines.baseline import BuildContext, FeatureBaseline
from dcgan.types import Features, Pixels


@dataclass(frozen=True)
class PixelFeatures:
    """Pixels in [-1, 1], one after the other.

    Attributes:
        size: H W C, how many a picture has.
    """

    size: int

    def extract(self, pixels: Pixels) -> Features:
        """Pixels (N, H, W, C), uint8, to (N, H W C), float32."""
        return np.asarray(pixels.reshape(len(pixels), -1) / np.float32(127.5) - 1, np.float32)


def fit_pixels(context: BuildContext) -> PixelFeatures:
    """There is nothing to fit."""
    return PixelFeatures(int(np.prod(context.train.pixels.shape[1:])))


PIXELS = FeatureBaseline(fit_pixels, clips=True)
