"""Interpolation between latent vectors: linear, or along a great circle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dcgan.latent.interpolation import between, lerp, slerp

FRACTIONS = np.array([0.0, 0.25, 0.5, 1.0])

vectors = arrays(np.float32, 5, elements=st.floats(-3, 3, width=32))


def test_a_line_by_hand() -> None:
    assert lerp(np.array([0, 8], np.float32), np.array([4, 0], np.float32), FRACTIONS).tolist() == [
        [0, 8],
        [1, 6],
        [2, 4],
        [4, 0],
    ]


def test_a_quarter_circle_by_hand() -> None:
    half = np.sqrt(0.5)
    points = slerp(np.array([1, 0], np.float32), np.array([0, 1], np.float32), np.array([0, 1 / 3, 0.5, 1]))
    assert points == pytest.approx(np.array([[1, 0], [np.sqrt(0.75), 0.5], [half, half], [0, 1]]), abs=1e-6)


@given(vectors, vectors)
def test_both_begin_and_end_where_they_should(first: np.ndarray, second: np.ndarray) -> None:
    for interpolate in (lerp, slerp):
        points = interpolate(first, second, FRACTIONS)
        assert points.dtype == np.float32
        assert points[0] == pytest.approx(first, abs=1e-5)
        assert points[-1] == pytest.approx(second, abs=1e-5)


@given(vectors, vectors)
def test_a_great_circle_keeps_the_length_where_both_ends_have_it(first: np.ndarray, second: np.ndarray) -> None:
    lengths = np.linalg.norm(first), np.linalg.norm(second)
    if min(lengths) < 0.1 or abs(first @ second) > 0.999 * lengths[0] * lengths[1]:
        return
    points = slerp(first / lengths[0], second / lengths[1], FRACTIONS)
    assert np.linalg.norm(points, axis=1) == pytest.approx(np.ones(4), abs=1e-4)


def test_the_distribution_of_z_chooses_between_them() -> None:
    ends = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
    middle = np.array([0.5])
    assert between(*ends, middle, "uniform") == pytest.approx(lerp(*ends, middle))
    assert between(*ends, middle, "normal") == pytest.approx(slerp(*ends, middle))


@pytest.mark.parametrize("second", [[2, 0], [-1, 0], [0, 0]])
def test_where_there_is_no_one_arc_the_line_is_taken(second: list[float]) -> None:
    ends = np.array([1, 0], np.float32), np.array(second, np.float32)
    assert slerp(*ends, FRACTIONS) == pytest.approx(lerp(*ends, FRACTIONS))
