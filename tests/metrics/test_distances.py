import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dcgan.metrics import distances
from dcgan.metrics.distances import Floats, check_features, squared_distances
from dcgan.types import Features


def all_distances(first: Features, second: Features) -> Floats:
    return np.concatenate([block for _, block in squared_distances(first, second)])


def by_differences(first: Features, second: Features) -> Floats:
    differences = first[:, None].astype(np.float64) - second[None].astype(np.float64)
    squared: Floats = (differences**2).sum(axis=2)
    return squared


def test_squared_distances_of_points_worked_out_by_hand() -> None:
    first = np.array([[0.0, 0.0], [3.0, 4.0]])
    second = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    np.testing.assert_allclose(all_distances(first, second), [[0, 9, 16], [25, 16, 9]], atol=1e-12)


@given(
    seed=st.integers(0, 2**32),
    shape=st.tuples(st.integers(1, 20), st.integers(1, 20), st.integers(1, 9)),
    scale=st.sampled_from([1e-6, 1.0, 1e6]),
    offset=st.sampled_from([0.0, -3.0, 1000.0]),
)
@example(seed=13, shape=(1, 6, 1), scale=1.0, offset=0.0)  # two that nearly meet
def test_they_are_the_sums_of_squared_differences_to_the_bound_on_rounding(
    seed: int, shape: tuple[int, int, int], scale: float, offset: float
) -> None:
    rows, columns, dimensions = shape
    random = np.random.default_rng(seed)
    first = (scale * (offset + random.standard_normal((rows, dimensions)))).astype(np.float32)
    second = (scale * (offset + random.standard_normal((columns, dimensions)))).astype(np.float32)
    center = second.mean(axis=0, dtype=np.float64)
    norms = ((first - center) ** 2).sum(axis=1)[:, None] + ((second - center) ** 2).sum(axis=1)
    bound = (dimensions + 4) * np.finfo(np.float64).eps * norms
    assert (np.abs(all_distances(first, second) - by_differences(first, second)) <= 2 * bound).all()


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
@pytest.mark.parametrize("offset", [0.0, 1.0, 1000.0])
def test_equal_rows_are_at_distance_zero_exactly(scale: float, offset: float) -> None:
    random = np.random.default_rng(0)
    features = (scale * (offset + random.standard_normal((300, 1280)))).astype(np.float32)
    copies = features[::-1].copy()
    squared = all_distances(features, copies)[:, ::-1]
    assert (squared.diagonal() == 0).all()
    assert np.count_nonzero(squared) == squared.size - 300


def test_near_duplicates_far_from_the_origin_keep_their_distance() -> None:
    random = np.random.default_rng(0)
    features = (1000 + random.standard_normal((200, 1280))).astype(np.float32)
    near = features + (random.integers(0, 2, features.shape) * 2**-13).astype(np.float32)  # two units of rounding
    found = np.sqrt(all_distances(features, near).diagonal())
    np.testing.assert_allclose(found, np.sqrt(by_differences(features[:1], near[:1]))[0, 0], rtol=0.2)
    np.testing.assert_allclose(found, np.linalg.norm(near.astype(np.float64) - features, axis=1), rtol=1e-5)


def test_blocks_do_not_change_the_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    first, second = random.standard_normal((50, 8)), random.standard_normal((33, 8))
    whole = list(squared_distances(first, second))
    monkeypatch.setattr(distances, "MOST_ROWS", 7)
    monkeypatch.setattr(distances, "COLUMNS", 5)
    parts = list(squared_distances(first, second))
    assert [rows for rows, _ in whole] == [slice(0, 50)]
    assert [rows for rows, _ in parts] == [slice(start, min(start + 7, 50)) for start in range(0, 50, 7)]
    np.testing.assert_allclose(np.concatenate([block for _, block in parts]), whole[0][1], rtol=1e-12)


def test_a_block_holds_no_more_than_its_share() -> None:
    rows, block = next(squared_distances(np.zeros((5000, 1)), np.zeros((40_000, 1))))
    assert block.shape == (rows.stop, 40_000)
    assert block.size <= distances.ENTRIES


def test_the_features_are_left_as_they_were() -> None:
    features = np.arange(6, dtype=np.float32).reshape(3, 2)
    for _, block in squared_distances(features, features):
        block[:] = -1
    assert (features == np.arange(6).reshape(3, 2)).all()


@pytest.mark.parametrize(
    ("least", "real", "generated", "said"),
    [
        (1, np.zeros((3, 2)), np.zeros(3), r"generated features should have the shape \(N, D\), not \(3,\)"),
        (1, np.zeros((3, 0)), np.zeros((3, 0)), r"real features should have the shape \(N, D\), not \(3, 0\)"),
        (1, np.zeros((0, 2)), np.zeros((3, 2)), "real features should be 1 or more, not 0"),
        (4, np.zeros((4, 2)), np.zeros((3, 2)), "generated features should be 4 or more, not 3"),
        (1, np.zeros((3, 2)), np.full((1, 2), np.nan), "generated features hold values that are not finite"),
        (1, np.full((1, 2), -np.inf), np.zeros((3, 2)), "real features hold values that are not finite"),
        (1, np.zeros((3, 2)), np.zeros((3, 5)), r"different dimensions \(real 2, generated 5\)"),
    ],
)
def test_what_is_wrong_with_features_is_said_with_their_name(
    least: int, real: Features, generated: Features, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        check_features(least=least, real=real, generated=generated)


def test_good_features_pass() -> None:
    check_features(least=3, real=np.zeros((3, 2)), generated=np.zeros((9, 2), np.float32))
