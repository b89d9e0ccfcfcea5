"""Writing the index of a packed set as its pictures come, and the list of those that were skipped."""

import csv
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dcgan.data.items import Box, Item, Skipped
from dcgan.data.packed import SCHEMA
from dcgan.files import INDEX_FILE, SKIPPED_FILE

_ROWS_AT_ONCE = 8192  # are written at a time: a row group of the file


@dataclass(frozen=True)
class Origin:
    """What a picture was before it was packed: size in pixels, crop box in it, SHA-256 and bytes of its content."""

    width: int | None = None
    height: int | None = None
    crop_box: Box | None = None
    sha256: str | None = None
    bytes: int | None = None


class IndexWriter:
    """Writes a row for every picture, used or skipped, in their order. However many come, few are held in memory.

    Args:
        folder: Where the two files are made.
        files: Closes them.
        has_clips: Whether pictures are clips of recordings: those of one that are skipped share a row for people.
    """

    def __init__(self, folder: Path, files: ExitStack, has_clips: bool) -> None:
        self.skipped: Counter[str] = Counter()
        """How many pictures were skipped, by reason."""
        self.skipped_labels: set[str] = set()
        """Labels of those."""
        self.label_names: dict[str, int] = {}
        """Numbers of the labels of those that are used, in order of appearance."""
        self._has_clips = has_clips
        self._labels = array("q")  # these numbers, -1 for none
        self._rows: list[dict[str, object]] = []
        self._table = SCHEMA.empty_table()
        self._index = files.enter_context(pq.ParquetWriter(folder / INDEX_FILE, SCHEMA))
        skipped = files.enter_context((folder / SKIPPED_FILE).open("w", newline="", encoding="utf-8"))
        self._skipped_csv = csv.writer(skipped)
        self._skipped_csv.writerow(["name", "reason", "detail"])
        self._unlisted: list[tuple[str, str, str]] = []  # the first and the last of clips that share a row

    @property
    def count(self) -> int:
        """How many pictures are used."""
        return len(self._labels)

    def add(self, item: Item, origin: Origin, skipped: Skipped | None) -> None:
        """Add the row of a picture: of the next one that is used, or of one that was skipped."""
        self._rows.append(
            {
                "row": -1 if skipped else self.count,
                "name": item.name,
                "label": item.label,
                "attributes": list(item.attributes.items()),
                "width": origin.width,
                "height": origin.height,
                "crop_box": None if skipped else origin.crop_box,
                "sha256": origin.sha256,
                "bytes": origin.bytes,
                "status": "skipped" if skipped else "used",
                "reason": str(skipped.reason) if skipped else None,
                "detail": skipped.detail if skipped else None,
            }
        )
        if skipped:
            self._skip([(item.name, str(skipped.reason), skipped.detail, item.label)])
        else:
            self._labels.append(self._number(item.label))
        if len(self._rows) == _ROWS_AT_ONCE:
            self._write_rows()

    def append(self, index: pa.Table) -> None:
        """Add all rows of the index of another packed set, whose pictures come next."""
        self._write_rows()
        is_used = pc.greater_equal(index["row"], 0)
        row = pc.if_else(is_used, pc.add(index["row"], self.count), -1)
        skipped = index.filter(pc.invert(is_used)).select(["name", "reason", "detail", "label"])
        self._skip(tuple(entry.values()) for entry in skipped.to_pylist())
        self._labels.extend(self._number(label) for label in index.filter(is_used)["label"].to_pylist())
        self._write(index.set_column(0, SCHEMA.field("row"), row))

    def finish(self) -> tuple[list[str], NDArray[np.int64]]:
        """Complete the files.

        Returns:
            The names of the labels, sorted; and (N,) indices of them, -1 for none.
        """
        self._write_rows()
        self._list_skipped()
        if len(self._table):
            self._index.write_table(self._table)
        names = _sorted_labels(self.label_names)
        order = np.empty(len(names) + 1, np.int64)
        order[[self.label_names[name] for name in names]] = np.arange(len(names))
        order[-1] = -1
        return names, order[np.frombuffer(self._labels, np.int64)] if self._labels else np.empty(0, np.int64)

    def _number(self, label: str | None) -> int:
        return -1 if label is None else self.label_names.setdefault(label, len(self.label_names))

    def _skip(self, entries: Iterable[tuple[str, str, str, str | None]]) -> None:
        for name, reason, detail, label in entries:
            if self._unlisted and not (self._has_clips and _is_next_clip(self._unlisted[-1], (name, reason, detail))):
                self._list_skipped()
            self._unlisted[1:] = [(name, reason, detail)]
            self.skipped[reason] += 1
            if label is not None:
                self.skipped_labels.add(label)

    def _list_skipped(self) -> None:
        """Write the row of a picture for people, or one of several clips of a recording."""
        if not self._unlisted:
            return
        (name, reason, detail), (last, _, _) = self._unlisted[0], self._unlisted[-1]
        if len(self._unlisted) > 1:
            (name, _, first), number = name.rpartition("#"), last.rpartition("#")[2]
            detail = f"clips {first} to {number}: {detail}"
        self._skipped_csv.writerow([name, reason, detail])
        self._unlisted.clear()

    def _write_rows(self) -> None:
        if self._rows:
            self._write(pa.Table.from_pylist(self._rows, SCHEMA))
            self._rows.clear()

    def _write(self, table: pa.Table) -> None:
        """Write as many rows as make whole groups, so that the file is the same however they come."""
        self._table = pa.concat_tables([self._table, table.cast(SCHEMA)])
        while len(self._table) >= _ROWS_AT_ONCE:
            self._index.write_table(self._table.slice(0, _ROWS_AT_ONCE).combine_chunks())
            self._table = self._table.slice(_ROWS_AT_ONCE)


def _is_next_clip(one: tuple[str, str, str], other: tuple[str, str, str]) -> bool:
    """Whether what was skipped is the clip of a recording (NAME#3) after another, which was for the same reason."""
    (name, _, number), (other_name, _, other_number) = one[0].rpartition("#"), other[0].rpartition("#")
    follows = number.isdecimal() and other_number.isdecimal() and int(other_number) == int(number) + 1
    return bool(name) and name == other_name and one[1:] == other[1:] and follows


def _sorted_labels(names: Mapping[str, int]) -> list[str]:
    """Label names sorted; by value where all are numbers, so that "10" comes after "9"."""
    if all(name.isdecimal() for name in names):
        return sorted(names, key=lambda name: (int(name), name))
    return sorted(names)
