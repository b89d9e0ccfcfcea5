"""The figure of the paper's test for memorization: steps of a walk beside distances of unrelated pictures."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcgan.figures.fonts import NORMAL, SMALL, text_width
from dcgan.figures.labeled_grid import LINE, MARGIN
from dcgan.figures.theme import Canvas, Theme

Distances = NDArray[np.float64]

_WIDTH, _ROW, _DOT = 720, 30, 4  # pixels


def plot_perceptual_steps(
    steps: Distances, random_pairs: Distances, labels: Sequence[str], theme: Theme
) -> Image.Image:
    """Plot each step of each row as a dot, the largest as a ring with its value, above a band of random pairs.

    Args:
        steps: (R, S), the perceptual distance between the pictures at the two ends of each step.
        random_pairs: (P,), that of pictures that have nothing to do with each other; its median is 1 on the axis.
        labels: R names of rows.
        theme: Colors.
    """
    unit = float(np.median(random_pairs)) or 1.0
    steps, pairs = steps / unit, random_pairs / unit
    most = max(1.25, float(steps.max()) * 1.1, float(np.quantile(pairs, 0.95)))
    left = MARGIN + max(text_width(label, SMALL) for label in [*labels, "random pairs"]) + 16
    top = MARGIN + 2 * LINE
    canvas = Canvas(left + _WIDTH + MARGIN, top + (len(steps) + 1) * _ROW + LINE + 2 * MARGIN, theme)

    def x_of(value: float) -> float:
        return left + value / most * _WIDTH

    title = f"perceptual distance of {steps.shape[1]} steps a row; the median random pair is 1"
    canvas.text(left, MARGIN + LINE / 2, title, "lm", NORMAL)
    bottom = top + (len(steps) + 1) * _ROW
    low, high = (x_of(float(np.quantile(pairs, share))) for share in (0.05, 0.95))
    canvas.draw.rectangle((low, top, min(high, left + _WIDTH), bottom), fill=theme.faint)
    canvas.text((low + high) / 2, bottom - _ROW / 2, "90% of random pairs")
    for mark in np.arange(0, most, 0.25):
        x = x_of(float(mark))
        canvas.draw.line([(x, bottom), (x, bottom + 5)], theme.ink)
        canvas.text(x, bottom + 5 + LINE / 2, f"{mark:g}", faint=True)
    canvas.draw.line([(left, bottom), (left + _WIDTH, bottom)], theme.ink)
    for row, (values, label) in enumerate(zip(steps, labels, strict=True)):
        y = top + row * _ROW + _ROW / 2
        canvas.text(left - 12, y, label, "rm", faint=True)
        canvas.draw.line([(left, y), (x_of(float(values.max())), y)], theme.faint)
        for value in values:
            x = x_of(float(value))
            canvas.draw.ellipse((x - _DOT / 2, y - _DOT / 2, x + _DOT / 2, y + _DOT / 2), fill=theme.ink)
        x = x_of(float(values.max()))
        canvas.draw.ellipse((x - _DOT, y - _DOT, x + _DOT, y + _DOT), outline=theme.accent, width=2)
        canvas.text(x + 10, y, f"{values.max():.2f}", "lm")
    return canvas.image
