"""What a run writes while it trains: metrics, events, TensorBoard and sheets.

On resume the run's metrics, and its sheets, end where it goes on from. Events stay, those of a lost session, too.
"""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dcgan.atomic_files import write_atomic
from dcgan.figures.sheets import save_picture, sheet
from dcgan.files import parse_json
from dcgan.training.checkpoint import moment_name, parse_moment
from dcgan.training.state import Progress
from dcgan.types import Pixels

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

METRICS = "metrics.jsonl"
EVENTS = "events.jsonl"
SHEETS = "sheets"

Record = Mapping[str, float]


class Logger:
    """Writes metrics, events and sheets into a run folder. Use it in a `with` block: it closes TensorBoard's file.

    One that does not write (`writes` False, for the ranks that do not lead) ignores everything.
    """

    def __init__(self, run: Path, progress: Progress, *, writes: bool = True) -> None:
        self.run = run
        self._writes = writes
        if writes:
            (run / SHEETS).mkdir(exist_ok=True)
            _drop_after(run / METRICS, progress)
            _end_line(run / EVENTS)
            _remove_sheets_after(run / SHEETS, progress)
        self._board: SummaryWriter | None = None
        self._purge = progress.images + 1

    def __enter__(self) -> "Logger":
        return self

    def __exit__(self, *_: object) -> None:
        if self._board is not None:
            with suppress(OSError):  # metrics.jsonl has all of it; what is wrong with the disk is told elsewhere
                self._board.close()

    def record(self, values: Record) -> None:
        """Append one record of metrics to metrics.jsonl (null for what is no number) and TensorBoard."""
        if not self._writes:
            return
        _append(self.run / METRICS, {name: value if math.isfinite(value) else None for name, value in values.items()})
        for name, value in values.items():
            if name not in ("images", "step", "seconds"):
                self._tensorboard().add_scalar(name, value, int(values["images"]))
        self._tensorboard().flush()

    def event(self, progress: Progress, kind: str, text: str) -> None:
        """Append what happened (a roll-back, a stop, ...) to events.jsonl, with the time and the images seen."""
        if not self._writes:
            return
        moment = {"images": progress.images, "step": progress.step, "rollbacks": progress.rollbacks}
        _append(
            self.run / EVENTS,
            {"time": datetime.now(UTC).isoformat("T", "seconds"), **moment, "kind": kind, "text": text},
        )

    def save_sheet(self, progress: Progress, pixels: Pixels, columns: int | None = None) -> Path:
        """Save a sheet of samples, named by the images seen, with so many in a row."""
        path = self.run / SHEETS / f"{moment_name(progress.rollbacks, progress.images)}.png"
        if self._writes:
            save_picture(sheet(pixels, columns), path)
        return path

    def rewind(self, progress: Progress) -> None:
        """Tell TensorBoard that what it showed beyond `progress` is to be replaced."""
        if self._board is not None:
            self._board.close()
        self._board, self._purge = None, progress.images + 1

    def _tensorboard(self) -> "SummaryWriter":
        if self._board is None:
            from torch.utils.tensorboard import (
                SummaryWriter,
            )  # slow to import, and not needed for a resume that ends at once

            self._board = SummaryWriter(str(self.run / "tensorboard"), purge_step=self._purge)
        return self._board


def read_records(path: Path) -> list[dict[str, float | None]]:
    """The records of metrics.jsonl; lines that a crash cut off or somebody damaged are skipped."""
    whole = []
    for record in _lines(path):
        numbers = {name: value for name, value in record.items() if value is None or isinstance(value, int | float)}
        if "images" in numbers and "rollbacks" in numbers:
            whole.append(numbers)
    return whole


def read_events(path: Path) -> list[dict[str, object]]:
    """The events of events.jsonl; lines that a crash cut off or somebody damaged are skipped."""
    return list(_lines(path))


def _lines(path: Path) -> Iterator[dict[str, object]]:
    for line in path.read_text("utf-8", errors="replace").splitlines() if path.exists() else ():
        try:
            values = parse_json(line)
        except ValueError:
            continue
        if isinstance(values, dict):
            yield values


def _drop_after(path: Path, progress: Progress) -> None:
    """Drop what a killed process recorded beyond the checkpoint that the run goes on from."""

    def known(record: dict[str, float | None]) -> bool:
        return (record["rollbacks"] or 0, record["images"] or 0) <= (progress.rollbacks, progress.images)

    if path.exists():
        kept = "".join(json.dumps(record) + "\n" for record in read_records(path) if known(record))
        if kept != path.read_text("utf-8", errors="replace"):
            write_atomic(path, kept)


def _remove_sheets_after(folder: Path, progress: Progress) -> None:
    """Remove the sheets that a killed process saved beyond that checkpoint."""
    for path in folder.glob("[0-9]*.png"):
        moment = parse_moment(path.stem)
        if moment and moment > (progress.rollbacks, progress.images):
            path.unlink()


def _end_line(path: Path) -> None:
    """End a line that a crash cut off, so that the next event has a line of its own."""
    if path.exists() and (content := path.read_bytes()) and not content.endswith(b"\n"):
        with path.open("ab") as file:
            file.write(b"\n")


def _append(path: Path, values: Mapping[str, object]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(values) + "\n")
