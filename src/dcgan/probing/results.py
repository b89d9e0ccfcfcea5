"""Results of a probe: accuracies of several baselines, as a table and a curve."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from dcgan.choices import BASELINES
from dcgan.figures.curves import curves
from dcgan.figures.notebook import svg_html, table_html
from dcgan.probing.baselines.baseline import TrialScores
from dcgan.probing.protocol import ProbeResult, labels_named, name_count
from dcgan.probing.validation_curve import warnings_of
from dcgan.short_repr import ShortRepr

FLIPPED = "features are the mean of those of a picture and of its mirror image"
FOOTNOTE = "accuracy on the test pictures; ± 1.96 standard deviations over the repeats"


@dataclass(frozen=True, eq=False, repr=False)
class ProbeResults(ShortRepr):
    """Results of several baselines; in a notebook a table and a curve.

    Attributes:
        about: What they all hold for: the model, the pictures and the splits.
        settings: What else those of each baseline depend on.
        probed: Results of each baseline, one for each number of labels.
        unfinished: Trials of searches that were stopped, for each baseline and number of labels.
    """

    about: Mapping[str, object]
    settings: dict[str, Mapping[str, object]] = field(default_factory=dict)
    probed: dict[str, list[ProbeResult]] = field(default_factory=dict)
    unfinished: dict[str, dict[int | None, TrialScores]] = field(default_factory=dict)

    @property
    def label_names(self) -> tuple[str, ...]:
        """K names of classes."""
        names = self.about.get("labels")
        return tuple(map(str, names)) if isinstance(names, list) else ()

    @property
    def counts(self) -> tuple[int | None, ...]:
        """Every number of labels of each class that was measured, rising; None for all."""
        found = {result.labels_per_class for results in self.probed.values() for result in results}
        return tuple(sorted(found, key=lambda count: math.inf if count is None else count))

    def find(self, name: str, labels_per_class: int | None) -> ProbeResult | None:
        """The result of one baseline with so many labels (None: all), if there is one."""
        found = (result for result in self.probed.get(name, []) if result.labels_per_class == labels_per_class)
        return next(found, None)

    def most_labels(self, name: str) -> ProbeResult:
        """The result of one baseline with the most labels.

        Raises:
            KeyError: There is none.
        """
        return max(self.probed[name], key=lambda result: result.labels_per_class or math.inf)

    def rows(self) -> list[dict[str, object]]:
        """Every result in plain values, as they stand in the file."""
        return [
            {
                "baseline": name,
                "labels_per_class": name_count(result.labels_per_class),
                "accuracy": result.mean,
                "interval": result.interval if len(result.accuracies) > 1 else None,
                "repeats": len(result.accuracies),
                result.tuned: result.best,
                "validation": {f"{choice:g}": accuracy for choice, accuracy in result.validation.items()},
                "ends": result.ends._asdict() if result.ends else None,
                "accuracies": result.accuracies.tolist(),
                "confusion": result.confusion.round(4).tolist(),
            }
            for name, results in self.probed.items()
            for result in results
        ]

    def table(self) -> list[tuple[str, ...]]:
        """A line of names of columns, then one for each baseline: its meaning, and accuracy with each number of labels.

        A cell is empty where nothing was measured.
        """
        counts, meanings = self.counts, BASELINES.meanings
        lines = [("", *(labels_named(count) for count in counts))]
        for name in self.probed:
            found = [self.find(name, count) for count in counts]
            meaning = f"{name}: {meanings[name]}" if meanings.get(name) else name
            lines.append((meaning, *(f"{result.percent()} %" if result else "" for result in found)))
        return lines

    def text(self) -> str:
        """The table for a terminal."""
        lines = [f"{first:<40}" + "".join(f"{cell:>20}" for cell in cells) for first, *cells in self.table()]
        flipped = any(settings.get("horizontal_flip") for settings in self.settings.values())
        return "\n".join([*lines, FOOTNOTE, *([FLIPPED] if flipped else [])])

    def warnings(self) -> list[str]:
        """Test pictures that are learned from, too; where another C may be better, or accuracy does not fall."""
        curves_of = {
            f"{name} with {labels_named(result.labels_per_class)}": result.validation
            for name, results in self.probed.items()
            for result in results
            if result.ends is not None
        }
        shared, test = self.about.get("shared_pictures"), self.about.get("test_pictures")
        copies = f"{shared:,} of {test:,} test pictures are in the set that is learned from, too" if shared else ""
        return [*([copies] if copies else []), *warnings_of(curves_of, "validation accuracy")]

    def curve(self) -> str:
        """Accuracy over labels of a class, a line for each baseline with a band of ±, as an `<svg>`.

        All labels stand at their mean number.
        """
        learned, classes = self.about.get("train_pictures"), len(self.label_names)
        every = learned / classes if isinstance(learned, int) and classes else math.nan
        lines = {
            name: [result for count in self.counts if (result := self.find(name, count)) is not None]
            for name in self.probed
        }
        lines = {
            name: sorted(results, key=lambda result: result.labels_per_class or every)
            for name, results in lines.items()
        }
        return curves(
            {
                name: [(result.labels_per_class or every, 100 * result.mean) for result in results]
                for name, results in lines.items()
            },
            "Accuracy on the test pictures",
            "labels of each class",
            "%",
            log_x=True,
            y_limits=(0, 100),
            deviations={
                name: [100 * result.interval if len(result.accuracies) > 1 else math.nan for result in results]
                for name, results in lines.items()
            },
        )

    def _repr_html_(self) -> str:
        header, *rows = self.table()
        parts = [table_html(rows, header), f"<p>{FOOTNOTE}</p>"]
        return "".join([*parts, svg_html(self.curve())] if len(self.counts) > 1 else parts)
