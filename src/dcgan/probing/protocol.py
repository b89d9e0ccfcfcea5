"""Probing features by a linear machine, as the paper does (its sections 5.1 and 5.2): with all labels, or with few."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcgan.probing.linear_svm import LinearSVM, fit_path, fit_svm
from dcgan.probing.preconditioner import Matrix
from dcgan.randomness import Stream, rng
from dcgan.types import Labels, OnProgress

PENALTIES = (1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2)  # those of the released code
CHOOSING = 10  # draws that C is chosen by, as there
DRAWS = 100  # draws that are scored
SPREAD = 1.96  # standard deviations that stand after ±, as in the paper


def name_count(labels_per_class: int | None) -> str:
    """How a number of labels of each class is written; None is all."""
    return "all" if labels_per_class is None else str(labels_per_class)


@dataclass(frozen=True, eq=False)
class Labeled:
    """Features (N, D) with their labels (N,)."""

    features: Matrix
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, rows: NDArray[np.int64]) -> "Labeled":
        """Some of them, in memory."""
        order = np.argsort(rows)  # a memory map is read best in its order
        some = np.empty((len(rows), self.features.shape[1]), self.features.dtype)
        some[order] = self.features[rows[order]]
        return Labeled(some, self.labels[rows])


@dataclass(frozen=True, eq=False)
class Probed:
    """How well a linear machine tells classes apart by some features.

    Attributes:
        labels_per_class: How many it learned from; None for all.
        penalty: The C that was best on the validation pictures.
        validation: The accuracy on them of each C.
        accuracies: On the test pictures, one of each draw.
        confusion: (K, K) shares of each true class (row) by what it was taken for, over all draws.
    """

    labels_per_class: int | None
    penalty: float
    validation: dict[float, float]
    accuracies: NDArray[np.float64]
    confusion: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """Mean accuracy, 0 to 1."""
        return float(self.accuracies.mean())

    @property
    def spread(self) -> float:
        """1.96 standard deviations over the draws; 0 of one draw."""
        return SPREAD * float(self.accuracies.std(ddof=1)) if len(self.accuracies) > 1 else 0.0

    def percent(self, *, errors: bool = False) -> str:
        """The mean of accuracies, or of errors, in %; ± the spread if there are several draws."""
        spread = f" ± {100 * self.spread:.1f}" if len(self.accuracies) > 1 else ""
        return f"{100 * (1 - self.mean if errors else self.mean):.1f}{spread}"


def split(labels: Labels, share: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of a random `share` of every class, and of the others, each in order."""
    random = rng(Stream.PROBE_SPLIT, seed)
    parts = []
    for label in np.unique(labels):
        rows = random.permutation(np.flatnonzero(labels == label))
        parts.append(rows[: max(1, round(share * len(rows)))])
    chosen = np.sort(np.concatenate([np.empty(0, np.int64), *parts]))
    return chosen, np.setdiff1d(np.arange(len(labels)), chosen)


def draw_labels(labels: Labels, per_class: int, seed: int, draw: int) -> NDArray[np.int64]:
    """Positions of `per_class` random pictures of each class, another choice for each draw.

    Raises:
        ValueError: A class has fewer.
    """
    random = rng(Stream.PROBE_LABELS, seed, draw)
    rows = []
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        if len(own) < per_class:
            raise ValueError(f"class {label} has {len(own)} pictures to learn from; {per_class} are wanted")
        rows.append(random.choice(own, per_class, replace=False))
    return np.sort(np.concatenate(rows))


def probe_few(
    learned: Labeled,
    validation: Labeled,
    test: Labeled,
    classes: int,
    per_class: int,
    *,
    penalties: Sequence[float] = PENALTIES,
    draws: int = DRAWS,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Probed:
    """With few labels: C is chosen by ten draws on the validation pictures, then so many draws are scored on the test.

    Args:
        learned: What each draw is taken from.
        validation: Pictures that only choose C.
        test: Pictures that are scored.
        classes: K.
        per_class: Labels of each class in a draw.
        penalties: Values of C to choose from.
        draws: How many to score; the paper's ± is 1.96 standard deviations over 100.
        seed: Names the draws.
        on_progress: Called with (draws, in all).

    Raises:
        ValueError: A class has fewer pictures than are wanted.
    """
    choosing = min(CHOOSING, draws)
    machines: list[LinearSVM] = []
    for draw in range(choosing):
        some = learned.rows(draw_labels(learned.labels, per_class, seed, draw))
        machines += fit_path(some.features, some.labels, classes, sorted(penalties))
        if on_progress:
            on_progress(draw + 1, choosing + draws)
    right = [float((predicted == validation.labels).mean()) for predicted in predict_all(machines, validation)]
    means = np.reshape(right, (choosing, len(penalties))).mean(axis=0).tolist()
    scores = dict(zip(sorted(penalties), means, strict=True))
    best = max(scores, key=lambda penalty: scores[penalty])
    machines = []
    for draw in range(draws):
        some = learned.rows(draw_labels(learned.labels, per_class, seed, CHOOSING + draw))
        machines.append(fit_svm(some.features, some.labels, classes, best))
        if on_progress:
            on_progress(choosing + draw + 1, choosing + draws)
    predicted = predict_all(machines, test)
    accuracies = np.array([(p == test.labels).mean() for p in predicted])
    confusion = np.mean([confusion_of(test.labels, p, classes) for p in predicted], axis=0)
    return Probed(per_class, best, scores, accuracies, confusion)


def probe_all(
    learned: Labeled,
    validation: Labeled,
    test: Labeled,
    classes: int,
    *,
    penalties: Sequence[float] = PENALTIES,
    on_progress: OnProgress | None = None,
) -> Probed:
    """With all labels: C is chosen on the validation pictures, and its machine scored on the test pictures.

    The machines of growing C are each started from the one before.
    """
    machines = list(fit_path(learned.features, learned.labels, classes, sorted(penalties), on_progress=on_progress))
    right = [float((predicted == validation.labels).mean()) for predicted in predict_all(machines, validation)]
    scores = dict(zip(sorted(penalties), right, strict=True))
    penalty = max(scores, key=lambda penalty: scores[penalty])
    best = machines[sorted(penalties).index(penalty)]
    predicted = best.predict(test.features)
    accuracies = np.array([(predicted == test.labels).mean()])
    return Probed(None, penalty, scores, accuracies, confusion_of(test.labels, predicted, classes))


def predict_all(machines: Sequence[LinearSVM], data: Labeled) -> list[Labels]:
    """What each machine takes the pictures for, in one pass over their features."""
    weights = np.concatenate([machine.weights for machine in machines], axis=1)
    bias = np.concatenate([machine.bias for machine in machines])
    joined = LinearSVM(weights, bias, np.empty(0), 0).scores(data.features)
    return [np.asarray(part.argmax(axis=1), np.int64) for part in np.split(joined, len(machines), axis=1)]


def confusion_of(labels: Labels, predicted: Labels, classes: int) -> NDArray[np.float64]:
    """(K, K): of each true class the shares that were taken for each; a class without pictures has a row of zeros."""
    counts = np.zeros((classes, classes))
    np.add.at(counts, (labels, predicted), 1)
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
