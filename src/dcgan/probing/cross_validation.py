"""A linear SVM of few labels: C, accuracy and probabilities come from SVMs that each leave a part of the labels out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan.errors import UsageError
from dcgan.probing.feature_blocks import Matrix
from dcgan.probing.linear_svm import LinearSVM, SVMPath, span
from dcgan.probing.validation_curve import check_values
from dcgan.randomness import Stream, check_seed, rng
from dcgan.short_repr import ShortRepr
from dcgan.types import Labels

FOLDS = 5
VALUES_OF_C = (1e-4, 1e-3, 1e-2, 1e-1)
"""With few labels, accuracy changes little over C: decades are enough."""
MOST = 512
"""Labels that are cross-validated; of more, so many random ones."""
TEMPERATURES = np.logspace(-3, 2, 101)


@dataclass(frozen=True, eq=False, repr=False)
class CrossValidated(ShortRepr):
    """A linear SVM with what leaving parts of its labels out says of it.

    Attributes:
        svm: Fitted to all labels.
        C: With the highest accuracy; of equal ones that with the likeliest probabilities.
        validation: For each C that was tried the accuracy on all pictures as they were left out, 0 to 1.
        temperature: What scores are divided by before a softmax makes probabilities of them (Guo et al. 2017).
        right: How many representative pictures were recognized by an SVM that did not learn from them.
        tried: Of how many.
    """

    svm: LinearSVM
    C: float
    validation: dict[float, float]
    temperature: float
    right: int
    tried: int

    @property
    def accuracy(self) -> float:
        """Of representative pictures that it did not learn from, 0 to 1."""
        return self.right / self.tried

    def probabilities(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """The SVM's scores (N, K) as probabilities (N, K), which add up to 1."""
        return np.exp(_log_softmax(scores / self.temperature)).astype(np.float32)


def fit_cross_validated(
    features: Matrix,
    labels: Labels,
    classes: int,
    *,
    representative: NDArray[np.bool_] | None = None,
    C: Sequence[float] = VALUES_OF_C,
    folds: int = FOLDS,
    seed: int = 0,
) -> CrossValidated:
    """Fit a linear SVM to few labels; C and the temperature are chosen by stratified cross-validation.

    Args:
        features: (N, D), float32 or float16.
        labels: (N,), 0 to `classes` - 1, two or more of each.
        classes: K, 2 or more.
        representative: (N,), True for pictures that stand for all others. Those that were labeled because a classifier
            was in doubt of them are harder: it learns from them, but only the others measure its accuracy and set the
            temperature. Default: all, also where none is True.
        C: Values to choose from.
        folds: Parts that are left out in turn, 2 or more; of fewer labels of a class, so many.
        seed: Names the parts.

    Raises:
        UsageError: A class has fewer than two labels, or a parameter is out of range.

    Example:
        >>> fit = fit_cross_validated(features[labeled], labels[labeled], classes=2)
        >>> fit.probabilities(fit.svm.scores(features))
    """
    check_values(C)
    counts = np.bincount(labels, minlength=classes)
    if classes < 2 or counts.min() < 2:
        raise UsageError("`labels` must be of two classes or more, with two of each or more")
    check_seed(seed)
    if folds < 2:
        raise UsageError(f"`folds` must be 2 or more, not {folds}")
    part = fold_of(labels, min(folds, int(counts.min())), seed)
    tried = _some(labels, seed)
    held_out = _held_out_scores(features[tried], labels[tried], part[tried], classes, C)
    right = {value: scores.argmax(axis=1) == labels[tried] for value, scores in held_out.items()}
    stands = np.ones(len(tried), bool) if representative is None else representative[tried]
    stands = stands if stands.any() else np.ones(len(tried), bool)
    fits = {value: _temperature(scores[stands], labels[tried][stands], classes) for value, scores in held_out.items()}
    best = max(sorted(held_out), key=lambda value: (right[value].sum(), -fits[value][1]))
    svm = SVMPath(features, labels, classes, several=False).fit(best)
    validation = {value: float(found.mean()) for value, found in right.items()}
    return CrossValidated(svm, best, validation, fits[best][0], int(right[best][stands].sum()), int(stands.sum()))


def fold_of(labels: Labels, folds: int, seed: int) -> NDArray[np.int64]:
    """(N,): the part that each picture is in, 0 to `folds` - 1; each class is spread evenly over them."""
    random = rng(Stream.CROSS_VALIDATION, seed)
    part = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        rows = random.permutation(np.flatnonzero(labels == label))
        part[rows] = np.arange(len(rows)) % folds
    return part


def _some(labels: Labels, seed: int) -> NDArray[np.int64]:
    """Positions to cross-validate, in order: all, or `MOST` of them with each class's share, two of each or more."""
    if len(labels) <= MOST:
        return np.arange(len(labels))
    random, parts = rng(Stream.CROSS_VALIDATION, seed, 1), []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        parts.append(random.choice(rows, max(2, len(rows) * MOST // len(labels)), replace=False))
    return np.sort(np.concatenate(parts))


def _held_out_scores(
    features: Matrix, labels: Labels, part: NDArray[np.int64], classes: int, C: Sequence[float]
) -> dict[float, NDArray[np.float32]]:
    """By C the scores (N, K) of SVMs that learned from the other parts."""
    points = span(features)[0] if len(features) <= features.shape[1] // 2 else features
    scores = {value: np.empty((len(labels), classes), np.float32) for value in sorted(C)}
    for out in np.unique(part):
        path = SVMPath(points[part != out], labels[part != out], classes)
        for value, found in scores.items():
            found[part == out] = path.fit(value).scores(points[part == out])
    return scores


def _temperature(scores: NDArray[np.float32], labels: Labels, classes: int) -> tuple[float, float]:
    """The temperature under which the labels are likeliest, and their mean negative log-likelihood.

    Targets are Platt's (1999): a class of n labels is expected with (n + 1) / (n + 2), so that few labels that are all
    recognized make no certainty.
    """
    counts = np.bincount(labels, minlength=classes)
    own = ((counts + 1) / (counts + 2))[labels, None]
    targets = np.where(np.arange(classes) == labels[:, None], own, (1 - own) / (classes - 1))
    losses = [float(-(targets * _log_softmax(scores / one)).sum(axis=1).mean()) for one in TEMPERATURES]
    best = int(np.argmin(losses))
    return float(TEMPERATURES[best]), losses[best]


def _log_softmax(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = torch.from_numpy(np.asarray(scores, np.float64)).log_softmax(dim=1).numpy()
    return found
