"""Whether pictures are drawings, which have flat areas of color, or photographs."""

from statistics import median

import numpy as np

from dcgan.data.packed import PackedSet
from dcgan.types import Pixels

JUDGED = 128  # pictures by which a set is said to be drawn
SMALLEST_DRAWING = 32  # pixels a side
ALIKE = 2  # levels between neighboring pixels of one color
LEAST_PAIRS = 0.02  # of all pairs of neighbors, beside the background
FLAT = 0.6  # share of pairs of one color; the drawings tried have 0.73 to 0.93, photographs 0.05 to 0.4


def looks_drawn(data: PackedSet) -> bool:
    """Whether most neighboring pixels have the same color, as in cartoons and pixel art; in photographs few have.

    The background, which a photograph may have plain, does not count. It must be so in half of the first pictures.
    Spectrograms and clips never look drawn, nor do pictures below 32x32, whose edges are about as wide as all else.
    """
    if data.sound or data.frames > 1 or data.size < SMALLEST_DRAWING:
        return False
    shares = [flat_share(picture) for picture in data.pixels[:JUDGED]]
    known = [share for share in shares if share is not None]
    return bool(known) and median(known) > FLAT


def flat_share(picture: Pixels) -> float | None:
    """How many of the pairs of pixels side by side have the same color, 0 to 1, the most frequent color apart.

    Args:
        picture: (H, W, C), uint8, of 1 to 4 channels.

    Returns:
        None if there is next to nothing but that color.
    """
    channels = picture.shape[-1]
    colors = picture.reshape(-1, channels).astype(np.int64) @ 256 ** np.arange(channels)
    _, first, counts = np.unique(colors, return_index=True, return_counts=True)
    levels = picture.astype(np.int16)
    most_frequent = levels.reshape(-1, channels)[first[counts.argmax()]]
    background = np.all(np.abs(levels - most_frequent) <= ALIKE, axis=-1)
    pairs = ~(background[:, 1:] | background[:, :-1])
    if pairs.mean() < LEAST_PAIRS:
        return None
    alike = np.all(np.abs(np.diff(levels, axis=1)) <= ALIKE, axis=-1)
    return float(alike[pairs].mean())
