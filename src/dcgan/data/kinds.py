"""What a kind of source is: how it is recognized, how it is opened, and which files its pictures come from.

Each kind is one `SourceKind`, listed by name in `dcgan.choices.SOURCES`. A package of yours adds one by an entry point
in the group "dcgan.sources", or a script by `SOURCES.add("my-kind", SourceKind(recognizes, open))`.
"""

import bz2
import errno
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeGuard

from dcgan.data.items import Source
from dcgan.data.prepare_options import PrepareOptions
from dcgan.errors import SourceError

HEAD_BYTES = 512

_COMPRESSIONS: dict[bytes, Callable[[Path], gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile]] = {
    b"\x1f\x8b": gzip.GzipFile,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
}


@dataclass(frozen=True)
class Candidate:
    """What a user gave as a source, for kinds to look at. Each fact is read when a kind first asks for it."""

    given: object
    """A path, a name such as "drawn-faces:5000", or a Python object."""
    options: PrepareOptions = field(default_factory=PrepareOptions)
    """What its pictures are made into. Some concern how it is read: how far an archive may expand, for example."""

    @cached_property
    def path(self) -> Path | None:
        """The file or folder it names; None if there is no such path.

        Raises:
            SourceError: It is in a folder that may not be read.
        """
        if not isinstance(self.given, str | Path):
            return None
        path = Path(self.given)
        try:
            return path if path.exists() else None
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:  # a pattern may be longer than a path
                return None
            raise SourceError(f"{path} cannot be read: {error.strerror}") from error

    @property
    def name(self) -> str:
        """Of "drawn-faces:5000" the part before the first colon; "" for a path that exists and for Python objects."""
        return self.given.partition(":")[0] if isinstance(self.given, str) and self.path is None else ""

    @property
    def parameter(self) -> str:
        """Of "drawn-faces:5000" the part after the first colon; "" if there is none."""
        return self.given.partition(":")[2] if self.name and isinstance(self.given, str) else ""

    @cached_property
    def head(self) -> bytes:
        """The first bytes (at most `HEAD_BYTES`) of a file, decompressed if it is compressed; b"" for all others.

        Raises:
            SourceError: The file cannot be read or decompressed.
        """
        path = self.path
        if path is None or not path.is_file():
            return b""
        try:
            with path.open("rb") as file:
                head = file.read(HEAD_BYTES)
            decompress = next((open_ for begin, open_ in _COMPRESSIONS.items() if head.startswith(begin)), None)
            if decompress is None:
                return head
            with decompress(path) as content:
                return content.read(HEAD_BYTES)
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise SourceError(f"{path} cannot be read: {error}") from error


def are_paths(given: object) -> TypeGuard[Sequence[str | Path]]:
    """Whether what a user gave is a list of paths: several sources."""
    return isinstance(given, list | tuple) and bool(given) and all(isinstance(part, str | Path) for part in given)


def only_itself(candidate: Candidate) -> Iterable[Path]:
    """For `SourceKind.files` of a kind whose pictures all lie in the one file, or in none."""
    return () if candidate.path is None else (candidate.path,)


@dataclass(frozen=True)
class SourceKind:
    """One kind of source."""

    recognizes: Callable[[Candidate], bool]
    """Whether a candidate is of this kind; by its content rather than its name, wherever that is possible."""
    open: Callable[[Candidate], Source]
    """Open a candidate that was recognized.

    Raises:
        SourceError: It holds no picture or cannot be read.
    """
    files: Callable[[Candidate], Iterable[Path]] = only_itself
    """The files that the pictures and labels come from, in a fixed order: when one of them changes, a cached packed set
    is made again. Where there are none, what is drawn may change with dcgan's version."""


def file_kind(
    recognizes: Callable[[Path, bytes], bool],
    open_file: Callable[[Path], Source],
    files: Callable[[Path], Iterable[Path]] = lambda path: (path,),
) -> SourceKind:
    """A kind of file.

    Args:
        recognizes: Whether a file is of this kind, by its path and its first bytes (decompressed).
        open_file: Opens such a file.
        files: Of the path, those that its pictures and labels come from.
    """

    def recognizes_candidate(candidate: Candidate) -> bool:
        path = candidate.path
        return path is not None and path.is_file() and recognizes(path, candidate.head)

    return SourceKind(
        recognizes_candidate,
        lambda candidate: open_file(existing(candidate)),
        lambda candidate: files(existing(candidate)),
    )


def existing(candidate: Candidate) -> Path:
    """The path of a candidate.

    Raises:
        SourceError: It has none.
    """
    if candidate.path is None:
        raise SourceError(f"{candidate.given}: no such file or folder")
    return candidate.path
