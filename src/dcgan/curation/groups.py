"""Pictures with nearly equal codes, grouped around the best of them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcgan.curation.code_index import CodeIndex, Codes, Distances, Indices
from dcgan.data.workers import cores
from dcgan.errors import UsageError
from dcgan.types import OnProgress

Alike = Callable[[Indices, Indices, int], NDArray[np.bool_]]
"""Of M pairs of pictures, by their indices, and the number of a variation: whether the first, so varied, is as the
second."""

_QUERIES_AT_ONCE = 1 << 13
_PASSES = 16  # over pictures of equal codes that are not alike
_PAIRS_AT_ONCE = 1 << 16  # as Python objects


@dataclass(frozen=True)
class Groups:
    """Near duplicates, N pictures in all. A picture without any is a group of its own.

    Attributes:
        center: (N,): for each picture the one that stands for its group, itself if that is it.
        distance: (N,): in how many bits their codes differ, of those variations that are nearest.
    """

    center: Indices
    distance: Distances

    @property
    def kept(self) -> NDArray[np.bool_]:
        """(N,): whether a picture stands for its group."""
        return np.asarray(self.center == np.arange(len(self.center)))


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
            for stop, (query, code, bits) in _search(index, codes[:, variation], leaders[queries]):
                one, other = queries[query], targets[code]
                new = one < other if variation == 0 else one != other
                one, other, bits = one[new], other[new], bits[new]
                sure = alike(leaders[one], leaders[other], variation)
                found.append(np.stack((np.minimum(one, other), np.maximum(one, other), bits), axis=1)[sure])
                if on_progress:
                    on_progress(done + stop, total)
            done += len(queries)
    pairs = np.concatenate(found)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 2], pairs[:, 0]))]
    pairs[:, :2] = leaders[pairs[:, :2]]
    for some in np.array_split(pairs, len(pairs) // _PAIRS_AT_ONCE + 1):
        yield from some.tolist()


def _search(index: CodeIndex, codes: Codes, rows: Indices) -> Iterator[tuple[int, tuple[Indices, Indices, Distances]]]:
    """Search for some codes on all cores; how many were searched for so far, and what was found for the last ones."""

    def near(start: int) -> tuple[int, tuple[Indices, Indices, Distances]]:
        some = rows[start : start + _QUERIES_AT_ONCE]
        query, code, differ = index.near(codes[some])
        return start + len(some), (query + start, code, differ)

    starts = range(0, len(rows), _QUERIES_AT_ONCE)
    with ThreadPoolExecutor(cores()) as threads:
        for first in range(0, len(starts), 2 * cores()):  # so that few results wait in memory
            yield from threads.map(near, starts[first : first + 2 * cores()])


def _as_words(codes: Codes) -> NDArray[np.void]:
    """Each code as one value, that sorts."""
    codes = np.ascontiguousarray(codes)
    return codes.view(np.dtype((np.void, codes.shape[1]))).reshape(-1)
