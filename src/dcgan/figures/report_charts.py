"""The curves of a run, and of several over the same axes."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from dcgan.figures.curves import curves

Record = Mapping[str, float | None]


@dataclass(frozen=True)
class _Chart:
    title: str
    y_label: str
    lines: Mapping[str, str]  # name in the legend: name in the record
    hint: str
    log_y: bool = False
    y_range: tuple[float, float] | None = None
    only_if_it_changes: bool = False


_CHARTS = (
    _Chart(
        "The discriminator's belief",
        "probability",
        {"D(x)": "d_real", "D(G(z))": "d_fake"},
        "How real the discriminator finds real pictures, D(x), and generated ones, D(G(z)). Both near 0.5 is an even "
        "match; at 1 and 0 the generator learns little from it.",
        y_range=(0, 1),
    ),
    _Chart(
        "Losses",
        "nats",
        {"D": "d_loss", "G": "g_loss"},
        "A balance of two players, not a measure of quality: neither needs to fall.",
    ),
    _Chart(
        "Diversity",
        "1 = the real pictures",
        {"diversity": "diversity"},
        "How far generated pictures are from one another, compared with the real ones. Near 0 they are all alike.",
        y_range=(0, 1),
    ),
    _Chart(
        "Kernel distance",
        "0 is best",
        {"kernel distance": "kernel_distance"},
        "How far generated pictures are from real ones as sets. The checkpoint with the least is kept as the best.",
    ),
    _Chart(
        "Gradient norms",
        "logarithmic",
        {"D": "d_gradient", "G": "g_gradient"},
        "Steady is well; a jump by tens, or a fall to nothing, announces trouble.",
        log_y=True,
    ),
    _Chart("Speed", "images a second", {"speed": "images_per_second"}, "How fast the run went.", y_range=(0, 1)),
    _Chart(
        "Learning rate",
        "logarithmic",
        {"rate": "learning_rate"},
        "Halved by every roll-back.",
        log_y=True,
        only_if_it_changes=True,
    ),
)


def compared_charts(runs: Mapping[str, Sequence[Record]], x_axis: str) -> Iterator[str]:
    """A chart of each measure that any of the runs has, with a line for each run, as a figure in HTML.

    Args:
        runs: The records of each run by its name.
        x_axis: "images" seen, or "minutes" of training.
    """
    x_label = "images seen" if x_axis == "images" else "minutes of training"
    for chart in _CHARTS:
        for legend, name in chart.lines.items():
            series = {
                run: [(position(record, x_axis), value_of(record, name)) for record in metrics if name in record]
                for run, metrics in runs.items()
            }
            values = {y for points in series.values() for _, y in points if math.isfinite(y)}
            if not values or (len(values) == 1 and chart.only_if_it_changes):
                continue
            title = chart.title if len(chart.lines) == 1 else f"{chart.title}: {legend}"
            yield _figure(curves(series, title, x_label, chart.y_label, chart.log_y, y_range=chart.y_range), chart.hint)


def charts(metrics: Sequence[Record]) -> Iterator[str]:
    """Each chart that the records have values for, as a figure in HTML; a dotted line marks each roll-back."""
    rolled_back = [
        value_of(before, "images")
        for before, after in pairwise(metrics)
        if value_of(after, "rollbacks") > value_of(before, "rollbacks")
    ]
    for chart in _CHARTS:
        series = {
            legend: [(value_of(record, "images"), value_of(record, name)) for record in metrics if name in record]
            for legend, name in chart.lines.items()
        }
        values = {y for points in series.values() for _, y in points if math.isfinite(y)}
        if not values or (len(values) == 1 and chart.only_if_it_changes):
            continue
        svg = curves(
            series, chart.title, "images seen", chart.y_label, chart.log_y, y_range=chart.y_range, marks=rolled_back
        )
        yield _figure(svg, chart.hint)


def position(record: Record, x_axis: str) -> float:
    """Where a record lies on the axis of images or of minutes."""
    return value_of(record, "images") if x_axis == "images" else value_of(record, "seconds") / 60


def _figure(svg: str, hint: str) -> str:
    return f'<figure class="card">{svg}<figcaption>{escape(hint)}</figcaption></figure>'


def value_of(record: Record, name: str) -> float:
    """A number of a record, NaN where there is none."""
    value = record.get(name)
    return math.nan if value is None else float(value)
