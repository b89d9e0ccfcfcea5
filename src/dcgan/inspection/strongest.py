"""The pictures that drive channels most, and what in each of them does so: what figure 5 of the paper is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcgan.inspection.guided import Units, back_propagate
from dcgan.inspection.receptive_field import ReceptiveField, cut_patches
from dcgan.inspection.responses import Responses
from dcgan.model import Model
from dcgan.short_repr import ShortRepr
from dcgan.types import OnProgress, Pixels, PixelStore


@dataclass(frozen=True, eq=False, repr=False)
class Strongest(ShortRepr):
    """For each of R channels K pictures, the strongest first, with their saliency.

    Attributes:
        pixels: (R, K, H, W, C), uint8.
        saliency: (R, K, H, W, C), of either sign: guided back-propagation of the unit that responds most.
        units: (R, K, 3): channel, row and column of that unit.
    """

    pixels: Pixels
    saliency: NDArray[np.float32]
    units: Units

    def cut(self, field: ReceptiveField) -> "Strongest":
        """Pictures and saliency cut to what each unit sees: (R, K, side, side, C).

        Where that is as large as the picture, or larger, they stay whole.
        """
        if field.side >= self.pixels.shape[2]:
            return self
        _, row, column = self.units.reshape(-1, 3).T
        pixels = cut_patches(self.pixels.reshape(-1, *self.pixels.shape[2:]), field, row, column)
        saliency = cut_patches(self.saliency.reshape(-1, *self.saliency.shape[2:]), field, row, column, 0)
        shape = *self.pixels.shape[:2], *pixels.shape[1:]
        return Strongest(pixels.reshape(shape), saliency.reshape(shape), self.units)


def find_strongest(
    model: Model,
    pixels: PixelStore,
    found: Responses,
    channels: Sequence[int],
    top: int | None = None,
    on_progress: OnProgress | None = None,
) -> Strongest:
    """Lead the strongest responses of some channels back to their pictures.

    Args:
        model: Whose discriminator is looked into.
        pixels: (N, H, W, C), uint8: all that the responses were measured on.
        found: The responses of a layer.
        channels: R channels of that layer.
        top: K of the strongest. Default: all that were kept.
        on_progress: Called with (pictures, in all).

    Raises:
        ModelError: The pictures are not of the model's shape.
    """
    chosen = list(channels)
    units = found.units[chosen, :top]
    pictures = pixels[found.picture[chosen, :top]]
    flat = pictures.reshape(-1, *pictures.shape[2:])
    saliency = back_propagate(model, flat, found.layer, units.reshape(-1, 3), on_progress=on_progress)
    return Strongest(pictures, saliency.reshape(pictures.shape), units)
