"""Binary codes of pictures, and which of them are equal or nearly so, without comparing each with each.

Codes that differ in up to d bits are found by multi-index hashing (Norouzi, Punjani and Fleet 2012): cut into d + 1
parts, two such codes agree in at least one, so only codes that share a part are compared.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dcgan.errors import UsageError
from dcgan.types import OnProgress

Codes = NDArray[np.uint8]
"""(N, B): codes of 8 B bits, packed as `numpy.packbits` does; or (N, V, B): V of each picture."""
Indices = NDArray[np.int64]
Alike = Callable[[Indices, Indices, int], NDArray[np.bool_]]
"""Of M pairs of pictures, by their indices, and the number of a variation: whether the first, so varied, is as the
second."""

COMPARED = 128
"""With how many codes that share a part a code is compared at most. Among many pictures of one kind, such as digits,
thousands share it; without an end the time would grow with their square."""
NEAREST = 16
"""How many near codes are looked at for each code of a picture."""
_QUERIES_AT_ONCE = 8192
_PASSES = 16  # over pictures of equal codes that are not alike
_PAIRS_AT_ONCE = 1 << 16  # as Python objects
_LONGEST_PART = 64  # bits: a part is one number


@dataclass(frozen=True)
class Groups:
    """Near duplicates, N pictures in all. A picture without any is a group of its own.

    Attributes:
        center: (N,): for each picture the one that stands for its group, itself if that is it.
        distance: (N,): in how many bits their codes differ, of those variations that are nearest.
    """

    center: Indices
    distance: NDArray[np.uint8]

    @property
    def kept(self) -> NDArray[np.bool_]:
        """(N,): whether a picture stands for its group."""
        return np.asarray(self.center == np.arange(len(self.center)))


class CodeIndex:
    """Codes that can be searched for those near to others.

    Args:
        codes: (N, B), all different; where more than `COMPARED` share a part, the first are those that are compared.
        bits: In how many bits a near code may differ: 0 to 8 B - 1.
        nearest: How many near codes are found for a query at most: those that differ least.
    """

    def __init__(self, codes: Codes, bits: int, nearest: int = NEAREST) -> None:
        self._bits, self._nearest = bits, nearest
        self._words = _as_numbers(codes)
        self._keys = _parts(codes, bits + 1)
        self._orders = [np.argsort(key, kind="stable") for key in self._keys]
        self._runs = [key[order] for key, order in zip(self._keys, self._orders, strict=True)]
        self._compared = [_first_of_runs(*pair) for pair in zip(self._runs, self._orders, strict=True)]

    def near(self, queries: Codes) -> tuple[Indices, Indices, NDArray[np.uint8]]:
        """Find for each query (Q, B) the codes near to it, each pair once.

        Returns:
            (M,), (M,) and (M,): the query, the code, and the bits in which they differ.
        """
        words, keys = _as_numbers(queries), _parts(queries, self._bits + 1)
        found = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint8))]
        for number, (key, order, runs) in enumerate(zip(keys, self._orders, self._runs, strict=True)):
            place, end = np.searchsorted(runs, key, "left"), np.searchsorted(runs, key, "right")
            end = np.minimum(end, place + COMPARED)
            query = np.flatnonzero(place < end)
            while len(query):
                code = order[place[query]]
                differ = _differ(words[query], self._words[code])
                close = differ <= self._bits
                for earlier in range(number):
                    q, c = query[close], code[close]
                    close[close] = (keys[earlier][q] != self._keys[earlier][c]) | ~self._compared[earlier][c]
                found.append((query[close], code[close], differ[close]))
                place[query] += 1
                query = query[place[query] < end[query]]
        query, code, differ = (np.concatenate(some) for some in zip(*found, strict=True))
        order = np.lexsort((code, differ, query))
        query, code, differ = query[order], code[order], differ[order]
        rank = np.arange(len(query)) - np.searchsorted(query, query, "left")
        return query[rank < self._nearest], code[rank < self._nearest], differ[rank < self._nearest]


def group(
    codes: Codes,
    quality: NDArray[np.floating],
    within: int = 0,
    *,
    alike: Alike | None = None,
    fixed: NDArray[np.bool_] | None = None,
    on_progress: OnProgress | None = None,
) -> Groups:
    """Group near duplicates around the best of them.

    From the best picture to the worst, each that is in no group yet begins one, with all pictures in no group yet that
    are near to it. Two are near if the code of the one differs from that of any variation of the other in at most
    `within` bits. Chains of pictures, each near to the next, do not become one group.

    Args:
        codes: (N, V, B): of each picture the codes of V variations, the first of which is the picture as it is.
        quality: (N,): the higher, the better; of equal ones the first is.
        within: Bits, 0 or more.
        alike: Has the last word on pairs of near ones. Default: all are.
        fixed: (N,): pictures that are never put into a group of another, and are better than all that can be.
        on_progress: Called with (codes compared, codes in all).

    Raises:
        UsageError: `within` is out of its range.
    """
    count, _, width = codes.shape
    if not 0 <= within < width * 8:
        raise UsageError(f"`within` must be 0 to {width * 8 - 1} bits, not {within}")
    alike = alike or (lambda _, others, __: np.ones(len(others), bool))
    fixed = np.zeros(count, bool) if fixed is None else fixed
    by_quality = np.lexsort((np.arange(count), -quality, ~fixed))
    leader, leaders = _group_equal(codes[:, 0], by_quality, alike, fixed)
    center, distance = np.arange(count), np.zeros(count, np.uint8)
    for a, b, bits in _near_pairs(codes, leaders, within, alike, fixed, on_progress):
        if center[a] == a and center[b] == b:
            center[b], distance[b] = a, bits
    return Groups(center[leader], distance[leader])


def _group_equal(codes: Codes, rows: Indices, alike: Alike, fixed: NDArray[np.bool_]) -> tuple[Indices, Indices]:
    """Group pictures whose codes (N, B) are equal.

    In each pass the best picture of a code gathers those that are alike to it. What is left after a few passes, such as
    the twentieth kind of black sky, stays alone.

    Args:
        codes: (N, B).
        rows: All of them, the best first.
        alike: Has the last word.
        fixed: Those that are not put into a group of another.

    Returns:
        (N,) and (M,): of each picture the one that leads it; and those that lead, the best first, without those that
        were left.
    """
    words, leader, left = _as_words(codes), np.arange(len(codes)), rows
    for _ in range(_PASSES):
        if not len(left):
            break
        _, first, of = np.unique(words[left], return_index=True, return_inverse=True)
        best = left[first][of.reshape(-1)]
        led = best == left
        asked = np.flatnonzero(~led & ~fixed[left])
        led[asked] = alike(best[asked], left[asked], 0)
        leader[left[led]] = best[led]
        left = left[~led]
    leads = leader == np.arange(len(codes))
    leads[left] = False
    return leader, rows[leads[rows]]


def _near_pairs(
    codes: Codes,
    leaders: Indices,
    within: int,
    alike: Alike,
    fixed: NDArray[np.bool_],
    on_progress: OnProgress | None,
) -> Iterator[list[int]]:
    """Pairs of near pictures: the better one, the other, and the bits in which they differ.

    They come ordered by the better one, the best first, and then by the bits.

    Args:
        codes: (N, V, B).
        leaders: (M,): those to pair, the best first.
        within: Bits.
        alike: Has the last word.
        fixed: (N,): those that are not paired with each other.
        on_progress: Called with (codes compared, codes in all).
    """
    places = np.arange(len(leaders))
    firm, free = places[fixed[leaders]], places[~fixed[leaders]]
    searches = [(targets, queries) for targets, queries in ((free, places), (firm, free)) if len(targets)]
    done, total = 0, codes.shape[1] * sum(len(queries) for _, queries in searches)
    found = [np.empty((0, 3), np.int64)]
    for targets, queries in searches:
        index = CodeIndex(codes[leaders[targets], 0], within)
        for variation in range(codes.shape[1]):
            for start in range(0, len(queries), _QUERIES_AT_ONCE):
                some = queries[start : start + _QUERIES_AT_ONCE]
                query, code, bits = index.near(codes[leaders[some], variation])
                one, other = some[query], targets[code]
                new = one < other if variation == 0 else one != other
                one, other, bits = one[new], other[new], bits[new]
                sure = alike(leaders[one], leaders[other], variation)
                found.append(np.stack((np.minimum(one, other), np.maximum(one, other), bits), axis=1)[sure])
                done += len(some)
                if on_progress:
                    on_progress(done, total)
    pairs = np.concatenate(found)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 2], pairs[:, 0]))]
    pairs[:, :2] = leaders[pairs[:, :2]]
    for some in np.array_split(pairs, len(pairs) // _PAIRS_AT_ONCE + 1):
        yield from some.tolist()


def _as_words(codes: Codes) -> NDArray[np.void]:
    """Each code as one value, that sorts."""
    codes = np.ascontiguousarray(codes)
    return codes.view(np.dtype((np.void, codes.shape[1]))).reshape(-1)


def _as_numbers(codes: Codes) -> NDArray[np.uint64]:
    """Each code as a row of numbers of 64 bits."""
    return np.pad(codes, ((0, 0), (0, -codes.shape[1] % 8))).view(np.uint64)


def _differ(some: NDArray[np.uint64], others: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """In how many bits codes differ, one by one."""
    return np.asarray(np.bitwise_count(some ^ others).sum(axis=1, dtype=np.uint8))


def _first_of_runs(runs: NDArray[np.uint64], order: Indices) -> NDArray[np.bool_]:
    """(N,): of each code whether it is among the first that share its part, which are compared."""
    compared = np.empty(len(order), bool)
    compared[order] = np.arange(len(order)) - np.searchsorted(runs, runs, "left") < COMPARED
    return compared


def _parts(codes: Codes, count: int) -> list[NDArray[np.uint64]]:
    """The codes cut into parts, each part of a code as a number."""
    width = codes.shape[1] * 8
    bounds = np.linspace(0, width, count + 1).round().astype(int)
    parts = []
    for start, end in pairwise(bounds.tolist()):
        key = np.zeros(len(codes), np.uint64)
        for bit in range(start, min(end, start + _LONGEST_PART)):  # what is left out makes more candidates, none less
            key = (key << np.uint64(1)) | ((codes[:, bit // 8] >> np.uint8(7 - bit % 8)) & np.uint8(1))
        parts.append(key)
    return parts
