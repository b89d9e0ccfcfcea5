"""Where pictures come from: the one registry of sources.

A source is anything with the members of `dcgan.data.items.Source`: `description`, `total`, `skipped`, and iteration
over `Item`s in an order that never changes. An item carries a name, a label (or None), attributes (dict of str to
str), and content: encoded bytes, a path for a worker to read, pixels as a uint8 array (H, W, C), or a `Refused`.
Adding a kind is one such class, one entry in `BUILT_IN` or `FILES`, and one test.
"""

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dcgan.data import formats
from dcgan.data.archives import TarArchive, ZipArchive
from dcgan.data.arrays import is_idx, open_idx, open_npy, open_npz
from dcgan.data.benchmark_sets import (
    is_cifar_binary,
    is_cifar_folder,
    is_cifar_pickle,
    is_mat,
    open_cifar_binary,
    open_cifar_folder,
    open_cifar_pickle,
    open_mat,
)
from dcgan.data.folder import Folder
from dcgan.data.items import Source
from dcgan.data.packed import PackedSet, is_packed_set
from dcgan.errors import SourceError

PictureSource = str | Path | PackedSet
"""What `dcgan.data.cache.open_pictures` takes."""


def _drawn_faces(parameter: str, size: int) -> Source:
    from dcgan.data.drawn_faces import DrawnFaces  # its drawing library is an extra: "dcgan[demo]"

    size = max(size, 16)
    if not parameter:
        return DrawnFaces(size=size)
    if not parameter.isdecimal() or int(parameter) == 0:
        raise SourceError(f"drawn-faces:{parameter}: the count must be a whole number of 1 or more")
    return DrawnFaces(int(parameter), size)


@dataclass(frozen=True)
class FileKind:
    """A kind of file that holds pictures, recognized by its content."""

    name: str
    is_one: Callable[[Path, bytes], bool]
    """Whether the file is of this kind, given its first bytes, unpacked if they are compressed."""
    open: Callable[[Path], Source]


def _is_npz(path: Path, head: bytes) -> bool:
    if not head.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return bool(archive.namelist()) and all(name.endswith(".npy") for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def _is_tar(path: Path, head: bytes) -> bool:
    if head[257:262] == b"ustar":
        return True
    try:
        return tarfile.is_tarfile(path)  # one of before 1988, without the mark
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return False


BUILT_IN: dict[str, Callable[[str, int], Source]] = {"drawn-faces": _drawn_faces}
"""Sources without files, made from what follows the colon (`drawn-faces:5000`) and the size in pixels."""

_COMPRESSIONS: dict[bytes, Callable[[Path], gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile]] = {
    b"\x1f\x8b": gzip.GzipFile,
    b"BZ": bz2.BZ2File,
    b"\xfd7": lzma.LZMAFile,
}

FILES = (
    FileKind(".npz", _is_npz, open_npz),
    FileKind(".zip", lambda _, head: head.startswith((b"PK\3\4", b"PK\5\6")), ZipArchive),
    FileKind(".npy", lambda _, head: head.startswith(b"\x93NUMPY"), open_npy),
    FileKind("IDX (MNIST)", lambda _, head: is_idx(head), open_idx),
    FileKind(".mat (SVHN, CIFAR-10)", is_mat, open_mat),
    FileKind("CIFAR-10's binary version", is_cifar_binary, open_cifar_binary),
    FileKind("CIFAR-10's Python version", is_cifar_pickle, open_cifar_pickle),
    FileKind(".tar (.gz, .xz, .bz2)", _is_tar, TarArchive),
)
"""Files that are sources, in the order in which they are tried."""


def open_source(source: str | Path, size: int = 64) -> Source:
    """Look through a source of pictures.

    Args:
        source: A folder, an archive, an array file, or a name of `BUILT_IN`.
        size: Side in pixels of pictures that have none of their own, because they are drawn.

    Raises:
        SourceError: It is missing, cannot be read or holds no picture; the message says what was found instead.
    """
    path = Path(source)
    if not path.exists():
        name, _, parameter = str(source).partition(":")
        if name in BUILT_IN:
            return BUILT_IN[name](parameter, size)
        raise SourceError(f"{source}: no such file or folder. Sources without files: {_without_files()}")
    if path.is_dir():
        if is_packed_set(path):
            raise SourceError(f"{path} is a packed set already: train on it as it is, or prepare its source again")
        return open_cifar_folder(path) if is_cifar_folder(path) else Folder(path)
    if not path.is_file():
        raise SourceError(f"{path} is neither a file nor a folder")
    head = _head(path)
    kind = next((kind for kind in FILES if kind.is_one(path, head)), None)
    if kind is not None:
        return kind.open(path)
    if formats.sniff(head):
        raise SourceError(f"{path} is a single picture: name the folder that holds yours")
    kinds = ", ".join(kind.name for kind in FILES)
    raise SourceError(
        f"{path} is no source of pictures. Sources: a folder, {kinds}; recognized by content, not by name"
    )


def _without_files() -> str:
    return ", ".join(f"{name}, {name}:COUNT" for name in BUILT_IN)


def _head(path: Path) -> bytes:
    """The first bytes of a file, unpacked if it is compressed."""
    try:
        with path.open("rb") as file:
            head = file.read(512)
        unpack = _COMPRESSIONS.get(head[:2])
        if unpack is None:
            return head
        with unpack(path) as unpacked:
            return unpacked.read(512)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error
