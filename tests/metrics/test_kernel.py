import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcgan.metrics.distances import Floats
from dcgan.metrics.kernel import kernel_distance
from dcgan.types import Features


def source(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def by_double_loop(first: Features, second: Features) -> float:
    """The unbiased squared discrepancy, as it is written in the paper."""

    def kernel(x: Features, y: Features) -> float:
        return float((sum(a * b for a, b in zip(x, y, strict=True)) / len(x) + 1) ** 3)

    n, m = len(first), len(second)
    within_first = sum(kernel(first[i], first[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    within_second = sum(kernel(second[i], second[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    return within_first + within_second - 2 * sum(kernel(x, y) for x in first for y in second) / (n * m)


def normal(count: int, dimensions: int = 4, seed: int = 0, shift: float = 0) -> Floats:
    return np.random.default_rng(seed).standard_normal((count, dimensions)) + shift


def test_two_pairs_worked_out_by_hand() -> None:
    # One dimension, real 0 and 1, generated 1 and 2: k(0, 1) = 1, k(1, 2) = 27; between: 1, 1, 8 and 27.
    found = kernel_distance(np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]]), source())
    assert found.mean == pytest.approx(1 + 27 - 2 * (1 + 1 + 8 + 27) / 4, rel=1e-12)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), count=st.integers(2, 12), dimensions=st.integers(1, 6))
def test_it_is_the_double_loop_of_the_paper(seed: int, count: int, dimensions: int) -> None:
    real, generated = normal(count, dimensions, seed), 2 * normal(count, dimensions, seed + 1, 0.5)
    found = kernel_distance(real, generated, source(), size=count)
    assert found.mean == pytest.approx(by_double_loop(real, generated), rel=1e-9, abs=1e-9)


def test_features_in_float32_are_summed_in_float64() -> None:
    real, generated = (3 + normal(60, 8, seed) for seed in (1, 2))
    rounded = kernel_distance(real.astype(np.float32), generated.astype(np.float32), source()).mean
    assert rounded == pytest.approx(by_double_loop(real, generated), rel=1e-5)


def test_mean_and_spread_are_those_of_the_subsets_that_were_drawn() -> None:
    real, generated = normal(30, seed=1), normal(40, seed=2, shift=0.5)
    found = kernel_distance(real, generated, source(), subsets=5, size=10)
    random = source()
    values = []
    for _ in range(5):
        first = random.choice(30, 10, replace=False)
        second = random.choice(40, 10, replace=False)
        values.append(by_double_loop(real[first], generated[second]))
    assert found.mean == pytest.approx(sum(values) / 5, rel=1e-9)
    assert found.std == pytest.approx((sum((value - sum(values) / 5) ** 2 for value in values) / 5) ** 0.5, rel=1e-9)
    assert (found.subsets, found.size) == (5, 10)


def test_two_samples_of_one_distribution_are_at_distance_zero_on_average() -> None:
    random = source()
    draws = [random.standard_normal((2, 50, 4)) for _ in range(2000)]
    values = [kernel_distance(real, generated, random).mean for real, generated in draws]
    error = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values)) < 3 * error
    assert error < 0.01  # the biased estimate would be 0.1 or more off
    assert min(values) < 0  # unbiased: not held at 0


def test_a_shift_a_scale_and_a_collapse_all_show() -> None:
    real = normal(200, seed=1)
    alike = kernel_distance(real, normal(200, seed=2), source()).mean
    for other in (normal(200, seed=2, shift=0.5), 2 * normal(200, seed=2), np.repeat(normal(1, seed=2), 200, axis=0)):
        assert kernel_distance(real, other, source()).mean > 5 * abs(alike)


def test_the_same_numbers_give_the_same_figure() -> None:
    real, generated = normal(50, seed=1), normal(50, seed=2)
    first, again, other = (kernel_distance(real, generated, source(seed), size=20) for seed in (1, 1, 2))
    assert first == again
    assert first.mean != other.mean


def test_the_size_of_a_subset_is_at_most_the_papers_and_that_of_the_smaller_set() -> None:
    many, few = np.zeros((1200, 1)), np.zeros((7, 1))
    assert kernel_distance(many, many, source(), subsets=1).size == 1000
    assert kernel_distance(many, few, source(), subsets=1).size == 7
    assert kernel_distance(few, many, source(), subsets=1).size == 7


def test_whole_sets_are_measured_once() -> None:
    found = kernel_distance(normal(20, seed=1), normal(20, seed=2), source(), subsets=50)
    assert (found.subsets, found.std) == (1, 0)
    assert kernel_distance(normal(20, seed=1), normal(21, seed=2), source(), subsets=50).subsets == 50


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_the_distance_has_no_sides_and_does_not_turn_with_the_axes(seed: int) -> None:
    real, generated = normal(20, 5, seed), normal(20, 5, seed + 1, 1)
    turn = np.linalg.qr(normal(5, 5, seed + 2))[0]
    expected = kernel_distance(real, generated, source()).mean
    assert kernel_distance(generated, real, source()).mean == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert kernel_distance(real @ turn, generated @ turn, source()).mean == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("size", [0, 1, 6])
def test_a_size_out_of_range_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"must be 2 to 5 .*, not {size}"):
        kernel_distance(np.zeros((5, 2)), np.zeros((9, 2)), source(), size=size)


def test_other_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="subsets must be 1 or more, not 0"):
        kernel_distance(np.zeros((5, 2)), np.zeros((5, 2)), source(), subsets=0)
    with pytest.raises(ValueError, match="real features should be 2 or more, not 1"):
        kernel_distance(np.zeros((1, 2)), np.zeros((5, 2)), source())
    with pytest.raises(ValueError, match="different dimensions"):
        kernel_distance(np.zeros((5, 2)), np.zeros((5, 3)), source())
