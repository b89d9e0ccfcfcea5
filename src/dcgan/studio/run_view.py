"""What the page shows of a run, all of it read from the run's folder: how far it is, how it goes, and its pictures."""

import math
import re
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from dcgan.data.packed import PackedSet
from dcgan.errors import DcganError, ModelError
from dcgan.figures.curves import FULL_WIDTH
from dcgan.figures.report_charts import charts
from dcgan.files import RUN_FILE
from dcgan.model_folder import CARD, read_card
from dcgan.studio.intake import describe
from dcgan.studio.trainings import TrainingProcess
from dcgan.training.checkpoint import list_checkpoints, parse_moment
from dcgan.training.logger import EVENTS, METRICS, read_events, read_records
from dcgan.training.monitor import ALIVE, COLLAPSED, SATURATED
from dcgan.training.recipe import Recipe
from dcgan.training.report import list_sheets
from dcgan.training.run_folder import read_run
from dcgan.training.state import Progress

State = Literal["preparing", "training", "paused", "finished", "collapsed", "failed", "interrupted"]
FULL_DISK = 100 << 20
"""Bytes: with less room than that nothing can be saved."""
_ENDS = ("started", "resumed", "stopped", "finished", "collapsed")
_TOLD = ("rollback", "collapse", "saturation", "nan", "damaged", "alike", "advice", "note")
_ENDED: dict[str, State] = {"stopped": "paused", "finished": "finished", "collapsed": "collapsed"}

Record = dict[str, float | None]


@dataclass(frozen=True)
class RunView:
    """A run as the page shows it.

    Attributes:
        name: Of the run.
        state: What it is doing.
        here: Whether its process was started by a studio, which can pause it.
        health: In words, how it goes; empty before there is anything to say.
        trouble: What somebody has to do something about; empty where there is nothing.
        progress: Share of its length that is done, 0 to 1, about; None while it is unknown.
        facts: Numbers for the page: minutes, images, images_per_second, seconds.
        sheets: Its sheets of samples: file, images and roll-backs of each, in their order.
        events: What was worth telling: time, images and text of each.
        settings: Size, minutes and pictures of the run, what one of these is called, and the source.
    """

    name: str
    state: State
    here: bool
    health: str
    trouble: str
    progress: float | None
    facts: dict[str, float | None]
    sheets: list[dict[str, object]]
    events: list[dict[str, object]]
    settings: dict[str, object]


def view_run(folder: Path, name: str, process: TrainingProcess | None) -> RunView:
    """Look at a run.

    Args:
        folder: The studio's.
        name: Of the run, which may not have a folder yet.
        process: The last one that a studio has started for it.

    Raises:
        DcganError: The run is damaged.
    """
    run, error = folder / name, process.error if process else None
    here = bool(process and process.alive)
    if not (run / RUN_FILE).is_file():
        state: State = "preparing" if here else "failed"
        ended = error or "It ended before it began"
        if process and process.begun:
            ended = "Its folder was removed"
        elif process and process.stopped:
            ended = "It was stopped before it began"
        trouble = "" if here else f"{ended}. Start a new training."
        return RunView(name, state, here, "", trouble, None, {}, [], [], {})
    recipe, card = read_run(run)
    records, events = read_records(run / METRICS), read_events(run / EVENTS)
    state = _state(run, events, process)
    facts = _facts(run, recipe, records, process, state)
    pictures = card.get("pictures")
    return RunView(
        name,
        state,
        here,
        _health(recipe, records),
        _trouble(run, state, error),
        _progress(recipe, facts, pictures if isinstance(pictures, int) else 1, state),
        facts,
        [_sheet(path) for path in list_sheets(run)],
        [{"time": e.get("time"), "images": e.get("images"), "text": _text(e)} for e in events if _is_told(e)],
        {
            "size": recipe.size,
            "minutes": recipe.minutes,
            "pictures": pictures,
            "noun": card.get("noun", "picture"),
            "source": card["source"],
        },
    )


def curves_of(run: Path) -> list[str]:
    """The curves of a run, each a figure in HTML that fits a page which allows no style of its own."""
    return [figure.replace(FULL_WIDTH, "") for figure in charts(read_records(run / METRICS))]


def pictures_of(run: Path) -> dict[str, object]:
    """What became of the pictures that a run learns from; see `dcgan.studio.intake.describe`.

    Raises:
        DcganError: They are gone.
    """
    return describe(PackedSet.open(str(read_run(run)[1]["data"])))


def sheet_file(run: Path, name: str) -> Path:
    """The file of a sheet.

    Raises:
        DcganError: The run has no such sheet.
    """
    found = next((path for path in list_sheets(run) if path.name == name), None)
    if found is None:
        raise DcganError(f"there is no sheet {name!r}")
    return found


def _state(run: Path, events: Sequence[dict[str, object]], process: TrainingProcess | None) -> State:
    if process and process.alive:
        return "training"
    last = next((str(event["kind"]) for event in reversed(events) if event.get("kind") in _ENDS), "")
    if last in _ENDED:
        return _ENDED[last]
    if _is_trained(run):  # in a terminal
        return "training"
    if process and process.stopped:  # before it listened
        return "paused"
    return "failed" if process and process.error else "interrupted"


def _is_trained(run: Path) -> bool:
    """Whether a process that no studio started trains the run: it holds the run's lock."""
    if not (run / ".lock").exists():
        return False
    try:
        with FileLock(run / ".lock", timeout=0):
            return False
    except Timeout:
        return True


def _trouble(run: Path, state: State, error: str | None) -> str:
    if shutil.disk_usage(run).free < FULL_DISK:
        return "The disk is full: free some space, then continue. What was saved is kept."
    if state == "interrupted":
        return "Something ended the training, or the computer was shut down. It goes on from its last checkpoint."
    if state == "collapsed":
        return "The training went wrong and has stopped. Its healthy checkpoints are kept; see below what happened."
    return error or ""


def _facts(
    run: Path, recipe: Recipe, records: Sequence[Record], process: TrainingProcess | None, state: State
) -> dict[str, float | None]:
    last, saved = records[-1] if records else {}, _saved(run)
    known = [(last.get("seconds") or 0.0, (run / METRICS).stat().st_mtime)] if records else []
    known += [(saved[0].seconds, saved[1])] if saved else []
    seconds, since = max(known, default=(0.0, 0.0))
    began = max(since, process.started if process else 0.0)
    if state == "training" and began:
        seconds += max(0.0, time.time() - began)
    images = max(last.get("images") or 0, saved[0].images if saved else 0)
    return {
        "minutes": recipe.minutes,
        "seconds": seconds,
        "images": images or None,
        "images_per_second": last.get("images_per_second"),
        "diversity": last.get("diversity"),
        "d_real": last.get("d_real"),
        "d_fake": last.get("d_fake"),
        "first_sheet": float(recipe.sheet_every),
    }


def _saved(run: Path) -> tuple[Progress, float] | None:
    """How far the newest checkpoint is, and when it was written, in seconds since 1970."""
    for checkpoint in reversed(list_checkpoints(run)):
        with suppress(ModelError, OSError, TypeError, ValueError):  # it may be replaced at this moment
            return Progress.read(read_card(checkpoint.path).get("progress")), (checkpoint.path / CARD).stat().st_mtime
    return None


def _progress(recipe: Recipe, facts: dict[str, float | None], pictures: int, state: State) -> float | None:
    if state == "finished":
        return 1.0
    shares = []
    if recipe.minutes:
        shares.append((facts["seconds"] or 0.0) / (60 * recipe.minutes))
    target = recipe.target_images(pictures)
    if target and facts["images"]:
        shares.append(facts["images"] / target)
    return min(1.0, max(shares)) if shares else None


def _health(recipe: Recipe, records: Sequence[Record]) -> str:
    if not records:
        return (
            f"It is too early to tell: the training draws its first pictures after it has seen {recipe.sheet_every:,}."
        )
    last, before = records[-1], records[-2] if len(records) > 1 else records[-1]
    if (last.get("rollbacks") or 0) > (before.get("rollbacks") or 0):
        return (
            "The new pictures had become nearly alike. The training went back to a checkpoint before that, and goes on."
        )
    diversity, real, fake = (last.get(name) for name in ("diversity", "d_real", "d_fake"))
    if diversity is None or not math.isfinite(diversity):
        return "The training's numbers cannot be read."
    if diversity < COLLAPSED:
        return "The new pictures are nearly alike. If that lasts, the training goes back by itself."
    share = f"The new pictures differ from one another {diversity:.0%} as much as the real ones do"
    if real is not None and fake is not None and real > SATURATED and fake < 1 - SATURATED:
        return f"{share}, but the net that judges them always wins. More pictures help."
    if diversity < ALIVE:
        return f"{share}: there is little variety yet."
    return f"Healthy. {share}."


def _is_told(event: dict[str, object]) -> bool:
    return event.get("kind") in _TOLD


def _text(event: dict[str, object]) -> str:
    """What an event says; parameters, which stand in backticks, as words."""
    return re.sub(r"`(\w+)`", lambda found: found[1].replace("_", " "), str(event.get("text", "")))


def _sheet(path: Path) -> dict[str, object]:
    rollbacks, images = parse_moment(path.stem) or (0, 0)
    return {"file": path.name, "images": images, "rollbacks": rollbacks}
