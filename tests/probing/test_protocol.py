"""The paper's protocols of probing."""

import numpy as np
import pytest

from dcgan.probing.linear_svm import fit_svm
from dcgan.probing.protocol import Labeled, confusion_of, draw_labels, predict_all, probe_all, probe_few, split


def clouds(count: int, seed: int, classes: int = 3, apart: float = 1.0) -> Labeled:
    """Points around a center for each class, which are the same for every seed."""
    centers = np.random.default_rng(99).normal(size=(classes, 10)) * apart
    random = np.random.default_rng(seed)
    labels = random.integers(classes, size=count)
    return Labeled((centers[labels] + random.normal(size=(count, 10))).astype(np.float32), labels)


def test_few_labels_tell_less_than_all() -> None:
    learned, validation, test = clouds(600, 0), clouds(200, 1), clouds(400, 2)
    few = probe_few(learned, validation, test, 3, 3, draws=8, penalties=(1e-3, 1e-1))
    more = probe_few(learned, validation, test, 3, 40, draws=8, penalties=(1e-3, 1e-1))
    every = probe_all(learned, validation, test, 3, penalties=(1e-3, 1e-1))
    assert 1 / 3 < few.mean < more.mean <= every.mean + 0.02
    assert few.spread > more.spread > 0
    assert every.spread == 0
    assert few.accuracies.shape == (8,)


def test_the_best_c_on_validation_is_taken_and_named() -> None:
    learned, validation, test = clouds(300, 0), clouds(200, 1), clouds(200, 2)
    result = probe_few(learned, validation, test, 3, 5, draws=4, penalties=(1e-7, 1e-1))
    assert result.penalty == max(result.validation, key=lambda penalty: result.validation[penalty])
    assert [*result.validation] == [1e-7, 1e-1]


def test_the_mean_and_the_spread_are_those_of_the_draws() -> None:
    result = probe_few(clouds(300, 0), clouds(100, 1), clouds(100, 2), 3, 4, draws=5, penalties=(1e-2,))
    assert result.mean == pytest.approx(np.mean(result.accuracies))
    assert result.spread == pytest.approx(1.96 * np.std(result.accuracies, ddof=1))
    assert np.diag(result.confusion).mean() == pytest.approx(result.mean, abs=0.1)
    assert result.confusion.sum(axis=1) == pytest.approx(np.ones(3))


def test_draws_take_so_many_of_each_class_and_differ() -> None:
    labels = np.repeat([0, 1, 2], [50, 60, 70])
    first, again, other = (draw_labels(labels, 20, 0, draw) for draw in (0, 0, 1))
    assert np.bincount(labels[first]).tolist() == [20, 20, 20]
    assert len(set(first.tolist())) == 60
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    with pytest.raises(ValueError, match="class 0 has 50"):
        draw_labels(labels, 51, 0, 0)


def test_a_split_takes_its_share_of_every_class_and_loses_none() -> None:
    labels = np.repeat([0, 1], [100, 20])
    chosen, left = split(labels, 0.1, 0)
    assert np.bincount(labels[chosen]).tolist() == [10, 2]
    assert sorted([*chosen, *left]) == [*range(120)]


def test_machines_predict_together_as_they_do_alone() -> None:
    data = clouds(100, 0)
    machines = [fit_svm(data.features, data.labels, 3, penalty) for penalty in (1e-3, 1.0)]
    for together, machine in zip(predict_all(machines, data), machines, strict=True):
        assert np.array_equal(together, machine.predict(data.features))


def test_confusions_by_hand() -> None:
    found = confusion_of(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 0]), 3)
    assert found == pytest.approx(np.array([[2 / 3, 1 / 3, 0], [1, 0, 0], [0, 0, 0]]))
