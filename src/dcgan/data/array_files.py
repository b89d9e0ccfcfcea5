"""Array files: .npy, .npz and IDX (the format of MNIST), read picture by picture and never unpickled."""

import gzip
import math
import sys
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, BinaryIO

import numpy as np
from numpy.typing import NDArray

from dcgan.data.arrays import ArraySource, has_films, label_texts, picture_shape
from dcgan.data.kinds import file_kind
from dcgan.data.opening import MAX_BYTES
from dcgan.data.picture_files import on_one_line
from dcgan.errors import SourceError

_IMAGE_NAMES = ("images", "x", "data", "x_train", "train_images", "arr_0")
_LABEL_NAMES = ("labels", "label", "y", "targets", "y_train", "train_labels", "arr_1")
_BROKEN = (EOFError, OSError, zlib.error, zipfile.BadZipFile)
_IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


@dataclass(frozen=True)
class ArrayFile:
    """An array in a file, read picture by picture."""

    where: str
    """For messages: the file, and the array in it."""
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    open: Callable[[], AbstractContextManager[IO[bytes]]]
    """Opens a stream that begins with the first element, in C order."""

    def __post_init__(self) -> None:
        if any(side < 0 or side > sys.maxsize for side in self.shape):
            raise SourceError(f"{self.where}: its header claims the shape {self.shape}, which no array has")
        if (size := math.prod(picture_shape(self.shape)) * self.dtype.itemsize) > MAX_BYTES:
            raise SourceError(
                f"{self.where}: its header claims the shape {self.shape}, so {size >> 20:,} MB for each picture; "
                f"at most {MAX_BYTES >> 20} MB are read"
            )

    @property
    def description(self) -> str:
        """Where it is."""
        return f"array {self.where}"

    def rows(self) -> Iterator[NDArray[np.generic] | None]:
        """The pictures or frames as stored; None for the first that is not whole, and then no more."""
        shape = picture_shape(self.shape)
        size = math.prod(shape) * self.dtype.itemsize
        count = math.prod(self.shape[:2]) if has_films(self.shape) else self.shape[0]
        with self.open() as stream:
            for _ in range(count):
                try:
                    data = stream.read(size)
                except _BROKEN:
                    data = b""
                if len(data) < size:
                    yield None
                    return
                yield np.frombuffer(data, self.dtype).reshape(shape)


def open_npy(path: Path) -> ArraySource:
    """The pictures of a .npy file."""

    @contextmanager
    def stream() -> Iterator[IO[bytes]]:
        with path.open("rb") as file:
            yield file

    return ArraySource(_npy_array(str(path), stream), None)


def open_npz(path: Path) -> ArraySource:
    """The pictures of a .npz file, and their labels: arrays named as `_IMAGE_NAMES` and `_LABEL_NAMES`, in any case."""
    with zipfile.ZipFile(path) as archive:
        arrays = {name.removesuffix(".npy").lower(): name for name in archive.namelist() if name.endswith(".npy")}
    images = next((arrays[name] for name in _IMAGE_NAMES if name in arrays), None)
    if images is None and len(arrays) == 1:
        images = next(iter(arrays.values()))
    if images is None:
        names = ", ".join(on_one_line(name.removesuffix(".npy")) for name in arrays.values()) or "nothing"
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


def _npy_array(where: str, open_stream: "Callable[[], AbstractContextManager[IO[bytes]]]") -> ArrayFile:
    """Read the .npy header at the beginning of a stream."""

    def read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]:
        version = np.lib.format.read_magic(stream)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy warns of files that Python 2 wrote, and reads them
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
    except Exception as error:  # a header is Python's own syntax, and its parser may raise anything
        why = (str(error) or type(error).__name__).splitlines()[0]
        raise SourceError(f"{where} cannot be read: {on_one_line(why)}") from error
    if dtype.hasobject:
        raise SourceError(f"{where} holds Python objects, which could run code: save it as an array of numbers")
    if in_fortran_order and len(shape) > 1:
        raise SourceError(f"{where} is stored in Fortran order: save numpy.ascontiguousarray of it")
    return ArrayFile(where, shape, dtype, open_data)


def _zipped_array(path: Path, member: str) -> ArrayFile:
    @contextmanager
    def stream() -> Iterator[IO[bytes]]:
        with zipfile.ZipFile(path) as archive, archive.open(member) as file:
            yield file

    return _npy_array(f"{path}/{on_one_line(member.removesuffix('.npy'))}", stream)


def _idx_array(path: Path) -> ArrayFile:
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
    return ArrayFile(str(path), shape, dtype, open_data)


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


def _labels(array: ArrayFile) -> list[str]:
    count = math.prod(array.shape)
    if array.dtype.itemsize == 0:
        raise SourceError(f"{array.where}: labels must be whole numbers or text, not {array.dtype}, which is empty")
    if count * array.dtype.itemsize > MAX_BYTES:
        raise SourceError(f"{array.where}: its header claims {count:,} labels, too many to be true")
    with array.open() as stream:
        data = stream.read(count * array.dtype.itemsize)
    whole = len(data) // array.dtype.itemsize
    values = np.frombuffer(data, array.dtype, whole)
    return label_texts(array.where, values.reshape(array.shape) if whole == count else values)


def _is_npz(path: Path, head: bytes) -> bool:
    if not head.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return bool(archive.namelist()) and all(name.endswith(".npy") for name in archive.namelist())
    except Exception:  # a .zip that cannot be listed; as an archive it may be recovered
        return False


def _idx_files(path: Path) -> tuple[Path, ...]:
    labels = idx_labels(path)
    return (path,) if labels is None else (path, labels)


NPY = file_kind(lambda _, head: head.startswith(b"\x93NUMPY"), open_npy)
NPZ = file_kind(_is_npz, open_npz)
IDX = file_kind(lambda _, head: is_idx(head), open_idx, _idx_files)
