"""The figure of a sum of concepts, as the paper draws it (its figure 7)."""

from collections.abc import Sequence
from math import ceil, sqrt

from PIL import Image

from dcgan.figures.fonts import NORMAL, SMALL, fitted, text_width
from dcgan.figures.labeled_grid import GAP, LINE, MARGIN, enlarged
from dcgan.figures.theme import Canvas, Theme
from dcgan.types import Pixels

MOST = 5  # examples shown of a concept
TILE = 96
_SIGN = 34  # pixels between columns, for + and -
_OF_PIXELS = "the sum of pixels"
_MEAN = "mean of all z"
_SAMPLES, _FIRST = ("samples",), ("the first", f"{MOST} samples")


def arithmetic_figure(
    terms: Sequence[str],
    examples: Sequence[Pixels],
    means: Pixels,
    results: Pixels,
    pixel_sum: Pixels | None,
    theme: Theme,
) -> Image.Image:
    """Draw the examples of each concept above the picture of their mean z; then Y with its variations around it.

    Args:
        terms: What each column is called, with its sign first: "+ smiling", "- 2 * neutral".
        examples: Pixels (N, H, W, C) of each column, N of 0 or more; at most five are shown.
        means: Pixels (T, H, W, C), the picture of each mean.
        results: Pixels (1 + M, H, W, C): Y, which goes into the middle, and its variations.
        pixel_sum: Pixels (H, W, C), the same sum of pictures; None if there is none.
        theme: Colors.
    """
    side = enlarged(means[0], TILE).width
    shown = max(1, *(min(len(group), MOST) for group in examples))
    names = [term.lstrip("+- ") for term in terms]
    widths = [max(side, min(text_width(name, SMALL), 2 * side)) for name in names]
    across = ceil(sqrt(len(results)))
    down = ceil(len(results) / across)
    left = MARGIN + text_width(_MEAN, SMALL) + 12
    top = MARGIN + LINE
    row_of_means = top + max(shown, down) * (side + GAP) + LINE
    right = left + sum(widths) + len(terms) * _SIGN + _SIGN
    block = max(across * (side + GAP) - GAP, 2 * side + _SIGN, text_width(_OF_PIXELS, SMALL) + side)
    canvas = Canvas(right + 8 + block + MARGIN, row_of_means + side + LINE + MARGIN, theme)
    middle = top + max(shown, down) * (side + GAP) / 2
    for line, words in enumerate(_SAMPLES if all(len(group) <= MOST for group in examples) else _FIRST):
        canvas.text(left - 12, middle + line * 20, words, "rm", faint=True)
    canvas.text(left - 12, row_of_means + side / 2, _MEAN, "rm", faint=True)
    x = left
    for column, (term, name, width) in enumerate(zip(terms, names, widths, strict=True)):
        if column or term.startswith("-"):
            _draw_sign(canvas, x + _SIGN // 2, row_of_means + side // 2, minus=term.startswith("-"))
        x += _SIGN
        corner = x + (width - side) // 2
        canvas.text(x + width / 2, top - LINE / 2 - 2, fitted(name, width + _SIGN - 8, SMALL))
        for row, picture in enumerate(examples[column][:MOST]):
            canvas.paste(enlarged(picture, TILE), corner, top + row * (side + GAP))
        if len(examples[column]):
            canvas.paste(enlarged(means[column], TILE), corner, row_of_means)
        else:
            canvas.text(x + width / 2, row_of_means + side / 2, "an axis", faint=True)
        x += width
    rule = row_of_means - LINE / 2 - GAP / 2
    canvas.draw.line([(left, rule), (canvas.image.width - MARGIN, rule)], theme.faint)
    canvas.text(x + _SIGN / 2 + 8, row_of_means + side / 2, "=", height=2 * NORMAL)
    _draw_results(canvas, results, right + 8, top, across, side)
    canvas.paste(enlarged(results[0], TILE), right + 8, row_of_means)
    canvas.text(right + 8 + side / 2, row_of_means + side + LINE / 2, "Y")
    if pixel_sum is not None:
        x = right + 8 + block - side
        canvas.paste(enlarged(pixel_sum, TILE), x, row_of_means)
        canvas.text(x + side, row_of_means + side + LINE / 2, _OF_PIXELS, "rm", faint=True)
    return canvas.image


def _draw_sign(canvas: Canvas, x: int, y: int, *, minus: bool) -> None:
    """A plus or a minus; Pillow's font has no minus that is as wide as its plus."""
    half = NORMAL // 2
    canvas.draw.line([(x - half, y), (x + half, y)], canvas.theme.ink, 3)
    if not minus:
        canvas.draw.line([(x, y - half), (x, y + half)], canvas.theme.ink, 3)


def _draw_results(canvas: Canvas, results: Pixels, left: int, top: int, across: int, side: int) -> None:
    """Y in the middle, in a frame, and its variations around it."""
    middle = len(results) // 2
    order = [*range(1, middle + 1), 0, *range(middle + 1, len(results))]
    label = "Y and variations" if len(results) > 1 else "Y"
    canvas.text(left + min(across, len(results)) * (side + GAP) / 2, top - LINE / 2 - 2, label)
    for cell, index in enumerate(order):
        x, y = left + cell % across * (side + GAP), top + cell // across * (side + GAP)
        canvas.paste(enlarged(results[index], TILE), x, y)
        if index == 0 and len(results) > 1:
            canvas.draw.rectangle((x - 3, y - 3, x + side + 2, y + side + 2), outline=canvas.theme.accent, width=3)
