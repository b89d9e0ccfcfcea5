"""What happens while a run trains, for whoever wants to know: a progress bar, a page, an experiment tracker."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from dcgan.progress import Rate, in_notebook, stop
from dcgan.training.state import TrainingState
from dcgan.types import OnProgress


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

    def on_step(self, state: TrainingState, target: int) -> None:
        """Another mini-batch is done; `target` are the images at the end, an estimate where minutes limit the run."""

    def on_sheet(self, record: Mapping[str, float], path: Path) -> None:
        """A new sheet of samples is at `path`; `record` has the metrics that go to metrics.jsonl."""

    def on_checkpoint(self, path: Path) -> None:
        """A checkpoint was written: a folder that is a model."""

    def on_event(self, kind: str, text: str) -> None:
        """Something worth telling: a roll-back, a saturated discriminator, a damaged checkpoint."""


class Callbacks(Callback):
    """Several callbacks, called in their order."""

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        self.callbacks = callbacks

    def on_step(self, state: TrainingState, target: int) -> None:
        """Call each."""
        for callback in self.callbacks:
            callback.on_step(state, target)

    def on_sheet(self, record: Mapping[str, float], path: Path) -> None:
        """Call each."""
        for callback in self.callbacks:
            callback.on_sheet(record, path)

    def on_checkpoint(self, path: Path) -> None:
        """Call each."""
        for callback in self.callbacks:
            callback.on_checkpoint(path)

    def on_event(self, kind: str, text: str) -> None:
        """Call each."""
        for callback in self.callbacks:
            callback.on_event(kind, text)


class ProgressBar(Callback):
    """Images seen, rate, time left, D(x), D(G(z)) and the newest sheet, while a run trains. Use it in a `with` block.

    Args:
        console: Where to. Default: the notebook's cell, or standard error.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            Rate(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=self.console,
        )
        self._preparing = self._progress.add_task("preparing", total=None, visible=False, note="")
        self._training = self._progress.add_task("training", total=None, visible=False, note="")

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(self, *_: object) -> None:
        stop(self._progress)

    def preparing(self, done: int, total: int | None) -> None:
        """Move the bar of the preparation."""
        self._progress.start()
        self._progress.update(self._preparing, completed=done, total=total, visible=done != total)

    def on_step(self, state: TrainingState, target: int) -> None:
        """Move the bar of the training."""
        self._progress.start()
        if not self._progress.tasks[self._training].visible:  # the rate counts from where this session begins
            self._progress.reset(self._training, visible=True)
        images = state.progress.images
        self._progress.update(self._training, completed=images, total=max(images, target))

    def on_sheet(self, record: Mapping[str, float], path: Path) -> None:
        """Show how it goes beside the bar, or as a line where there is no terminal."""
        names = {"d_real": ("D(x)", 1), "d_fake": ("D(G(z))", 1), "diversity": ("diversity", 1)}
        names |= {"kernel_distance": ("kernel distance x 1000", 1000)}
        values = (f"{label} {factor * record[name]:.2f}" for name, (label, factor) in names.items() if name in record)
        facts = "  ".join([*values, str(path)])
        if self.console.is_terminal or self.console.is_jupyter:
            self._progress.update(self._training, note=facts)
        else:
            self.print(f"{record['images']:>10,} images  {record['images_per_second']:,.0f}/s  {facts}")

    def on_event(self, kind: str, text: str) -> None:
        """Print it."""
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
