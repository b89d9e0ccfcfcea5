"""Parts of a source, chosen at random: each label has the same share in a part as it has in the whole."""

from collections.abc import Iterator, Mapping
from copy import copy
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from dcgan.data.items import Item, Skipped, Source, chosen_of, fps_of, sound_of
from dcgan.data.sounds import recording_of
from dcgan.randomness import Stream, rng
from dcgan.types import OnProgress

_ITEMS_PER_PROGRESS = 1024


class LabeledItems:
    """The items of a source that may hold a picture, with their labels: found by listing the source once.

    The clips of one recording are a group.

    Args:
        source: The source.
        on_progress: Called with (items listed, items in all).
    """

    def __init__(self, source: Source, on_progress: OnProgress | None = None) -> None:
        self.source = source
        """The source."""
        positions: list[int] = []
        ids: list[int] = []
        groups: list[int] = []
        numbers: dict[str | None, int] = {}
        of_sound, recordings = sound_of(source) is not None, dict[str, int]()
        for position, item in enumerate(source):
            if on_progress and position % _ITEMS_PER_PROGRESS == 0:
                on_progress(position, max(source.total, position))
            if not isinstance(item.content, Skipped):
                positions.append(position)
                ids.append(numbers.setdefault(item.label, len(numbers)))
                groups.append(recordings.setdefault(recording_of(item.name), position) if of_sound else position)
        self.labels = {label for label in numbers if label is not None}
        """Every label that an item has."""
        self._positions = np.array(positions, np.int64)
        self._label_ids = np.array(ids, np.int64)
        self._groups = np.array(groups, np.int64)

    def __len__(self) -> int:
        return len(self._positions)

    @property
    def groups(self) -> int:
        """How many groups they are: as many as there are items, or recordings."""
        return len(np.unique(self._groups))

    def choose(self, count: int, seed: int) -> "LabeledItems":
        """Some of the items, chosen at random: `count` of them or, if there are fewer, all."""
        return self._part(stratify(self._label_ids, min(count, len(self)), rng(Stream.SUBSET, seed)))

    def split(self, share: float, seed: int) -> tuple["LabeledItems", "LabeledItems"]:
        """Two parts without a common group, chosen at random: the first with `share` (0 to 1) of the groups."""
        _, leaders, group = np.unique(self._groups, return_index=True, return_inverse=True)
        first = stratify(self._label_ids[leaders], round(share * len(leaders)), rng(Stream.SPLIT, seed))[group]
        return self._part(first), self._part(~first)

    def without(self, others: "LabeledItems") -> "LabeledItems":
        """The items that are not among others."""
        return self._part(~np.isin(self._positions, others._positions))

    def subset(self) -> "Subset":
        """The items as a source."""
        return Subset(self.source, self._positions)

    def _part(self, chosen: NDArray[np.bool_]) -> "LabeledItems":
        part = copy(self)
        part._positions, part._label_ids = self._positions[chosen], self._label_ids[chosen]
        part._groups = self._groups[chosen]
        return part


class Subset:
    """Some items of a source, those at `positions` (from 0), in its order."""

    def __init__(self, source: Source, positions: NDArray[np.int64]) -> None:
        self._source = source
        self._taken = np.zeros(positions.max(initial=-1) + 1, bool)
        self._taken[positions] = True
        self.total = len(positions)
        """How many items it yields."""
        self.description = source.description
        """That of the whole source."""
        self.ignored: Mapping[str, int] = source.ignored
        """That of the whole source."""
        self.sound, self.fps, self.chosen = sound_of(source), fps_of(source), chosen_of(source)
        """Those of the whole source."""

    def __iter__(self) -> Iterator[Item]:
        return compress(self._source, self._taken.tolist())


def stratify(label_ids: NDArray[np.int64], count: int, random: np.random.Generator) -> NDArray[np.bool_]:
    """Choose `count` of N items at random; each label has its share, rounded by the method of largest remainders.

    Args:
        label_ids: (N,) numbers from 0; the items of a label have the same.
        count: How many, 0 to N.
        random: What chooses.

    Returns:
        (N,), True for each item that is chosen.
    """
    chosen = np.zeros(len(label_ids), bool)
    if not count:
        return chosen
    sizes = np.bincount(label_ids)
    quotas, remainders = np.divmod(count * sizes, len(label_ids))
    largest = np.lexsort((random.random(len(sizes)), -remainders))  # of equal ones any
    quotas[largest[: count - quotas.sum()]] += 1
    order = random.permutation(len(label_ids))
    order = order[np.argsort(label_ids[order], kind="stable")]  # label by label, each in random order
    rank = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)  # within its label
    chosen[order] = rank < np.repeat(quotas, sizes)
    return chosen
