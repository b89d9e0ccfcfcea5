"""Runs compared: how their recipes differ, and what came of it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Literal, get_args

from dcgan.atomic_files import write_atomic
from dcgan.errors import UsageError
from dcgan.figures.comparison import ComparisonFacts, comparison_page
from dcgan.figures.html_page import as_words, duration
from dcgan.figures.report_charts import Record, position, value_of
from dcgan.files import distinct_names
from dcgan.short_repr import ShortRepr
from dcgan.training.checkpoint import parse_moment
from dcgan.training.logger import EVENTS, METRICS, read_events, read_records
from dcgan.training.report import list_sheets
from dcgan.training.run_folder import read_run
from dcgan.training.trainer import Ending

XAxis = Literal["images", "minutes"]
MOMENTS = {"An eighth of the way": 1 / 8, "A third of the way": 1 / 3, "Where the shortest run ends": 1.0}
"""Where on the way of the shortest run sheets are shown."""


@dataclass(frozen=True, eq=False, repr=False)
class ComparedRun(ShortRepr):
    """What a run has written down.

    Attributes:
        path: Its folder.
        name: What tells it from the others.
        settings: Its hyper-parameters, its pictures and its machine, by name.
        records: Its metrics, in their order.
        ending: "finished", "stopped", "collapsed", or "not ended": it trains now, or was killed.
        sheets: Its sheets of samples, in their order.
    """

    path: Path
    name: str
    settings: dict[str, object]
    records: Sequence[Record]
    ending: str
    sheets: Sequence[Path]

    def results(self) -> dict[str, float | str | None]:
        """What came of it: numbers where there are some; the last ones, but of the kernel distance the least."""
        last = self.records[-1] if self.records else {}
        distances = [(value_of(record, "kernel_distance"), value_of(record, "images")) for record in self.records]
        least, at = min((pair for pair in distances if math.isfinite(pair[0])), default=(math.nan, None))
        seconds = value_of(last, "seconds")
        return {
            "ending": self.ending,
            "images": last.get("images"),
            "seconds": last.get("seconds"),
            "images_per_second": value_of(last, "images") / seconds if seconds > 0 else None,
            **{name: last.get(name) for name in ("d_real", "d_fake", "diversity")},
            "kernel_distance": None if at is None else least,
            "kernel_distance_at": at,
            "rollbacks": last.get("rollbacks"),
        }

    def at(self, x_axis: XAxis, moment: float) -> Path | None:
        """The newest sheet up to a moment, in images or minutes."""
        positions = {(value_of(r, "rollbacks"), value_of(r, "images")): position(r, x_axis) for r in self.records}
        passed = [path for path in self.sheets if positions.get(_moment_of(path), math.inf) <= moment]
        return passed[-1] if passed else None


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(ShortRepr):
    """Several runs side by side. It shows itself in a notebook.

    Attributes:
        runs: What each has written down.
        x_axis: What curves and sheets are compared over: "images" seen, or "minutes" of training.
    """

    runs: tuple[ComparedRun, ...]
    x_axis: XAxis

    @property
    def differences(self) -> dict[str, tuple[object, ...]]:
        """The settings that are not the same in all runs: the values of each, in the order of the runs."""
        rows = {name: tuple(run.settings.get(name) for run in self.runs) for run in self.runs for name in run.settings}
        return {name: values for name, values in rows.items() if any(value != values[0] for value in values)}

    def facts(self) -> dict[str, object]:
        """The comparison as JSON has it."""
        return {
            "runs": [{"run": str(run.path), "name": run.name, **run.results()} for run in self.runs],
            "differences": {name: list(values) for name, values in self.differences.items()},
        }

    def page(self) -> str:
        """The comparison as one page of HTML, with its pictures in it."""
        newest = [run.sheets[-1] if run.sheets else None for run in self.runs]
        return comparison_page(
            ComparisonFacts(
                runs=[run.name for run in self.runs],
                summary=self._summary(),
                differences=self._differences(),
                results=self._results(),
                sheets=[path.read_bytes() if path else None for path in newest],
                moments=dict(self._moments(newest)),
                metrics=[run.records for run in self.runs],
                x_axis=self.x_axis,
            )
        )

    def write(self, path: str | Path) -> None:
        """Write the page into an .html file; one that exists is replaced."""
        write_atomic(Path(path), self.page())

    def _summary(self) -> str:
        if not self.differences:
            return "These runs have the same recipe, pictures and machine."
        return f"They differ in {', '.join(self.differences)}."

    def _differences(self) -> dict[str, list[str]]:
        return {name: [as_words(value, as_typed=True) for value in row] for name, row in self.differences.items()}

    def _results(self) -> dict[str, list[str]]:
        rows: dict[str, list[str]] = {}
        for run in self.runs:
            for name, text in _in_words(run.results()).items():
                rows.setdefault(name, []).append(text)
        return {name: row for name, row in rows.items() if set(row) != {"–"}}

    def _moments(self, newest: Sequence[Path | None]) -> Iterator[tuple[str, list[tuple[str, bytes] | None]]]:
        """Sheets on the way, without those that would be shown twice."""
        ends = [position(run.records[-1], self.x_axis) for run in self.runs if run.records]
        shown = [newest]
        for words, share in MOMENTS.items():
            moment = share * min(ends, default=math.nan)
            paths = [run.at(self.x_axis, moment) for run in self.runs]
            if not any(paths) or paths in shown:
                continue
            shown.append(paths)
            what = f"{moment:,.0f} images" if self.x_axis == "images" else duration(60 * moment)
            yield f"{words}: {what}", [(_caption(path), path.read_bytes()) if path else None for path in paths]

    def __str__(self) -> str:
        rows = [("", *(run.name for run in self.runs))]
        rows += [(name, *values) for table in (self._differences(), self._results()) for name, values in table.items()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(cell.rjust(width) if column else cell.ljust(width) for column, (cell, width) in enumerate(cells))
            for cells in (zip(row, widths, strict=True) for row in rows)
        )

    def _repr_html_(self) -> str:
        return f'<iframe srcdoc="{escape(self.page())}" style="width:100%; height:800px; border:0"></iframe>'


def compare(*runs: str | Path, x_axis: XAxis = "images") -> Comparison:
    """Compare runs: how their recipes differ, what came of it, and their sheets and curves side by side.

    Args:
        runs: Two run folders or more. They may still be training.
        x_axis: What curves and sheets are compared over: "images" seen, or "minutes" of training, which is fairer where
            nets or mini-batches differ in size.

    Raises:
        RunError: A folder is no run, or is damaged.
        UsageError: There are fewer than two runs, one is named twice, or there is no such axis.

    Example:
        >>> comparison = dcgan.compare("runs/slow", "runs/fast")
        >>> comparison.differences
        {'lr': (0.0002, 0.0005)}
        >>> comparison.write("compare.html")
    """
    if x_axis not in get_args(XAxis):
        raise UsageError(f"`x_axis` must be images or minutes, not {x_axis!r}")
    paths = [Path(run) for run in runs]
    if len(paths) < 2:
        raise UsageError(f"a comparison needs two `runs` or more, not {len(paths)}")
    names = distinct_names(paths)
    if names is None:
        raise UsageError(f"`runs`: one of {', '.join(map(str, paths))} is named twice")
    return Comparison(tuple(_read(path, name) for path, name in zip(paths, names, strict=True)), x_axis)


def _read(path: Path, name: str) -> ComparedRun:
    recipe, card = read_run(path)
    machine, start = card.get("machine"), card.get("start")
    settings = {
        **recipe.values(),
        "pictures": f"{card['source']}, {card.get('pictures', '?')} of them, {str(card['fingerprint'])[:8]}",
        "start": f"{start.get('model')}, {start.get('identity')}" if isinstance(start, dict) else None,
        **(machine if isinstance(machine, dict) else {}),
    }
    events = read_events(path / EVENTS)
    last = str(events[-1].get("kind")) if events else ""
    ending = last if last in get_args(Ending) else "not ended"
    return ComparedRun(path, name, settings, read_records(path / METRICS), ending, list_sheets(path))


def _moment_of(sheet: Path) -> tuple[int, int]:
    return parse_moment(sheet.stem) or (0, 0)


def _caption(sheet: Path) -> str:
    return f"{_moment_of(sheet)[1]:,} images"


def _in_words(results: dict[str, float | str | None]) -> dict[str, str]:
    """Results as people read them, each with the same rows."""

    def number(name: str, form: str) -> str:
        value = results[name]
        return "–" if value is None else form.format(value)

    seconds, at = results["seconds"], results["kernel_distance_at"]
    where = "" if at is None else f" at {at:,.0f}"
    return {
        "ending": str(results["ending"]),
        "images": number("images", "{:,.0f}"),
        "time": "–" if seconds is None else duration(float(seconds)),
        "images a second": number("images_per_second", "{:,.0f}"),
        "D(x)": number("d_real", "{:.2f}"),
        "D(G(z))": number("d_fake", "{:.2f}"),
        "diversity": number("diversity", "{:.2f}"),
        "least kernel distance": number("kernel_distance", "{:.4f}") + where,
        "roll-backs": number("rollbacks", "{:.0f}"),
    }
