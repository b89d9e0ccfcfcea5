"""Clips of consecutive frames, read from the frames of a packed set as they are asked for."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dcgan.data.sharded_pixels import ShardedPixels, positions
from dcgan.types import Pixels, PixelStore


class Clips:
    """Clips (N, H, W, frames * C) as pictures with the channels of all their frames, those of the first frame first.

    Clips overlap, and no frame is copied before it is asked for.

    Args:
        pixels: The frames (M, H, W, C), uint8.
        order: (K,) rows of `pixels`, film by film, each in the order of time.
        starts: (N,) positions in `order` at which a clip begins.
        frames: Of a clip.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, pixels: PixelStore, order: NDArray[np.int64], starts: NDArray[np.int64], frames: int) -> None:
        self._pixels = pixels
        self._order = order
        self._starts = starts
        self.frames = frames
        """Frames of a clip."""

    @property
    def shards(self) -> list[Pixels] | list[PixelStore]:
        """The arrays that the frames are read from."""
        return list(self._pixels.shards) if isinstance(self._pixels, ShardedPixels) else [self._pixels]

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, H, W, frames * C)."""
        *sides, channels = self._pixels.shape[1:]
        return (len(self), *sides, self.frames * channels)

    @property
    def nbytes(self) -> int:
        """How large all of them are, frames counted as often as clips have them."""
        return int(np.prod(self.shape, dtype=np.int64))

    def __len__(self) -> int:
        return len(self._starts)

    def __repr__(self) -> str:
        return f"Clips({self.shape}, {self.frames} frames each)"

    def __iter__(self) -> Iterator[Pixels]:
        for number in range(len(self)):
            yield self[number]

    def __array__(self, dtype: np.dtype[np.uint8] | None = None, copy: bool | None = None) -> Pixels:
        if copy is False:
            raise ValueError("clips can be one array only as a copy")
        return self[:].astype(dtype or self.dtype, copy=False)

    def __getitem__(self, key: int | slice | ArrayLike) -> Pixels:
        """A clip (H, W, frames * C), or those of a slice or an array of indices or of booleans; always a copy.

        Raises:
            IndexError: There is no such clip.
        """
        rows = self.rows(key)
        flat = rows.reshape(-1, self.frames)
        *sides, channels = self._pixels.shape[1:]
        taken = np.empty((len(flat), *sides, self.frames, channels), np.uint8)
        for frame in range(self.frames):
            taken[..., frame, :] = self._pixels[flat[:, frame]]
        return taken.reshape(*rows.shape[:-1], *self.shape[1:])

    def rows(self, key: int | slice | ArrayLike) -> NDArray[np.int64]:
        """The rows (..., frames) of the packed set's frames that the clips of a key are made of.

        Raises:
            IndexError: There is no such clip.
        """
        starts = self._starts[positions(key, len(self))]
        rows: NDArray[np.int64] = self._order[starts[..., None] + np.arange(self.frames)]
        return rows

    def shard_of(self, index: NDArray[np.int64]) -> NDArray[np.int64]:
        """The numbers (M, frames) of the shards that the frames of clips (M,) are in."""
        rows = self.rows(index)
        return self._pixels.shard_of(rows) if isinstance(self._pixels, ShardedPixels) else np.zeros_like(rows)
