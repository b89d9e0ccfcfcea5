"""Which pictures of a labeled set learn, which only choose and which are scored: the same for every baseline."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcgan.data.clips import film_of_each
from dcgan.data.packed import PackedSet
from dcgan.data.sounds import recording_of
from dcgan.errors import SourceError
from dcgan.randomness import Stream, rng
from dcgan.types import Labels
from dcgan.words import counted


@dataclass(frozen=True, eq=False)
class Splits:
    """Which pictures do what, the same for every baseline.

    Attributes:
        train: Positions in the labeled set that classifiers are fitted to.
        validation: Positions in it that only choose C, or a trial.
        test: What is scored: positions in it, or a set of its own.
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64] | PackedSet


def check_labeled(data: PackedSet, name: str = "source") -> None:
    """Refuse a set that no classifier can learn from, or be scored on.

    Raises:
        SourceError: It has fewer than two classes, or pictures without a label.
    """
    if len(data.label_names) < 2:
        raise SourceError(
            f"`{name}` has {'one label' if data.label_names else 'no labels'}; give each class a folder of its own, "
            f"and move every {data.noun} that lies beside those folders into one: otherwise the folders do not count "
            "as labels"
        )
    if without := int((data.labels < 0).sum()):
        raise SourceError(f"{without:,} of {counted(len(data), data.noun)} of `{name}` have no label: label them all")


def groups_of(data: PackedSet) -> NDArray[np.int64]:
    """What must not be split: (N,), the same number for clips of one film or one recording; each picture by itself.

    Raises:
        PackedSetError: The index of the set cannot be read.
    """
    if data.sound:
        numbers: dict[str, int] = {}
        return np.array([numbers.setdefault(recording_of(name), len(numbers)) for name in data.names])
    return np.arange(len(data)) if data.frames == 1 else film_of_each(data)


def group_noun(data: PackedSet) -> str:
    """What one group of `groups_of` is called."""
    return "recording" if data.sound else "film" if data.frames > 1 else data.noun


def split(
    labels: Labels, share: float, seed: int, groups: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of a random `share` of every class, and of the others, each in order.

    Args:
        labels: (N,).
        share: Of the groups of each class; one at least.
        seed: Names the random numbers.
        groups: (N,), `groups_of` them: each goes to one side as a whole, by the label of its first picture.
    """
    if groups is not None:
        _, first, group = np.unique(groups, return_index=True, return_inverse=True)
        held_out = np.isin(group, split(labels[first], share, seed)[0])
        return np.flatnonzero(held_out), np.flatnonzero(~held_out)
    random = rng(Stream.PROBE_SPLIT, seed)
    parts = []
    for label in np.unique(labels):
        rows = random.permutation(np.flatnonzero(labels == label))
        parts.append(rows[: max(1, round(share * len(rows)))])
    chosen = np.sort(np.concatenate([np.empty(0, np.int64), *parts]))
    return chosen, np.setdiff1d(np.arange(len(labels)), chosen)


def sample_labels(labels: Labels, per_class: int, seed: int, repeat: int) -> NDArray[np.int64]:
    """Positions of `per_class` random pictures of each class, others for each repeat.

    Raises:
        ValueError: A class has fewer.
    """
    random = rng(Stream.PROBE_LABELS, seed, repeat)
    rows = []
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        if len(own) < per_class:
            raise ValueError(f"class {label} has {len(own)} pictures to learn from, fewer than {per_class}")
        rows.append(random.choice(own, per_class, replace=False))
    return np.sort(np.concatenate(rows))
