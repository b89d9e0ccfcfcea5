"""Writing a packed set: pictures are streamed to disk one by one, and the folder appears whole or not at all."""

import csv
import hashlib
import json
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dcgan.data.items import Box, Item, Refused
from dcgan.data.packed import DESCRIPTION, FORMAT, IMAGES, INDEX, REFUSED, SCHEMA, finish_fingerprint, is_packed_set
from dcgan.errors import PackedSetError
from dcgan.files import new_folder
from dcgan.types import Pixels

_ROWS_A_GROUP = 8192  # index rows held in memory before they are written


@dataclass(frozen=True)
class Origin:
    """What became known of a picture on the way: original size in pixels, crop box in it, SHA-256 of its content."""

    width: int | None = None
    height: int | None = None
    box: Box | None = None
    sha256: str | None = None


class PackedSetWriter:
    """Takes pictures one by one, in order, and holds none of them: made by `write_packed_set`."""

    def __init__(self, folder: Path, size: int, channels: int, files: ExitStack) -> None:
        self.count = 0
        self.refused: Counter[str] = Counter()
        self._folder = folder
        self._shape = (size, size, channels)
        self._digest = hashlib.sha256()
        self._label_ids: dict[str, int] = {}
        self._labels = array("q")  # ids in order of appearance, -1 for none
        self._rows: list[dict[str, object]] = []
        self._images = files.enter_context((folder / IMAGES).open("wb"))
        self._header_bytes = self._write_header()
        self._index = files.enter_context(pq.ParquetWriter(folder / INDEX, SCHEMA))
        refused = files.enter_context((folder / REFUSED).open("w", newline="", encoding="utf-8"))
        self._refused_csv = csv.writer(refused)
        self._refused_csv.writerow(["name", "reason", "detail"])

    def add(self, pixels: Pixels, item: Item, origin: Origin | None = None) -> None:
        """Append `pixels` (H, W, C) uint8 with the name, label and attributes of `item`, not its content."""
        if pixels.shape != self._shape or pixels.dtype != np.uint8:
            raise ValueError(f"pixels are {pixels.dtype} {pixels.shape}, not uint8 {self._shape}")
        data = np.ascontiguousarray(pixels).data
        self._images.write(data)
        self._digest.update(data)
        self._labels.append(-1 if item.label is None else self._label_ids.setdefault(item.label, len(self._label_ids)))
        self._append(self.count, item, origin or Origin(), None)
        self.count += 1

    def refuse(self, item: Item, refused: Refused, origin: Origin | None = None) -> None:
        """Record that `item` was seen and why it is not used."""
        self.refused[str(refused.reason)] += 1
        self._refused_csv.writerow([item.name, refused.reason, refused.detail])
        self._append(-1, item, replace(origin or Origin(), box=None), refused)

    def finish(self, source: str, options: Mapping[str, object], skipped: Mapping[str, int]) -> None:
        """Complete the files; `options` is what the pictures were made with, kept for people and for comparison."""
        self._flush()
        self._images.seek(0)
        if self._write_header() != self._header_bytes:
            raise ValueError("this numpy does not pad .npy headers for a growing first axis")
        names = _in_order(self._label_ids)
        position = {self._label_ids[name]: row for row, name in enumerate(names)} | {-1: -1}
        labels = np.array([position[label] for label in self._labels], dtype=np.int64)
        facts = {
            "format": "dcgan packed set",
            "version": FORMAT,
            "size": self._shape[0],
            "channels": self._shape[2],
            "count": self.count,
            "refused": dict(sorted(self.refused.items())),
            "skipped": dict(sorted(skipped.items())),
            "label_names": names,
            "source": source,
            "options": dict(options),
            "fingerprint": finish_fingerprint(self._digest, (self.count, *self._shape), labels, names),
            "dcgan": our_version(),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        text = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
        (self._folder / DESCRIPTION).write_text(text, encoding="utf-8")

    def _append(self, row: int, item: Item, origin: Origin, refused: Refused | None) -> None:
        self._rows.append(
            {
                "row": row,
                "name": item.name,
                "label": item.label,
                "attributes": list(item.attributes.items()),
                "width": origin.width,
                "height": origin.height,
                "box": origin.box,
                "sha256": origin.sha256,
                "status": "refused" if refused else "used",
                "reason": str(refused.reason) if refused else None,
                "detail": refused.detail if refused else None,
            }
        )
        if len(self._rows) == _ROWS_A_GROUP:
            self._flush()

    def _flush(self) -> None:
        self._index.write_table(pa.Table.from_pylist(self._rows, SCHEMA))
        self._rows.clear()

    def _write_header(self) -> int:
        """Write the .npy header for the present count. Numpy pads it so that any count gives the same length."""
        shape = (self.count, *self._shape)
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._images, header)
        return self._images.tell()


@contextmanager
def write_packed_set(path: Path, *, size: int, channels: int, overwrite: bool = False) -> Iterator[PackedSetWriter]:
    """Yield a writer of a packed set at `path`, which appears there when the block ends well, whole or not at all.

    The block must end with `finish`.

    Args:
        path: Folder to make.
        size: Side of the square pictures in pixels.
        channels: 1 (gray), 3 (RGB) or 4 (RGBA).
        overwrite: Replace the packed set at `path`, once the new one is whole; nothing but a packed set is replaced.

    Raises:
        PackedSetError: `path` exists already, or cannot be written: the disk is full, or writing there is not allowed.
    """
    check_free(path, overwrite)
    try:
        with new_folder(path, overwrite=overwrite) as folder, ExitStack() as files:
            yield PackedSetWriter(folder, size, channels, files)
    except OSError as error:
        raise PackedSetError(f"cannot write the packed set {path}: {error.strerror or error}") from error


def check_free(path: Path, overwrite: bool) -> None:
    """Make sure that a packed set may be written to `path`.

    Raises:
        PackedSetError: Something is there that may not be replaced.
    """
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not is_packed_set(path):
        raise PackedSetError(f"{path} exists and is not a packed set: name another folder")
    if not overwrite:
        raise PackedSetError(f"{path} holds a packed set already: name another folder, or replace it with --overwrite")


def our_version() -> str:
    """The version of dcgan that runs."""
    try:
        return version("dcgan")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "unknown"


def _in_order(names: Mapping[str, int]) -> list[str]:
    """Label names sorted; by value where all are numbers, so that the digits "0" to "10" have their own positions."""
    if all(name.isdecimal() for name in names):
        return sorted(names, key=lambda name: (int(name), name))
    return sorted(names)
