"""Precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020) of generated features."""

from dataclasses import dataclass

import numpy as np

from dcgan.metrics.distances import Floats, check_features, squared_distances
from dcgan.types import Features

BORDER = 1 + 1e-9  # on the squared radius: a point on the border is inside, however its distance was rounded


@dataclass(frozen=True)
class PrecisionRecall:
    """How far generated features lie among the real ones, and the other way round.

    A set's manifold is the union of balls around its features, each reaching to the feature's k-th nearest other.

    Attributes:
        precision: Share of generated features on the real manifold, 0 to 1: quality.
        recall: Share of real features on the generated manifold, 0 to 1: variety.
        density: In how many real balls a generated feature lies, divided by `density_k`: quality, less swayed by
            outliers than precision. 0 or more; about 1 where both sets are of one distribution, above it where
            generated features crowd in the densest places.
        coverage: Share of real balls that hold a generated feature, 0 to 1: variety. About 1 - 2^-density_k where both
            sets are of one distribution and of equal count.
        k: The neighbor that balls reach to, for precision and recall.
        density_k: The same for density and coverage.
    """

    precision: float
    recall: float
    density: float
    coverage: float
    k: int
    density_k: int


def precision_recall(real: Features, generated: Features, *, k: int = 3, density_k: int = 5) -> PrecisionRecall:
    """Measure all four from the same distances. They change with the counts: give as many generated as real features.

    Balls include their border, as in Kynkäänniemi's code; Naeem's leaves it out, which differs for exact ties only.

    Args:
        real: (N, D), N above k and density_k.
        generated: (M, D), M likewise.
        k: For precision and recall; 3 is Kynkäänniemi's.
        density_k: For density and coverage; 5 is Naeem's.

    Raises:
        ValueError: Too few features, different dimensions, values that are not finite, or a k below 1.
    """
    if min(k, density_k) < 1:
        raise ValueError(f"k and density_k must be 1 or more, not {k} and {density_k}")
    check_features(least=max(k, density_k) + 1, real=real, generated=generated)
    real_reach, density_reach = _reaches(real, k, density_k)
    generated_reach, _ = _reaches(generated, k, density_k)
    precise = dense = 0
    recalled, covered = np.zeros(len(real), bool), np.zeros(len(real), bool)
    for rows, squared in squared_distances(generated, real):
        precise += int((squared <= real_reach).any(axis=1).sum())
        recalled |= (squared <= generated_reach[rows, None]).any(axis=0)
        in_ball = squared <= density_reach
        dense += int(in_ball.sum())
        covered |= in_ball.any(axis=0)
    return PrecisionRecall(
        precision=precise / len(generated),
        recall=float(recalled.mean()),
        density=dense / (density_k * len(generated)),
        coverage=float(covered.mean()),
        k=k,
        density_k=density_k,
    )


def _reaches(features: Features, *ks: int) -> Floats:
    """Squared distances of each feature to its k-th nearest other, for each k: (number of ks, N)."""
    reaches = np.empty((len(ks), len(features)))
    for rows, squared in squared_distances(features, features):
        squared.partition(ks, axis=1)  # the feature itself, at distance 0, is the nearest
        reaches[:, rows] = squared[:, ks].T
    return reaches * BORDER
