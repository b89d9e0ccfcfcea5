"""A training as one sees it on the terminal: pictures seen, rate, time left, D(x), D(G(z)), the newest sheet."""

from collections.abc import Mapping
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from dcgan.cli.console import say, stderr, warn
from dcgan.progress import Rate, stop
from dcgan.training.callbacks import Callback
from dcgan.training.state import TrainingState


class TrainingProgress(Callback):
    """A bar for the training, and one for what is prepared before it. Use it in a `with` block."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            Rate(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=stderr,
        )
        self._preparing = self._progress.add_task("preparing", total=None, visible=False, note="")
        self._training = self._progress.add_task("training", total=None, visible=False, note="")

    def __enter__(self) -> "TrainingProgress":
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
        """Show how it goes beside the bar, or as a line where nobody looks at a terminal."""
        names = {"d_real": ("D(x)", 1), "d_fake": ("D(G(z))", 1), "diversity": ("diversity", 1)}
        names |= {"kernel_distance": ("kernel distance x 1000", 1000)}
        values = (f"{label} {factor * record[name]:.2f}" for name, (label, factor) in names.items() if name in record)
        facts = "  ".join([*values, str(path)])
        if stderr.is_terminal:
            self._progress.update(self._training, note=facts)
        else:
            say(f"{record['images']:>10,} images  {record['images_per_second']:,.0f}/s  {facts}")

    def on_event(self, kind: str, text: str) -> None:
        """Print it."""
        warn(f"{kind}: {text}")
