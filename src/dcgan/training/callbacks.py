"""What happens while a run trains, for whoever wants to know: a progress bar, a page, an experiment tracker."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from dcgan.progress import Rate, duration, in_notebook, move, stop
from dcgan.training.lengths import length_of
from dcgan.training.state import TrainingState
from dcgan.types import OnProgress

FIRST_ESTIMATE, BETWEEN_LINES = 10.0, 60.0  # seconds until a line of progress where there is no terminal
BY_CALLBACK = "raised by a callback of the training"


class Callback:
    """Override what you need; each method does nothing by itself.

    Methods are called between two steps, on the rank that leads. What they raise ends the training, after which the run
    resumes from its last checkpoint.

    Example:
        >>> class PrintLosses(dcgan.Callback):
        ...     def on_sheet(self, record, path):
        ...         print(record["images"], record.get("g_loss"), path)
        >>> dcgan.train("photos/", "runs/photos", callbacks=[PrintLosses()])
    """

    def on_start(self, state: TrainingState, pictures: int) -> None:
        """A session begins, at `state.progress.images` images seen, on a set of so many pictures."""

    def on_step(self, state: TrainingState, target: int) -> None:
        """Another mini-batch is done; `target` are the images at the end, an estimate where minutes limit the run."""

    def on_sheet(self, record: Mapping[str, float], path: Path) -> None:
        """A new sheet of samples is at `path`; `record` has the metrics that go to metrics.jsonl."""

    def on_checkpoint(self, path: Path) -> None:
        """A checkpoint was written: a folder that is a model."""

    def on_event(self, kind: str, text: str) -> None:
        """Something worth telling: a roll-back, a saturated discriminator, a damaged checkpoint, a harmless "note"."""


@contextmanager
def noted() -> Iterator[None]:
    """Note on what a callback raises where it comes from, so that it is not taken for a disk that the run needs."""
    try:
        yield
    except Exception as error:
        error.add_note(BY_CALLBACK)
        raise


class Callbacks(Callback):
    """Several callbacks, called in their order."""

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        self.callbacks = callbacks

    @noted()
    def on_start(self, state: TrainingState, pictures: int) -> None:
        """Call each."""
        for callback in self.callbacks:
            callback.on_start(state, pictures)

    @noted()
    def on_step(self, state: TrainingState, target: int) -> None:
        """Call each."""
        for callback in self.callbacks:
            callback.on_step(state, target)

    @noted()
    def on_sheet(self, record: Mapping[str, float], path: Path) -> None:
        """Call each."""
        for callback in self.callbacks:
            callback.on_sheet(record, path)

    @noted()
    def on_checkpoint(self, path: Path) -> None:
        """Call each."""
        for callback in self.callbacks:
            callback.on_checkpoint(path)

    @noted()
    def on_event(self, kind: str, text: str) -> None:
        """Call each."""
        for callback in self.callbacks:
            callback.on_event(kind, text)


class _Display(Progress):
    """Bars, and a line of text under them, so that 80 columns are enough for both."""

    note = ""

    def get_renderables(self) -> Iterable[RenderableType]:
        """Write the bars and the line."""
        yield self.make_tasks_table(self.tasks)
        if self.note:
            yield Text(self.note, no_wrap=True, overflow="ellipsis")


class ProgressBar(Callback):
    """Images seen, rate, time left, D(x), D(G(z)) and the newest sheet, while a run trains. Use it in a `with` block.

    Where there is no terminal it prints lines instead: one at once, then one a minute and one with each sheet.

    Args:
        console: Where to. Default: the notebook's cell, or standard error.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
        self._progress = _Display(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            Rate(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self.console,
        )
        self._preparing = self._progress.add_task("preparing", total=None, visible=False)
        self._training = self._progress.add_task("training", total=None, visible=False)
        self._began = (0.0, 0)  # when this session began, and the images seen then
        self._next_line = 0.0
        self._moves = self.console.is_terminal or self.console.is_jupyter

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(self, *_: object) -> None:
        stop(self._progress)

    def preparing(self, done: int, total: int | None) -> None:
        """Move the bar of the preparation."""
        if self._moves:
            self._progress.start()
            move(self._progress, self._preparing, done, total)
            self._progress.update(self._preparing, visible=done != total)
        elif self._is_time():
            self.print(f"preparing {done:,}" + (f" of {total:,}" if total else ""))

    def on_start(self, state: TrainingState, pictures: int) -> None:
        """Say what is trained on."""
        images = state.progress.images
        self._began = (time.monotonic(), images)
        self._next_line = self._began[0] + FIRST_ESTIMATE
        self._progress.reset(self._training, completed=images)  # the rate counts from where this session begins
        since = f" from {images:,} images on" if images else ""
        what = f"{state.noun}s" if state.interface.frames == 1 else f"clips of {state.interface.frames} frames"
        length = length_of(state.recipe, pictures)
        self.print(f"training on {pictures:,} {what}{since}, for {length}, on {state.device}")

    def on_step(self, state: TrainingState, target: int) -> None:
        """Move the bar of the training."""
        images = state.progress.images
        if self._moves:
            self._progress.start()
            self._progress.update(self._training, visible=True)
            move(self._progress, self._training, images, max(images, target))
        elif self._is_time():
            began, seen = self._began
            rate = (images - seen) / max(time.monotonic() - began, 1e-9)
            left = duration(max(0, target - images) / max(rate, 1e-9))
            self.print(f"{images:>10,} of {target:,} images  {rate:,.0f}/s  {left} left")

    def _is_time(self) -> bool:
        now = time.monotonic()
        due = now >= self._next_line
        if due:
            self._next_line = now + BETWEEN_LINES
        return due

    def on_sheet(self, record: Mapping[str, float], path: Path) -> None:
        """Show how it goes beside the bar, or as a line where there is no terminal."""
        names = {"d_real": ("D(x)", 1), "d_fake": ("D(G(z))", 1), "diversity": ("diversity", 1)}
        names |= {"kernel_distance": ("kernel distance x 1000", 1000)}
        values = (f"{label} {factor * record[name]:.2f}" for name, (label, factor) in names.items() if name in record)
        facts = "  ".join([*values, str(path)])
        if self._moves:
            self._progress.note = facts
        else:
            self.print(f"{record['images']:>10,} images  {record['images_per_second']:,.0f}/s  {facts}")

    def on_event(self, kind: str, text: str) -> None:
        """Print it."""
        if kind == "note":
            self.print(text)
        else:
            self.print(f"warning: {kind}: {text}", "yellow")

    def print(self, text: str, style: str | None = None) -> None:
        """Print a line above the bar."""
        self.console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def shown_in_notebook(
    callbacks: Sequence[Callback], on_progress: OnProgress | None
) -> Iterator[tuple[Sequence[Callback], OnProgress | None]]:
    """The caller's callbacks, or a progress bar in a notebook where there are none."""
    if callbacks or on_progress or not in_notebook():
        yield callbacks, on_progress
    else:
        with ProgressBar() as bar:
            yield [bar], bar.preparing
