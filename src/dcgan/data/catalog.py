"""What folders and archives have in common: files with names, of which some are pictures and some name their label."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Generic, TypeVar

from dcgan.data import formats
from dcgan.errors import SourceError

Key = TypeVar("Key")

_HIDDEN = {"__macosx", "thumbs.db", "desktop.ini", "ehthumbs.db"}
_SOURCES = {".zip", ".tar", ".tgz", ".npy", ".npz", ".gz", ".xz", ".bz2"}  # sources themselves, if named as such


class Catalog(Generic[Key]):
    """The pictures among the files of a folder or archive: each a name and a key to get its content by.

    A file whose extension promises a picture is one, if only to be refused later; of the others those are whose first
    bytes are a picture's. What is left is counted in `skipped`, by kind.
    """

    def __init__(self) -> None:
        self.skipped: Counter[str] = Counter()
        self._entries: list[tuple[str, Key]] = []
        self._flat = False  # a picture lies on the first level, so that folders are no labels
        self._depth: int | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, name: str, key: Key, head: Callable[[], bytes]) -> None:
        """Look at the file `name`; `head` reads its first bytes, and is called only if they matter."""
        if any(is_hidden(part) for part in name.split("/")):
            self.skipped["hidden"] += 1
            return
        promises = promises_picture(name)
        on_top = "/" not in name
        is_picture = False
        if not promises or (on_top and not self._flat):
            is_picture = formats.sniff(head()) is not None
        if not promises and not is_picture:
            self.skip(name)
            return
        self._flat |= on_top and is_picture
        self._entries.append((name, key))

    def add_refused(self, name: str, key: Key) -> None:
        """List a picture of which it is known already that it cannot be used."""
        self._entries.append((name, key))

    def skip(self, name: str) -> None:
        """Count a file that is no picture, and does not claim to be one."""
        self.skipped[PurePosixPath(name).suffix.lower() or "no extension"] += 1

    def finish(self, where: str, in_order: bool = False) -> None:
        """End the look through the files of `where`; sort them by name, unless they can be read `in_order` only.

        Raises:
            SourceError: None is a picture.
        """
        if not self._entries:
            raise SourceError(f"{where}: {_what_else(self.skipped)}. Formats read: {', '.join(formats.READ)}")
        if not in_order:
            self._entries.sort(key=lambda entry: entry[0])
        folders = {name.rpartition("/")[0] for name, _ in self._entries if "/" in name}
        if folders and not self._flat:
            self._depth = _label_depth([folder.split("/") for folder in folders])

    def __iter__(self) -> Iterator[tuple[str, Key]]:
        yield from self._entries

    def label(self, name: str) -> str | None:
        """The folder that says what the picture `name` shows, if all pictures lie in folders."""
        if self._depth is None or "/" not in name:
            return None
        return name.split("/")[self._depth]


def is_hidden(part: str) -> bool:
    """Whether a file or folder of this name was left by a system rather than by a person."""
    return part.lower() in _HIDDEN or (part.startswith(".") and part not in (".", ".."))


def promises_picture(name: str) -> bool:
    """Whether the extension of `name` is that of a picture."""
    return os.path.splitext(name)[1].lower() in formats.EXTENSIONS  # noqa: PTH122 - no path, and much faster


def printable(name: str) -> str:
    """A file name as valid Unicode: bytes that are none are written as hexadecimal escapes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _label_depth(folders: list[list[str]]) -> int:
    """Which level of folders is the label: the first, but one folder around all the others says nothing."""
    depth = 0
    while len({path[depth] for path in folders}) == 1 and all(len(path) > depth + 1 for path in folders):
        depth += 1
    return depth


def _what_else(skipped: Mapping[str, int]) -> str:
    count = sum(skipped.values())
    if not count:
        return "holds no files"
    kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(skipped.items(), key=lambda kind: (-kind[1], kind[0])))
    text = f"found {count} {'file' if count == 1 else 'files'}: {kinds}; none is a picture"
    if _SOURCES & skipped.keys():
        text += ". Archives and array files are sources of their own: name the file itself"
    return text
