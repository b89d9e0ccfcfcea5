"""A folder of pictures, flat or nested."""

import os
from collections.abc import Iterator, Mapping, Set
from functools import partial
from pathlib import Path

from dcgan.data.formats import HEAD_BYTES, PICTURE_FILES, MediaKind
from dcgan.data.items import Item, Reason, Skipped
from dcgan.data.kinds import Candidate, SourceKind, existing
from dcgan.data.packed import is_packed_set
from dcgan.data.picture_files import MediaFiles, has_extension, is_hidden, printable
from dcgan.errors import SourceError
from dcgan.files import DATASET_FILE, RUN_FILE, parse_json


class Folder:
    """The pictures in and below a folder, by name. If all lie in sub-folders, those of the first level are the labels.

    Args:
        root: The folder.
        kind: What is looked for, if not pictures.

    Links are followed, but no folder is read twice. Hidden files and folders are ignored, and so are runs and packed
    sets that lie in the folder.

    Raises:
        SourceError: The folder cannot be read or holds no picture.
    """

    def __init__(self, root: Path, kind: MediaKind = PICTURE_FILES) -> None:
        self.description = f"folder {root}"
        self._files: MediaFiles[str | Skipped] = MediaFiles(kind)  # a path as text takes a third of the memory
        try:
            self._walk(root)
        except OSError as error:
            raise SourceError(f"{root} cannot be read: {error.strerror}") from error
        self._files.finish(str(root))

    @property
    def total(self) -> int:
        """How many items it yields."""
        return len(self._files)

    @property
    def ignored(self) -> Mapping[str, int]:
        """How many files were ignored, by kind."""
        return self._files.ignored

    def __iter__(self) -> Iterator[Item]:
        for name, path in self._files:
            content = Path(path) if isinstance(path, str) else path
            yield Item(name, content, self._files.label(name))

    def _walk(self, root: Path) -> None:
        seen: set[tuple[int, int]] = set()
        folders = [(root, "")]
        linked: list[tuple[Path, str]] = []  # read after the others, so that pictures keep the names of real folders
        while folders or linked:
            folder, prefix = folders.pop() if folders else linked.pop(0)
            try:
                status = folder.stat()
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError as error:
                if folder == root:
                    raise
                self._files.add_skipped(prefix, Skipped(Reason.UNREADABLE, f"folder: {error.strerror}"))
                continue
            if (status.st_dev, status.st_ino) in seen:
                self._files.ignored["link to a folder that is read already"] += 1
                continue
            seen.add((status.st_dev, status.st_ino))
            if folder != root and _is_made_by_dcgan(folder, {entry.name for entry in entries}):
                self._files.ignored["run or packed set"] += 1
                continue
            for entry in entries:
                name = prefix + printable(entry.name)
                try:
                    if not entry.is_dir():
                        self._add_file(entry, name)
                    elif is_hidden(entry.name):
                        self._files.ignored["hidden"] += 1
                    else:
                        (linked if entry.is_symlink() else folders).append((folder / entry.name, name + "/"))
                except OSError as error:  # a link to itself, or gone meanwhile
                    self._add_unreadable(name, error.strerror)

    def _add_file(self, entry: "os.DirEntry[str]", name: str) -> None:
        if entry.is_file():
            self._files.add(name, entry.path, partial(_head, entry.path))
        elif entry.is_symlink() and not os.path.exists(entry.path):  # noqa: PTH110 - 100,000 Paths are slow
            self._add_unreadable(name, "a link to nothing")
        else:
            self._add_unreadable(name, "a pipe, socket or device")

    def _add_unreadable(self, name: str, why: str | None) -> None:
        if has_extension(name, self._files.kind) and not is_hidden(name.rpartition("/")[2]):
            self._files.add_skipped(name, Skipped(Reason.UNREADABLE, why or ""))
        else:
            self._files.ignore(name)


def holds_only(folder: Path, kind: MediaKind) -> bool:
    """Whether a folder has files with the extensions of a kind, and no pictures: those would be meant.

    What `Folder` does not read does not count.
    """
    found, seen = False, set[tuple[int, int]]()
    for path, folders, names in os.walk(folder, followlinks=True):
        status = os.stat(path)  # noqa: PTH116 - as os.walk has it
        visible = [name for name in names if not is_hidden(name)]
        is_made = path != os.fspath(folder) and _is_made_by_dcgan(Path(path), set(names))
        if (status.st_dev, status.st_ino) in seen or is_made:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = [name for name in folders if not is_hidden(name)]
        if any(has_extension(name) for name in visible):
            return False
        found = found or any(has_extension(name, kind) for name in visible)
    return found


def _is_made_by_dcgan(folder: Path, names: Set[str]) -> bool:
    """Whether a folder with files of these names is a packed set or a run."""
    if DATASET_FILE in names and is_packed_set(folder):
        return True
    if RUN_FILE not in names:
        return False
    try:
        card = parse_json((folder / RUN_FILE).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(card, dict) and {"format", "fingerprint"} <= card.keys()


def _head(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - 100,000 Paths are slow
            return file.read(HEAD_BYTES)
    except OSError:
        return b""


def _recognizes(candidate: Candidate) -> bool:
    return candidate.path is not None and candidate.path.is_dir()


def _files(candidate: Candidate) -> Iterator[Path]:
    for item in Folder(existing(candidate)):
        if isinstance(item.content, Path):
            yield item.content


FOLDER = SourceKind(_recognizes, lambda candidate: Folder(existing(candidate)), _files)
