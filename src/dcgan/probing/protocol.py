"""Probing features by a linear SVM, as the paper does (its sections 5.1 and 5.2): with all labels, or with few."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dcgan.errors import UsageError
from dcgan.probing.labeled_features import LabeledFeatures
from dcgan.probing.linear_svm import LinearSVM, SVMPath, fit_svm
from dcgan.probing.splits import sample_labels
from dcgan.probing.validation_curve import Ends, best_of, check_values, ends_of, validation_curve
from dcgan.short_repr import ShortRepr
from dcgan.types import Labels, OnProgress
from dcgan.words import counted

CHOOSING_REPEATS = 10  # random subsets of labels that C is chosen by, as in the released code
REPEATS = 100  # and that are scored
TRIALS = 64  # of a net that is trained on labels, as in the paper
INTERVAL = 1.96  # standard deviations that stand after ±, as in the paper


@dataclass(frozen=True)
class ProbeOptions:
    """How baselines are probed.

    Attributes:
        labels_per_class: Labels of each class to learn from, one result for each; None for all.
        C: Values of C to choose from; None lets the range grow until accuracy falls on both sides (`validation_curve`).
        validation: Share of the pictures that only chooses, between 0 and 1.
        repeats: Random subsets of so many labels that a linear SVM is scored on.
        standardize: Whether all features are brought to mean 0 and variance 1; the paper leaves the net's as they are.
        horizontal_flip: Whether features are the mean of those of a picture and of its mirror image.
        trials: Of the random search of a net that is trained on labels.
        trainings: Subsets of labels that its best trial is trained on and scored.

    Raises:
        UsageError: A value is out of its range.
    """

    labels_per_class: tuple[int | None, ...] = (None,)
    C: tuple[float, ...] | None = None
    validation: float = 0.1
    repeats: int = REPEATS
    standardize: bool = False
    horizontal_flip: bool = False
    trials: int = TRIALS
    trainings: int = 1

    def __post_init__(self) -> None:
        if not self.labels_per_class or any(count is not None and count < 1 for count in self.labels_per_class):
            named = ", ".join(map(name_count, self.labels_per_class))
            raise UsageError(f"`labels_per_class` must be numbers from 1, or all, not {named or 'nothing'}")
        if self.C is not None:
            check_values(self.C)
        if not 0 < self.validation < 1:
            raise UsageError(f"`validation` must be between 0 and 1, not {self.validation:g}")
        for name in ("repeats", "trials", "trainings"):
            if getattr(self, name) < 1:
                raise UsageError(f"`{name}` must be 1 or more, not {getattr(self, name)}")


@dataclass(frozen=True, eq=False, repr=False)
class ProbeResult(ShortRepr):
    """How well classes can be told apart by some features, or by a net that was trained on the labels.

    Attributes:
        labels_per_class: How many it learned from; None for all.
        best: The C, or the number of the trial, that was best on the validation pictures.
        validation: The accuracy on them of each C, or trial; 0 to 1.
        accuracies: On the test pictures, one of each repeat; 0 to 1.
        confusion: (K, K) shares of each true class (row) by what it was taken for, over all repeats.
        tuned: What was chosen: the "C" of a linear SVM, or a "trial" of a random search.
    """

    labels_per_class: int | None
    best: float
    validation: Mapping[float, float]
    accuracies: NDArray[np.float64]
    confusion: NDArray[np.float64]
    tuned: Literal["C", "trial"] = "C"

    @property
    def mean(self) -> float:
        """Mean accuracy, 0 to 1."""
        return float(self.accuracies.mean())

    @property
    def interval(self) -> float:
        """1.96 standard deviations over the repeats, the paper's ±; 0 of one repeat."""
        return INTERVAL * float(self.accuracies.std(ddof=1)) if len(self.accuracies) > 1 else 0.0

    @property
    def ends(self) -> Ends | None:
        """How validation accuracy ends on both sides of the best C; None where nothing, or a trial, was chosen."""
        return ends_of(self.validation) if self.tuned == "C" and len(self.validation) > 1 else None

    def percent(self, *, errors: bool = False) -> str:
        """The mean of accuracies, or of errors, in %, such as "73.8 ± 0.4"; without ± of one repeat."""
        interval = f" ± {100 * self.interval:.1f}" if len(self.accuracies) > 1 else ""
        return f"{100 * (1 - self.mean if errors else self.mean):.1f}{interval}"


def name_count(labels_per_class: int | None) -> str:
    """How a number of labels of each class is written; None is all."""
    return "all" if labels_per_class is None else str(labels_per_class)


def labels_named(labels_per_class: int | None) -> str:
    """A number of labels of each class with its noun: "10 labels"; None is all."""
    return "all labels" if labels_per_class is None else counted(labels_per_class, "label")


def probe_few(
    train: LabeledFeatures,
    validation: LabeledFeatures,
    test: LabeledFeatures,
    classes: int,
    per_class: int,
    *,
    C: Sequence[float] | None = None,
    repeats: int = REPEATS,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> ProbeResult:
    """Probe with few labels: C is chosen by ten random subsets of labels, then others are scored (section 5.2).

    Args:
        train: What each subset is sampled from.
        validation: Pictures that only choose C.
        test: Pictures that are scored.
        classes: K.
        per_class: Labels of each class in a subset.
        C: Values to choose from; None as for `validation_curve`.
        repeats: How many subsets to score; the paper's ± is 1.96 standard deviations over 100.
        seed: Names the subsets.
        on_progress: Called with (subsets, in all).

    Raises:
        ValueError: A class has too few pictures.
    """
    choosing = min(CHOOSING_REPEATS, repeats)
    done, total = 0, repeats

    def step() -> None:
        nonlocal done
        done += 1
        if on_progress:
            on_progress(done, total)

    def sampled(repeat: int) -> LabeledFeatures:
        return train.rows(sample_labels(train.labels, per_class, seed, repeat))

    def measure(values: Sequence[float]) -> list[float]:
        nonlocal total
        total += choosing
        svms: list[LinearSVM] = []
        for repeat in range(choosing):
            some = sampled(repeat)
            path = SVMPath(some.features, some.labels, classes, several=len(values) > 1)
            svms += [path.fit(value) for value in values]
            step()
        right = [accuracy_of(predicted, validation) for predicted in predict_all(svms, validation)]
        means: list[float] = np.reshape(right, (choosing, len(values))).mean(axis=0).tolist()
        return means

    curve = validation_curve(measure, C)
    best = best_of(curve)
    svms = []
    for repeat in range(CHOOSING_REPEATS, CHOOSING_REPEATS + repeats):
        some = sampled(repeat)
        svms.append(fit_svm(some.features, some.labels, classes, best))
        step()
    predicted = predict_all(svms, test)
    accuracies = np.array([accuracy_of(one, test) for one in predicted])
    confusion = np.mean([confusion_matrix(test.labels, one, classes) for one in predicted], axis=0)
    return ProbeResult(per_class, best, curve, accuracies, confusion)


def probe_all(
    train: LabeledFeatures,
    validation: LabeledFeatures,
    test: LabeledFeatures,
    classes: int,
    *,
    C: Sequence[float] | None = None,
    on_progress: OnProgress | None = None,
) -> ProbeResult:
    """Probe with all labels (section 5.1): C is chosen on the validation pictures, and its SVM scored on the test.

    Args:
        train: Pictures that SVMs are fitted to.
        validation: Pictures that only choose C.
        test: Pictures that are scored.
        classes: K.
        C: Values to choose from; None as for `validation_curve`.
        on_progress: Called with (SVMs, in all so far).
    """
    curve, svms = fit_and_choose(train, validation, classes, C, on_progress)
    best = best_of(curve)
    predicted = svms[best].predict(test.features)
    confusion = confusion_matrix(test.labels, predicted, classes)
    return ProbeResult(None, best, curve, np.array([accuracy_of(predicted, test)]), confusion)


def fit_and_choose(
    train: LabeledFeatures,
    validation: LabeledFeatures,
    classes: int,
    C: Sequence[float] | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[dict[float, float], dict[float, LinearSVM]]:
    """Fit SVMs to all of `train`; return the accuracy on the validation pictures by C, and the SVMs by C."""
    path = SVMPath(train.features, train.labels, classes, several=C is None or len(C) > 1)
    svms: dict[float, LinearSVM] = {}

    def measure(values: Sequence[float]) -> list[float]:
        total = len(svms) + len(values)
        for value in values:
            svms[value] = path.fit(value)
            if on_progress:
                on_progress(len(svms), total)
        return [accuracy_of(one, validation) for one in predict_all([svms[value] for value in values], validation)]

    return validation_curve(measure, C), svms


def accuracy_of(predicted: Labels, data: LabeledFeatures) -> float:
    """The share of right predictions, 0 to 1."""
    return float((predicted == data.labels).mean())


def predict_all(svms: Sequence[LinearSVM], data: LabeledFeatures) -> list[Labels]:
    """What each SVM takes the pictures for, in one pass over their features."""
    weights = np.concatenate([svm.weights for svm in svms], axis=1)
    bias = np.concatenate([svm.bias for svm in svms])
    joined = LinearSVM(weights, bias, np.empty(0), 0).scores(data.features)
    return [np.asarray(part.argmax(axis=1), np.int64) for part in np.split(joined, len(svms), axis=1)]


def confusion_matrix(labels: Labels, predicted: Labels, classes: int) -> NDArray[np.float64]:
    """(K, K): of each true class the shares that were taken for each; a class without pictures has a row of zeros."""
    counts = np.zeros((classes, classes))
    np.add.at(counts, (labels, predicted), 1)
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
