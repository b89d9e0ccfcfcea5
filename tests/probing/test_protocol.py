"""The paper's protocols of probing."""

from typing import Any

import numpy as np
import pytest

from dcgan.errors import UsageError
from dcgan.probing.labeled_features import LabeledFeatures
from dcgan.probing.linear_svm import fit_svm
from dcgan.probing.protocol import (
    ProbeOptions,
    ProbeResult,
    confusion_matrix,
    predict_all,
    probe_all,
    probe_few,
)


def clouds(count: int, seed: int, classes: int = 3, apart: float = 1.0) -> LabeledFeatures:
    """Points around a center for each class, which are the same for every seed."""
    centers = np.random.default_rng(99).normal(size=(classes, 10)) * apart
    random = np.random.default_rng(seed)
    labels = random.integers(classes, size=count)
    return LabeledFeatures((centers[labels] + random.normal(size=(count, 10))).astype(np.float32), labels)


def test_few_labels_tell_less_than_all() -> None:
    train, validation, test = clouds(600, 0), clouds(200, 1), clouds(400, 2)
    few = probe_few(train, validation, test, 3, 3, repeats=8, C=(1e-3, 1e-1))
    more = probe_few(train, validation, test, 3, 40, repeats=8, C=(1e-3, 1e-1))
    every = probe_all(train, validation, test, 3, C=(1e-3, 1e-1))
    assert 1 / 3 < few.mean < more.mean <= every.mean + 0.02
    assert few.interval > more.interval > 0
    assert every.interval == 0
    assert few.accuracies.shape == (8,)


def test_the_best_c_on_validation_is_taken_and_named() -> None:
    train, validation, test = clouds(300, 0), clouds(200, 1), clouds(200, 2)
    result = probe_few(train, validation, test, 3, 5, repeats=4, C=(1e-7, 1e-1))
    assert result.best == max(result.validation, key=lambda C: result.validation[C])
    assert [*result.validation] == [1e-7, 1e-1]


def test_mean_and_interval_are_those_of_the_repeats() -> None:
    result = probe_few(clouds(300, 0), clouds(100, 1), clouds(100, 2), 3, 4, repeats=5, C=(1e-2,))
    assert result.mean == pytest.approx(np.mean(result.accuracies))
    assert result.interval == pytest.approx(1.96 * np.std(result.accuracies, ddof=1))
    assert np.diag(result.confusion).mean() == pytest.approx(result.mean, abs=0.1)
    assert result.confusion.sum(axis=1) == pytest.approx(np.ones(3))


def test_svms_predict_together_as_they_do_alone() -> None:
    data = clouds(100, 0)
    svms = [fit_svm(data.features, data.labels, 3, C) for C in (1e-3, 1.0)]
    for together, svm in zip(predict_all(svms, data), svms, strict=True):
        assert np.array_equal(together, svm.predict(data.features))


def test_confusions_by_hand() -> None:
    found = confusion_matrix(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 0]), 3)
    assert found == pytest.approx(np.array([[2 / 3, 1 / 3, 0], [1, 0, 0], [0, 0, 0]]))


def test_each_of_the_features_gets_the_c_that_suits_its_scale() -> None:
    train, validation, test = clouds(600, 0), clouds(300, 1), clouds(400, 2)

    def scaled(data: LabeledFeatures, factor: float) -> LabeledFeatures:
        return LabeledFeatures(data.features * np.float32(factor), data.labels)

    found: dict[tuple[float, int | None], ProbeResult] = {}
    for factor in (30, 0.03):
        sets = scaled(train, factor), scaled(validation, factor), scaled(test, factor)
        for result in (probe_all(*sets, 3), probe_few(*sets, 3, 5, repeats=4)):
            assert result.ends is not None
            assert "open" not in result.ends
            found[factor, result.labels_per_class] = result
    for count in (None, 5):
        assert found[30, count].best < 1e-2 < found[0.03, count].best
        assert found[0.03, count].mean == pytest.approx(found[30, count].mean, abs=0.05)
    cut_off = probe_all(*sets, 3, C=(1e-5, 1e-4))
    assert cut_off.ends is not None
    assert cut_off.ends.above == "open"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels_per_class": ()}, "`labels_per_class`"),
        ({"labels_per_class": (0,)}, "`labels_per_class`"),
        ({"C": ()}, "`C`"),
        ({"C": (1e-3, 1e9)}, "`C`"),
        ({"C": (float("nan"),)}, "`C`"),
        ({"validation": 1.0}, "`validation`"),
        ({"repeats": 0}, "`repeats`"),
    ],
)
def test_options_out_of_range_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ProbeOptions(**options)
