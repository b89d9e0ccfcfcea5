"""Progress bars: what the command line shows, and a notebook of a function that nobody watches otherwise."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

if TYPE_CHECKING:
    from dcgan.types import OnProgress  # which needs numpy; help pages do not


class Rate(ProgressColumn):
    """Units a second, over the last half minute."""

    def render(self, task: Task) -> Text:
        """Write the column."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "…/s", style="progress.data.speed")


class Bar:
    """A progress callback that moves a bar: call it with (done, total); total is None while it is unknown."""

    def __init__(self, display: Progress, description: str) -> None:
        self._display = display
        self._task = display.add_task(description, total=None)

    def __call__(self, done: int, total: int | None) -> None:
        """Move the bar."""
        self._display.start()
        self._display.update(self._task, completed=done, total=total)

    def phase(self, description: str) -> None:
        """Begin another part of the work, with a count of its own."""
        self._display.reset(self._task, description=description)


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


@contextmanager
def default(description: str, on_progress: "OnProgress | None" = None) -> "Iterator[OnProgress]":
    """What a function of the library reports to: the caller's callback, else a bar in a notebook, else nothing.

    Example:
        >>> with progress.default("extracting features", on_progress) as on_progress:
        ...     on_progress(10, 100)
    """
    if on_progress is not None:
        yield on_progress
    elif in_notebook():
        with progress_bar(description) as bar:
            yield bar
    else:
        yield lambda _done, _total: None


def in_notebook() -> bool:
    """Whether this runs in a notebook that can show a bar, for which rich needs ipywidgets."""
    return Console().is_jupyter and find_spec("ipywidgets") is not None
