"""A list of picture files: a text file with a path a line, or a CSV with a column of paths and, maybe, of labels."""

import csv
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from dcgan.data.formats import SOUND_FILES, VIDEO_FILES
from dcgan.data.items import Item, Reason, Skipped
from dcgan.data.kinds import Candidate, SourceKind, existing
from dcgan.data.picture_files import has_extension, on_one_line
from dcgan.errors import SourceError

_TABLES = {".csv": ",", ".tsv": "\t"}  # by suffix, what separates their columns
_TEXTS = (".txt", ".lst")
_PATHS = ("path", "file", "filename", "file_name", "filepath", "image", "picture")
_LABELS = ("label", "class", "category")


class FileList:
    """The files that a list names, in its order. Paths that are not absolute begin at the folder of the list.

    Args:
        path: A .txt or .lst with a path a line, or a .csv or .tsv with a header.
        column: Of a table, that with the paths. Default: the first called path, file, filename, image or picture.

    Raises:
        SourceError: It cannot be read, names no file or only sounds and videos, or lacks the column.
    """

    def __init__(self, path: Path, column: str = "") -> None:
        self.description = f"list {path}"
        self._folder = path.parent
        self.ignored: Counter[str] = Counter()
        """How many lines were ignored: empty, or a file that is listed twice."""
        self._labels: dict[str, str | None] = {}  # by path as it is written
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                lines = _rows(path, file, column) if path.suffix.lower() in _TABLES else ((line, "") for line in file)
                for written, label in lines:
                    self._add(written.strip(), label.strip() or None)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise SourceError(f"{path} cannot be read: {error}") from error
        if not self._labels:
            raise SourceError(f"{path} lists no files")
        if others := _other_kinds(self._labels):
            raise SourceError(
                f"{path} lists {others} and no pictures. {others.capitalize()} are read from folders: name theirs, or "
                "put them into one"
            )

    @property
    def total(self) -> int:
        """How many items it yields."""
        return len(self._labels)

    def __iter__(self) -> Iterator[Item]:
        for written, label in self._labels.items():
            name = on_one_line(written)
            if "://" in written:
                yield Item(name, Skipped(Reason.UNREADABLE, "an address, not a file"), label)
            else:
                yield Item(name, self._folder / written, label)

    def files(self) -> Iterator[Path]:
        """The files that it names."""
        return (self._folder / written for written in self._labels if "://" not in written)

    def _add(self, written: str, label: str | None) -> None:
        if not written:
            self.ignored["empty line"] += 1
        elif written in self._labels:
            self.ignored["listed twice"] += 1
        else:
            self._labels[written] = None if label is None else on_one_line(label)


def _other_kinds(names: Collection[str]) -> str:
    """What files of these names are if all of them are sounds or videos; else ""."""
    kinds = [kind for kind in (SOUND_FILES, VIDEO_FILES) if any(has_extension(name, kind) for name in names)]
    is_all = all(any(has_extension(name, kind) for kind in kinds) for name in names)
    return " and ".join(f"{kind.noun}s" for kind in kinds) if is_all else ""


def _rows(path: Path, file: Iterator[str], column: str) -> Iterator[tuple[str, str]]:
    """The path and the label of each row."""
    rows = csv.DictReader(file, delimiter=_TABLES[path.suffix.lower()])
    names = [name for name in rows.fieldnames or () if name]
    by_word: Mapping[str, str] = {name.strip().lower(): name for name in reversed(names)}
    paths = column if column in names else "" if column else next((by_word[w] for w in _PATHS if w in by_word), "")
    if not paths:
        missing = f"no column {column!r}" if column else f"no column called {', '.join(_PATHS)}"
        raise SourceError(
            f"{path} has {missing}; it has {', '.join(names) or 'none'}. Name the column of the files when you prepare "
            "it: dcgan prepare SOURCE OUT --column NAME"
        )
    label = next((by_word[word] for word in _LABELS if word in by_word), "")
    for row in rows:
        yield row[paths] or "", (row.get(label) or "") if label else ""


def _recognizes(candidate: Candidate) -> bool:
    path = candidate.path
    return path is not None and path.is_file() and path.suffix.lower() in (*_TABLES, *_TEXTS)


def _open(candidate: Candidate) -> FileList:
    return FileList(existing(candidate), candidate.options.column)


def _files(candidate: Candidate) -> Iterator[Path]:
    yield existing(candidate)
    yield from _open(candidate).files()


LIST = SourceKind(_recognizes, _open, _files)
