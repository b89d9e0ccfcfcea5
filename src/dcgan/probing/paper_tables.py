"""The tables of the paper's section 5, to put one's own results beside."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dcgan.probing.comparison import LabelsPerClass
from dcgan.probing.results import ProbeResults

CLASSES = 10  # of CIFAR-10, and of SVHN


@dataclass(frozen=True)
class Column:
    """A column of a table: with how many labels of each class it was measured (None: all)."""

    head: str
    labels_per_class: int | None


@dataclass(frozen=True)
class Row:
    """A row: what the paper prints in each column ("" for nothing), and our baseline that measures it, if any."""

    meaning: str
    baseline: str | None
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
    def baselines(self) -> tuple[str, ...]:
        """Our baselines that stand in it."""
        return tuple(row.baseline for row in self.rows if row.baseline)

    @property
    def labels_per_class(self) -> tuple[LabelsPerClass, ...]:
        """Numbers of labels of each class that it needs."""
        return tuple(column.labels_per_class or "all" for column in self.columns)

    def lines(self, results: ProbeResults) -> list[tuple[str, ...]]:
        """Cells of each row: its meaning, then for each column the paper's figure and ours, "" where there is none.

        Baselines that the paper does not have follow its rows.
        """
        others = [name for name in results.probed if name not in self.baselines]
        rows = (*self.rows, *(Row(f"{name} (not in the paper)", name, ("",) * len(self.columns)) for name in others))
        counts = [column.labels_per_class for column in self.columns]
        lines = []
        for row in rows:
            ours = [results.find(row.baseline, count) if row.baseline else None for count in counts]
            written = (result.percent(errors=self.errors) if result else "" for result in ours)
            pairs = zip(row.printed, written, strict=True)
            lines.append((row.meaning, *(cell for pair in pairs for cell in pair)))
        return lines

    def published(self) -> list[dict[str, str]]:
        """What the paper prints, for JSON: of each row its method, and its figures by the heads of their columns."""
        return [
            {"method": row.meaning}
            | {column.head: figure for column, figure in zip(self.columns, row.printed, strict=True) if figure}
            for row in self.rows
        ]

    def text(self, results: ProbeResults) -> str:
        """The table for a terminal: two figures a column, the paper's and ours."""
        heads = (text for column in self.columns for text in (f"{column.head}: paper", "ours"))
        lines = [(self.title, *heads), *self.lines(results)]
        first = max(len(line[0]) for line in lines) + 2
        width = max(len(cell) for line in lines for cell in line[1:]) + 2
        return "\n".join(
            f"{line[0]:<{first}}" + "".join(f"{cell:>{width}}" for cell in line[1:]).rstrip() for line in lines
        )

    def warnings(self, results: ProbeResults) -> list[str]:
        """Whether the results cannot be of the table's set, or none of them belongs into the table."""
        found, names = [], results.label_names
        if names and len(names) != CLASSES:
            listed = ", ".join(names[:CLASSES])
            found.append(f"these results are of {len(names)} classes, {listed}: not of the table's set")
        if results.probed and not any(cell for _, *cells in self.lines(results) for cell in cells[1::2]):
            found.append("none of these results was measured with the table's numbers of labels")
        own = results.settings.get("dcgan", {})
        if changed := [f"`{name}`" for name in ("horizontal_flip", "standardize") if own.get(name)]:
            found.append(f"the paper has no {' and no '.join(changed)}, with which these results were measured")
        return found


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
