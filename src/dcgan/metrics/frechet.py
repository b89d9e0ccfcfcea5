"""Fréchet distance between two sets of features, each taken as a Gaussian (Heusel et al. 2017, "FID")."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dcgan.metrics.distances import Floats, check_features
from dcgan.types import Features


@dataclass(frozen=True, eq=False)
class Moments:
    """What the Fréchet distance needs of a set of features.

    Attributes:
        mean: (D,), float64.
        covariance: (D, D), float64, unbiased (divided by count - 1, as in the authors' code).
        count: How many features they were measured on, 2 or more.

    Raises:
        ValueError: The shapes do not fit each other, or the count is below 2.
    """

    mean: Floats
    covariance: Floats
    count: int

    def __post_init__(self) -> None:
        if self.mean.ndim != 1 or self.covariance.shape != (*self.mean.shape, *self.mean.shape):
            raise ValueError(f"mean {self.mean.shape} and covariance {self.covariance.shape} should be (D,) and (D, D)")
        if self.count < 2:
            raise ValueError(f"a covariance needs features of 2 or more pictures, not {self.count}")


def moments(batches: Iterable[Features]) -> Moments:
    """Measure mean and covariance of features that come in batches; one batch is held at a time.

    Each batch is centered by its own mean and merged by the update of Chan, Golub & LeVeque (1983), in float64, so that
    neither a large mean nor the sizes of the batches cost digits.

    Args:
        batches: Arrays (N, D), N being 1 or more; 2 features or more in all.

    Raises:
        ValueError: Fewer than 2 features, batches of different D, or values that are not finite.
    """
    count, mean, scatter = 0, np.zeros(0), np.zeros((0, 0))
    for batch in batches:
        check_features(batch=batch)
        if count == 0:
            mean, scatter = np.zeros(batch.shape[1]), np.zeros((batch.shape[1], batch.shape[1]))
        elif batch.shape[1] != len(mean):
            raise ValueError(f"a batch has features of {batch.shape[1]} dimensions, the ones before it {len(mean)}")
        batch_mean = batch.mean(axis=0, dtype=np.float64)
        centered = batch - batch_mean
        shift = batch_mean - mean
        total = count + len(batch)
        scatter += centered.T @ centered + np.outer(shift, shift) * (count * len(batch) / total)
        mean += shift * (len(batch) / total)
        count = total
    return Moments(mean, scatter / max(count - 1, 1), count)


def frechet_distance(first: Moments, second: Moments) -> float:
    """The Fréchet distance |m1 - m2|^2 + trace(S1 + S2 - 2 (S1 S2)^1/2), as FID is reported (not its square root).

    It falls with the number of features measured (roughly as 1 / count): compare figures of equal counts only.

    Returns:
        0 or more, in squared units of the features.

    Raises:
        ValueError: The two have different dimensions.
    """
    if first.mean.shape != second.mean.shape:
        raise ValueError(
            f"features have different dimensions (first {len(first.mean)}, second {len(second.mean)}): they come from "
            "different extractors"
        )
    # The roots of the eigenvalues of S1^1/2 S2 S1^1/2 are the singular values of S1^1/2 S2^1/2. These are real, and the
    # zeros of a singular covariance (fewer features than dimensions) do not become roots of rounding errors.
    crossed = _root(first.covariance).T @ _root(second.covariance)
    trace_of_root = np.linalg.svd(crossed, compute_uv=False).sum()
    shift = first.mean - second.mean
    distance = shift @ shift + np.trace(first.covariance) + np.trace(second.covariance) - 2 * trace_of_root
    return max(float(distance), 0.0)


def _root(covariance: Floats) -> Floats:
    """R with R R^T = covariance: its symmetric root, turned. Eigenvalues within rounding of 0, or below, are 0."""
    eigenvalues, eigenvectors = np.linalg.eigh(covariance)
    rounding = len(covariance) * np.finfo(np.float64).eps * eigenvalues[-1]
    roots: Floats = eigenvectors * np.sqrt(np.where(eigenvalues > rounding, eigenvalues, 0))
    return roots
