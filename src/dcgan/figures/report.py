"""The report of a run: one page of HTML that needs nothing beside it, to be opened from disk, printed or sent."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape

from dcgan.figures.axes import short
from dcgan.figures.html_page import duration, figure, html_page, paragraph, player, section, table
from dcgan.figures.report_charts import Record, charts, value_of

_KINDS = {  # what the log calls an event: how grave it is, and what people call it
    "rollback": ("warn", "Rolled back"),
    "collapse": ("bad", "The generator collapsed"),
    "collapsed": ("bad", "Ended by a collapse"),
    "advice": ("warn", "What to do"),
    "nan": ("bad", "A number was lost (NaN)"),
    "saturation": ("warn", "The discriminator saturated"),
    "damaged": ("warn", "A checkpoint was damaged"),
    "note": ("", "To know"),
    "stopped": ("", "Stopped"),
    "started": ("", "Started"),
    "resumed": ("", "Resumed"),
    "finished": ("good", "Finished"),
}


@dataclass(frozen=True, kw_only=True)
class ReportFacts:
    """What a report says. Whatever is empty or None is left out, except that the lack of events is mentioned."""

    title: str
    """The name of the run."""
    summary: str = ""
    """A sentence that stands under the title."""
    sheet: bytes | None = None
    """The final sheet: PNG, WebP, GIF or JPEG, as every picture here."""
    real: bytes | None = None
    """A sheet of real pictures, best of the same shape."""
    snapshots: Sequence[tuple[str, bytes]] = ()
    """A caption and a small sheet for each of some moments of the training, 4 to 6 look best."""
    sounds: Sequence[tuple[str, bytes]] = ()
    """A caption and a WAV file for each sound to hear, where the pictures are spectrograms."""
    film: bytes | None = None
    """The animation of the sheets over time."""
    predicts: bool = False
    """Whether the pictures of a row are the frames of a clip, and the last one is predicted."""
    metrics: Sequence[Record] = ()
    """The records of the run in their order; None and NaN leave gaps."""
    events: Sequence[Mapping[str, object]] = ()
    """What happened, in order: "kind" (see the log), "text", and "images" and "time" where known."""
    recipe: Mapping[str, object] = field(default_factory=dict)
    """Hyper-parameters by name."""
    data: Mapping[str, object] = field(default_factory=dict)
    """What the run learned from: source, count, size, skipped (a mapping of reasons to counts) and so on, by name."""
    environment: Mapping[str, object] = field(default_factory=dict)
    """Device, versions, times, by name."""
    commands: Sequence[tuple[str, str]] = ()
    """How to go on: what for, and the command line."""


def report(facts: ReportFacts) -> str:
    """Write the report of a run as one page of HTML.

    The page holds its pictures and its style, makes no request, and runs no script. Curves are marked by a dotted line
    where the run was rolled back.

    Raises:
        ValueError: A picture is no PNG, WebP, GIF or JPEG.
    """
    body = "\n".join(
        [
            f"<header><h1>{escape(facts.title)}</h1>{paragraph(facts.summary)}{_numbers(facts.metrics)}</header>",
            _pictures(facts),
            section("Sounds", "".join(player(sound, caption) for caption, sound in facts.sounds), "grid row"),
            section(
                "From copies to predictions" if facts.predicts else "From noise to pictures",
                _snapshots(facts.snapshots),
            ),
            _film_and_events(facts),
            section("Curves", "".join(charts(facts.metrics)), "grid wide charts"),
            section("Recipe", table(facts.recipe, as_typed=True), "card columns"),
            _data_and_environment(facts),
            section("Go on from here", _commands(facts.commands), "card"),
        ]
    )
    return html_page(facts.title, body)


def _numbers(metrics: Sequence[Record]) -> str:
    """What one wants to know first, from the last record."""
    if not metrics:
        return ""
    formats: Mapping[str, tuple[str, Callable[[float], str]]] = {
        "images": ("images seen", "{:,.0f}".format),
        "step": ("steps", "{:,.0f}".format),
        "seconds": ("time", duration),
        "images_per_second": ("images a second", short),
        "diversity": ("diversity", "{:.2f}".format),
        "rollbacks": ("roll-backs", "{:.0f}".format),
    }
    last = {name: value for name in formats if math.isfinite(value := value_of(metrics[-1], name))}
    items = [
        f"<div><dt>{formats[name][0]}</dt><dd>{formats[name][1](value)}</dd></div>" for name, value in last.items()
    ]
    return f'<dl class="numbers">{"".join(items)}</dl>'


def _pictures(facts: ReportFacts) -> str:
    captions = ("Generated at the end of the run", "Real pictures, for comparison")
    if facts.predicts:
        captions = ("A clip in each row, and at the right its last frame as predicted", "Real clips, for comparison")
    generated, real = figure(facts.sheet, captions[0]), figure(facts.real, captions[1])
    return f'<section class="grid wide">{generated}{real}</section>' if generated or real else ""


def _snapshots(snapshots: Sequence[tuple[str, bytes]]) -> str:
    figures = "".join(figure(picture, caption) for caption, picture in snapshots)
    return f'<div class="grid row">{figures}</div>' if figures else ""


def _film_and_events(facts: ReportFacts) -> str:
    same = "clips" if facts.predicts else "latent vectors"
    shown = figure(facts.film, f"The whole run: the same {same}, again and again")
    film = f"<div><h2>Film</h2>{shown}</div>" if shown else ""
    events = f'<div><h2>What happened</h2><ul class="events card">{"".join(_events(facts.events))}</ul></div>'
    return f'<section class="grid wide">{film}{events}</section>'


def _events(events: Sequence[Mapping[str, object]]) -> Iterator[str]:
    if not events:
        yield '<li class="good"><i></i><b>Nothing went wrong</b>'
        yield '<span class="soft">No roll-back, no collapse, no interruption.</span></li>'
    for event in events:
        kind = str(event.get("kind", "event"))
        style, words = _KINDS.get(kind, ("", kind.capitalize()))
        text, images = str(event.get("text", "")), event.get("images")
        position = f"at {images:,} images" if isinstance(images, int) else ""
        when = _clock(str(event["time"])) if "time" in event else ""
        aside = " · ".join(part for part in (position, when) if part and part not in text)
        yield f'<li class="{style}"><i></i><b>{escape(words)}</b><span>{escape(text)}</span>'
        yield f'<span class="soft">{escape(aside)}</span></li>'


def _clock(time: str) -> str:
    """An ISO time as people write it: "2026-03-02 21:14 UTC"; anything else as it is."""
    try:
        return f"{datetime.fromisoformat(time).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return time


def _data_and_environment(facts: ReportFacts) -> str:
    tables = [
        f'<div><h2>{title}</h2><div class="card">{table(rows)}</div></div>'
        for title, rows in (("Pictures", facts.data), ("Time and machine", facts.environment))
        if rows
    ]
    return f'<section class="grid wide">{"".join(tables)}</section>' if tables else ""


def _commands(commands: Sequence[tuple[str, str]]) -> str:
    items = [f"<dt>{escape(purpose)}</dt><dd><code>{escape(line)}</code></dd>" for purpose, line in commands]
    return f'<dl class="commands">{"".join(items)}</dl>' if items else ""
