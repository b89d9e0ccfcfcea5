"""Arrays of pictures or films, in memory or in a file: which shapes and values are read, and how they become uint8."""

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dcgan.data.items import Item, Reason, Skipped
from dcgan.errors import SourceError
from dcgan.types import Pixels
from dcgan.words import counted

_CHANNELS = (1, 3, 4)
_SMALLEST_FRAME = 8  # pixels of a side of gray films: (N, H, W, 2) are no films of strips


class PictureArray(Protocol):
    """An array of pictures or of films, in a file or in memory."""

    @property
    def where(self) -> str:
        """Names it in messages: the file, and the array in it."""

    @property
    def description(self) -> str:
        """What it is, for people."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, ...)."""

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The type of its values."""

    def rows(self) -> Iterator[NDArray[np.generic] | None]:
        """The pictures or frames as stored; of a truncated file None for the first that is not whole, then no more."""


@dataclass(frozen=True, eq=False)
class MemoryArray:
    """An array in memory."""

    array: NDArray[np.generic]
    where: str = "array"

    @property
    def description(self) -> str:
        """Type and shape."""
        return f"array {self.dtype} {self.shape}"

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, ...)."""
        return self.array.shape

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The type of its values."""
        return self.array.dtype

    def rows(self) -> Iterator[NDArray[np.generic] | None]:
        """The pictures, of films one after the other; none is ever None."""
        for row in self.array:
            if has_films(self.shape):
                yield from row
            else:
                yield row


class ArraySource:
    """The pictures of an array: (N, H, W), (N, H, W, C) or (N, C, H, W) with 1, 3 or 4 channels.

    With one axis more it holds N films of T frames: (N, T, H, W, C) or (N, T, C, H, W); and so does one of (N, T, H, W)
    that cannot be pictures with channels. A film's frames are called "NAME[3]/0" and so on, and have its label.

    uint8 is taken as it is, uint16 divided by 257, bool made black and white. Other numbers must lie, over the whole
    array, in 0 to 255, or as floats in 0 to 1 or -1 to 1. Of a truncated file what can be read is used.

    Raises:
        SourceError: Shape or values are none of these, or the labels are not one for each picture.
    """

    def __init__(self, array: PictureArray, labels: list[str] | None) -> None:
        if not array.shape:
            raise SourceError(f"{array.where}: a single {array.dtype} is not an array of pictures")
        self.description = array.description
        self._array = array
        self._labels = labels
        rows, self._frames = array.shape[0], array.shape[1] if has_films(array.shape) else None
        if self._frames:
            self.description += f": {counted(rows, 'film')} of {counted(self._frames, 'frame')}"
        self.total = rows * (self._frames or 1)
        """How many items it yields; fewer if the file is truncated."""
        self._channels_first = _are_channels_first(array.where, array.shape)
        if labels is not None and len(labels) != rows:
            raise SourceError(
                f"{array.where}: {rows} {'films' if self._frames else 'pictures'}, but {len(labels)} labels"
            )
        self._to_uint8 = to_uint8(array.where, array.dtype, self._range)

    @property
    def ignored(self) -> Mapping[str, int]:
        """Nothing is ignored in an array."""
        return {}

    def __iter__(self) -> Iterator[Item]:
        count, stem = self.total, Path(self._array.where).name
        for number, values in enumerate(self._array.rows()):
            row, frame = divmod(number, self._frames or 1)
            name, label = f"{stem}[{row}]", self._labels[row] if self._labels else None
            if self._frames:
                name += f"/{frame}"
            if values is None:
                detail = f"the file ends here: {number} of {count} pictures are whole"
                yield Item(name if self._frames else f"{stem}[{row}:{count}]", Skipped(Reason.TRUNCATED, detail))
            elif values.dtype.kind == "f" and not np.isfinite(values).all():
                yield Item(name, Skipped(Reason.CORRUPT, "holds NaN or infinity"), label)
            else:
                yield Item(name, self._pixels(values), label)

    def _pixels(self, values: NDArray[np.generic]) -> Pixels:
        pixels = self._to_uint8(values)
        if pixels.ndim == 2:
            return pixels[:, :, None]
        return np.ascontiguousarray(pixels.transpose(1, 2, 0)) if self._channels_first else pixels

    def _range(self) -> tuple[float, float]:
        low, high = math.inf, -math.inf
        for values in self._array.rows():
            if values is None:
                break
            finite = values[np.isfinite(values)]
            if finite.size:
                low, high = min(low, float(finite.min())), max(high, float(finite.max()))
        return low, high


def to_uint8(
    where: str, dtype: np.dtype[np.generic], value_range: Callable[[], tuple[float, float]]
) -> "Callable[[NDArray[np.generic]], Pixels]":
    """How values become uint8, decided once for a whole array: a dark picture stays dark.

    Args:
        where: Names the array in messages.
        dtype: Of the values.
        value_range: Gives the smallest and the largest value of all; called only if it matters.

    Raises:
        SourceError: The values are no numbers, or lie in none of the ranges that are understood.
    """
    if dtype == np.uint8:
        return _unchanged
    if dtype == np.bool_:
        return _scaling(0, 255)
    if dtype.kind == "u" and dtype.itemsize == 2:
        return _scaling(0, 1 / 257)
    if dtype.kind not in "iuf":
        raise SourceError(f"{where}: pictures must be numbers, not {dtype}")
    low, high = value_range()
    if dtype.kind == "f" and low >= 0 and high <= 1:
        return _scaling(0, 255)
    if dtype.kind == "f" and low >= -1 and high <= 1:
        return _scaling(1, 127.5)
    if low >= 0 and high <= 255:
        return _scaling(0, 1)
    ranges = "0 to 1, -1 to 1 or 0 to 255" if dtype.kind == "f" else "0 to 255, or as floats in 0 to 1 or -1 to 1"
    raise SourceError(f"{where}: {dtype} values from {low:g} to {high:g}; they must lie in {ranges}")


def _unchanged(values: NDArray[np.generic]) -> Pixels:
    return np.asarray(values, np.uint8)


def _scaling(offset: float, factor: float) -> "Callable[[NDArray[np.generic]], Pixels]":
    def scale(values: NDArray[np.generic]) -> Pixels:
        scaled: NDArray[np.float32] = (values.astype(np.float32) + np.float32(offset)) * np.float32(factor)
        return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)

    return scale


def has_films(shape: tuple[int, ...]) -> bool:
    """Whether an array of this shape holds films (N, T, ...), and not pictures (N, ...)."""
    if len(shape) != 4:
        return len(shape) == 5
    return shape[1] not in _CHANNELS and shape[3] not in _CHANNELS and min(shape[2:]) >= _SMALLEST_FRAME


def picture_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """That of a picture, or of a frame, of an array of this shape."""
    return shape[2:] if has_films(shape) else shape[1:]


def _are_channels_first(where: str, shape: tuple[int, ...]) -> bool:
    """Whether the pictures, or the frames, of an array are (C, H, W).

    Raises:
        SourceError: They cannot be told; `where` names the array.
    """
    if not has_films(shape) or 0 in shape:
        return is_channels_first(where, shape)
    if len(shape) == 4:
        return False
    first, last = shape[2] in _CHANNELS, shape[4] in _CHANNELS
    if first and last:
        raise SourceError(f"{where}: shape {shape} can mean (N, T, H, W, C) or (N, T, C, H, W): transpose it to tell")
    if not first and not last:
        expected = "(N, T, H, W, C) or (N, T, C, H, W) with 1, 3 or 4 channels"
        raise SourceError(f"{where}: films of shape {shape} are none of {expected}")
    return first


def is_channels_first(where: str, shape: tuple[int, ...]) -> bool:
    """Whether pictures of shape (N, H, W), (N, H, W, C) or (N, C, H, W) are the last.

    Raises:
        SourceError: They are none of these, or may be two of them; `where` names the array.
    """
    if 0 in shape:
        raise SourceError(f"{where}: an array of shape {shape} is empty and holds no picture")
    if len(shape) == 3 and shape[2] not in _CHANNELS:
        return False
    first, last = (len(shape) == 4 and shape[axis] in _CHANNELS for axis in (1, 3))
    if first != last:
        return first
    if len(shape) == 4 and first:
        raise SourceError(f"{where}: shape {shape} can mean (N, H, W, C) or (N, C, H, W): transpose it to tell")
    expected = "(N, H, W), (N, H, W, C), (N, C, H, W) or, of films, (N, T, H, W, C), with 1, 3 or 4 channels"
    hint = " A single picture needs a first axis of 1." if len(shape) == 3 else ""
    raise SourceError(f"{where}: shape {shape} is none of {expected}.{hint}")


def label_texts(where: str, values: NDArray[np.generic]) -> list[str]:
    """Labels (N,) or (N, 1), whole numbers or text, as text; or one-hot (N, K), as the positions of the ones.

    Raises:
        SourceError: They are none of these; `where` names the array.
    """
    got = f"{values.dtype} of shape {values.shape}"
    if _is_one_hot(values):
        values = values.argmax(axis=1)
    if values.ndim not in (1, 2) or math.prod(values.shape[1:]) != 1 or values.dtype.itemsize == 0:
        raise SourceError(f"{where}: labels must be one whole number or text for each picture, not {got}")
    values = values.ravel()
    if values.dtype.kind == "U" and values.size and values.view(f"{values.dtype.byteorder}u4").max() > sys.maxunicode:
        raise SourceError(f"{where}: labels must be text, and these {got} are not valid Unicode")
    if values.dtype.kind in "US":
        texts = (text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass") for text in values.tolist())
        return [text.decode("utf-8", "backslashreplace") for text in texts]
    return [str(number) for number in whole_numbers(where, values)]


def _is_one_hot(values: NDArray[np.generic]) -> bool:
    if values.ndim != 2 or values.shape[1] < 2 or values.dtype.kind not in "biuf":
        return False
    return bool((((values == 0) | (values == 1)).all(axis=1) & ((values == 1).sum(axis=1) == 1)).all())


def whole_numbers(where: str, values: NDArray[np.generic]) -> list[int]:
    """Labels (N,) as numbers: whole ones, also as MATLAB writes them, as floats.

    Raises:
        SourceError: They are no whole numbers; `where` names the array.
    """
    if values.dtype.kind not in "iufb" or (values.dtype.kind == "f" and not (np.trunc(values) == values).all()):
        raise SourceError(f"{where}: labels must be whole numbers, not {values.dtype} of shape {values.shape}")
    return [int(number) for number in values.tolist()]
