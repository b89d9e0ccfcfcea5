import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcgan.metrics import distances
from dcgan.metrics.distances import Floats
from dcgan.metrics.neighbors import memorization, nearest_neighbors, nearest_others


def normal(count: int, dimensions: int = 16, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).standard_normal((count, dimensions))


def test_neighbors_of_points_worked_out_by_hand() -> None:
    training = np.array([[0.0, 0.0], [6.0, 8.0], [1.0, 0.0]])
    found = nearest_neighbors(np.array([[0.0, -1.0], [3.0, 4.0 + 1e-9], [1.0, 0.0]]), training)
    assert found.index.tolist() == [0, 2, 2]
    np.testing.assert_allclose(found.distance, [1, 20**0.5, 0], atol=1e-8)


def test_a_feature_is_not_its_own_neighbor() -> None:
    found = nearest_others(np.array([[0.0], [1.0], [5.0], [5.0]]))
    assert found.index.tolist() == [1, 0, 3, 2]
    np.testing.assert_allclose(found.distance, [1, 1, 0, 0], atol=1e-12)


def test_mirror_images_are_searched_with_the_pictures() -> None:
    training, mirrored = np.array([[0.0], [10.0]]), np.array([[1.0], [4.0]])
    found = nearest_neighbors(np.array([[0.5], [0.9], [4.5], [9.0]]), training, mirrored)
    assert found.mirrored is not None
    assert list(zip(found.index.tolist(), found.mirrored.tolist(), strict=True)) == [
        (0, False),
        (0, True),
        (1, True),
        (1, False),
    ]
    np.testing.assert_allclose(found.distance, [0.5, 0.1, 0.5, 1])
    others = nearest_others(training, mirrored)  # 0 to the mirror image 4 of 10, not to its own, 1
    np.testing.assert_allclose(others.distance, [4, 9])
    assert others.index.tolist() == [1, 0]
    with pytest.raises(ValueError, match=r"mirror images should have the shape \(2, 1\), not \(1, 1\)"):
        nearest_neighbors(training, training, mirrored[:1])


@given(seed=st.integers(0, 2**32), counts=st.tuples(st.integers(1, 15), st.integers(2, 15)))
def test_neighbors_are_those_that_looking_at_each_finds(seed: int, counts: tuple[int, int]) -> None:
    samples, training = normal(counts[0], 4, seed), normal(counts[1], 4, seed + 1)
    found = nearest_neighbors(samples, training)
    for i, sample in enumerate(samples):
        lengths = [float(np.linalg.norm(sample - other)) for other in training]
        assert found.index[i] == lengths.index(min(lengths))
        assert found.distance[i] == pytest.approx(min(lengths), rel=1e-9)
    others = nearest_others(training)
    for i, feature in enumerate(training):
        lengths = [float(np.linalg.norm(feature - other)) if i != j else np.inf for j, other in enumerate(training)]
        assert others.index[i] == lengths.index(min(lengths))
        assert others.distance[i] == pytest.approx(min(lengths), rel=1e-9)


def test_blocks_do_not_change_the_neighbors(monkeypatch: pytest.MonkeyPatch) -> None:
    samples, training = normal(60), normal(45, seed=1)
    whole, whole_others = nearest_neighbors(samples, training), nearest_others(samples)
    monkeypatch.setattr(distances, "MOST_ROWS", 7)
    monkeypatch.setattr(distances, "COLUMNS", 11)
    for one, other in (
        (nearest_neighbors(samples, training), whole),
        (nearest_others(samples), whole_others),
    ):
        assert (one.index == other.index).all()
        np.testing.assert_allclose(one.distance, other.distance, rtol=1e-12)


def test_a_copy_is_found_at_distance_zero_among_features_far_from_the_origin() -> None:
    training = (500 + normal(500, 1280)).astype(np.float32)
    found = nearest_neighbors(training[[7, 400]], training)
    assert found.index.tolist() == [7, 400]
    assert found.distance.tolist() == [0, 0]


def test_the_threshold_is_a_percentile_of_the_distances_within_the_training_set() -> None:
    training = np.array([[0.0], [1.0], [3.0], [6.0], [10.0]])  # nearest others at 1, 1, 2, 3, 4
    samples, held_out = np.array([[0.5], [2.0], [12.0], [30.0]]), np.array([[-2.0], [4.6]])
    found = memorization(samples, held_out, training, percentile=50)
    assert found.threshold == pytest.approx(2)
    assert found.rate == 3 / 4  # at 0.5, 1, 2 and 20
    assert found.held_out_rate == 2 / 2  # at 2 and 1.4
    assert found.neighbors.index.tolist() == [0, 1, 4, 4]
    stricter = memorization(samples, held_out, training, percentile=0)
    assert (stricter.threshold, stricter.rate, stricter.held_out_rate) == (1, 2 / 4, 0)


def test_new_pictures_come_as_near_about_once_in_a_hundred() -> None:
    found = [memorization(*np.random.default_rng(seed).standard_normal((3, 1000, 4))) for seed in range(10)]
    assert np.mean([each.rate for each in found]) == pytest.approx(0.01, abs=0.005)
    assert np.mean([each.held_out_rate for each in found]) == pytest.approx(0.01, abs=0.005)


def test_copies_with_a_little_noise_are_counted() -> None:
    training, held_out = normal(600, seed=1), normal(300, seed=2)
    copies = training[100:190] + 0.01 * normal(90, seed=3)
    found = memorization(np.concatenate([normal(210, seed=4), copies]), held_out, training)
    assert found.rate == pytest.approx(0.3 + 0.7 * found.held_out_rate, abs=0.02)
    assert found.held_out_rate < 0.04
    assert found.neighbors.index[210:].tolist() == list(range(100, 190))
    assert found.threshold > found.neighbors.distance[210:].max()


def test_exact_copies_count_when_repeats_have_brought_the_threshold_to_zero() -> None:
    training = np.repeat(normal(50), 2, axis=0).astype(np.float32)
    samples = np.concatenate([training[:5], normal(15, seed=1).astype(np.float32)])
    found = memorization(samples, normal(20, seed=2), training)
    assert (found.threshold, found.rate, found.held_out_rate) == (0, 5 / 20, 0)


def test_the_rate_does_not_depend_on_the_scale_of_the_features() -> None:
    sets = normal(50, 3, 1), normal(60, 3, 2), normal(70, 3, 3)
    one, other = (memorization(*(scale * each for each in sets), percentile=30) for scale in (1.0, 1000.0))
    assert (one.rate, one.held_out_rate) == (other.rate, other.held_out_rate)
    assert 0 < one.rate < 1
    assert other.threshold == pytest.approx(1000 * one.threshold)


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="samples features should be 1 or more, not 0"):
        nearest_neighbors(np.zeros((0, 2)), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="different dimensions"):
        nearest_neighbors(np.zeros((3, 2)), np.zeros((3, 4)))
    with pytest.raises(ValueError, match="2 or more, not 1"):
        nearest_others(np.zeros((1, 2)))
    with pytest.raises(ValueError, match="2 or more, not 1"):
        memorization(np.zeros((3, 2)), np.zeros((3, 2)), np.zeros((1, 2)))
    with pytest.raises(ValueError, match="held_out features hold values that are not finite"):
        memorization(np.zeros((3, 2)), np.full((3, 2), np.nan), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="percentile must be 0 to 100, not 101"):
        memorization(np.zeros((3, 2)), np.zeros((3, 2)), np.zeros((3, 2)), percentile=101)
