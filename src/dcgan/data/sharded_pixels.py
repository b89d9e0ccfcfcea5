"""Pictures in several arrays, read as if they were one."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dcgan.types import Pixels


class ShardedPixels:
    """Pictures (N, H, W, C) of several arrays, one after the other. Indexing reads just what is asked for.

    Args:
        shards: One or more, each with one picture or more, all of the same H, W and C.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, shards: Sequence[Pixels]) -> None:
        self.shards = shards
        """The arrays."""
        self._ends = np.cumsum([len(shard) for shard in shards])

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, H, W, C)."""
        return (int(self._ends[-1]), *self.shards[0].shape[1:])

    @property
    def nbytes(self) -> int:
        """How large all of them are."""
        return sum(shard.nbytes for shard in self.shards)

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __repr__(self) -> str:
        return f"ShardedPixels({self.shape}, {len(self.shards)} shards)"

    def __iter__(self) -> Iterator[Pixels]:
        for shard in self.shards:
            yield from shard

    def __array__(self, dtype: np.dtype[np.uint8] | None = None, copy: bool | None = None) -> Pixels:
        if copy is False:
            raise ValueError("pictures of several shards can be one array only as a copy")
        return self[:].astype(dtype or self.dtype, copy=False)

    def __getitem__(self, key: int | slice | ArrayLike) -> Pixels:
        """One picture (H, W, C), or those of a slice or an array of indices or of booleans.

        A slice of one shard is read from disk when it is used, as that of a memory map is; all others are copies.

        Raises:
            IndexError: There is no such picture.
        """
        rows = positions(key, len(self))
        if isinstance(key, slice) and len(rows) and rows[0] <= rows[-1]:
            one, other = self.shard_of(rows[[0, -1]])
            if one == other:
                start, stop = rows[[0, -1]] - (self._ends[one] - len(self.shards[one]))
                step = 1 if len(rows) == 1 else key.step
                return np.asarray(self.shards[one][start : stop + 1 : step])
        flat = rows.ravel()
        taken = np.empty((flat.size, *self.shape[1:]), np.uint8)
        of = self.shard_of(flat)
        for number in np.unique(of):
            here = np.flatnonzero(of == number)
            taken[here] = self.shards[number][flat[here] - (self._ends[number] - len(self.shards[number]))]
        return taken.reshape(*rows.shape, *self.shape[1:])

    def shard_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The numbers (M,) of the shards that pictures (M,) are in."""
        return np.searchsorted(self._ends, rows, "right")


def positions(key: int | slice | ArrayLike, count: int) -> NDArray[np.int64]:
    """What a key of `count` pictures stands for, counted from 0: an array of the shape of the key, () of one integer.

    Raises:
        IndexError: There is no such picture.
    """
    if isinstance(key, slice):
        return np.arange(*key.indices(count))
    given = np.asarray(key)
    if given.dtype == bool:
        if given.shape != (count,):
            raise IndexError(f"a mask must be of shape ({count},), not {given.shape}")
        return np.flatnonzero(given)
    if not given.size:
        return given.astype(np.int64)
    if not np.issubdtype(given.dtype, np.integer):
        raise IndexError(f"pictures are indexed by integers, slices, masks and arrays, not by {given.dtype}")
    rows = given.astype(np.int64)
    if rows.min() < -count or rows.max() >= count:
        raise IndexError(f"index {int(rows.max())} of {count} pictures")
    return np.where(rows < 0, rows + count, rows)
