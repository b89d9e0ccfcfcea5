"""Progress bars: on the command line, and in a notebook for every function that takes a while."""

import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from importlib.util import find_spec
from inspect import BoundArguments, signature
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

if TYPE_CHECKING:
    from dcgan.types import OnProgress

P = ParamSpec("P")
R = TypeVar("R")


class Rate(ProgressColumn):
    """Units a second, over the last half minute; in all, if they came at once."""

    def render(self, task: Task) -> Text:
        """Write the column."""
        speed = task.speed or (task.completed / task.elapsed if task.finished and task.elapsed else None)
        return Text(f"{speed:,.0f}/s" if speed else "…/s", style="progress.data.speed")


@dataclass(frozen=True)
class Part:
    """A progress callback for a part of the work, whose own total does not matter: it moves the callback of the whole.

    Attributes:
        whole: What is moved.
        before: How much was done before.
        total: How much there is in all.
    """

    whole: "OnProgress"
    before: int
    total: int

    def __call__(self, done: int, _: int | None) -> None:
        """So much of the part is done."""
        self.whole(self.before + done, self.total)


class Steps:
    """Tells a progress callback of work that has a few steps: call it after each.

    Args:
        total: How many steps there are.
        on_progress: Called with (steps done, in all), first with none.
    """

    def __init__(self, total: int, on_progress: "OnProgress | None") -> None:
        self._done, self._total, self._on_progress = -1, total, on_progress
        self()

    def __call__(self) -> None:
        """One more is done."""
        self._done += 1
        if self._on_progress:
            self._on_progress(self._done, self._total)


class Bar:
    """A progress callback that moves a bar: call it with (done, total); total is None while it is unknown."""

    def __init__(self, display: Progress, description: str) -> None:
        self._display = display
        self._task = display.add_task(description, total=None)

    def __call__(self, done: int, total: int | None) -> None:
        """Move the bar."""
        self._display.start()
        move(self._display, self._task, done, total)

    def phase(self, description: str) -> None:
        """Begin another part of the work, with a count of its own."""
        self._display.reset(self._task, description=description)
        move(self._display, self._task, 0, None)


def move(display: Progress, task: TaskID, done: int, total: int | None) -> None:
    """Move the bar of a task. Its rate and time left stay where the total is an estimate that changes.

    `Progress.update(total=...)` forgets them whenever the total is another.
    """
    display.tasks[display.task_ids.index(task)].total = total
    display.update(task, completed=done)


def duration(seconds: float) -> str:
    """A length of time, roughly: "40 s", "12 min", "3.5 h", "4.2 days"."""
    for unit, length, until in (("s", 1, 100), ("min", 60, 100), ("h", 3600, 48)):
        if seconds < until * length:
            return f"{seconds / length:.0f} {unit}" if unit != "h" else f"{seconds / length:.1f} h"
    return f"{seconds / 86400:.1f} days"


@contextmanager
def progress_bar(description: str, console: Console | None = None) -> Iterator[Bar]:
    """Show a bar with count, rate and time left, from the first call of the callback until the block ends.

    Args:
        description: What is being done: "extracting features".
        console: Where to. Default: the notebook's cell, or standard error.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    progress = Progress(*columns, console=console or Console(stderr=True))
    try:
        yield Bar(progress, description)
    finally:
        stop(progress)


def stop(progress: Progress) -> None:
    """Stop a display, if it was ever started: rich would print an empty line."""
    if progress.live.is_started:
        progress.stop()


def notebook_bar(description: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a function with `on_progress`: in a notebook it shows a bar, unless the caller hands in a callback.

    Args:
        description: What the function does: "extracting features". A function with `on_phase` renames the bar by it.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        parameters = signature(function)

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            given = parameters.bind(*args, **kwargs).arguments
            if given.get("on_progress") is not None or not in_notebook():
                return function(*args, **kwargs)
            with progress_bar(description) as bar:
                given["on_progress"] = bar
                if "on_phase" in parameters.parameters:
                    given.setdefault("on_phase", bar.phase)
                bound = BoundArguments(parameters, OrderedDict(given))
                return function(*bound.args, **bound.kwargs)

        return call

    return decorate


def in_notebook() -> bool:
    """Whether this runs in a notebook that can show a bar, for which rich needs ipywidgets."""
    return "IPython" in sys.modules and Console().is_jupyter and find_spec("ipywidgets") is not None
