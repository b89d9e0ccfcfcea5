"""The sheet of faces that were cropped: those that are kept, and those that are not."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from dcgan.figures.fonts import NORMAL
from dcgan.figures.labeled_grid import LINE, MARGIN, Tile, numbered
from dcgan.figures.theme import Canvas, Theme

_COLUMNS = 12


class Section(NamedTuple):
    """Some faces under one title."""

    title: str
    tiles: Sequence[Tile]
    """All of one size."""


def faces_figure(sections: Sequence[Section], theme: Theme) -> Image.Image:
    """Draw the sections one under the other; those without pictures have their title only."""
    grids = [
        numbered(np.stack([one.pixels for one in tiles]), [one.caption for one in tiles], theme, columns=_COLUMNS)
        if tiles
        else None
        for _, tiles in sections
    ]
    title_height = MARGIN + LINE
    width = max(640, *(grid.width for grid in grids if grid))
    height = sum(title_height + (grid.height if grid else MARGIN) for grid in grids)
    canvas = Canvas(width, height, theme)
    y = 0
    for section, grid in zip(sections, grids, strict=True):
        canvas.text(MARGIN, y + MARGIN + LINE / 2, section.title, "lm", NORMAL)
        y += title_height
        if grid:
            canvas.paste(grid, 0, y)
        y += grid.height if grid else MARGIN
    return canvas.image
