"""What happens while a run trains, for whoever wants to know: a progress bar, a page, an experiment tracker."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from dcgan.training.state import TrainingState


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
