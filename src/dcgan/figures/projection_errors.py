"""The figure of the test for memorization by projection: how near a model comes to pictures of several kinds."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcgan.figures.fonts import NORMAL, SMALL, text_width
from dcgan.figures.labeled_grid import LINE, MARGIN
from dcgan.figures.theme import Canvas, Theme

_WIDTH, _ROW, _DOT = 720, 64, 4  # pixels
_SPREAD = 0.36  # of a row, by dots
_TICKS = 8  # about


def plot_projection_errors(groups: Mapping[str, NDArray[np.float64]], theme: Theme) -> Image.Image:
    """Plot the error of each picture as a dot, a row for each group, with a line and a number at its median.

    Args:
        groups: Errors (N,) in gray levels, by the name of the group; at least one in each.
        theme: Colors.
    """
    most = 1.05 * max(float(errors.max()) for errors in groups.values()) or 1.0
    left = MARGIN + max(text_width(name, SMALL) for name in groups) + 16
    top = MARGIN + 2 * LINE
    bottom = top + len(groups) * _ROW
    canvas = Canvas(left + _WIDTH + MARGIN, bottom + LINE + 2 * MARGIN, theme)

    def x_of(value: float) -> float:
        return left + value / most * _WIDTH

    title = "differences between pictures and what the model draws, in gray levels"
    canvas.text(left, MARGIN + LINE / 2, title, "lm", NORMAL)
    step = _round_step(most / _TICKS)
    for mark in np.arange(0, most, step):
        x = x_of(float(mark))
        canvas.draw.line([(x, bottom), (x, bottom + 5)], theme.ink)
        canvas.text(x, bottom + 5 + LINE / 2, f"{mark:g}", faint=True)
    canvas.draw.line([(left, bottom), (left + _WIDTH, bottom)], theme.ink)
    for row, (name, errors) in enumerate(groups.items()):
        y = top + row * _ROW + _ROW / 2
        canvas.text(left - 12, y, name, "rm", faint=True)
        for number, error in enumerate(errors):
            x, offset = x_of(float(error)), (number * 0.618 % 1 - 0.5) * _ROW * _SPREAD  # evenly, without chance
            canvas.draw.ellipse((x - _DOT / 2, y + offset - _DOT / 2, x + _DOT / 2, y + offset + _DOT / 2), theme.ink)
        middle = float(np.median(errors))
        x = x_of(middle)
        canvas.draw.line([(x, y - _ROW * 0.45), (x, y + _ROW * 0.3)], theme.accent, width=2)
        canvas.text(x + 6, y - _ROW * 0.36, f"{middle:.1f}", "lm")
    return canvas.image


def _round_step(least: float) -> float:
    """1, 2 or 5 times a power of ten, at least so large."""
    power = 10.0 ** np.floor(np.log10(least))
    return float(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least))
