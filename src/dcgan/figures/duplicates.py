"""The sheet of near duplicates: the pictures of each group side by side."""

from collections.abc import Sequence

from PIL import Image

from dcgan.figures.fonts import NORMAL, SMALL, fitted
from dcgan.figures.labeled_grid import GAP, LINE, MARGIN, Tile, enlarged
from dcgan.figures.theme import Canvas, Theme

_TILE = 96  # pixels
_APART = 20  # between groups
_WIDEST = 1100  # pixels, of the sheet


def duplicates_figure(groups: Sequence[Sequence[Tile]], title: str, theme: Theme) -> Image.Image:
    """Lay out groups one after the other, in as many lines as they take; a rule under each holds it together.

    Args:
        groups: Pictures of each, of any sizes; there may be none.
        title: Stands above.
        theme: Colors.
    """
    places: list[tuple[int, int]] = []  # of each group: its left, and its line
    x, line = MARGIN, 0
    for group in groups:
        width = len(group) * (_TILE + GAP) - GAP
        if x > MARGIN and x + width > _WIDEST - MARGIN:
            x, line = MARGIN, line + 1
        places.append((x, line))
        x += width + _APART
    top, high = MARGIN + LINE + 8, _TILE + LINE + _APART
    canvas = Canvas(_WIDEST, top + (line + 1 if groups else 0) * high, theme)
    canvas.text(MARGIN, MARGIN + LINE / 2, fitted(title, _WIDEST - 2 * MARGIN, NORMAL), "lm", NORMAL)
    for group, (left, line) in zip(groups, places, strict=True):
        y = top + line * high
        for number, (pixels, caption) in enumerate(group):
            x = left + number * (_TILE + GAP)
            picture = enlarged(pixels, _TILE)
            canvas.paste(picture.resize((_TILE, _TILE)) if picture.width != _TILE else picture, x, y)
            canvas.text(x + _TILE / 2, y + _TILE + LINE / 2 - 2, fitted(caption, _TILE + GAP, SMALL), faint=True)
        right = left + len(group) * (_TILE + GAP) - GAP
        canvas.draw.line((left, y + _TILE + LINE, right - 1, y + _TILE + LINE), canvas.theme.faint)
    return canvas.image
