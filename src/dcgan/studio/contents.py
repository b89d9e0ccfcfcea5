"""What there is in the studio's folder: runs, models, and pictures to learn from."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from dcgan.data.formats import EXTENSIONS, SOUND_FILES
from dcgan.data.packed import is_packed_set
from dcgan.errors import ModelError, UsageError
from dcgan.files import RUN_FILE
from dcgan.model_folder import CARD, SHIPPED, find, find_shipped, holds_model, read_card
from dcgan.studio.answers import inside

DEPTH = 4
"""Folders inside one another that are looked into."""
MOST = 5000
"""Folders that are looked into."""
DRAWN_FACES = "drawn-faces:5000"
"""A source that needs no pictures of one's own; see `dcgan.data.drawn_faces`."""
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
CLOSED = ("sorting.json", "classifier.json")
"""What makes a folder a sorting or a classifier: the model in it is a part of it, and no other."""
_ENTRIES = 400  # of a folder that are looked at to tell what it holds

Kind = Literal["run", "model", "pictures", "sounds", "archive", "packed set"]
MEDIA: tuple[Kind, ...] = ("pictures", "sounds")
"""What folders hold to be learned from; folders of both are of pictures."""


def source_path(folder: Path, name: str) -> str:
    """The pictures that a name of the page means: in the folder, or those that are built in.

    Raises:
        UsageError: They are outside the folder, or there are none.
    """
    if name == DRAWN_FACES:
        return name
    path = inside(folder, name)
    if not path.exists():
        raise UsageError(f"the pictures {name} no longer exist: choose others")
    return str(path)


@dataclass(frozen=True)
class Found:
    """A run, a model or pictures.

    Attributes:
        kind: Which of them.
        name: Its path in the studio's folder, with "/" on every system; "." for the folder itself.
    """

    kind: Kind
    name: str


def model_path(folder: Path, name: str) -> Path:
    """The path that a name of the page means: in the folder, or else the name of a model that comes with dcgan.

    Raises:
        UsageError: It is outside the folder.
    """
    path = inside(folder, name)
    if (shipped := find_shipped(name)) and not holds_model(path) and not (path / RUN_FILE).exists():
        return shipped
    return path if path.exists() else Path(Path(name).name)


@dataclass(frozen=True)
class Contents:
    """The studio's folder. Links are not followed: what is listed lies in it. Names must be UTF-8."""

    folder: Path

    def found(self) -> list[Found]:
        """Everything there is, by name."""
        left = [MOST]
        return sorted(self._look(self.folder, DEPTH, left), key=lambda one: one.name.casefold())

    def runs(self) -> list[str]:
        """The names of the runs."""
        return [one.name for one in self.found() if one.kind == "run"]

    def models(self) -> list[dict[str, object]]:
        """What can draw: each run that has a checkpoint, each model, and those that come with dcgan.

        Each has a name, whether it is a run, and what its card says: size, channels, labels, images seen, whether it
        makes sounds. Those whose card cannot be read, or holds what no model has, are left out.
        """
        own = {one.name: one.kind == "run" for one in self.found() if one.kind in ("run", "model")}
        shipped = {card.parent.name: False for card in sorted(SHIPPED.glob(f"*/{CARD}"))}
        cards = ((name, is_run, self._card(name)) for name, is_run in (own | shipped | own).items())
        return [{"name": name, "run": is_run, **card} for name, is_run, card in cards if card]

    def sources(self) -> list[dict[str, str]]:
        """What can be learned from: folders of pictures, archives, packed sets, and the built-in drawn faces."""
        kinds = ("pictures", "sounds", "archive", "packed set")
        own = [{"name": one.name, "kind": str(one.kind)} for one in self.found() if one.kind in kinds]
        built_in = [{"name": DRAWN_FACES, "kind": "built in"}] if find_spec("dicebear") else []
        return [*own, *built_in]

    def _card(self, name: str) -> dict[str, object] | None:
        try:
            card = read_card(find(model_path(self.folder, name)))
        except (ModelError, OSError):
            return None
        nets, labels, images = card.get("architecture", card.get("interface")), card.get("labels"), card.get("images")
        numbers = ("size", "channels", "latent_dim")
        if not isinstance(nets, dict) or not all(isinstance(nets.get(name), int) for name in numbers):
            return None
        known = {
            **{name: nets[name] for name in numbers},
            "labels": [str(label) for label in labels] if isinstance(labels, list) else [],
            "images": images if isinstance(images, int) else None,
            "nets": str(card.get("nets", "dcgan")) if "architecture" in card else "",
            "sound": "sound" in card,
        }
        return known if _is_text(json.dumps(known, ensure_ascii=False)) else None

    def _look(self, folder: Path, depth: int, left: list[int]) -> Iterator[Found]:
        left[0] -= 1
        if left[0] < 0 or any((folder / mark).is_file() for mark in CLOSED):
            return
        name = folder.relative_to(self.folder).as_posix()
        kind = _kind_of(folder)
        if kind is not None:
            yield Found(kind, name)
            return
        try:
            with os.scandir(folder) as entries:
                visible = [entry for entry in entries if _is_visible(entry)]
        except OSError:  # another user's
            return
        files = [entry.name for entry in visible if entry.is_file()]
        if any(Path(file).suffix.lower() in EXTENSIONS for file in files[:_ENTRIES]):
            yield Found("pictures", name)
        elif any(Path(file).suffix.lower() in SOUND_FILES.extensions for file in files[:_ENTRIES]):
            yield Found("sounds", name)
        for file in files:
            if file.lower().endswith(ARCHIVES):
                yield Found("archive", (folder / file).relative_to(self.folder).as_posix())
        if depth:
            inner = [
                one for entry in visible if entry.is_dir() for one in self._look(folder / entry.name, depth - 1, left)
            ]
            for media in MEDIA:
                labels = {one.name for one in inner if one.kind == media and Path(one.name).parent == Path(name)}
                if len(labels) > 1 and depth < DEPTH:  # a folder for each class
                    yield Found(media, name)
            yield from inner


def _is_visible(entry: "os.DirEntry[str]") -> bool:
    return not entry.name.startswith(".") and _is_text(entry.name) and not entry.is_symlink()


def _is_text(name: str) -> bool:
    """Whether a page can show a name: those of files may hold bytes that are not UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kind_of(folder: Path) -> Kind | None:
    if (folder / RUN_FILE).is_file():
        return "run"
    if (folder / CARD).is_file():
        return "model"
    return "packed set" if is_packed_set(folder) else None
