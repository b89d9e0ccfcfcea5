"""Array files: .npy, .npz and IDX (the format of MNIST), read picture by picture and never unpickled."""

import gzip
import math
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np
from numpy.typing import NDArray

from dcgan.data.items import Item, Reason, Skipped
from dcgan.data.kinds import file_kind
from dcgan.errors import SourceError
from dcgan.types import Pixels

_CHANNELS = (1, 3, 4)
_IMAGE_NAMES = ("images", "x", "data", "x_train", "train_images", "arr_0")
_LABEL_NAMES = ("labels", "label", "y", "targets", "y_train", "train_labels", "arr_1")
_BROKEN = (EOFError, OSError, zlib.error, zipfile.BadZipFile)
_IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


@dataclass(frozen=True)
class RawArray:
    """An array on disk: what it is, and how to get a stream that begins with its first element, in C order."""

    where: str
    """For messages: the file, and the array in it."""
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    open: Callable[[], AbstractContextManager[IO[bytes]]]

    def rows(self) -> Iterator[NDArray[np.generic] | None]:
        """The pictures as stored; None for the first that is not whole, and then no more."""
        shape = self.shape[1:]
        size = math.prod(shape) * self.dtype.itemsize
        with self.open() as stream:
            for _ in range(self.shape[0]):
                try:
                    data = stream.read(size)
                except _BROKEN:
                    data = b""
                if len(data) < size:
                    yield None
                    return
                yield np.frombuffer(data, self.dtype).reshape(shape)


@dataclass(frozen=True, eq=False)
class MemoryArray:
    """An array in memory, with the members of `RawArray`."""

    array: NDArray[np.generic]
    where: str = "array"

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, ...)."""
        return self.array.shape

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The type of its values."""
        return self.array.dtype

    def rows(self) -> Iterator[NDArray[np.generic] | None]:
        """The pictures; none is ever None."""
        yield from self.array


class ArraySource:
    """The pictures of an array: (N, H, W), (N, H, W, C) or (N, C, H, W) with 1, 3 or 4 channels.

    uint8 is taken as it is, uint16 divided by 257, bool made black and white. Other numbers must lie, over the whole
    array, in 0 to 1, -1 to 1, or 0 to 255. Of a truncated file what can be read is used.

    Raises:
        SourceError: Shape or values are none of these, or the labels are not one for each picture.
    """

    def __init__(self, array: RawArray | MemoryArray, labels: list[str] | None) -> None:
        of = f"{array.dtype} {array.shape}" if isinstance(array, MemoryArray) else array.where
        self.description = f"array {of}"
        self._array = array
        self._labels = labels
        self._channels_first = is_channels_first(array.where, array.shape)
        if labels is not None and len(labels) != array.shape[0]:
            raise SourceError(f"{array.where}: {array.shape[0]} pictures, but {len(labels)} labels")
        self._to_uint8 = to_uint8(array.where, array.dtype, self._range)

    @property
    def total(self) -> int:
        """How many items it yields; fewer if the file is truncated."""
        return self._array.shape[0]

    @property
    def ignored(self) -> Mapping[str, int]:
        """Nothing is ignored in an array."""
        return {}

    def __iter__(self) -> Iterator[Item]:
        count = self.total
        for row, values in enumerate(self._array.rows()):
            name, label = f"{Path(self._array.where).name}[{row}]", self._labels[row] if self._labels else None
            if values is None:
                detail = f"the file ends here: {row} of {count} pictures are whole"
                yield Item(f"{name[:-1]}:{count}]", Skipped(Reason.TRUNCATED, detail))
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


def open_npy(path: Path) -> ArraySource:
    """The pictures of a .npy file."""

    @contextmanager
    def stream() -> Iterator[IO[bytes]]:
        with path.open("rb") as file:
            yield file

    return ArraySource(_raw_array(str(path), stream), None)


def open_npz(path: Path) -> ArraySource:
    """The pictures of a .npz file, and their labels: arrays named as `_IMAGE_NAMES` and `_LABEL_NAMES`, in any case."""
    with zipfile.ZipFile(path) as archive:
        arrays = {name.removesuffix(".npy").lower(): name for name in archive.namelist() if name.endswith(".npy")}
    images = next((arrays[name] for name in _IMAGE_NAMES if name in arrays), None)
    if images is None and len(arrays) == 1:
        images = next(iter(arrays.values()))
    if images is None:
        names = ", ".join(name.removesuffix(".npy") for name in arrays.values()) or "nothing"
        raise SourceError(f"{path} has no array of pictures, named {', '.join(_IMAGE_NAMES)}; it holds {names}")
    labels = next((arrays[name] for name in _LABEL_NAMES if name in arrays), None)
    return ArraySource(_zipped_array(path, images), None if labels is None else _labels(_zipped_array(path, labels)))


def open_idx(path: Path) -> ArraySource:
    """The pictures of an IDX file, compressed or not, with the labels of the file beside it, named as in MNIST."""
    labels = idx_labels(path)
    return ArraySource(_idx_array(path), None if labels is None else _labels(_idx_array(labels)))


def is_idx(head: bytes) -> bool:
    """Whether a file that begins with `head` (4 bytes) is in IDX format."""
    return head[:2] == b"\0\0" and head[2:3] != b"" and head[2] in _IDX_TYPES and 1 <= head[3] <= 4


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
    raise SourceError(f"{where}: {dtype} values from {low:g} to {high:g}; they must lie in 0 to 1, -1 to 1 or 0 to 255")


def _unchanged(values: NDArray[np.generic]) -> Pixels:
    return np.asarray(values, np.uint8)


def _scaling(offset: float, factor: float) -> "Callable[[NDArray[np.generic]], Pixels]":
    def scale(values: NDArray[np.generic]) -> Pixels:
        scaled: NDArray[np.float32] = (values.astype(np.float32) + np.float32(offset)) * np.float32(factor)
        return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)

    return scale


def is_channels_first(where: str, shape: tuple[int, ...]) -> bool:
    """Whether pictures of shape (N, H, W), (N, H, W, C) or (N, C, H, W) are the last.

    Raises:
        SourceError: They are none of these, or may be two of them; `where` names the array.
    """
    if 0 in shape:
        raise SourceError(f"{where}: an array of shape {shape} holds no picture")
    if len(shape) == 3 and shape[2] not in _CHANNELS:
        return False
    first, last = (len(shape) == 4 and shape[axis] in _CHANNELS for axis in (1, 3))
    if first != last:
        return first
    if len(shape) == 4 and first:
        raise SourceError(f"{where}: shape {shape} can mean (N, H, W, C) or (N, C, H, W): transpose it to tell")
    expected = "(N, H, W), (N, H, W, C) or (N, C, H, W) with 1, 3 or 4 channels"
    hint = " A single picture needs a first axis of 1." if len(shape) == 3 else ""
    raise SourceError(f"{where}: shape {shape} is none of {expected}.{hint}")


def _raw_array(where: str, open_stream: "Callable[[], AbstractContextManager[IO[bytes]]]") -> RawArray:
    """Read the .npy header at the beginning of a stream."""

    def read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
        version = np.lib.format.read_magic(stream)
        if version == (1, 0):
            return np.lib.format.read_array_header_1_0(stream)
        return np.lib.format.read_array_header_2_0(stream)

    @contextmanager
    def open_data() -> Iterator[IO[bytes]]:
        with open_stream() as stream:
            read_header(stream)
            yield stream

    try:
        with open_stream() as stream:
            shape, in_fortran_order, dtype = read_header(stream)
    except (ValueError, NotImplementedError, RuntimeError, *_BROKEN) as error:
        raise SourceError(f"{where} cannot be read: {error}") from error
    if dtype.hasobject:
        raise SourceError(f"{where} holds Python objects, which could run code: save it as an array of numbers")
    if in_fortran_order and len(shape) > 1:
        raise SourceError(f"{where} is stored in Fortran order: save numpy.ascontiguousarray of it")
    return RawArray(where, shape, dtype, open_data)


def _zipped_array(path: Path, member: str) -> RawArray:
    @contextmanager
    def stream() -> Iterator[IO[bytes]]:
        with zipfile.ZipFile(path) as archive, archive.open(member) as file:
            yield file

    return _raw_array(f"{path}/{member.removesuffix('.npy')}", stream)


def _idx_array(path: Path) -> RawArray:
    def read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[np.generic]]:
        magic = stream.read(4)
        if len(magic) < 4 or not is_idx(magic):
            raise ValueError("it is not an IDX file")
        sides = stream.read(4 * magic[3])
        if len(sides) < 4 * magic[3]:
            raise ValueError("its header is truncated")
        return tuple(int(side) for side in np.frombuffer(sides, ">u4")), np.dtype(_IDX_TYPES[magic[2]])

    @contextmanager
    def open_data() -> Iterator[IO[bytes]]:
        with _open_maybe_gzip(path) as stream:
            read_header(stream)
            yield stream

    try:
        with _open_maybe_gzip(path) as stream:
            shape, dtype = read_header(stream)
    except (ValueError, *_BROKEN) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error
    return RawArray(str(path), shape, dtype, open_data)


@contextmanager
def _open_maybe_gzip(path: Path) -> Iterator[IO[bytes]]:
    with ExitStack() as stack:
        file: BinaryIO = stack.enter_context(path.open("rb"))
        is_gzip = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        yield stack.enter_context(BufferedReader(gzip.GzipFile(fileobj=file))) if is_gzip else file


def idx_labels(images: Path) -> Path | None:
    """`train-images-idx3-ubyte.gz` -> `train-labels-idx1-ubyte.gz`, if it is there, with or without .gz."""
    name = images.name.replace("images", "labels").replace("idx3", "idx1").replace("idx4", "idx1")
    if name == images.name:
        return None
    candidates = (name, name.removesuffix(".gz"), name + ".gz")
    return next((images.with_name(name) for name in candidates if images.with_name(name).is_file()), None)


def _labels(array: RawArray) -> list[str]:
    count = math.prod(array.shape)
    if array.dtype.itemsize == 0:
        return label_texts(array.where, np.zeros(array.shape, array.dtype))
    with array.open() as stream:
        data = stream.read(count * array.dtype.itemsize)
    whole = len(data) // array.dtype.itemsize
    values = np.frombuffer(data, array.dtype, whole)
    return label_texts(array.where, values.reshape(array.shape) if whole == count else values)


def label_texts(where: str, values: NDArray[np.generic]) -> list[str]:
    """Labels (N,) or (N, 1), numbers or text, as text.

    Raises:
        SourceError: They are neither; `where` names the array.
    """
    if values.ndim not in (1, 2) or math.prod(values.shape[1:]) != 1 or values.dtype.kind not in "iuSUb":
        got = f"{values.dtype} of shape {values.shape}"
        raise SourceError(f"{where}: labels must be one number or text for each picture, not {got}")
    texts = values.ravel().tolist()
    return [text.decode("utf-8", "backslashreplace") if isinstance(text, bytes) else str(text) for text in texts]


def _is_npz(path: Path, head: bytes) -> bool:
    if not head.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return bool(archive.namelist()) and all(name.endswith(".npy") for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def _idx_files(path: Path) -> tuple[Path, ...]:
    labels = idx_labels(path)
    return (path,) if labels is None else (path, labels)


NPY = file_kind(lambda _, head: head.startswith(b"\x93NUMPY"), open_npy)
NPZ = file_kind(_is_npz, open_npz)
IDX = file_kind(lambda _, head: is_idx(head), open_idx, _idx_files)
