"""Binary codes of pictures, and which of them are equal or nearly so, without comparing each with each.

Equal codes are found by sorting. Codes that differ in up to d bits are found by multi-index hashing (Norouzi, Punjani
and Fleet 2012): cut into d + 1 parts, two such codes agree in at least one, so only codes that share a part are
compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dcgan.errors import UsageError

Codes = NDArray[np.uint8]
"""(N, B): codes of 8 B bits, packed as `numpy.packbits` does."""
Indices = NDArray[np.int64]

_ONES = np.array([byte.bit_count() for byte in range(256)], np.uint8)
_LONGEST_PART = 64  # bits: a part is one number


@dataclass(frozen=True)
class Groups:
    """Near duplicates, N pictures in all. A picture without any is a group of its own.

    Attributes:
        center: (N,): for each picture the one that stands for its group, itself if that is it.
        distance: (N,): in how many bits its code differs from that of the center.
    """

    center: Indices
    distance: NDArray[np.uint8]

    @property
    def kept(self) -> NDArray[np.bool_]:
        """(N,): whether a picture stands for its group."""
        return np.asarray(self.center == np.arange(len(self.center)))


def group(codes: Codes, quality: NDArray[np.floating], within: int = 0) -> Groups:
    """Group near duplicates around the best of them.

    From the best picture to the worst, each that is in no group yet begins one, with all pictures in no group yet
    whose codes differ from its own in at most `within` bits. So every picture is near to the one that stands for it:
    chains of pictures, each near to the next, do not become one group.

    Args:
        codes: (N, B).
        quality: (N,): the higher, the better; of equal ones the first is.
        within: Bits, 0 or more.

    Raises:
        UsageError: `within` is out of its range.
    """
    if not 0 <= within < codes.shape[1] * 8:
        raise UsageError(f"`within` must be 0 to {codes.shape[1] * 8 - 1} bits, not {within}")
    count = len(codes)
    by_quality = np.lexsort((np.arange(count), -quality))
    _, first, of = np.unique(_as_words(codes[by_quality]), return_index=True, return_inverse=True)
    best = by_quality[first]  # of each code the best picture
    unique, number = codes[best], np.empty(count, np.int64)
    number[by_quality] = of.reshape(-1)
    center = np.arange(len(unique))
    distance = np.zeros(len(unique), np.uint8)
    if within:
        near: dict[int, list[tuple[int, int]]] = {}
        for one, other, bits in pairs_within(unique, within):
            for a, b, d in zip(one.tolist(), other.tolist(), bits.tolist(), strict=True):
                near.setdefault(a, []).append((b, d))
                near.setdefault(b, []).append((a, d))
        grouped = np.zeros(len(unique), bool)
        for a in sorted(near, key=lambda a: first[a]):
            if not grouped[a]:
                grouped[a] = True
                for b, d in near[a]:
                    if not grouped[b]:
                        grouped[b], center[b], distance[b] = True, a, d
    return Groups(best[center[number]], distance[number])


def pairs_within(codes: Codes, bits: int) -> Iterator[tuple[Indices, Indices, NDArray[np.uint8]]]:
    """Find all pairs of codes that differ in at most `bits` bits, each once.

    The time grows with the number of pairs that share a part, of 8 B / (bits + 1) bits; codes should all be different.

    Args:
        codes: (N, B).
        bits: 1 to 8 B - 1.

    Yields:
        (M,), (M,) and (M,): the first, the second, and the bits in which they differ.
    """
    keys = _parts(codes, bits + 1)
    for number, part in enumerate(keys):
        order = np.argsort(part, kind="stable")
        ends = np.searchsorted(part[order], part[order], "right")  # of the run of equal parts that each is in
        at = np.flatnonzero(ends - np.arange(len(order)) > 1)
        step = 1
        while len(at):
            one, other = order[at], order[at + step]
            fresh = np.ones(len(at), bool)  # not found by an earlier part
            for earlier in keys[:number]:
                fresh &= earlier[one] != earlier[other]
            one, other = one[fresh], other[fresh]
            differ = _ONES[codes[one] ^ codes[other]].sum(axis=1, dtype=np.uint8)
            close = differ <= bits
            if close.any():
                yield one[close], other[close], differ[close]
            step += 1
            at = at[at + step < ends[at]]


def _as_words(codes: Codes) -> NDArray[np.void]:
    """Each code as one value, that sorts."""
    codes = np.ascontiguousarray(codes)
    return codes.view(np.dtype((np.void, codes.shape[1]))).reshape(-1)


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
