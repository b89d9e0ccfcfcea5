"""Pictures and archives that are dropped on the page: stored as they come, under names of our own, and not opened."""

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from secrets import token_hex

from anyio import open_file

from dcgan.atomic_files import check_writable
from dcgan.data.formats import HEAD_BYTES, sniff
from dcgan.errors import DcganError, UsageError

LARGEST = 4 << 30
"""Bytes of one picture or archive."""
SET = "uploaded"
"""What folders of uploads are called, with a number."""
SPARE = 256 << 20
"""Bytes of the disk that are left free."""
_SUFFIXES = {"JPEG": ".jpg", "TIFF": ".tif", "JPEG XL": ".jxl", "JPEG 2000": ".jp2", "Photoshop": ".psd"}
_TAR_MARK = (257, b"ustar")
_ENOUGH = max(HEAD_BYTES, _TAR_MARK[0] + len(_TAR_MARK[1]))


@dataclass(frozen=True)
class Stored:
    """A file that was stored.

    Attributes:
        name: Its name in the folder of the set.
        source: What is to be learned from: the set, or the file itself if it is an archive.
        kind: "picture" or "archive".
    """

    name: str
    source: str
    kind: str


class Uploads:
    """Folders of uploads in the studio's folder: uploaded-1, uploaded-2, ...

    A folder of which no file was kept is removed. What this studio has not stored itself is never touched.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sets: dict[str, list[Path]] = {}  # the files that were stored in each

    def new_set(self, total: int) -> str:
        """Make a folder for files that have so many bytes together; return its name.

        Raises:
            UsageError: `total` is less than 0.
            DcganError: There is not enough room on the disk.
            OSError: Nothing can be written in the studio's folder.
        """
        if total < 0:
            raise UsageError(f"files have no {total} bytes")
        free = shutil.disk_usage(self._folder).free
        if total + SPARE > free:
            raise DcganError(
                f"there is not enough room: these have {total / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free; free "
                "some space, or drop fewer"
            )
        for number in count(1):
            path = self._folder / f"{SET}-{number}"
            try:
                if path.name in self._sets:  # its page may still send
                    continue
                path.mkdir()
            except FileExistsError:
                continue
            check_writable(path / "picture")
            self._sets[path.name] = []
            return path.name
        raise AssertionError

    async def store(self, set_name: str, content: AsyncIterator[bytes], *, only_picture: bool = False) -> Stored:
        """Store a file as it comes in; what is neither a picture nor an archive by its first bytes is not kept.

        Raises:
            UsageError: There is no such set.
            DcganError: It is no picture and no archive, or an archive where it may be `only_picture`, or the disk is
                nearly full. The part that came is removed.
            OSError: It cannot be written.
        """
        if set_name not in self._sets:
            raise UsageError(f"there is no set {set_name!r} to store in")
        folder = self._folder / set_name
        folder.mkdir(exist_ok=True)  # all that came before may have been refused
        partial = folder / f".{token_hex(8)}.partial"
        partial.touch()  # so that nobody removes the folder
        head = b""
        try:
            async with await open_file(partial, "wb") as file:
                async for part in content:
                    if shutil.disk_usage(folder).free < SPARE:  # there may be more of it than its page has said
                        raise DcganError("the disk is nearly full: free some space, or drop fewer files")
                    head += part[: max(0, _ENOUGH - len(head))]
                    await file.write(part)
            kind, suffix = _kind_of(head)
            if only_picture and kind != "picture":
                raise DcganError("this is an archive: it was not kept; drop a single picture")
            path = partial.with_name(token_hex(8) + suffix)
            partial.replace(path)
            self._sets[set_name].append(path)
        finally:
            partial.unlink(missing_ok=True)
            _remove_empty(folder)
        return Stored(path.name, set_name if kind == "picture" else f"{set_name}/{path.name}", kind)

    def stored(self, source: str | Path) -> list[Path]:
        """The files that this studio has stored in a source, which is a set or one of its files; none in others."""
        files = (file for stored in self._sets.values() for file in stored)
        return [file for file in files if Path(source) in (file, file.parent)]

    def remove(self, files: Sequence[Path]) -> None:
        """Remove stored files that turned out to be unusable, and their folder if nothing else is in it.

        Raises:
            OSError: One of them cannot be removed.
        """
        for file in files:
            if file in self._sets[file.parent.name]:  # else another look at them was first
                self._sets[file.parent.name].remove(file)
            file.unlink(missing_ok=True)
            _remove_empty(file.parent)

    def close(self) -> None:
        """Remove the folders that nothing was stored in."""
        for name in self._sets:
            _remove_empty(self._folder / name)


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):  # something is in it
        folder.rmdir()


def _kind_of(head: bytes) -> tuple[str, str]:
    """What a file is by its first bytes, and the suffix that it gets."""
    if (picture := sniff(head[:HEAD_BYTES])) is not None:
        return "picture", _SUFFIXES.get(picture, f".{picture.lower()}")
    if head.startswith(b"PK\x03\x04"):
        return "archive", ".zip"
    if head.startswith(b"\x1f\x8b"):
        return "archive", ".tar.gz"
    start, mark = _TAR_MARK
    if head[start : start + len(mark)] == mark:
        return "archive", ".tar"
    raise DcganError(
        "this is neither a picture nor an archive (.zip, .tar, .tar.gz): it was not kept"
        if head
        else "this file is empty: it was not kept"
    )
