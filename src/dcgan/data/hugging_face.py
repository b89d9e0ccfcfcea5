"""Data sets of the Hugging Face Hub, streamed: nothing is downloaded but the rows that are read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dcgan.data.items import Item, Reason, Skipped
from dcgan.data.kinds import Candidate, SourceKind
from dcgan.data.tables import find_columns, item_of
from dcgan.errors import SourceError, UsageError

if TYPE_CHECKING:
    from datasets import IterableDataset

PREFIX = "hf://"


class HubDataset:
    """The pictures of one split of a data set, in its order.

    Args:
        name: "owner/name" on the Hub, or a local folder that the library `datasets` reads.
        split: Which part: "train", "test", or what the data set calls it.
        column: The column of pictures. Default: the only one there is, by its type.

    Raises:
        SourceError: There is no such data set or split, it has no column of pictures, the Hub cannot be reached, or
            `datasets` is not installed.
    """

    def __init__(self, name: str, split: str = "train", column: str = "") -> None:
        self.description = f"data set {name}, {split}"
        self.ignored: Mapping[str, int] = {}
        """Nothing is ignored."""
        self._name = name
        self._rows = _stream(name, split)
        schema = self._rows.features.arrow_schema
        self._columns = find_columns(name, schema, lambda wanted: (row[wanted] for row in self._rows), column)
        counts = self._rows.info.splits or {}
        self.total = (counts[split].num_examples if split in counts else 0) or 1
        """How many items it yields; 1 where the data set does not say."""

    def __iter__(self) -> Iterator[Item]:
        for number, row in enumerate(self._rows):
            yield item_of(f"{number:06d}", row, self._columns, self._picture_at)

    def _picture_at(self, path: str) -> "Path | HubFile | Skipped":
        """A picture of the data set that is a file of its own; a stranger's rows may name none that lies elsewhere."""
        if path.startswith(PREFIX):
            return HubFile(path)
        if Path(self._name).is_dir() and Path(path).resolve().is_relative_to(Path(self._name).resolve()):
            return Path(path)
        return Skipped(Reason.UNREADABLE, "a file that is not of the data set")


@dataclass(frozen=True)
class HubFile:
    """A picture on the Hub that is a file of its own; a worker fetches it."""

    address: str

    def read(self) -> bytes | Skipped:
        """Its bytes, or why they do not come."""
        import fsspec

        try:
            with fsspec.open(self.address) as file:
                content: bytes = file.read()
                return content
        except Exception as error:  # whatever fails between here and the Hub
            return Skipped(Reason.UNREADABLE, f"{type(error).__name__}: {error}")


def _stream(name: str, split: str) -> "IterableDataset":
    """The rows of a split, with pictures as they are stored."""
    try:
        from datasets import Image, load_dataset
        from datasets.exceptions import DatasetNotFoundError
    except ImportError as error:
        raise SourceError(f"{PREFIX}{name} needs the extra: pip install 'dcgan[hub]'") from error
    try:
        splits = load_dataset(name, streaming=True)
    except (DatasetNotFoundError, OSError, ValueError) as error:
        raise SourceError(f"{PREFIX}{name} cannot be opened: {error}") from error
    if split not in splits:
        raise SourceError(f"{PREFIX}{name} has no split {split!r}; it has {', '.join(map(str, splits))}")
    rows = splits[split]
    if rows.features is None:
        rows = rows._resolve_features()  # from its first rows
    for column, feature in rows.features.items():
        if isinstance(feature, Image):
            rows = rows.cast_column(column, Image(decode=False))
    return rows


def _name_and_split(candidate: Candidate) -> tuple[str, str]:
    name, colon, split = str(candidate.given).removeprefix(PREFIX).rpartition(":")
    if not colon:
        name, split = split, "train"
    if not name or not split:
        raise UsageError(f"{candidate.given}: write {PREFIX}OWNER/NAME or {PREFIX}OWNER/NAME:SPLIT")
    return name, split


def _open(candidate: Candidate) -> HubDataset:
    return HubDataset(*_name_and_split(candidate), candidate.options.column)


def _files(candidate: Candidate) -> Iterator[Path]:
    """Those of a local folder; a data set on the Hub has none here."""
    name, _ = _name_and_split(candidate)
    return (path for path in sorted(Path(name).rglob("*")) if path.is_file())


HUGGING_FACE = SourceKind(lambda candidate: str(candidate.given).startswith(PREFIX), _open, _files)
