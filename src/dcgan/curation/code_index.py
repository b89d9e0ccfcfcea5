"""Binary codes, and a search among them for those that are nearly equal, without comparing each with each.

Codes that differ in up to d bits are found by multi-index hashing (Norouzi, Punjani and Fleet 2012): cut into d + 1
parts, two such codes agree in at least one, so only codes that share a part are compared.
"""

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]
"""(N, B): codes of 8 B bits, packed as `numpy.packbits` does; or (N, V, B): V of each picture."""
Indices = NDArray[np.int64]
Distances = NDArray[np.uint8]
"""In how many bits codes differ."""

COMPARED = 128
"""With how many codes that share a part a code is compared at most. Among many pictures of one kind, such as digits,
thousands share it; without an end the time would grow with their square."""
NEAREST = 16
"""How many near codes are looked at for each code of a picture."""
_LONGEST_PART = 64  # bits: a part is one number
_SAMPLE = 10_000  # codes that tell which bits depend on each other


class CodeIndex:
    """Codes that can be searched for those near to others.

    Args:
        codes: (N, B), all different; where more than `COMPARED` share a part, the first are those that are compared.
        bits: In how many bits a near code may differ: 0 to 8 B - 1.
        nearest: How many near codes are found for a query at most: those that differ least.
    """

    def __init__(self, codes: Codes, bits: int, nearest: int = NEAREST) -> None:
        self._bits, self._nearest = bits, nearest
        self._cuts = cut_bits(codes, bits + 1)
        self._parts = [_Part(codes, _keys(codes, cut)) for cut in self._cuts]

    def near(self, queries: Codes) -> tuple[Indices, Indices, Distances]:
        """Find for each query (Q, B) the codes near to it, each pair once.

        Returns:
            (M,), (M,) and (M,): the query, the code, and the bits in which they differ.
        """
        keys = [_keys(queries, cut) for cut in self._cuts]
        words = _as_numbers(queries)
        found = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint8))]
        for number, part in enumerate(self._parts):
            query, code, differ = part.near(words, keys[number], self._bits)
            for earlier in range(number):  # where they were found before
                new = ~self._parts[earlier].compares(keys[earlier][query], code)
                query, code, differ = query[new], code[new], differ[new]
            found.append((query, code, differ))
        query, code, differ = (np.concatenate(some) for some in zip(*found, strict=True))
        order = np.lexsort((code, differ, query))
        query, code, differ = query[order], code[order], differ[order]
        rank = np.arange(len(query)) - np.searchsorted(query, query, "left")
        return query[rank < self._nearest], code[rank < self._nearest], differ[rank < self._nearest]


class _Part:
    """Codes sorted by a part of them.

    Args:
        codes: (N, B).
        keys: (N,): the part of each as a number.
    """

    def __init__(self, codes: Codes, keys: NDArray[np.uint64]) -> None:
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys
        ordered = keys[self._order]
        self._starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self._runs = ordered[self._starts]
        self._counts = np.diff(np.r_[self._starts, len(keys)]).clip(max=COMPARED)
        self._words = [np.ascontiguousarray(column) for column in _as_numbers(codes)[self._order].T]
        self._compared = np.zeros(len(keys), bool)
        self._compared[self._order[_spans(self._starts, self._counts)]] = True

    def near(
        self, words: NDArray[np.uint64], keys: NDArray[np.uint64], bits: int
    ) -> tuple[Indices, Indices, Distances]:
        """The codes that share the part of a query and differ in at most so many bits: query, code, and difference."""
        query = np.argsort(keys)  # in the order of the codes, which are then read from front to back
        run = np.searchsorted(self._runs, keys[query])
        shared = run < len(self._runs)
        shared[shared] = self._runs[run[shared]] == keys[query[shared]]
        query, run = query[shared], run[shared]
        counts = self._counts[run]
        query, place = np.repeat(query, counts), _spans(self._starts[run], counts)
        differ = np.zeros(len(query), np.uint8)
        for some, others in zip(words.T, self._words, strict=True):
            differ += np.bitwise_count(some[query] ^ others[place])
        close = np.flatnonzero(differ <= bits)
        return query[close], self._order[place[close]], differ[close]

    def compares(self, keys: NDArray[np.uint64], codes: Indices) -> NDArray[np.bool_]:
        """Whether queries with these keys (M,) are compared with these codes (M,)."""
        return np.asarray((keys == self._keys[codes]) & self._compared[codes])


def _spans(starts: Indices, counts: Indices) -> Indices:
    """The numbers from each start on, as many as its count: of (3, 8) and (2, 1), 3, 4, 8."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(counts.sum())


def cut_bits(codes: Codes, count: int) -> list[Indices]:
    """Which bits make each of so many parts: such as tell much, and not the same, about one code.

    The more the bits of a part depend on each other, the more codes share it. So each bit joins the part with whose
    bits it correlates least.
    """
    width = codes.shape[1] * 8
    sample = np.unpackbits(codes[:: -(-len(codes) // _SAMPLE) or 1], axis=1).astype(np.float32)
    centered = sample - sample.mean(axis=0) if len(sample) else sample
    centered /= np.sqrt((centered**2).sum(axis=0)) + 1e-6
    alike = (centered.T @ centered) ** 2
    cuts: list[list[int]] = [[] for _ in range(count)]
    for bit in np.argsort(-alike.sum(axis=0), kind="stable"):
        free = [cut for number, cut in enumerate(cuts) if len(cut) < (width + number) // count]
        min(free, key=lambda cut: alike[bit, cut].sum()).append(int(bit))
    return [np.sort(np.array(cut)) for cut in cuts]


def _keys(codes: Codes, cut: Indices) -> NDArray[np.uint64]:
    """(N,): some bits of each code, as a number."""
    keys = np.zeros(len(codes), np.uint64)
    for bit in cut[:_LONGEST_PART].tolist():  # what is left out makes more candidates, none less
        keys = (keys << np.uint64(1)) | ((codes[:, bit // 8] >> np.uint8(7 - bit % 8)) & np.uint8(1))
    return keys


def _as_numbers(codes: Codes) -> NDArray[np.uint64]:
    """Each code as a row of numbers of 64 bits."""
    return np.pad(codes, ((0, 0), (0, -codes.shape[1] % 8))).view(np.uint64)
