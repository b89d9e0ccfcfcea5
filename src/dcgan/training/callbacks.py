"""Who wants to know how a training goes: a progress bar, a page, or nobody."""

from pathlib import Path
from typing import Protocol


class Watcher(Protocol):
    """What the training loop tells."""

    def step(self, images: int, target: int) -> None:
        """Another mini-batch is done; `target` is an estimate where minutes limit the run."""

    def sheet(self, record: dict[str, float], path: Path) -> None:
        """A new sheet, and the metrics that belong to it."""

    def event(self, kind: str, text: str) -> None:
        """Something worth telling: a roll-back, a saturated discriminator, a damaged checkpoint."""


class Silent:
    """A watcher that is not interested."""

    def step(self, images: int, target: int) -> None:
        """Ignore it."""

    def sheet(self, record: dict[str, float], path: Path) -> None:
        """Ignore it."""

    def event(self, kind: str, text: str) -> None:
        """Ignore it."""
