"""Kernel distance between two sets of features (Bińkowski et al. 2018, "KID")."""

from dataclasses import dataclass

import numpy as np

from dcgan.metrics.distances import Floats, check_features
from dcgan.types import Features

SIZE = 1000  # features of a subset, as in the paper


@dataclass(frozen=True)
class KernelDistance:
    """Squared maximum mean discrepancy, measured on random subsets.

    Attributes:
        mean: Over the subsets. Unbiased, hence 0 for two samples of one distribution, and sometimes just below.
        std: Standard deviation over the subsets (divided by their number); 0 where there is but one.
        subsets: How many were measured.
        size: Features in each.
    """

    mean: float
    std: float
    subsets: int
    size: int


def kernel_distance(
    real: Features,
    generated: Features,
    random: np.random.Generator,
    *,
    subsets: int = 100,
    size: int | None = None,
) -> KernelDistance:
    """Measure the unbiased squared MMD with the kernel (x.y / D + 1)^3 on random subsets, without replacement.

    Where `size` takes both sets whole, every subset is the same: one is measured, and `subsets` of the result is 1.

    Args:
        real: (N, D).
        generated: (M, D).
        random: Samples the subsets.
        subsets: How many, 1 or more.
        size: Features of each subset, 2 to min(N, M); None takes min(1000, N, M).

    Raises:
        ValueError: Fewer than 2 features, different dimensions, values that are not finite, or a size or number of
            subsets outside its range.
    """
    check_features(least=2, real=real, generated=generated)
    fewest = min(len(real), len(generated))
    size = min(SIZE, fewest) if size is None else size
    if not 2 <= size <= fewest:
        raise ValueError(f"the size of a subset must be 2 to {fewest} (the smaller set has no more), not {size}")
    if subsets < 1:
        raise ValueError(f"subsets must be 1 or more, not {subsets}")
    if size == len(real) == len(generated):
        subsets = 1
    values = [_discrepancy(_subset(real, size, random), _subset(generated, size, random)) for _ in range(subsets)]
    return KernelDistance(float(np.mean(values)), float(np.std(values)), subsets, size)


def _subset(features: Features, size: int, random: np.random.Generator) -> Floats:
    return features[random.choice(len(features), size, replace=False)].astype(np.float64)


def _discrepancy(first: Floats, second: Floats) -> float:
    """The squared MMD of two sets of one size; unbiased, as no feature is compared with itself."""
    within = _kernel(first, first) + _kernel(second, second)
    pairs = len(first) * (len(first) - 1)
    return float((within.sum() - within.trace()) / pairs - 2 * _kernel(first, second).mean())


def _kernel(first: Floats, second: Floats) -> Floats:
    base: Floats = first @ second.T / first.shape[1] + 1
    return base * base * base
