"""The 1-nearest-neighbor classifier, twice: how labels carry over, and how well generated and real are told apart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcgan.metrics.distances import Floats, check_features
from dcgan.metrics.neighbors import nearest_neighbors, nearest_others
from dcgan.types import Features


@dataclass(frozen=True)
class TwoSample:
    """How well the leave-one-out 1-nearest-neighbor classifier tells generated from real.

    Attributes:
        accuracy: Over both sets, 0 to 1. 0.5: indistinguishable; 1: easily told apart; well below 0.5: each generated
            picture sits on a real one, it was memorized.
        real: On real features alone. High: they have regions that generated ones do not reach.
        generated: On generated features alone. High with `real`: they lie apart from the real ones (poor pictures).
            High where `real` is low: they crowd at the centers of the real ones' modes (collapse).
    """

    accuracy: float
    real: float
    generated: float


def accuracy(
    train: Features, train_labels: NDArray[np.generic], test: Features, test_labels: NDArray[np.generic]
) -> float:
    """Share of `test` whose nearest neighbor in `train` has the same label (DCGAN paper, section 8.1, MNIST).

    The paper trains on generated digits and tests on real ones: a good conditional generator carries the labels over.

    Args:
        train: (N, D).
        train_labels: (N,).
        test: (M, D).
        test_labels: (M,).

    Returns:
        0 to 1; the paper reports 1 minus this, as an error.

    Raises:
        ValueError: An empty set, different dimensions, values that are not finite, or not one label a feature.
    """
    check_features(train=train, test=test)
    for name, features, labels in (("train", train, train_labels), ("test", test, test_labels)):
        if labels.shape != (len(features),):
            raise ValueError(f"{name} labels should be one a feature, ({len(features)},), not {labels.shape}")
    return float((train_labels[nearest_neighbors(test, train).index] == test_labels).mean())


def two_sample(real: Features, generated: Features) -> TwoSample:
    """Classify every feature by its nearest other among both sets together (Lopez-Paz & Oquab 2017; Xu et al. 2018).

    A feature that is equally near to both sets counts as half right, so that the order of the sets does not matter.

    Args:
        real: (N, D), N being 2 or more.
        generated: (N, D), as many: with unequal sets 0.5 is no longer what chance comes to.

    Raises:
        ValueError: Fewer than 2, unequal counts, different dimensions, or values that are not finite.
    """
    check_features(least=2, real=real, generated=generated)
    if len(real) != len(generated):
        raise ValueError(f"there should be as many generated features as real ones ({len(real)}), not {len(generated)}")
    on_real = _share_nearer(nearest_others(real).distance, nearest_neighbors(real, generated).distance)
    on_generated = _share_nearer(nearest_others(generated).distance, nearest_neighbors(generated, real).distance)
    return TwoSample((on_real + on_generated) / 2, on_real, on_generated)


def _share_nearer(own: Floats, other: Floats) -> float:
    return float((own < other).mean() + (own == other).mean() / 2)
