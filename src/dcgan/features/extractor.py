"""What every extractor of features is, and the mean over a picture and its mirror image."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dcgan.errors import UsageError
from dcgan.model import Model
from dcgan.types import Features, Pixels


class FeatureExtractor(Protocol):
    """Anything that turns pictures into features."""

    @property
    def size(self) -> int:
        """D, how many features a picture has."""

    def extract(self, pixels: Pixels) -> Features:
        """Pixels (N, H, W, C), uint8, to (N, D), float32."""


@dataclass(frozen=True)
class MeanOfMirrorImages:
    """The mean of the features of a picture and of its mirror image.

    Attributes:
        extractor: Makes the features.
    """

    extractor: FeatureExtractor

    @property
    def size(self) -> int:
        """D, how many features a picture has."""
        return self.extractor.size

    def extract(self, pixels: Pixels) -> Features:
        """Pixels (N, H, W, C), uint8, to (N, D), float32."""
        mirrored = self.extractor.extract(pixels[:, :, ::-1])
        return np.asarray((self.extractor.extract(pixels) + mirrored) / 2)


def flipping(extractor: FeatureExtractor, *, horizontal_flip: bool) -> FeatureExtractor:
    """The extractor, or with `horizontal_flip` the mean of both of its views of a picture."""
    return MeanOfMirrorImages(extractor) if horizontal_flip else extractor


def check_flip(model: Model, *, horizontal_flip: bool) -> None:
    """Refuse mirror images of recordings.

    Raises:
        UsageError: The model's pictures are recordings.
    """
    if horizontal_flip and model.sound is not None:
        raise UsageError("`horizontal_flip` would play the recordings backwards: leave it out")
