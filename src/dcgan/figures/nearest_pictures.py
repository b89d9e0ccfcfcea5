"""The figure of samples beside their nearest pictures of a set."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcgan.figures.fonts import SMALL, text_width
from dcgan.figures.labeled_grid import GAP, LINE, MARGIN, TILE, enlarged
from dcgan.figures.theme import Canvas, Theme
from dcgan.types import Pixels

_BESIDE = 24  # pixels between a sample and its neighbors


def nearest_figure(
    samples: Pixels, neighbors: Pixels, names: Sequence[str], distance: NDArray[np.floating], theme: Theme
) -> Image.Image:
    """Draw a row for each sample: the sample, and at its right its neighbors with their distances.

    Args:
        samples: Pixels (N, H, W, C).
        neighbors: Pixels (N, K, H, W, C).
        names: N names of the samples.
        distance: (N, K).
        theme: Colors.
    """
    side = enlarged(samples[0], TILE).width
    left = MARGIN + max(text_width(name, SMALL) for name in names) + 12
    first = left + side + _BESIDE
    top, row_height = MARGIN + LINE, side + LINE
    width = first + neighbors.shape[1] * (side + GAP) - GAP
    canvas = Canvas(max(width, first + text_width("nearest", SMALL)) + MARGIN, top + len(samples) * row_height, theme)
    canvas.text(left + side / 2, top - LINE / 2 - 2, "sample", faint=True)
    canvas.text(first, top - LINE / 2 - 2, "nearest", "lm", faint=True)
    for row, name in enumerate(names):
        y = top + row * row_height
        canvas.text(left - 12, y + side / 2, name, "rm", faint=True)
        canvas.paste(enlarged(samples[row], TILE), left, y)
        for column, picture in enumerate(neighbors[row]):
            x = first + column * (side + GAP)
            canvas.paste(enlarged(picture, TILE), x, y)
            canvas.text(x + side / 2, y + side + LINE / 2 - 3, f"{distance[row, column]:.2f}", faint=True)
    return canvas.image
