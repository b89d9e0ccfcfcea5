"""Which files of a folder or archive are pictures, sounds or videos, and which of its folders name their labels."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Generic, TypeVar

from dcgan.data.formats import PICTURE_FILES, SOUND_FILES, VIDEO_FILES, MediaKind
from dcgan.errors import SourceError
from dcgan.words import counted

Key = TypeVar("Key")

_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))} | {
    code: f"\\u{code:04x}" for code in (0x2028, 0x2029)
}
_SYSTEM_FILES = {"__macosx", "thumbs.db", "desktop.ini", "ehthumbs.db"}
_SOURCE_EXTENSIONS = {".zip", ".tar", ".tgz", ".npy", ".npz", ".gz", ".xz", ".bz2"}  # sources when named themselves


class MediaFiles(Generic[Key]):
    """The pictures among the files of a folder or archive: each a name, and a key by which its content is read.

    A file with the extension of a picture is listed, whatever it holds: if it is none it is skipped later, with its
    reason. Of the other files those are listed that begin as a picture does. The rest is counted in `ignored`, by kind.

    Args:
        kind: What is looked for, if not pictures.
    """

    def __init__(self, kind: MediaKind = PICTURE_FILES) -> None:
        self.kind = kind
        self.ignored: Counter[str] = Counter()
        self._entries: list[tuple[str, Key]] = []
        self._has_top_level_picture = False  # then folders are no labels
        self._label_depth: int | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, name: str, key: Key, head: Callable[[], bytes]) -> None:
        """List the file `name` if it is a picture; `head` reads its first bytes and is called only if they matter."""
        if any(is_hidden(part) for part in name.split("/")):
            self.ignored["hidden"] += 1
            return
        by_extension = has_extension(name, self.kind)
        is_top_level = "/" not in name
        by_content = False
        if not by_extension or (is_top_level and not self._has_top_level_picture):
            by_content = self.kind.begins_one(head())
        if not by_extension and not by_content:
            self.ignore(name)
            return
        self._has_top_level_picture |= is_top_level and by_content
        self._entries.append((name, key))

    def add_skipped(self, name: str, key: Key) -> None:
        """List a picture that is known to be unusable already."""
        self._entries.append((name, key))

    def ignore(self, name: str) -> None:
        """Count a file that is no picture and does not claim to be one."""
        self.ignored[PurePosixPath(name).suffix.lower() or "no extension"] += 1

    def finish(self, where: str, keep_order: bool = False) -> None:
        """End the listing, sort it by name unless `keep_order`, and decide which folders are labels.

        Raises:
            SourceError: No file of `where` is a picture.
        """
        if not self._entries:
            raise SourceError(f"{where} {_describe_files(self.ignored, self.kind)}")
        if not keep_order:
            self._entries.sort(key=lambda entry: entry[0])
        folders = {name.rpartition("/")[0] for name, _ in self._entries if "/" in name}
        if folders and not self._has_top_level_picture:
            self._label_depth = _find_label_depth([folder.split("/") for folder in folders])

    def __iter__(self) -> Iterator[tuple[str, Key]]:
        yield from self._entries

    def label(self, name: str) -> str | None:
        """The folder that labels the picture `name`, if all pictures lie in folders."""
        if self._label_depth is None or "/" not in name:
            return None
        return name.split("/")[self._label_depth]


def is_hidden(part: str) -> bool:
    """Whether a file or folder of this name was made by a system rather than by a person."""
    return part.lower() in _SYSTEM_FILES or (part.startswith(".") and part not in (".", ".."))


def has_extension(name: str, kind: MediaKind = PICTURE_FILES) -> bool:
    """Whether the extension of `name` is that of a picture, or of another kind."""
    return os.path.splitext(name)[1].lower() in kind.extensions  # noqa: PTH122 - no path, and much faster


def printable(name: str) -> str:
    """A file name as valid Unicode: bytes that are not are written as hexadecimal escapes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def on_one_line(text: str) -> str:
    """Words of a stranger's file for a message: valid Unicode, with escapes for line ends and other controls."""
    return printable(text).translate(_ESCAPES)


def _find_label_depth(folders: list[list[str]]) -> int:
    """Which level of folders is the label: the first, unless a single folder lies around all the others."""
    depth = 0
    while len({path[depth] for path in folders}) == 1 and all(len(path) > depth + 1 for path in folders):
        depth += 1
    return depth


def _describe_files(ignored: Mapping[str, int], kind: MediaKind) -> str:
    others = [f"; of {other.noun}s {', '.join(other.read)}" for other in (SOUND_FILES, VIDEO_FILES)]
    formats_read = f". Formats read: {', '.join(kind.read)}{''.join(others) if kind is PICTURE_FILES else ''}"
    count = sum(ignored.values())
    if not count:
        return f"holds no files{formats_read}"
    kinds = ", ".join(
        f"{n} {on_one_line(suffix)}" for suffix, n in sorted(ignored.items(), key=lambda entry: (-entry[1], entry[0]))
    )
    text = f"holds {counted(count, 'file')}, none of them a {kind.noun}: {kinds}"
    if _SOURCE_EXTENSIONS & ignored.keys():
        text += ". Archives and array files are sources of their own: name the file itself"
    for other in (SOUND_FILES, VIDEO_FILES) if kind is PICTURE_FILES else ():
        if other.extensions & ignored.keys():
            text += f". {other.noun.capitalize()}s are read from folders: unpack them into one"
    return text + formats_read
