"""A grid of pictures between four: a map of the part of latent space that lies between them."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from dcgan.errors import UsageError
from dcgan.figures.labeled_grid import labeled_grid
from dcgan.figures.notebook import html_of
from dcgan.figures.theme import THEMES, Theme
from dcgan.latent.interpolation import Fractions, interpolate_latents
from dcgan.latent.samples import SeedsOrLatents, latents_of
from dcgan.model import Model
from dcgan.short_repr import ShortRepr
from dcgan.types import Latents, Pixels

MOST = 100
"""Rows, and columns."""


@dataclass(frozen=True, repr=False)
class InterpolationGrid(ShortRepr):
    """Pictures between four that stand at the corners.

    Attributes:
        z: (R, C, latent_dim), float32.
        pixels: (R, C, H, W, channels), uint8.
    """

    z: Latents
    pixels: Pixels

    def figure(self, theme: Theme = THEMES["light"]) -> Image.Image:
        """The pictures as a grid."""
        return labeled_grid(self.pixels, theme)

    def _repr_html_(self) -> str:
        return html_of(self.figure())


def interpolate_grid(model: Model, corners: SeedsOrLatents, rows: int = 7, columns: int = 7) -> InterpolationGrid:
    """Fill a grid between four samples.

    Each row is a walk from the left edge to the right one, as `interpolate` walks; the edges are walks from corner to
    corner. All that is in the grid lies between pictures that you have chosen.

    Args:
        model: Whose latent space.
        corners: Four samples: top left, top right, bottom left, bottom right. Seeds, or z (4, latent_dim).
        rows: Pictures from top to bottom, 2 to 100.
        columns: Pictures from left to right, 2 to 100.

    Raises:
        UsageError: There are not four corners, or a value is out of its range.

    Example:
        >>> grid = dcgan.interpolate_grid(dcgan.load("faces"), [3, 17, 40, 8])
        >>> grid.pixels.shape
        (7, 7, 32, 32, 3)
    """
    for name, value in (("rows", rows), ("columns", columns)):
        if not 2 <= value <= MOST:
            raise UsageError(f"`{name}` must be 2 to {MOST}, not {value}")
    z = grid_latents(model, latents_of(model, corners), np.linspace(0, 1, columns), np.linspace(0, 1, rows))
    pixels = model.generate(z.reshape(-1, z.shape[2]))
    return InterpolationGrid(z, pixels.reshape(*z.shape[:2], *pixels.shape[1:]))


def grid_latents(model: Model, corners: Latents, x: Fractions, y: Fractions) -> Latents:
    """Places between four latent vectors.

    Args:
        model: Whose latent space.
        corners: z (4, latent_dim): top left, top right, bottom left, bottom right.
        x: (C,), from 0 at the left to 1 at the right.
        y: (R,), from 0 at the top to 1 at the bottom.

    Returns:
        z (R, C, latent_dim), float32.

    Raises:
        UsageError: There are not four corners, or a place is out of its range.
    """
    if len(corners) != 4:
        raise UsageError(f"`corners` must be 4 samples, not {len(corners)}")
    if not all(((places >= 0) & (places <= 1)).all() for places in (x, y)):
        raise UsageError("places between the corners are 0 to 1")
    left, right = (interpolate_latents(model, corners[side], corners[side + 2], y) for side in (0, 1))
    return np.stack([interpolate_latents(model, *ends, x) for ends in zip(left, right, strict=True)])
