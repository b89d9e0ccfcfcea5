"""What a classifier makes of pictures: labels with scores, those it is least sure of, and how often it agrees."""

import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from dcgan.atomic_files import write_atomic
from dcgan.errors import UsageError
from dcgan.figures.notebook import table_html
from dcgan.short_repr import ShortRepr
from dcgan.types import Labels, Pixels, PixelStore

FILES = (".csv", ".parquet")


@dataclass(frozen=True, eq=False, repr=False)
class Predictions(ShortRepr):
    """What a classifier takes N pictures for.

    Attributes:
        pixels: The pictures, (N, H, W, C), uint8; perhaps a memory map.
        names: N names of pictures in their source.
        scores: (N, K), the SVM's decision function: the distance from each class's plane, up to a factor.
        label_names: K names of classes.
        source_labels: N labels that the pictures came with, such as the names of their folders; None for none.
        films: Of clips N names of the films that they are of; empty for still pictures.
    """

    pixels: PixelStore
    names: tuple[str, ...]
    scores: NDArray[np.float32]
    label_names: tuple[str, ...]
    source_labels: tuple[str | None, ...]
    films: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def _top_two(self) -> NDArray[np.int64]:
        return np.argsort(-self.scores, axis=1, kind="stable")[:, :2]

    @property
    def labels(self) -> Labels:
        """(N,), positions in `label_names`."""
        return np.asarray(self._top_two[:, 0], np.int64)

    @property
    def margins(self) -> NDArray[np.float32]:
        """(N,), by how much the score of the label is above that of the second best."""
        best, second = np.take_along_axis(self.scores, self._top_two, axis=1).T
        return np.asarray(best - second)

    @property
    def counts(self) -> dict[str, int]:
        """How many pictures got each label."""
        return {name: int((self.labels == label).sum()) for label, name in enumerate(self.label_names)}

    @cached_property
    def film_labels(self) -> dict[str, str]:
        """The label of each film by its name: the class with the highest mean score of the film's clips."""
        names, film = np.unique(np.array(self.films, object), return_inverse=True)
        sums = np.zeros((len(names), len(self.label_names)))
        np.add.at(sums, film, self.scores[: len(film)])
        means = sums / np.bincount(film, minlength=len(names))[:, None]
        return {str(name): self.label_names[label] for name, label in zip(names, means.argmax(axis=1), strict=True)}

    @property
    def agreement(self) -> tuple[int, int]:
        """How many pictures came with one of the labels, and how many of those were given it again."""
        given = (self.label_names[label] for label in self.labels)
        again = [own == new for own, new in zip(self.source_labels, given, strict=True) if own in self.label_names]
        return len(again), sum(again)

    def least_confident(self, count: int = 100) -> NDArray[np.int64]:
        """Positions of the pictures with the least margins, at most `count`, the least first."""
        return np.asarray(np.argsort(self.margins, kind="stable")[:count], np.int64)

    def pixels_of(self, rows: NDArray[np.int64]) -> Pixels:
        """Some of the pictures, in the order of `rows`."""
        order = np.argsort(rows)  # a memory map is read best in its order
        some = np.empty((len(rows), *self.pixels.shape[1:]), np.uint8)
        some[order] = self.pixels[rows[order]]
        return some

    def table(self) -> pa.Table:
        """The columns `name`, `label`, `score`, `second` and `margin`, a row a picture.

        Of clips also `film` and `film_label`.
        """
        classes = np.array(self.label_names, object)
        films = {"film": self.films, "film_label": [self.film_labels[film] for film in self.films]}
        return pa.table(
            {
                "name": list(self.names),
                "label": classes[self._top_two[:, 0]].tolist(),
                "score": np.take_along_axis(self.scores, self._top_two, axis=1)[:, 0].tolist(),
                "second": classes[self._top_two[:, 1]].tolist(),
                "margin": self.margins.tolist(),
                **(films if self.films else {}),
            }
        )

    def save(self, path: str | Path) -> None:
        """Write the table as .csv or .parquet, whole or not at all.

        Raises:
            UsageError: The suffix is neither.
            OSError: The file cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() not in FILES:
            raise UsageError(f"`path` {path}: labels are written as {' or '.join(FILES)}")
        content = io.BytesIO()
        if path.suffix.lower() == ".csv":
            pyarrow.csv.write_csv(self.table(), content)
        else:
            pyarrow.parquet.write_table(self.table(), content)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, content.getvalue())

    def _repr_html_(self) -> str:
        rows = [(name, f"{count:,}") for name, count in self.counts.items()]
        return table_html(rows, ("label", "pictures"))
