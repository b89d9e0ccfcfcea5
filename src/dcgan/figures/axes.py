"""Axes of charts: what they show, their ticks, and how numbers are written beside them."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

TINY = 1e-100  # smaller values count as 0: the axes would run out of floats
_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True)
class Axis:
    """What an axis shows, from `low` to `high`, and where it lies in the chart, from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    log: bool = False

    @classmethod
    def around(
        cls,
        values: Sequence[float],
        start: float,
        end: float,
        *,
        log: bool = False,
        tight: bool = False,
        limits: tuple[float, float] = (-math.inf, math.inf),
    ) -> "Axis":
        """The axis that shows `values`, finite numbers: up to the next tick on either side, or `tight` around them.

        It gives them no room beyond `limits`, which must be ticks.
        """
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        if log and values:
            ticks = _log_ticks(low, high)
            return cls(ticks[0], ticks[-1], start, end, ticks, log)
        if 0 < low < high / 2:
            low = 0.0  # near enough to 0 for it to be worth seeing
        size = max(abs(low), abs(high))
        if high - low <= 1e-3 * size or size < TINY:
            pad = size / 2 if size >= TINY else 0.5
            low, high = max(low - pad, limits[0]), min(high + pad, limits[1])
        ticks = _ticks(low, high)
        if tight:
            return cls(low, high, start, end, tuple(tick for tick in ticks if low <= tick <= high))
        return cls(ticks[0], ticks[-1], start, end, ticks)

    def position(self, value: float) -> float:
        """Where `value` lies in the chart."""
        low, high, value = map(math.log10, (self.low, self.high, value)) if self.log else (self.low, self.high, value)
        return self.start + (value - low) / (high - low) * (self.end - self.start)

    def labeled(self) -> Iterator[tuple[float, str]]:
        """Each tick's position in the chart and its label, with as many digits as tell the ticks apart."""
        step = min((b - a for a, b in pairwise(self.ticks)), default=1.0)
        size = max(map(abs, self.ticks), default=0.0)
        digits = 3 if self.log else max(3, math.ceil(math.log10(max(size / step, 1))) + 2)
        return ((self.position(tick), short(tick, digits)) for tick in self.ticks)


def short(value: float, digits: int = 3) -> str:
    """A number as the axes and the legend write it: 950, 12.8k, 1.5M, 0.73, 2e-4. So many digits count."""
    size = abs(float(f"{value:.{digits}g}"))
    for unit, prefix in _UNITS:
        if unit <= size < 1000 * unit:
            return f"{value / unit:.{digits}g}{prefix}"
    if size != 0 and not 1e-3 <= size < 1e3:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(exponent)}"
    return f"{value:.{digits}g}"


def _ticks(low: float, high: float) -> tuple[float, ...]:
    """Round numbers at even distances, 4 to 8 of them, the first not above `low` and the last not below `high`."""
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(float(f"{tick * step:.12g}") for tick in range(first, last + 1))


def _log_ticks(low: float, high: float) -> tuple[float, ...]:
    """Powers of ten around the values; of values that lie closer together, some between the powers as well."""
    factors: tuple[float, ...] = (1, 1.5, 2, 3, 4, 5, 7) if high < 5 * low else (1, 2, 5) if high < 100 * low else (1,)
    lowest, highest = math.floor(math.log10(low)), math.ceil(math.log10(high))
    powers = range(lowest - 1, highest + 2 + (highest - lowest) // 7)
    ticks = [float(f"{factor}e{power}") for power in powers for factor in factors]
    first = max(index for index, tick in enumerate(ticks) if tick <= low)
    last = min(index for index, tick in enumerate(ticks) if tick >= high)
    if first == last:
        first, last = first - 1, last + 1
    every = math.ceil((last - first) / 7)
    return tuple(ticks[first : last + every : every])
