"""A sorting: classes that somebody has named, and the pictures that they have labeled, in a file of the folder.

FOLDER/sorted/NAME has

    sorting.json    the model, the pictures, the classes and the labels: all that cannot be made again
    features/       what the discriminator makes of the pictures, see `dcgan.studio.sort_features`
    classifier/     what the export has written: `dcgan classify` reads it
    pictures.csv    and the class of every picture

Every change is read, made and written under a lock, so that two pages, or two studios, cannot lose each other's.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from filelock import FileLock

from dcgan.atomic_files import write_atomic
from dcgan.errors import DcganError, UsageError
from dcgan.files import folder_name, parse_json, read_file

FILE = "sorting.json"
SORTED = "sorted"
FORMAT = 1
MOST_CLASSES = 20
LONGEST_NAME = 40
"""Letters of the name of a class."""


@dataclass(frozen=True)
class Label:
    """What somebody has said of a picture.

    Attributes:
        class_name: What it shows.
        sha256: Of its content at that time: a picture that was changed since has no label.
        view: Where it was labeled: only pictures that were not chosen by a classifier measure its accuracy.
    """

    class_name: str
    sha256: str
    view: str


@dataclass(frozen=True)
class Decisions:
    """What sorting.json says.

    Attributes:
        model: Whose discriminator looks, as the studio names it.
        pictures: What is sorted, as the studio names it.
        classes: Their names, in the order of their keys.
        labels: By the names of pictures, the latest last.
        version: Counts the changes.
        horizontal_flip: Whether left and right mean the same: a picture is then looked at with its mirror image.
    """

    model: str
    pictures: str
    classes: tuple[str, ...]
    labels: Mapping[str, Label]
    version: int = 0
    horizontal_flip: bool = False


class Sorting:
    """The file of a sorting.

    Args:
        path: Its folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[tuple[int, int], Decisions] | None = None

    @classmethod
    def create(
        cls, folder: Path, model: str, pictures: str, classes: Sequence[str], *, horizontal_flip: bool = False
    ) -> "Sorting":
        """Begin a sorting in the studio's folder, under a name that is free.

        Raises:
            UsageError: There are fewer than two classes, more than 20, or one has no name of its own.
            OSError: The folder cannot be written.
        """
        names = tuple(map(_class_name, classes))
        _check_classes(names)
        stem = folder_name(Path(pictures.partition(":")[0]).name.partition(".")[0] or folder.name)
        for number in count(1):
            path = folder / SORTED / f"{stem}-{number}"
            with suppress(FileExistsError):
                path.mkdir(parents=True)
                _write(path / FILE, Decisions(model, pictures, names, {}, horizontal_flip=horizontal_flip))
                return cls(path)
        raise AssertionError

    def decisions(self) -> Decisions:
        """What the file says at this moment.

        Raises:
            DcganError: There is none, or it is damaged.
        """
        file = self.path / FILE
        try:
            status = file.stat()
            state = (status.st_mtime_ns, status.st_ino)
            known = self._read  # another thread may change it meanwhile
            if known is None or known[0] != state:
                known = self._read = (state, _parse(parse_json(read_file(file))))
        except FileNotFoundError as error:
            raise DcganError(f"the sorting {self.path.name} no longer exists") from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            remedy = "correct it, or remove it and start again"
            raise DcganError(f"the file {SORTED}/{self.path.name}/{FILE} is damaged ({error}): {remedy}") from error
        return known[1]

    def label(
        self,
        digests: Mapping[str, str],
        class_name: str | None,
        view: str,
        instead_of: Iterable[str | None] = (),
    ) -> None:
        """Label pictures.

        Args:
            digests: SHA-256 of the pictures by name.
            class_name: What they show; None takes their labels away.
            view: Where they are labeled; those that have a label keep its view.
            instead_of: If given, only pictures that have one of these labels (None: have none) are changed.

        Raises:
            UsageError: There is no such class.
            OSError: The file cannot be written; nothing has changed.
        """
        replaced = set(instead_of)

        def change(before: Decisions) -> Decisions:
            if class_name is not None and class_name not in before.classes:
                raise UsageError(f"there is no class {class_name!r} any more")
            labels = dict(before.labels)
            for name, sha256 in digests.items():
                known = labels.get(name)
                known = known if known and known.sha256 == sha256 else None
                if replaced and (known.class_name if known else None) not in replaced:
                    continue
                labels.pop(name, None)  # so that it becomes the last
                if class_name is not None:
                    labels[name] = Label(class_name, sha256, known.view if known else view)
            return replace(before, labels=labels)

        self._change(change)

    def add_class(self, name: str) -> None:
        """Add a class.

        Raises:
            UsageError: There is one of this name, or too many.
        """
        added = _class_name(name)
        self._change(lambda before: replace(before, classes=(*before.classes, added)))

    def rename_class(self, name: str, new: str) -> None:
        """Call a class otherwise; its pictures stay labeled.

        Raises:
            UsageError: There is no such class, or there is one of the new name.
        """
        renamed = _class_name(new)

        def change(before: Decisions) -> Decisions:
            _check_known(before, name)
            classes = tuple(renamed if one == name else one for one in before.classes)
            labels = {
                picture: replace(label, class_name=renamed) if label.class_name == name else label
                for picture, label in before.labels.items()
            }
            return replace(before, classes=classes, labels=labels)

        self._change(change)

    def remove_class(self, name: str) -> None:
        """Remove a class that no picture is labeled with.

        Raises:
            UsageError: There is no such class, pictures are labeled with it, or there would be fewer than two.
        """

        def change(before: Decisions) -> Decisions:
            _check_known(before, name)
            if labeled := sum(label.class_name == name for label in before.labels.values()):
                raise UsageError(f"{labeled} pictures are labeled {name!r}: give them another label first")
            return replace(before, classes=tuple(one for one in before.classes if one != name))

        self._change(change)

    def _change(self, change: Callable[[Decisions], Decisions]) -> None:
        with FileLock(self.path / f".{FILE}.lock"):
            before = self.decisions()
            after = change(before)
            _check_classes(after.classes)
            _write(self.path / FILE, replace(after, version=before.version + 1))
            self._read = None


def sortings_in(folder: Path) -> list[Sorting]:
    """The sortings of a studio's folder, by name."""
    return [Sorting(file.parent) for file in sorted((folder / SORTED).glob(f"*/{FILE}"))]


def _class_name(name: str) -> str:
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME or not plain.isprintable():
        raise UsageError(f"a class needs a name of 1 to {LONGEST_NAME} letters, not {name[:60]!r}")
    return plain


def _check_classes(names: Sequence[str]) -> None:
    if not 2 <= len(names) <= MOST_CLASSES:
        raise UsageError(f"a sorting needs 2 to {MOST_CLASSES} classes, not {len(names)}")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(f"two classes are called {twice!r}: give each another name")


def _check_known(decisions: Decisions, name: str) -> None:
    if name not in decisions.classes:
        raise UsageError(f"there is no class {name!r} any more")


def _parse(found: dict[str, Any]) -> Decisions:
    if found["format"] != FORMAT:
        raise ValueError(f"it has format {found['format']}, and this dcgan reads {FORMAT}")
    labels = {
        str(name): Label(str(label["class"]), str(label["sha256"]), str(label["view"]))
        for name, label in found["labels"].items()
    }
    classes = tuple(map(str, found["classes"]))
    if lost := {label.class_name for label in labels.values()} - set(classes):
        raise ValueError(f"labels name {', '.join(sorted(lost))}, which is none of its classes")
    flip = found.get("horizontal_flip", False)  # sortings of before there was this are as they were
    if type(flip) is not bool:
        raise ValueError("its horizontal_flip is neither true nor false")
    return Decisions(str(found["model"]), str(found["pictures"]), classes, labels, int(found["version"]), flip)


def _write(file: Path, decisions: Decisions) -> None:
    labels = {
        name: {"class": label.class_name, "view": label.view, "sha256": label.sha256}
        for name, label in decisions.labels.items()
    }
    content = {
        "format": FORMAT,
        "version": decisions.version,
        "model": decisions.model,
        "pictures": decisions.pictures,
        "horizontal_flip": decisions.horizontal_flip,
        "classes": decisions.classes,
        "labels": labels,
    }
    write_atomic(file, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
