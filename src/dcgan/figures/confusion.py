"""The confusion matrix of a classifier."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcgan.figures.fonts import SMALL, fitted, text_width
from dcgan.figures.labeled_grid import LINE, MARGIN
from dcgan.figures.theme import Canvas, Theme

_CELL = 52  # pixels; wider, where names of columns need it
_WIDEST = 120  # pixels
_LONGEST = 160  # pixels of a name


def confusion_figure(shares: NDArray[np.float64], names: Sequence[str], theme: Theme) -> Image.Image:
    """Draw a row for each true class and a column for each predicted class; a cell of the full color is 100%.

    Args:
        shares: (K, K), each row adds up to 1, or to 0.
        names: K.
        theme: Colors.
    """
    shown = [fitted(name, _LONGEST, SMALL) for name in names]
    longest = max(text_width(name, SMALL) for name in shown)
    wide = max(_CELL, min(_WIDEST, longest + 8))
    left, top = MARGIN + longest + 12, MARGIN + LINE + 8
    width = max(left + len(shown) * wide, left + text_width("predicted, in %", SMALL)) + MARGIN
    canvas = Canvas(width, top + len(shown) * _CELL + LINE + MARGIN, theme)
    canvas.text(left, MARGIN + LINE / 2, "predicted, in %", "lm", faint=True)
    for row, name in enumerate(shown):
        y = top + row * _CELL
        canvas.text(left - 12, y + _CELL / 2, name, "rm")
        canvas.text(left + (row + 0.5) * wide, top + len(shown) * _CELL + LINE / 2, fitted(name, wide - 4, SMALL))
        for column, share in enumerate(shares[row]):
            x = left + column * wide
            red, green, blue = (
                round(ground + (accent - ground) * float(share))
                for ground, accent in zip(theme.ground, theme.accent, strict=True)
            )
            color = (red, green, blue)
            canvas.draw.rectangle((x, y, x + wide - 2, y + _CELL - 2), fill=color, outline=theme.faint)
            if share >= 0.005:
                canvas.text(x + wide / 2 - 1, y + _CELL / 2 - 1, f"{100 * share:.0f}", on=color)
    return canvas.image
