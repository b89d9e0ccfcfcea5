"""The sheet of faces that were cropped: those that are kept, and those that are not."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from dcgan.figures.fonts import NORMAL
from dcgan.figures.labeled_grid import LINE, MARGIN, numbered
from dcgan.figures.theme import Canvas, Theme
from dcgan.types import Pixels

_COLUMNS = 12


class Section(NamedTuple):
    """Some faces under one title."""

    title: str
    pixels: Sequence[Pixels]
    """(H, W, 3) each, all of one size."""
    captions: Sequence[str]
    """One for each."""


def faces_figure(sections: Sequence[Section], theme: Theme) -> Image.Image:
    """Draw the sections one under the other; those without pictures have their title only."""
    grids = [
        numbered(np.stack(section.pixels), section.captions, theme, columns=_COLUMNS) if section.pixels else None
        for section in sections
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
