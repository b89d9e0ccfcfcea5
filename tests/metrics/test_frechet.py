import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcgan.metrics.distances import Floats
from dcgan.metrics.frechet import Moments, frechet_distance, moments
from dcgan.types import Features


def by_complex_roots(first: Features, second: Features) -> float:
    """The definition, through the eigenvalues of the product, which is not symmetric."""
    first_covariance, second_covariance = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    roots = np.sqrt(np.linalg.eigvals(first_covariance @ second_covariance).astype(complex)).real.sum()
    shift = ((first.mean(axis=0) - second.mean(axis=0)) ** 2).sum()
    return float(shift + np.trace(first_covariance) + np.trace(second_covariance) - 2 * roots)


def correlated(random: np.random.Generator, count: int, dimensions: int) -> Floats:
    mixing = random.standard_normal((dimensions, dimensions))
    features: Floats = random.standard_normal((count, dimensions)) @ mixing + random.standard_normal(dimensions)
    return features


def distance(first: Features, second: Features) -> float:
    return frechet_distance(moments([first]), moments([second]))


def test_moments_of_features_worked_out_by_hand() -> None:
    found = moments([np.array([[0.0, 1.0], [2.0, 5.0]])])
    assert found.count == 2
    assert found.mean.tolist() == [1, 3]
    assert found.covariance.tolist() == [[2, 4], [4, 8]]  # divided by 1, not by 2


@given(seed=st.integers(0, 2**32), sizes=st.lists(st.integers(1, 12), min_size=2, max_size=6))
def test_moments_do_not_depend_on_the_batches(seed: int, sizes: list[int]) -> None:
    features = correlated(np.random.default_rng(seed), sum(sizes), 4)
    found = moments(iter(np.split(features, np.cumsum(sizes)[:-1])))
    assert found.count == len(features)
    np.testing.assert_allclose(found.mean, features.mean(axis=0), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.covariance, np.cov(features, rowvar=False), rtol=1e-10, atol=1e-10)


def test_a_large_mean_costs_no_digits() -> None:
    features = np.random.default_rng(0).standard_normal((1000, 3)) * 0.01
    found = moments(np.split(features + 1e6, 10))
    np.testing.assert_allclose(found.covariance, np.cov(features, rowvar=False), rtol=1e-6, atol=1e-11)


def test_features_in_float32_are_summed_in_float64() -> None:
    features = np.float32(100) + np.random.default_rng(0).standard_normal((20_000, 2), dtype=np.float32)
    found = moments(np.split(features, 4))
    exact = features.astype(np.float64)
    np.testing.assert_allclose(found.mean, exact.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.covariance, np.cov(exact, rowvar=False), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dimensions", [1, 2, 7, 40])
def test_the_distance_is_that_of_its_definition(dimensions: int) -> None:
    random = np.random.default_rng(dimensions)
    first, second = correlated(random, 200, dimensions), correlated(random, 150, dimensions)
    if dimensions == 1:
        expected = (first.mean() - second.mean()) ** 2 + (first.std(ddof=1) - second.std(ddof=1)) ** 2
    else:
        expected = by_complex_roots(first, second)
    assert distance(first, second) == pytest.approx(expected, rel=1e-9)


def test_independent_dimensions_have_a_closed_form() -> None:
    first = Moments(np.array([0.0, 1.0, 5.0]), np.diag([1.0, 4.0, 0.0]), 10)
    second = Moments(np.array([3.0, 1.0, 5.0]), np.diag([9.0, 4.0, 2.0]), 10)
    assert frechet_distance(first, second) == pytest.approx(9 + (1 - 3) ** 2 + 0 + 2, rel=1e-12)


def test_covariances_that_do_not_commute_have_the_value_worked_out_by_hand() -> None:
    # S1 = diag(1, 0) and S2 = all ones: S1^1/2 S2 S1^1/2 = diag(1, 0), so the trace of the root is 1.
    first = Moments(np.zeros(2), np.diag([1.0, 0.0]), 10)
    second = Moments(np.zeros(2), np.ones((2, 2)), 10)
    assert frechet_distance(first, second) == pytest.approx(1 + 2 - 2, rel=1e-12)


def test_a_set_is_at_distance_zero_from_itself_with_fewer_features_than_dimensions_too() -> None:
    random = np.random.default_rng(0)
    for count in (10, 20, 30, 200):
        features = 20 * random.standard_normal((count, 100))
        assert 0 <= distance(features, features[::-1]) < 1e-8  # rounding takes the sum below 0 for some


def test_fewer_features_than_dimensions_lose_no_digits() -> None:
    random = np.random.default_rng(0)
    first, second = random.standard_normal((20, 100)), 3 * random.standard_normal((30, 100))
    first_centered, second_centered = first - first.mean(axis=0), second - second.mean(axis=0)
    # The same trace from the N x M products of the features themselves.
    gram = first_centered @ second_centered.T / np.sqrt(19 * 29)
    root = np.sqrt(np.linalg.eigvalsh(gram @ gram.T).clip(1e-9))[1:].sum()  # the first is that of the mean: 0
    shift = ((first.mean(axis=0) - second.mean(axis=0)) ** 2).sum()
    spread = first.var(axis=0, ddof=1).sum() + second.var(axis=0, ddof=1).sum()
    assert distance(first, second) == pytest.approx(shift + spread - 2 * root, rel=1e-9)


def test_a_single_picture_again_and_again_is_at_the_distance_of_all_that_it_lacks() -> None:
    real = correlated(np.random.default_rng(0), 500, 6)
    collapsed = np.repeat(real.mean(axis=0, keepdims=True), 500, axis=0)
    assert distance(real, collapsed) == pytest.approx(real.var(axis=0, ddof=1).sum(), rel=1e-9)


@given(seed=st.integers(0, 2**32))
def test_the_distance_has_no_sides_and_does_not_turn_or_move_with_the_axes(seed: int) -> None:
    random = np.random.default_rng(seed)
    first, second = correlated(random, 30, 5), correlated(random, 40, 5)
    turn = np.linalg.qr(random.standard_normal((5, 5)))[0]
    expected = distance(first, second)
    assert distance(second, first) == pytest.approx(expected, rel=1e-9)
    assert distance(first @ turn + 3, second @ turn + 3) == pytest.approx(expected, rel=1e-8)
    assert distance(10 * first, 10 * second) == pytest.approx(100 * expected, rel=1e-9)


@pytest.mark.parametrize(
    ("batches", "said"),
    [
        ([], "2 or more pictures, not 0"),
        ([np.zeros((1, 3))], "2 or more pictures, not 1"),
        ([np.zeros((5, 3)), np.zeros((5, 4))], "4 dimensions, the ones before it 3"),
        ([np.zeros((5, 3)), np.full((5, 3), np.nan)], "not finite"),
        ([np.zeros(5)], r"shape \(N, D\)"),
    ],
)
def test_moments_that_cannot_be_measured_are_refused(batches: list[Features], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        moments(batches)


def test_two_extractors_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match=r"different dimensions \(first 3, second 4\)"):
        distance(np.zeros((5, 3)), np.zeros((5, 4)))


def test_moments_whose_parts_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"should be \(D,\) and \(D, D\)"):
        Moments(np.zeros(3), np.zeros((4, 4)), 10)
