"""Grids of pictures with names for their rows and columns."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcgan.figures.fonts import NORMAL, SMALL, fitted, text_width
from dcgan.figures.sheets import sheet
from dcgan.figures.theme import Canvas, Theme
from dcgan.types import Pixels

MARGIN, GAP = 16, 4  # pixels
LINE = 24  # height of a line of labels
LONGEST_NAME = 160  # pixels of the name of a group
FEWEST_COLUMNS, MOST_COLUMNS = 8, 32  # of a group that is longer than a row
TILE = 64  # pixels; narrower pictures are enlarged until they have at least this width


class Tile(NamedTuple):
    """A picture with words under it."""

    pixels: Pixels
    """(H, W, C)."""
    caption: str


def enlarged(pixels: Pixels, tile: int) -> Image.Image:
    """One picture (H, W, C), its pixels repeated until it is `tile` pixels wide or a little more."""
    return sheet(pixels[None], scale=max(1, -(-tile // pixels.shape[1])))


def labeled_grid(
    pixels: Pixels,
    theme: Theme,
    *,
    title: str = "",
    rows: Sequence[str] = (),
    columns: Sequence[str] = (),
    tile: int = TILE,
) -> Image.Image:
    """Lay pictures out in rows and columns with labels.

    Args:
        pixels: (R, C, H, W, channels), uint8.
        theme: Colors.
        title: Stands above.
        rows: A label for each row, at its left; or none.
        columns: A label for each column, above it; or none.
        tile: Least width of a picture in pixels; it is enlarged by a whole number of times.

    Raises:
        ValueError: There are other numbers of labels than of rows or columns.
    """
    if (rows and len(rows) != pixels.shape[0]) or (columns and len(columns) != pixels.shape[1]):
        raise ValueError(f"{len(rows)} and {len(columns)} labels for {pixels.shape[0]} rows, {pixels.shape[1]} columns")
    side, height = enlarged(pixels[0, 0], tile).size
    left = MARGIN + (max(text_width(row, SMALL) for row in rows) + 12 if rows else 0)
    top = MARGIN + (LINE + 8 if title else 0) + (LINE if columns else 0)
    width = left + pixels.shape[1] * (side + GAP) - GAP + MARGIN
    canvas = Canvas(width, top + pixels.shape[0] * (height + GAP) - GAP + MARGIN, theme)
    if title:
        canvas.text(left, MARGIN + LINE / 2, fitted(title, width - left - MARGIN, NORMAL), "lm", NORMAL)
    for column, label in enumerate(columns):
        middle = left + column * (side + GAP) + side / 2
        canvas.text(middle, top - LINE / 2 - 2, fitted(label, side + GAP, SMALL), faint=True)
    for row, line in enumerate(pixels):
        y = top + row * (height + GAP)
        if rows:
            canvas.text(left - 12, y + height / 2, rows[row], "rm", faint=True)
        for column, picture in enumerate(line):
            canvas.paste(enlarged(picture, tile), left + column * (side + GAP), y)
    return canvas.image


def grouped(
    pixels: Pixels, names: Sequence[str], theme: Theme, *, columns: int | None = None, tile: int = TILE
) -> Image.Image:
    """Lay groups of pictures out below each other, each in a row of its own, or in several, with its name at the left.

    Args:
        pixels: (G, N, H, W, channels), uint8: N pictures in each group.
        names: One for each group; long ones are cut.
        theme: Colors.
        columns: Pictures in a row. Default: all of a group, or the most up to 32 that leave no row incomplete.
        tile: Least width of a picture in pixels.
    """
    count = pixels.shape[1]
    columns = min(columns, count) if columns is not None else _columns(count)
    rows = -(-count // columns)
    empty = np.empty((len(pixels), rows * columns - count, *pixels.shape[2:]), np.uint8)
    empty[:] = (*theme.ground, 255)[: pixels.shape[-1]]
    filled = np.concatenate([pixels, empty], axis=1).reshape(-1, columns, *pixels.shape[2:])
    lines = [line for name in names for line in (fitted(name, LONGEST_NAME, SMALL), *[""] * (rows - 1))]
    return labeled_grid(filled, theme, rows=lines, tile=tile)


def _columns(count: int) -> int:
    fit = max(columns for columns in range(1, MOST_COLUMNS + 1) if count % columns == 0)
    return fit if fit >= min(FEWEST_COLUMNS, count) else MOST_COLUMNS


def numbered(
    pixels: NDArray[np.uint8], labels: Sequence[str], theme: Theme, *, columns: int = 10, tile: int = TILE
) -> Image.Image:
    """Lay pictures (N, H, W, channels) of at least `tile` pixels in width out with a label under each."""
    columns = min(columns, len(pixels))
    side, height = enlarged(pixels[0], tile).size
    rows = -(-len(pixels) // columns)
    high = height + LINE
    canvas = Canvas(2 * MARGIN + columns * (side + GAP) - GAP, 2 * MARGIN + rows * high, theme)
    for index, (picture, label) in enumerate(zip(pixels, labels, strict=True)):
        x, y = MARGIN + index % columns * (side + GAP), MARGIN + index // columns * high
        canvas.paste(enlarged(picture, tile), x, y)
        canvas.text(x + side / 2, y + height + LINE / 2 - 2, fitted(label, side + GAP, SMALL), faint=True)
    return canvas.image
