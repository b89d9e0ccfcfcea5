import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcgan.metrics import distances
from dcgan.metrics.distances import Floats
from dcgan.metrics.one_nearest_neighbor import TwoSample, accuracy, two_sample
from dcgan.types import Features, Labels


def normal(count: int, dimensions: int = 8, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).standard_normal((count, dimensions))


def by_leaving_one_out(real: Features, generated: Features) -> TwoSample:
    pooled = np.concatenate([real, generated])
    is_real = np.arange(len(pooled)) < len(real)
    right = np.zeros(len(pooled), bool)
    for i, feature in enumerate(pooled):
        lengths = np.linalg.norm(pooled - feature, axis=1)
        lengths[i] = np.inf
        right[i] = is_real[np.argmin(lengths)] == is_real[i]
    return TwoSample(float(right.mean()), float(right[is_real].mean()), float(right[~is_real].mean()))


def values(found: TwoSample) -> tuple[float, float, float]:
    return found.accuracy, found.real, found.generated


def test_labels_of_the_nearest_are_taken_over() -> None:
    train, labels = np.array([[0.0], [10.0], [20.0]]), np.array([3, 5, 3])
    test, truth = np.array([[1.0], [9.0], [16.0], [40.0]]), np.array([3, 5, 5, 3])
    assert accuracy(train, labels, test, truth) == 3 / 4


def test_classes_well_apart_are_told_by_few_labels() -> None:
    centers = 50 * normal(10)
    truth = np.arange(500) % 10
    test = centers[truth] + normal(500, seed=1)
    assert accuracy(centers, np.arange(10), test, truth) == 1
    assert accuracy(centers, (np.arange(10) + 1) % 10, test, truth) == 0


def test_labels_may_be_words() -> None:
    assert accuracy(normal(2), np.array(["cat", "dog"]), normal(2), np.array(["cat", "cat"])) == 0.5


def test_labels_without_meaning_carry_nothing_over() -> None:
    random = np.random.default_rng(0)
    train_labels, test_labels = random.integers(0, 10, 1000), random.integers(0, 10, 1000)
    assert accuracy(normal(1000), train_labels, normal(1000, seed=1), test_labels) == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize(
    ("train_labels", "test_labels", "said"),
    [
        (np.zeros(3), np.zeros(5), r"train labels should be one a feature, \(4,\), not \(3,\)"),
        (np.zeros(4), np.zeros((5, 1)), r"test labels should be one a feature, \(5,\), not \(5, 1\)"),
    ],
)
def test_labels_that_do_not_fit_are_refused(train_labels: Labels, test_labels: Labels, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        accuracy(normal(4), train_labels, normal(5), test_labels)


def test_two_sets_on_a_line_worked_out_by_hand() -> None:
    real, generated = np.array([[0.0], [1.0], [9.0]]), np.array([[2.5], [3.0], [8.0]])
    assert values(two_sample(real, generated)) == pytest.approx((4 / 6, 2 / 3, 2 / 3))  # 9 and 8 mistake each other


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), count=st.integers(2, 20), shift=st.sampled_from([0.0, 0.5, 2.0]))
def test_it_is_the_classifier_that_leaves_each_out_in_turn(seed: int, count: int, shift: float) -> None:
    real, generated = normal(count, 3, seed), normal(count, 3, seed + 1) + shift
    assert values(two_sample(real, generated)) == pytest.approx(values(by_leaving_one_out(real, generated)), abs=1e-12)


def test_two_samples_of_one_distribution_are_told_apart_half_of_the_time() -> None:
    assert values(two_sample(normal(1000, 4, 1), normal(1000, 4, 2))) == pytest.approx((0.5, 0.5, 0.5), abs=0.05)


def test_sets_far_apart_are_always_told_apart() -> None:
    assert values(two_sample(normal(50), normal(50, seed=1) + 100)) == (1, 1, 1)


def test_memorized_pictures_are_never_told_apart() -> None:
    real = normal(200)
    assert values(two_sample(real, real + 1e-3 * normal(200, seed=1))) == (0, 0, 0)


def test_a_collapse_onto_the_centers_of_modes_shows_in_the_generated_half() -> None:
    centers = np.repeat(50 * normal(30, 64), 10, axis=0)
    found = two_sample(centers + normal(300, 64, 1), centers + 0.1 * normal(300, 64, 2))
    assert found.generated == 1
    assert found.real < 0.2


def test_a_missing_mode_shows_in_the_real_half() -> None:
    modes = np.repeat([[0.0], [50.0]], 300, axis=0)
    found = two_sample(normal(600) + modes, normal(600, seed=1))
    assert found.real == pytest.approx(1 / 2 + 1 / 2 * 1 / 3, abs=0.05)  # in the mode that is left: 1 in 3 is real
    assert found.generated == pytest.approx(2 / 3, abs=0.05)


def test_features_equally_near_to_both_sets_count_half() -> None:
    same = np.full((6, 3), 7.0, np.float32)
    assert values(two_sample(same, same)) == (0.5, 0.5, 0.5)
    assert values(two_sample(np.array([[0.0], [1.0]]), np.array([[-1.0], [50.0]]))) == (3 / 8, 3 / 4, 0)


def test_the_order_of_the_sets_does_not_matter() -> None:
    first, second = normal(40, 3), 0.5 * normal(40, 3, seed=1)
    there, back = two_sample(first, second), two_sample(second, first)
    assert values(there) == (back.accuracy, back.generated, back.real)
    assert there.real != there.generated


def test_blocks_do_not_change_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    real, generated = normal(80, 3), 0.7 * normal(80, 3, seed=1)
    whole = two_sample(real, generated)
    monkeypatch.setattr(distances, "MOST_ROWS", 7)
    monkeypatch.setattr(distances, "COLUMNS", 11)
    assert two_sample(real, generated) == whole


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match=r"as many generated features as real ones \(5\), not 4"):
        two_sample(normal(5), normal(4))
    with pytest.raises(ValueError, match="real features should be 2 or more, not 1"):
        two_sample(normal(1), normal(1))
    with pytest.raises(ValueError, match="different dimensions"):
        two_sample(normal(5, 2), normal(5, 3))
    with pytest.raises(ValueError, match="different dimensions"):
        accuracy(normal(5, 2), np.zeros(5), normal(5, 3), np.zeros(5))
