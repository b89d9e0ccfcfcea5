"""Squared Euclidean distances between sets of features, by blocks, and the check that every measure begins with."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dcgan.types import Features

Floats = NDArray[np.float64]

ENTRIES = 2**23  # distances held at once (64 MiB), as far as the limits on rows allow
FEWEST_ROWS, MOST_ROWS = 64, 2048  # of a block: fewer waste the conversion of the columns, more the memory
COLUMNS = 4096  # of the second set that are converted to float64 at once


def check_features(*, least: int = 1, **sets: Features) -> None:
    """Check that each of the named sets is (N, D), with N at least `least`, finite, and that all have the same D.

    Raises:
        ValueError: Which one is not, and what it is instead.
    """
    dimensions = set()
    for name, features in sets.items():
        if features.ndim != 2 or features.shape[1] == 0:
            raise ValueError(f"{name} features should have the shape (N, D), not {features.shape}")
        if len(features) < least:
            raise ValueError(f"{name} features should be {least} or more, not {len(features)}")
        if not np.isfinite(features).all():
            raise ValueError(f"{name} features hold values that are not finite numbers")
        dimensions.add(features.shape[1])
    if len(dimensions) > 1:
        found = ", ".join(f"{name} {features.shape[1]}" for name, features in sets.items())
        raise ValueError(f"features have different dimensions ({found}): they come from different extractors")


def squared_distances(first: Features, second: Features) -> Iterator[tuple[slice, Floats]]:
    """Squared Euclidean distances of each row of `first` to every row of `second`, a block of rows at a time.

    |x - y|^2 is |x|^2 + |y|^2 - 2 x.y, which loses digits where x and y are near each other and far from the origin.
    So the mean of `second` is subtracted first, the arithmetic is in float64, and what is below the bound on its
    rounding error, D epsilon (|x|^2 + |y|^2), becomes 0: that is a distance below 1e-6 of |x|, which features in
    float32 do not resolve either. Equal rows are therefore at distance 0 exactly.

    Args:
        first: (N, D).
        second: (M, D).

    Yields:
        Which rows of `first`, and their distances (rows, M), float64; the caller may overwrite them.
    """
    center = second.mean(axis=0, dtype=np.float64)
    rounding = (first.shape[1] + 4) * np.finfo(np.float64).eps
    step = min(max(ENTRIES // len(second), FEWEST_ROWS), MOST_ROWS)
    for start in range(0, len(first), step):
        left = first[start : start + step] - center
        left_norms = np.einsum("nd,nd->n", left, left)[:, None]
        block = np.empty((len(left), len(second)))
        for column in range(0, len(second), COLUMNS):
            right = second[column : column + COLUMNS] - center
            norms = left_norms + np.einsum("md,md->m", right, right)
            squared = norms - 2 * (left @ right.T)
            squared[squared <= rounding * norms] = 0
            block[:, column : column + COLUMNS] = squared
        yield slice(start, start + len(left)), block
