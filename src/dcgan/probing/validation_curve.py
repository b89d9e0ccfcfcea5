"""Accuracy on validation pictures over the C of a linear SVM: the range grows until it falls on both sides of the best.

One fixed range would favor some features: the maps of a discriminator are best at C of 1e-4 to 1e-3, the codes of
K-means a hundred times above, where the grid of the paper's released code ends.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from dcgan.errors import UsageError

GRID = (1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2)  # where the search starts: the grid of the released code
DECADE = (2, 5, 10)  # steps by which the range grows
SMALLEST, LARGEST = 1e-9, 1e4  # beyond them an SVM sees no more than rounding errors

Measure = Callable[[Sequence[float]], Sequence[float]]
"""Accuracies on the validation pictures, 0 to 1, of values of C in rising order."""

End = Literal["falls", "level", "open"]
"""How accuracy ends on one side of the best C: below the best; as high over the whole last decade; or neither."""


class Ends(NamedTuple):
    """Both ends of a validation curve."""

    below: End
    above: End


def validation_curve(measure: Measure, C: Sequence[float] | None = None) -> dict[float, float]:
    """Measure accuracy over C.

    Args:
        measure: Fits and judges; called again for each decade that the range grows by.
        C: The values to measure, taken as they are. None starts with `GRID` and adds a decade on each side where
            accuracy neither falls nor stays level, from `SMALLEST` to `LARGEST`.

    Returns:
        Accuracy by C, in rising order of C.
    """
    values = list(GRID) if C is None else sorted(set(C))
    curve = dict(zip(values, measure(values), strict=True))
    while C is None and (more := _next_decade(curve)):
        curve |= zip(more, measure(more), strict=True)
    return {value: curve[value] for value in sorted(curve)}


def check_values(C: Sequence[float]) -> None:
    """Refuse values of C that are out of range.

    Raises:
        UsageError: There is none, or one is not above 0 and at most `LARGEST`.
    """
    if not C or not all(0 < value <= LARGEST for value in C):
        named = ", ".join(f"{value:g}" for value in C) or "nothing"
        raise UsageError(f"`C` must be above 0 and at most {LARGEST:g}, not {named}")


def best_of(curve: Mapping[float, float]) -> float:
    """The key with the highest accuracy; of equal ones the smallest."""
    return max(sorted(curve), key=lambda value: curve[value])


def ends_of(curve: Mapping[float, float]) -> Ends:
    """How accuracy ends on each side of the best C."""
    rising = [round(curve[value], 9) for value in sorted(curve)]  # means of the same shares differ by rounding
    return Ends(_end(rising), _end(rising[::-1]))


def _end(accuracies: Sequence[float]) -> End:
    """How accuracies end at the first of them.

    Among values of C that are all far too small every SVM is the same: level on both sides is no end, unless all are
    right.
    """
    best, decade = max(accuracies), accuracies[: len(DECADE) + 1]
    if accuracies[0] < best:
        return "falls"
    level = len(decade) == len(DECADE) + 1 and set(decade) == {best}
    return "level" if level and (accuracies[-1] < best or best == 1) else "open"


def warnings_of(curves: Mapping[str, Mapping[float, float]], accuracy: str) -> list[str]:
    """Where another C may be better than those of a curve; and, in a sentence for all, which stay level to their end.

    Args:
        curves: By what was fitted, such as "dcgan with 4 labels".
        accuracy: Which one it is: "validation accuracy".
    """
    lines = []
    sides = (("below", "smallest", "smaller", min, SMALLEST), ("above", "largest", "larger", max, LARGEST))
    for side, extreme, other, last_of, limit in sides:
        ends = {name: getattr(ends_of(curve), side) for name, curve in curves.items()}
        for name in (name for name, end in ends.items() if end == "open"):
            last = last_of(curves[name])
            ended = (
                ", where the range of `C` ends" if last == limit else f": a {other} one may be better; try it with `C`"
            )
            lines.append(f"the {accuracy} of {name} has not fallen at the {extreme} `C` tried, {last:g}{ended}")
        if level := [name for name, end in ends.items() if end == "level" and max(curves[name].values()) < 1]:
            lines.append(f"the {accuracy} does not fall from the best `C` to the {extreme} tried: {', '.join(level)}")
    return lines


def _next_decade(curve: Mapping[float, float]) -> list[float]:
    """Values of C beyond an end that is open, in rising order; none where both ends are settled or at their limit."""
    ends, low, high = ends_of(curve), min(curve), max(curve)
    if ends.above == "open" and high < LARGEST:
        return [_rounded(high * step) for step in DECADE]
    if ends.below == "open" and low > SMALLEST:
        return [_rounded(low / step) for step in reversed(DECADE)]
    return []


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
