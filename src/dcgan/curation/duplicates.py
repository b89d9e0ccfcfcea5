"""What a de-duplication found: the groups, as a table and as a sheet to look through; and its report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from dcgan.curation.code_index import Indices
from dcgan.curation.collection import Collection
from dcgan.figures.duplicates import duplicates_figure
from dcgan.figures.labeled_grid import Tile
from dcgan.figures.notebook import html_of
from dcgan.figures.theme import THEMES, Theme
from dcgan.files import GROUPS_FILE
from dcgan.short_repr import ShortRepr
from dcgan.words import counted

SCHEMA = pa.schema(
    {
        "group": pa.int64(),  # 0 is the most doubtful one
        "source": pa.string(),  # where the picture comes from
        "name": pa.string(),  # identifies it within its source
        "kept": pa.bool_(),  # whether it stands for the group
        "exact": pa.bool_(),  # whether its content is that of the one that is kept, byte for byte
        "distance": pa.int32(),  # in how many bits its code differs from that of the one that is kept
        "similarity": pa.float32(),  # correlation of its details with those of the one that is kept
    }
)
_GROUPS_AT_ONCE = 4096  # written
_MOST_ON_SHEET = 48  # groups
_MOST_IN_GROUP = 6  # pictures on the sheet


@dataclass(frozen=True, eq=False)
class Duplicates:
    """Groups of near duplicates among N pictures.

    Attributes:
        center: (N,): for each picture the one that stands for its group, itself if that is it.
        distance: (N,): in how many bits its code differs from that of the center.
        similarity: (N,): the correlation of its details with those of the center.
        exact: (N,): whether its content is that of the center, byte for byte.
    """

    center: Indices
    distance: NDArray[np.uint8]
    similarity: NDArray[np.float32]
    exact: NDArray[np.bool_]

    @property
    def kept(self) -> NDArray[np.bool_]:
        """(N,): whether a picture stands for its group."""
        return np.asarray(self.center == np.arange(len(self.center)))

    def groups(self) -> list[Indices]:
        """Each group of two or more, the most doubtful first: its center, then the others, the least similar first."""
        others = np.flatnonzero(~self.kept)
        others = others[np.lexsort((self.similarity[others], self.center[others]))]
        centers, first = np.unique(self.center[others], return_index=True)
        doubt = np.argsort(self.similarity[others[first]], kind="stable")
        members = np.split(others, first[1:])
        return [np.concatenate((centers[k : k + 1], members[k])) for k in doubt]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Deduplicated(ShortRepr):
    """What became of a source: a packed set of the pictures that are kept.

    Attributes:
        path: The packed set.
        pictures: How many pictures of the source could be used.
        kept: How many of them are kept.
        exact: How many are left out as exact copies, byte for byte.
        in_others: How many are left out because another source has them, by its name.
        groups: How many groups of two or more there are.
        tiles: The most doubtful groups, to be looked at.
        seconds: How long it took.
        noun: What one of them is called: "picture", "frame", or "clip" of a recording.
    """

    path: Path
    pictures: int
    kept: int
    exact: int
    in_others: Mapping[str, int]
    groups: int
    tiles: tuple[tuple[Tile, ...], ...]
    seconds: float
    noun: str = "picture"

    @property
    def groups_file(self) -> Path:
        """The list of all groups, as Parquet."""
        return self.path / GROUPS_FILE

    def facts(self) -> dict[str, object]:
        """The result as JSON has it."""
        return {
            "path": str(self.path),
            "pictures": self.pictures,
            "kept": self.kept,
            "exact": self.exact,
            "in_others": dict(self.in_others),
            "groups": self.groups,
            "groups_file": str(self.groups_file),
            "seconds": round(self.seconds, 2),
        }

    def figure(self, theme: Theme = THEMES["light"]) -> Image.Image:
        """The most doubtful groups: of each the picture that is kept, then the others with their similarity."""
        title = f"{len(self.tiles)} of {self.groups:,} groups of near duplicates, the most doubtful first"
        return duplicates_figure(self.tiles, title, theme)

    def __str__(self) -> str:
        gone = self.pictures - self.kept
        kept = f"{self.kept:,} of {counted(self.pictures, self.noun)} kept"
        lines = [f"{kept}, {counted(gone, 'near duplicate')} left out: {self.path}"]
        if self.exact:
            copies = "is an exact copy" if self.exact == 1 else "are exact copies"
            lines.append(f"{self.exact:,} of them {copies}")
        lines += [f"{count:,} of them because {name} has them" for name, count in self.in_others.items()]
        if gone:
            lines.append(f"all {self.groups:,} groups are listed in {self.groups_file}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return html_of(self.figure(), alt="groups of near duplicates")


def write_groups(groups: Sequence[Indices], found: Duplicates, pictures: Collection, file: Path) -> None:
    """Write a row for each picture of each group: see `SCHEMA`."""
    with pq.ParquetWriter(file, SCHEMA) as writer:
        for start in range(0, len(groups), _GROUPS_AT_ONCE):
            some = groups[start : start + _GROUPS_AT_ONCE]
            rows = np.concatenate(some)
            columns = {
                "group": np.repeat(np.arange(start, start + len(some)), [len(group) for group in some]),
                "source": [pictures.source(row) for row in rows],
                "name": [pictures.name(row) for row in rows],
                "kept": found.kept[rows],
                "exact": found.exact[rows],
                "distance": found.distance[rows],
                "similarity": found.similarity[rows],
            }
            writer.write_table(pa.table(columns, SCHEMA))


def tiles_of(groups: Sequence[Indices], found: Duplicates, pictures: Collection) -> tuple[tuple[Tile, ...], ...]:
    """The first of the groups, as they are drawn."""

    def tile(row: int) -> Tile:
        if found.center[row] == row:
            return Tile(pictures.pixels(row), "kept")
        caption = "exact copy" if found.exact[row] else f"{found.similarity[row]:.3f}"
        return Tile(pictures.pixels(row), caption)

    return tuple(tuple(map(tile, group[:_MOST_IN_GROUP].tolist())) for group in groups[:_MOST_ON_SHEET])
