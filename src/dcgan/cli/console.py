"""What the verbs say: one short answer to stdout, everything else to stderr."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

CONTROLS = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {ord("\n"), ord("\t")}, "\N{REPLACEMENT CHARACTER}")

PARAMETER = re.compile(r"`([A-Za-z][a-z0-9_]*)`")
ARGUMENTS = frozenset({"source", "model", "run", "folder", "pictures"})  # that verbs take without a flag


class Bystander(Console):
    """A console that nobody has to listen to: when its reader is gone the work goes on in silence."""

    def on_broken_pipe(self) -> None:
        """Say nothing from now on."""
        self.quiet = True


stdout = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
stderr = Bystander(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)


def answer(text: str, facts: Mapping[str, object], as_json: bool) -> None:
    """Print the verb's result to stdout: `text` for people, or `facts` as one line of JSON for machines."""
    stdout.print(json.dumps(facts, default=str) if as_json else _harmless(text))


def say(text: str) -> None:
    """Tell something by the way, on stderr."""
    stderr.print(_harmless(text))


def warn(text: str) -> None:
    """Tell something that the user should not miss, on stderr."""
    stderr.print(f"warning: {_harmless(text)}", style="yellow")


def complain(text: str) -> None:
    """Tell the error that ends the command, on stderr; of several ranks, those that do not lead give their number."""
    rank = os.environ.get("RANK", "0")
    stderr.print(f"error{'' if rank == '0' else f' (rank {rank})'}: {_harmless(text)}", style="red")


def _harmless(text: str) -> str:
    """Without what would drive the terminal, such as the escapes that a stranger's file may hold in its names."""
    return text.translate(CONTROLS)


def as_flags(text: str) -> str:
    """A message of the library for the command line: its `parameter` becomes --parameter, and a `source` SOURCE."""
    return PARAMETER.sub(lambda found: found[1].upper() if found[1] in ARGUMENTS else _flag(found[1]), text)


def _flag(parameter: str) -> str:
    return "--" + parameter.replace("_", "-")


class Rate(ProgressColumn):
    """Units a second, over the last half minute."""

    def render(self, task: Task) -> Text:
        """Draw the column."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "…/s", style="progress.data.speed")


@contextmanager
def progress_bar(what: str) -> Iterator["Bar"]:
    """Show a bar with count, rate and time left on stderr, from the first thing it is told until the block ends."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    progress = Progress(*columns, console=stderr)
    try:
        yield Bar(progress, what)
    finally:
        end(progress)


def end(progress: Progress) -> None:
    """Stop a display, if it was ever started: rich would print an empty line."""
    if progress.live.is_started:
        progress.stop()


class Bar:
    """A progress callback: call it with (done, total); total is None while it is unknown."""

    def __init__(self, progress: Progress, what: str) -> None:
        self._progress = progress
        self._task = progress.add_task(what, total=None)

    def __call__(self, done: int, total: int | None) -> None:
        """Move the bar."""
        self._progress.start()
        self._progress.update(self._task, completed=done, total=total)

    def phase(self, name: str) -> None:
        """Begin another part of the work, with a name and a count of its own."""
        self._progress.reset(self._task, description=name)
