"""The range of C grows until accuracy falls on both sides."""

from collections.abc import Callable, Sequence
from math import log10

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcgan.errors import UsageError
from dcgan.probing.validation_curve import (
    GRID,
    LARGEST,
    SMALLEST,
    Ends,
    Measure,
    best_of,
    check_values,
    ends_of,
    validation_curve,
    warnings_of,
)


def hill(top: float, rounds: list[list[float]]) -> Measure:
    """Accuracy that falls on both sides of a value of C."""

    def measure(values: Sequence[float]) -> list[float]:
        rounds.append(list(values))
        return [1 - abs(log10(value / top)) / 20 for value in values]

    return measure


def constant(of: Callable[[float], float]) -> Measure:
    return lambda values: [of(value) for value in values]


def test_a_best_value_inside_the_grid_needs_no_more() -> None:
    rounds: list[list[float]] = []
    curve = validation_curve(hill(1e-3, rounds))
    assert [*curve] == [*GRID]
    assert rounds == [[*GRID]]
    assert best_of(curve) == 1e-3
    assert ends_of(curve) == Ends("falls", "falls")
    assert warnings_of({"it": curve}, "accuracy") == []


@pytest.mark.parametrize(("top", "decades"), [(0.05, 1), (1.0, 3), (2e-6, 2)])
def test_the_range_grows_by_decades_until_the_best_is_inside(top: float, decades: int) -> None:
    rounds: list[list[float]] = []
    curve = validation_curve(hill(top, rounds))
    assert best_of(curve) == top
    assert len(rounds) == 1 + decades
    assert all(len(values) == 3 and values == sorted(values) for values in rounds[1:])
    assert [*curve] == sorted(curve)
    assert ends_of(curve) == Ends("falls", "falls")


@given(st.floats(-8, 3))
def test_wherever_the_best_lies_it_is_found_inside(exponent: float) -> None:
    curve = validation_curve(hill(10**exponent, []))
    assert ends_of(curve) == Ends("falls", "falls")
    assert abs(log10(best_of(curve)) - exponent) < 0.2 + 1e-6


def test_values_that_are_given_are_taken_as_they_are() -> None:
    curve = validation_curve(hill(1.0, []), [1e-2, 1e-4])
    assert [*curve] == [1e-4, 1e-2]
    assert ends_of(curve) == Ends("falls", "open")
    assert warnings_of({"it": curve}, "accuracy") == [
        "the accuracy of it has not fallen at the largest `C` tried, 0.01: a larger one may be better; try it with `C`"
    ]


def test_accuracy_that_always_rises_ends_at_the_limit_and_says_so() -> None:
    up = validation_curve(constant(lambda value: 0.5 + log10(value) / 100))
    assert max(up) == LARGEST
    assert best_of(up) == LARGEST
    assert ends_of(up) == Ends("falls", "open")
    down = validation_curve(constant(lambda value: 0.5 - log10(value) / 100))
    assert min(down) == SMALLEST
    assert ends_of(down) == Ends("open", "falls")
    (warning,) = warnings_of({"it": down}, "accuracy")
    assert warning.endswith("1e-09, where the range of `C` ends")


def test_accuracy_that_stays_level_over_a_decade_ends_there() -> None:
    curve = validation_curve(constant(lambda value: 0.99 if value > 4e-3 else 0.9))
    assert max(curve) == 0.1  # level from 5e-3 to 1e-2 is less than a decade
    assert best_of(curve) == 5e-3
    assert ends_of(curve) == Ends("falls", "level")
    assert warnings_of({"one": curve, "another": curve}, "accuracy") == [
        "the accuracy does not fall from the best `C` to the largest tried: one, another"
    ]
    perfect = {value: accuracy + 0.01 for value, accuracy in curve.items()}
    assert warnings_of({"one": perfect}, "accuracy") == []  # nothing can be better
    flat = validation_curve(constant(lambda _: 1.0))
    assert [*flat] == [*GRID]
    assert ends_of(flat) == Ends("level", "level")


def test_a_grid_that_lies_below_all_change_is_left_behind() -> None:
    curve = validation_curve(constant(lambda value: 0.6 if value < 1 else 0.9 if value < 5 else 0.8))
    assert best_of(curve) == 1
    assert ends_of(curve) == Ends("falls", "falls")
    small = validation_curve(constant(lambda value: 0.6 if value < 1 else 0.5))
    assert ends_of(small) == Ends("level", "falls")
    none = validation_curve(constant(lambda _: 0.5))
    assert (min(none), max(none)) == (SMALLEST, LARGEST)
    assert ends_of(none) == Ends("open", "open")


@pytest.mark.parametrize("values", [[], [0.0], [-1e-3], [1e-3, float("inf")], [float("nan")]])
def test_values_out_of_range_are_refused(values: list[float]) -> None:
    with pytest.raises(UsageError, match="`C` must be above 0"):
        check_values(values)
