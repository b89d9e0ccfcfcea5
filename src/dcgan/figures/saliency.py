"""Numbers of either sign as pictures, and the paper's figure of guided back-propagation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcgan.figures.fonts import NORMAL, SMALL, text_width
from dcgan.figures.labeled_grid import GAP, LINE, MARGIN, TILE, enlarged
from dcgan.figures.theme import Canvas, Theme
from dcgan.types import Pixels

_APART = 12  # pixels between the features, and twice that between the sides
_CLIPPED = 2.5  # times a saliency's root mean square: where black and white are, so that weaker parts can be seen


def saliency_pixels(saliency: NDArray[np.float32]) -> Pixels:
    """Numbers (..., H, W, C) as pixels (..., H, W, 1 or 3), uint8: 0 is gray, and each is scaled by its own size.

    Its size is the root mean square of what is not 0, for a unit sees a part of the picture. Of four channels the
    colors are shown.
    """
    shown = saliency[..., :3]
    axes = (-3, -2, -1)
    counts = np.count_nonzero(shown, axis=axes, keepdims=True).clip(1)
    white = _CLIPPED * np.sqrt(np.square(shown).sum(axis=axes, keepdims=True) / counts)
    shares = (shown / np.where(white > 0, white, 1)).clip(-1, 1)
    return np.round(127.5 + 127.5 * shares).astype(np.uint8)


@dataclass(frozen=True)
class Side:
    """One side of the figure: for each of R features K pictures and what is shown below each.

    Attributes:
        title: Stands above.
        pixels: (R, K, H, W, C), uint8.
        saliency: (R, K, H, W, C), of either sign.
    """

    title: str
    pixels: Pixels
    saliency: NDArray[np.float32]


def saliency_figure(sides: Sequence[Side], names: Sequence[str], theme: Theme) -> Image.Image:
    """Draw the sides beside each other, a pair of rows a feature: its pictures, and below each its saliency.

    Args:
        sides: All of the same R; K may differ.
        names: R names of features.
        theme: Colors.
    """
    side = enlarged(sides[0].pixels[0, 0], TILE).width
    left = MARGIN + max(text_width(name, SMALL) for name in names) + 12
    top, high = MARGIN + LINE + 8, 2 * side + GAP + _APART
    wide = [part.pixels.shape[1] * (side + GAP) + 2 * _APART for part in sides]
    width = left + sum(wide) - 2 * _APART - GAP + MARGIN
    canvas = Canvas(width, top + len(names) * high - _APART + MARGIN, theme)
    for row, name in enumerate(names):
        canvas.text(left - 12, top + row * high + side + GAP / 2, name, "rm", faint=True)
    x = left
    for part, across in zip(sides, wide, strict=True):
        canvas.text(x, MARGIN + LINE / 2, part.title, "lm", NORMAL)
        for line, pictures in enumerate((part.pixels, saliency_pixels(part.saliency))):
            for row, column in np.ndindex(*pictures.shape[:2]):
                corner = x + column * (side + GAP), top + row * high + line * (side + GAP)
                canvas.paste(enlarged(pictures[row, column], TILE), *corner)
        x += across
    return canvas.image
