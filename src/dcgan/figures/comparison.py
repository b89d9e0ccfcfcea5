"""The page that compares runs: what differs, what came of it, sheets side by side, curves over the same axes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from dcgan.figures.html_page import figure, html_page, paragraph, section
from dcgan.figures.notebook import table_html
from dcgan.figures.report_charts import Record, compared_charts

_ABREAST = 4  # pictures in a row


@dataclass(frozen=True, kw_only=True)
class ComparisonFacts:
    """What the page says; each sequence has one item a run, in the order of `runs`."""

    runs: Sequence[str]
    """Names, all different."""
    summary: str
    """A sentence that stands under the title."""
    differences: Mapping[str, Sequence[str]]
    """Values of each hyper-parameter that is not the same in all runs."""
    results: Mapping[str, Sequence[str]]
    """What came of it, by name."""
    sheets: Sequence[bytes | None]
    """The newest sheets: PNG, WebP, GIF or JPEG, as every picture here."""
    moments: Mapping[str, Sequence[tuple[str, bytes] | None]]
    """By the name of a moment on the way: a caption and a sheet, or None where a run has none yet."""
    metrics: Sequence[Sequence[Record]]
    """The records of each run in their order."""
    x_axis: str
    """Of the curves: "images" or "minutes"."""


def comparison_page(facts: ComparisonFacts) -> str:
    """Write the comparison as one page of HTML that holds its pictures, makes no request, and runs no script."""
    title = " · ".join(facts.runs)
    header = ["", *facts.runs]
    tables = [
        f'<div><h2>{name}</h2><div class="card scrolls">{table_html(_rows(rows), header)}</div></div>'
        for name, rows in (("What differs", facts.differences), ("Results", facts.results))
        if rows
    ]
    newest = [figure(sheet, name) for name, sheet in zip(facts.runs, facts.sheets, strict=True)]
    body = [
        f"<header><h1>{escape(title)}</h1>{paragraph(facts.summary)}</header>",
        f'<section class="grid wide">{"".join(tables)}</section>',
        section("The newest sheets", _abreast(newest)),
        *(section(moment, _abreast(_captioned(facts.runs, sheets))) for moment, sheets in facts.moments.items()),
        section(
            "Curves",
            "".join(compared_charts(dict(zip(facts.runs, facts.metrics, strict=True)), facts.x_axis)),
            "grid wide charts",
        ),
    ]
    return html_page(title, "\n".join(body))


def _rows(values: Mapping[str, Sequence[str]]) -> list[list[str]]:
    return [[name, *row] for name, row in values.items()]


def _captioned(runs: Sequence[str], sheets: Sequence[tuple[str, bytes] | None]) -> list[str]:
    return [
        figure(sheet[1], f"{run}, {sheet[0]}") if sheet else paragraph(f"{run}: no sheet yet")
        for run, sheet in zip(runs, sheets, strict=True)
    ]


def _abreast(figures: Sequence[str]) -> str:
    if not any(figures):
        return ""
    columns = f"grid-template-columns: repeat({min(len(figures), _ABREAST)}, minmax(0, 1fr))"
    return f'<div class="grid" style="{columns}">{"".join(figures)}</div>'
