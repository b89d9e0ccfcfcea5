"""A linear SVM of few labels, with what leaving parts of them out says of it."""

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from dcgan.errors import UsageError
from dcgan.probing.cross_validation import FOLDS, MOST, fit_cross_validated, fold_of
from dcgan.types import Features, Labels


def clouds(
    each: int, classes: int = 3, distance: float = 1.5, size: int = 40, seed: int = 0
) -> tuple[Features, Labels]:
    """Points around a middle of each class."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), each)
    middles = distance * random.standard_normal((classes, size))
    return (middles[labels] + random.standard_normal((len(labels), size))).astype(np.float32), labels


def test_classes_that_are_far_apart_are_recognized_and_their_probabilities_add_up() -> None:
    features, labels = clouds(6)
    others, expected = clouds(100, seed=0)
    fit = fit_cross_validated(features, labels, 3)
    probabilities = fit.probabilities(fit.svm.scores(others))
    assert (fit.right, fit.tried, fit.accuracy) == (18, 18, 1.0)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert (probabilities.argmax(axis=1) == expected).mean() > 0.95


@pytest.mark.parametrize("size", [6, 400])  # fewer features than pictures, and more
def test_the_accuracy_is_that_of_another_implementation(size: int) -> None:
    features, labels = clouds(12, classes=2, distance=0.9 / np.sqrt(size), size=size)
    part, right = fold_of(labels, FOLDS, 0), 0
    for out in range(FOLDS):
        svc = LinearSVC(C=0.01, dual=True, tol=1e-6, max_iter=100_000).fit(features[part != out], labels[part != out])
        right += int((svc.predict(features[part == out]) == labels[part == out]).sum())
    fit = fit_cross_validated(features, labels, 2, C=[0.01])
    assert 0 < right < 24
    assert (fit.right, fit.tried) == (right, 24)


def test_probabilities_are_as_likely_as_they_say() -> None:
    features, labels = clouds(100, classes=2, distance=0.15)
    others, expected = clouds(2000, classes=2, distance=0.15)
    fit = fit_cross_validated(features, labels, 2)
    probabilities = fit.probabilities(fit.svm.scores(others))
    accuracy = float((probabilities.argmax(axis=1) == expected).mean())
    assert 0.6 < accuracy < 0.95
    assert float(probabilities.max(axis=1).mean()) == pytest.approx(accuracy, abs=0.06)
    assert fit.accuracy == pytest.approx(accuracy, abs=0.08)


def test_pictures_that_a_classifier_has_chosen_do_not_measure_it() -> None:
    features, labels = clouds(10, classes=2)
    hard = np.random.default_rng(1).standard_normal((10, features.shape[1])).astype(np.float32)
    whole, every = np.concatenate([features, hard]), np.concatenate([labels, np.arange(10) % 2])
    representative = np.arange(30) < 20
    fit = fit_cross_validated(whole, every, 2, representative=representative)
    all_count = fit_cross_validated(whole, every, 2)
    assert (fit.right, fit.tried) == (20, 20)
    assert all_count.tried == 30
    assert all_count.accuracy < 1


def test_many_labels_are_cross_validated_by_some_of_them() -> None:
    features, labels = clouds(MOST, classes=2, size=8)
    fit = fit_cross_validated(features, labels, 2, C=[0.1])
    assert fit.tried == MOST


def test_few_labels_are_no_certainty() -> None:
    features, labels = clouds(2, classes=2, distance=3)
    fit = fit_cross_validated(features, labels, 2)
    assert fit.probabilities(fit.svm.scores(features)).max() < 0.999


def test_each_class_is_spread_evenly_over_the_parts() -> None:
    labels = np.repeat([0, 1, 2], [7, 10, 23])
    part = fold_of(labels, 5, seed=3)
    for label in range(3):
        counts = np.bincount(part[labels == label], minlength=5)
        assert counts.max() - counts.min() <= 1
    assert (fold_of(labels, 5, seed=4) != part).any()


@pytest.mark.parametrize(
    ("labels", "options", "why"),
    [
        ([0, 0, 1], {}, "two of each"),
        ([0, 0, 0], {}, "two of each"),
        ([0, 0, 1, 1], {"folds": 1}, "folds"),
        ([0, 0, 1, 1], {"seed": -1}, "seed"),
        ([0, 0, 1, 1], {"seed": 2**64}, "seed"),
        ([0, 0, 1, 1], {"C": [0.0]}, "C"),
    ],
)
def test_what_cannot_be_cross_validated_is_refused(labels: list[int], options: dict[str, object], why: str) -> None:
    features = np.ones((len(labels), 4), np.float32)
    with pytest.raises(UsageError, match=why):
        fit_cross_validated(features, np.array(labels), 2, **options)  # type: ignore[arg-type]
