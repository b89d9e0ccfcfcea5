"""What became of a source: how many of its pictures are used, and why the others are not."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

from dcgan.data.items import noun_for
from dcgan.files import INDEX_FILE, SKIPPED_FILE
from dcgan.sound.spectrogram import SoundFormat
from dcgan.words import counted

_LABELS_NAMED = 10


@dataclass(frozen=True, kw_only=True)
class PrepareReport:
    """What `prepare` made of a source. Printed, it says so in words; in a notebook it is a table."""

    path: Path
    """The packed set."""
    used: int
    """How many pictures it has."""
    skipped: Mapping[str, int]
    """How many pictures could not be used, by reason."""
    examples: Mapping[str, tuple[str, ...]]
    """Names of some skipped pictures, by reason."""
    ignored: Mapping[str, int]
    """How many files were ignored because they do not claim to be pictures, by kind."""
    lost_labels: tuple[str, ...] = ()
    """Labels of the source that none of the pictures used has."""
    sound: SoundFormat | None = None
    """What a clip of sound is, if the pictures are spectrograms."""
    fps: float | None = None
    """Frames that were taken of a second of videos, if there are any."""
    seconds: float
    """How long it took."""

    @property
    def noun(self) -> str:
        """What one of its pictures is called."""
        return noun_for(self.sound, self.fps)

    @property
    def index(self) -> Path:
        """The list of every picture, used or skipped, as Parquet."""
        return self.path / INDEX_FILE

    @property
    def skipped_file(self) -> Path:
        """The list of the skipped pictures with their reasons, as CSV."""
        return self.path / SKIPPED_FILE

    @property
    def headline(self) -> str:
        """The result in one line: "38 of 40 pictures packed, 2 skipped: faces"."""
        skipped = sum(self.skipped.values())
        if self.sound:
            clips = f"{counted(self.used, 'clip')} of {self.sound.seconds:g} seconds at {self.sound.rate} Hz packed"
            return f"{clips}{f', {skipped:,} skipped' if skipped else ''}: {self.path}"
        if not skipped:
            return f"{counted(self.used, self.noun)} packed: {self.path}"
        return f"{self.used:,} of {counted(self.used + skipped, self.noun)} packed, {skipped:,} skipped: {self.path}"

    @property
    def details(self) -> str:
        """What was skipped and ignored, and why, in lines; "" if nothing was."""
        lines = []
        if self.ignored:
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(self.ignored.items()))
            lines.append(f"{counted(sum(self.ignored.values()), 'file')} ignored: {kinds}")
        if self.skipped:
            lines.append(f"{counted(sum(self.skipped.values()), self.noun)} skipped:")
            rows = list(self._skipped_rows())
            widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
            lines += [f"  {count:>{widths[0]}}  {reason:{widths[1]}}  {names}" for count, reason, names in rows]
            lines.append(f"All of them are listed in {self.skipped_file}")
        if self.lost_labels:
            some = ", ".join(repr(label) for label in self.lost_labels[:_LABELS_NAMED])
            more = ", ..." if len(self.lost_labels) > _LABELS_NAMED else ""
            has = "label has" if len(self.lost_labels) == 1 else "labels have"
            lines.append(f"warning: {len(self.lost_labels):,} {has} no {self.noun} in {self.path}: {some}{more}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """The numbers and paths, for JSON."""
        return {
            "path": str(self.path),
            "used": self.used,
            "skipped": dict(self.skipped),
            "ignored": dict(self.ignored),
            "lost_labels": list(self.lost_labels),
            "index": str(self.index),
            **({"sound": asdict(self.sound)} if self.sound else {}),
            "seconds": round(self.seconds, 2),
        }

    def __str__(self) -> str:
        return "\n".join(filter(None, (self.headline, self.details)))

    def _repr_html_(self) -> str:
        rows = [f"<tr><td>{self.used:,}</td><td>used</td><td></td></tr>"]
        for count, reason, names in self._skipped_rows():
            rows.append(f"<tr><td>{count}</td><td>skipped: {escape(reason)}</td><td>{escape(names)}</td></tr>")
        for kind, number in sorted(self.ignored.items()):
            rows.append(f"<tr><td>{number:,}</td><td>ignored: {escape(kind)}</td><td></td></tr>")
        head = f"<tr><th>{self.noun}s</th><th></th><th>for example</th></tr>"
        return f"<table><caption>{escape(self.headline)}</caption>{head}{''.join(rows)}</table>"

    def _skipped_rows(self) -> Iterator[tuple[str, str, str]]:
        """Count, reason and examples, the most frequent reason first."""
        for reason, count in sorted(self.skipped.items(), key=lambda entry: (-entry[1], entry[0])):
            yield f"{count:,}", reason, ", ".join(repr(name) for name in self.examples[reason])


@dataclass(frozen=True)
class SplitReport:
    """What `split` made of a source."""

    train: PrepareReport
    """The packed set for training."""
    test: PrepareReport
    """The packed set for testing."""

    @property
    def headline(self) -> str:
        """The result in one line: "800 pictures for training, 200 for testing: parts/train, parts/test"."""
        counts = f"{counted(self.train.used, self.train.noun)} for training, {self.test.used:,} for testing"
        return f"{counts}: {self.train.path}, {self.test.path}"

    @property
    def details(self) -> str:
        """What was skipped and ignored, and why, in lines; "" if nothing was."""
        return "\n".join(filter(None, (self.train.details, self.test.details)))

    def to_dict(self) -> dict[str, object]:
        """The numbers and paths, for JSON."""
        return {"train": self.train.to_dict(), "test": self.test.to_dict()}

    def __str__(self) -> str:
        return "\n".join(filter(None, (self.headline, self.details)))
