"""Concepts: a name for some latent vectors, or for a direction, and the small TOML file that they live in.

model = "8c1f0a6be2d4"            # whose latent space; may be left out

[smiling]
seeds = [3, 17, 40]               # three or more, averaged: a single sample is unstable (paper section 6.3.2)

[mine]
latents = "samples.npz"           # beside this file; rows = [0, 2, 5] takes some of them

[theirs]
z = [[0.52, -0.17, ...], ...]     # the latent vectors themselves: so they travel with a model

[glasses-axis]
axis = [0.12, -0.03, ...]         # a direction: what to add to z to get the thing
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from dcgan.atomic_files import write_atomic
from dcgan.errors import LatentError
from dcgan.files import parse_toml
from dcgan.generation import LARGEST
from dcgan.latent.files import read_latents
from dcgan.latent.formula import why_no_name
from dcgan.model import Model
from dcgan.model_folder import FORGOTTEN, OWN_CONCEPTS
from dcgan.short_repr import ShortRepr
from dcgan.types import Latents

ENOUGH = 3  # examples of a concept, as in the paper
MODEL = "model"  # the key of the file that names whose latent space it is
_KINDS = ("seeds", "latents", "z", "axis")


@dataclass(frozen=True, eq=False, repr=False)
class Concept(ShortRepr):
    """What stands for a concept in a model's latent space.

    Attributes:
        name: Letters, digits, _ and -, a letter first.
        z: (N, D), its examples; of an axis the one direction.
        entry: How it is written in a file: `seeds`, `latents` (and `rows`), `z`, or `axis`.
    """

    name: str
    z: Latents
    entry: Mapping[str, object]

    @property
    def is_axis(self) -> bool:
        """Whether it is a direction, which no picture shows by itself."""
        return "axis" in self.entry

    @property
    def is_stable(self) -> bool:
        """Whether it rests on enough different examples: the mean of fewer than three changes much with each."""
        return self.is_axis or len(np.unique(self.z, axis=0)) >= ENOUGH

    @property
    def mean(self) -> NDArray[np.float32]:
        """(D,), what it is in a sum."""
        return np.asarray(self.z.mean(axis=0), np.float32)


ConceptSource = Mapping[str, Concept] | str | Path | None
"""Concepts by name, a file of them, or None for those in the model's own folder."""


def concept_of_seeds(name: str, seeds: Iterable[int], model: Model) -> Concept:
    """A concept that is the mean of the z of some seeds."""
    chosen = list(seeds)
    return Concept(check_name(name), model.latents(chosen), MappingProxyType({"seeds": chosen}))


def concept_of_axis(name: str, axis: NDArray[np.float32]) -> Concept:
    """A concept that is a direction (D,)."""
    entry = {"axis": [round(float(number), 6) for number in axis]}
    return Concept(check_name(name), np.asarray([entry["axis"]], np.float32), MappingProxyType(entry))


def read_concepts(path: Path, model: Model) -> dict[str, Concept]:
    """The concepts of a file, by name.

    Raises:
        LatentError: The file is missing, is no TOML or another model's, or a concept in it is malformed.
    """
    content = _content(path)
    whose = content.pop(MODEL, model.identity)
    if whose != model.identity:
        raise LatentError(
            f"{path} has concepts of another model ({whose}; this one is {model.identity}): name another file"
        )
    return {name: _concept(path, name, entry, model) for name, entry in content.items()}


def add_concepts(path: Path, concepts: Iterable[Concept], model: Model) -> None:
    """Add concepts at the end of a file, or make it; what stands in it stays as it is, comments too.

    Raises:
        LatentError: The file is another model's, or has a concept of such a name already.
        OSError: The file cannot be written.
    """
    new = list(concepts)
    check_new(path, (concept.name for concept in new), model)
    text = path.read_text("utf-8") if path.exists() else f"{MODEL} = {json.dumps(model.identity)}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, "\n".join([text.rstrip("\n") + "\n", *(_written(concept) for concept in new)]))


def check_new(path: Path, names: Iterable[str], model: Model) -> None:
    """Refuse, before any work, names that a file of concepts has already.

    Raises:
        LatentError: It has one, or it is another model's, or cannot be read.
    """
    known = read_concepts(path, model) if path.exists() else {}
    if twice := [name for name in names if name in known]:
        raise LatentError(f"{path} has {', '.join(twice)} already; take it out of the file, or choose another name")


def whose(path: Path) -> object:
    """The identity of the model whose concepts a file has; None if it does not say.

    Raises:
        LatentError: The file cannot be read, or is no TOML.
    """
    return _content(path).get(MODEL)


def self_contained(path: Path, model: Model) -> str:
    """The text of a file of concepts, but resting on no other file: names of files become the z (N, D) in them.

    A text that names no file stays as it is, comments too.

    Raises:
        LatentError: It cannot be read, or rests on a file that cannot.
    """
    if not any(isinstance(entry, dict) and "latents" in entry for entry in _content(path).values()):
        return path.read_text("utf-8-sig")
    concepts = (_inlined(concept) for concept in read_concepts(path, model).values())
    return "\n".join([f"{MODEL} = {json.dumps(model.identity)}\n", *map(_written, concepts)])


def _inlined(concept: Concept) -> Concept:
    if "latents" not in concept.entry:
        return concept
    exact = [[float(f"{number:.9g}") for number in row] for row in concept.z]  # as many digits as tell floats apart
    return replace(concept, entry=MappingProxyType({"z": exact}))


def own_concepts(model: Model) -> Path | None:
    """The file of concepts in the folder that the model was loaded from, if there is one.

    A model that was edited since (`forget`) is another one, whose concepts are not these.
    """
    path = model.folder / OWN_CONCEPTS if model.folder else None
    if path is None or not path.is_file():
        return None
    return path if FORGOTTEN not in model.details or whose(path) in (None, model.identity) else None


def resolve_concepts(model: Model, concepts: ConceptSource, names: Sequence[str]) -> Mapping[str, Concept]:
    """The concepts of a source, among which are all that are named.

    Raises:
        LatentError: The file cannot be read, or a name has no concept.
    """
    path = own_concepts(model) if concepts is None else Path(concepts) if isinstance(concepts, str | Path) else None
    known = concepts if isinstance(concepts, Mapping) else read_concepts(path, model) if path else {}
    for name in names:
        if name not in known:
            there = f"there are {', '.join(known) or 'none'}"
            where = there if isinstance(concepts, Mapping) else f"{path} has {', '.join(known) or 'none'}"
            if not path and concepts is None:
                where = "the model has none of its own, and no file of `concepts` was given"
            hint = "; a minus needs spaces around it" if "-" in name else ""
            raise LatentError(f"there is no concept {name!r}: {where}{hint}. Find one with `dcgan concepts`")
    return known


def _content(path: Path) -> dict[str, object]:
    try:
        return parse_toml(path.read_text("utf-8-sig"))  # Windows puts a mark in front
    except OSError as error:
        raise LatentError(
            f"cannot read concepts from {path}: {error.strerror}; make it with `dcgan concepts`"
        ) from error
    except ValueError as error:  # also numbers of a million digits, and lists in lists in lists
        raise LatentError(f"{path} is not valid TOML: {error}; correct or remove it") from error


def _concept(path: Path, name: str, entry: object, model: Model) -> Concept:
    kinds = [kind for kind in _KINDS if kind in entry] if isinstance(entry, dict) else []
    if not isinstance(entry, dict) or len(kinds) != 1:
        raise LatentError(
            f'{path}: concept {name!r} needs just one of seeds = [...], latents = "FILE", z = [[...]] or axis = [...]'
        )
    if odd := entry.keys() - {*kinds, *(["rows"] if kinds == ["latents"] else [])}:
        raise LatentError(f"{path}: concept {name!r} cannot have {', '.join(sorted(odd))} beside {kinds[0]}")
    if kinds == ["seeds"]:
        seeds = entry["seeds"]
        whole = isinstance(seeds, list) and all(type(seed) is int and 0 <= seed < 2**63 for seed in seeds)
        if not seeds or not whole:
            raise LatentError(f"{path}: the seeds of {name!r} must be a list of whole numbers from 0 to 2^63 - 1")
        return concept_of_seeds(name, seeds, model)
    if kinds == ["latents"]:
        if not isinstance(entry["latents"], str):
            raise LatentError(f'{path}: the latents of {name!r} must be the name of a file, such as "samples.npz"')
        try:
            z = read_latents(path.parent / entry["latents"], model)
        except LatentError as error:
            raise LatentError(f"{path}: concept {name!r}: {error}") from error
        rows = entry.get("rows", list(range(len(z))))
        if not isinstance(rows, list) or not rows or not all(type(row) is int and 0 <= row < len(z) for row in rows):
            raise LatentError(f"{path}: the rows of {name!r} must be whole numbers from 0 to {len(z) - 1}")
        return Concept(check_name(name), z[rows], MappingProxyType(entry))
    rows, numbers = entry.get("z", [entry.get("axis")]), f"{model.latent_dim} numbers up to {LARGEST:g}"
    if not isinstance(rows, list) or not rows or not all(_are_numbers(row, model.latent_dim) for row in rows):
        must = f"the z of {name!r} must be lists of" if kinds == ["z"] else f"the axis of {name!r} must be a list of"
        raise LatentError(f"{path}: {must} {numbers}")
    return Concept(check_name(name), np.asarray(rows, np.float32), MappingProxyType(entry))


def _are_numbers(row: object, count: int) -> bool:
    return (
        isinstance(row, list)
        and len(row) == count
        and all(type(number) in (int, float) and abs(number) <= LARGEST for number in row)
    )


def _written(concept: Concept) -> str:
    """As TOML; JSON's lists, numbers and strings are TOML's too."""
    name = concept.name if concept.name.isascii() else json.dumps(concept.name, ensure_ascii=False)
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in concept.entry.items()]
    return "\n".join([f"[{name}]", *lines, ""])


def check_name(name: str) -> str:
    """The name of a concept, if it can be one.

    Raises:
        LatentError: It cannot.
    """
    if why := why_no_name(name):
        raise LatentError(why)
    if name == MODEL:
        raise LatentError(f"a concept cannot be called {name!r}: the file uses that name for the model")
    return name
