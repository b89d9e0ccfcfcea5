"""The tables of the paper's section 5, to put one's own results beside."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dcgan.probing.results import Results


@dataclass(frozen=True)
class Column:
    """A column of a table: with how many labels of each class it was measured (None: all)."""

    head: str
    labels_per_class: int | None


@dataclass(frozen=True)
class Row:
    """A row: what the paper printed in each column ("" for nothing), and our way to measure it, if we have one."""

    meaning: str
    way: str | None
    printed: tuple[str, ...]


@dataclass(frozen=True)
class PaperTable:
    """A table of the paper.

    Attributes:
        title: What it measures.
        columns: One or more.
        rows: The paper's.
        errors: Whether it gives errors, not accuracies.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    errors: bool = False

    @property
    def ways(self) -> tuple[str, ...]:
        """Our ways that stand in it."""
        return tuple(row.way for row in self.rows if row.way)

    @property
    def counts(self) -> tuple[int | None, ...]:
        """Labels of each class that it needs."""
        return tuple(column.labels_per_class for column in self.columns)

    def lines(self, results: Results) -> list[tuple[str, ...]]:
        """Cells of each row: its meaning, then for each column the paper's figure and ours, "" where there is none.

        Ways that the paper does not have follow its rows.
        """
        others = [name for name in results.probed if name not in self.ways]
        rows = (*self.rows, *(Row(f"{name} (not in the paper)", name, ("",) * len(self.columns)) for name in others))
        lines = []
        for row in rows:
            ours = [results.find(row.way, count) if row.way else None for count in self.counts]
            written = (probed.percent(errors=self.errors) if probed else "" for probed in ours)
            pairs = zip(row.printed, written, strict=True)
            lines.append((row.meaning, *(cell for pair in pairs for cell in pair)))
        return lines


TABLES: Mapping[str, PaperTable] = MappingProxyType(
    {
        "table-1": PaperTable(
            "CIFAR-10, accuracy in %",
            (Column("all labels", None), Column("400 a class", 400)),
            (
                Row("1-layer K-means", "kmeans", ("80.6", "63.7 ± 0.7")),
                Row("3-layer K-means, learned receptive fields", "learned-rf", ("82.0", "70.7 ± 0.7")),
                Row("view-invariant K-means", None, ("81.9", "72.6 ± 0.7")),
                Row("Exemplar CNN", "exemplar", ("84.3", "77.4 ± 0.2")),
                Row("DCGAN + L2-SVM", "dcgan", ("82.8", "73.8 ± 0.4")),
            ),
        ),
        "table-2": PaperTable(
            "SVHN with 1000 labels, error in %",
            (Column("100 a class", 100),),
            (
                Row("K nearest neighbors", None, ("77.93",)),
                Row("transductive SVM", None, ("66.55",)),
                Row("M1 + K nearest neighbors", None, ("65.63",)),
                Row("M1 + transductive SVM", None, ("54.33",)),
                Row("M1 + M2", None, ("36.02",)),
                Row("SWWAE without dropout", None, ("27.83",)),
                Row("SWWAE with dropout", None, ("23.56",)),
                Row("DCGAN + L2-SVM", "dcgan", ("22.48",)),
                Row("the same net, supervised (in the paper: on validation)", "supervised", ("28.87",)),
            ),
            errors=True,
        ),
    }
)
