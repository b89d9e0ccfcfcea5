"""Which pixels a unit sees, and the pictures cut to just those."""

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from dcgan.networks.architecture import Architecture

T = TypeVar("T", bound=np.generic)


class ReceptiveField(NamedTuple):
    """The square of pixels that each unit of a layer sees; at the edges it reaches beyond the picture.

    Attributes:
        side: Its side.
        step: From a unit's to its neighbor's.
        start: Where the first unit's begins, 0 or less.
    """

    side: int
    step: int
    start: int

    def corner(self, position: NDArray[np.int64]) -> NDArray[np.int64]:
        """The first pixel that is seen from rows, or columns, of the map."""
        return self.start + self.step * position


def receptive_field(architecture: Architecture, layer: int) -> ReceptiveField:
    """Follow the layers down to `layer`: each widens what is seen by its reach, less one, in steps so far."""
    side, step, start = 1, 1, 0
    fits = architecture.discriminator_geometry[: layer + 1]
    for stage, fit in zip(architecture.discriminator, fits, strict=False):
        side += (stage.reach - 1) * step
        start -= fit.padding * step
        step *= stage.stride
    return ReceptiveField(side, step, start)


def cut_patches(
    pixels: NDArray[T], field: ReceptiveField, row: NDArray[np.int64], column: NDArray[np.int64], beyond: int = 128
) -> NDArray[T]:
    """Cut each picture to what one of its units sees.

    Args:
        pixels: (N, H, W, C), pictures, or other numbers for each of a picture's.
        field: Of the units' layer.
        row: (N,), where in the layer's map each picture's unit is.
        column: (N,).
        beyond: What lies beyond the picture: by default the gray that the net sees as 0.

    Returns:
        (N, side, side, C), of the type of `pixels`.
    """
    around = field.side  # no field reaches farther out
    framed = np.pad(pixels, ((0, 0), (around, around), (around, around), (0, 0)), constant_values=beyond)
    windows = np.lib.stride_tricks.sliding_window_view(framed, (field.side, field.side), axis=(1, 2))
    patches = windows[np.arange(len(pixels)), field.corner(row) + around, field.corner(column) + around]
    return np.ascontiguousarray(np.moveaxis(patches, 1, 3))
