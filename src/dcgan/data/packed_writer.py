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

from dcgan.data.items import Box, Item, Skipped
from dcgan.data.packed import FORMAT, SCHEMA, finish_fingerprint, is_packed_set
from dcgan.errors import PackedSetError
from dcgan.files import DATASET_FILE, INDEX_FILE, PIXELS_FILE, SKIPPED_FILE, new_folder
from dcgan.types import Pixels

_INDEX_ROWS_IN_MEMORY = 8192  # before they are written


@dataclass(frozen=True)
class Origin:
    """What a picture was before it was packed: size in pixels, crop box in it, SHA-256 and bytes of its content."""

    width: int | None = None
    height: int | None = None
    crop_box: Box | None = None
    sha256: str | None = None
    bytes: int | None = None


class PackedSetWriter:
    """Takes pictures one by one, in order, and holds none of them: made by `write_packed_set`."""

    def __init__(self, folder: Path, size: int, channels: int | None, files: ExitStack) -> None:
        self.folder = folder
        """Where the files are until the packed set is whole; more of them may be put there."""
        self.count = 0
        self.label_names: dict[str, int] = {}
        """Numbers of the labels that the pictures have, in order of appearance."""
        self.skipped_labels: set[str] = set()
        """Labels of the pictures that were skipped."""
        self.skipped: Counter[str] = Counter()
        self._files = files
        self._gray_until_color = channels is None
        self._shape = (size, size, channels or 1)
        self._digest = hashlib.sha256()
        self._labels = array("q")  # ids in order of appearance, -1 for none
        self._rows: list[dict[str, object]] = []
        self._open_pixels()
        self._index = files.enter_context(pq.ParquetWriter(folder / INDEX_FILE, SCHEMA))
        skipped = files.enter_context((folder / SKIPPED_FILE).open("w", newline="", encoding="utf-8"))
        self._skipped_csv = csv.writer(skipped)
        self._skipped_csv.writerow(["name", "reason", "detail"])

    def add(self, pixels: Pixels, item: Item, origin: Origin | None = None) -> None:
        """Append `pixels` (H, W, C) uint8 with the name, label and attributes of `item`, not its content.

        Where the channels are those of the pictures, C may be 1 or 3, and what is gray becomes RGB if any has colors.
        """
        if self._gray_until_color and pixels.shape[2] == 3:
            self._turn_to_rgb()
        if self._shape[2] == 3 and pixels.shape[2] == 1:
            pixels = np.repeat(pixels, 3, axis=2)
        if pixels.shape != self._shape or pixels.dtype != np.uint8:
            raise ValueError(f"pixels are {pixels.dtype} {pixels.shape}, not uint8 {self._shape}")
        self._write(pixels)
        names = self.label_names
        self._labels.append(-1 if item.label is None else names.setdefault(item.label, len(names)))
        self._append(self.count, item, origin or Origin(), None)
        self.count += 1

    def skip(self, item: Item, skipped: Skipped, origin: Origin | None = None) -> None:
        """Record why `item` is not used."""
        self.skipped[str(skipped.reason)] += 1
        self._skipped_csv.writerow([item.name, skipped.reason, skipped.detail])
        if item.label is not None:
            self.skipped_labels.add(item.label)
        self._append(-1, item, replace(origin or Origin(), crop_box=None), skipped)

    def finish(self, source: str, options: Mapping[str, object], ignored: Mapping[str, int]) -> None:
        """Complete the files.

        Args:
            source: Its description.
            options: What the pictures were made with, kept for people.
            ignored: How many files were ignored, by kind.
        """
        self._flush()
        self._pixels.seek(0)
        if self._write_header() != self._header_bytes:
            raise ValueError("this numpy does not pad .npy headers for a growing first axis")
        names = _sorted_labels(self.label_names)
        index_of = {self.label_names[name]: index for index, name in enumerate(names)} | {-1: -1}
        labels = np.array([index_of[label] for label in self._labels], dtype=np.int64)
        description = {
            "format": "dcgan packed set",
            "version": FORMAT,
            "size": self._shape[0],
            "channels": self._shape[2],
            "count": self.count,
            "skipped": dict(sorted(self.skipped.items())),
            "ignored": dict(sorted(ignored.items())),
            "label_names": names,
            "source": source,
            "options": dict(options),
            "fingerprint": finish_fingerprint(self._digest, (self.count, *self._shape), labels, names),
            "dcgan_version": our_version(),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        text = json.dumps(description, indent=2, ensure_ascii=False) + "\n"
        (self.folder / DATASET_FILE).write_text(text, encoding="utf-8")

    def _append(self, row: int, item: Item, origin: Origin, skipped: Skipped | None) -> None:
        self._rows.append(
            {
                "row": row,
                "name": item.name,
                "label": item.label,
                "attributes": list(item.attributes.items()),
                "width": origin.width,
                "height": origin.height,
                "crop_box": origin.crop_box,
                "sha256": origin.sha256,
                "bytes": origin.bytes,
                "status": "skipped" if skipped else "used",
                "reason": str(skipped.reason) if skipped else None,
                "detail": skipped.detail if skipped else None,
            }
        )
        if len(self._rows) == _INDEX_ROWS_IN_MEMORY:
            self._flush()

    def _flush(self) -> None:
        self._index.write_table(pa.Table.from_pylist(self._rows, SCHEMA))
        self._rows.clear()

    def _open_pixels(self) -> None:
        """Begin the file of pixels."""
        self._pixels = self._files.enter_context((self.folder / PIXELS_FILE).open("wb"))
        self._header_bytes = self._write_header()

    def _write(self, pixels: Pixels) -> None:
        data = np.ascontiguousarray(pixels).data
        self._pixels.write(data)
        self._digest.update(data)

    def _turn_to_rgb(self) -> None:
        """Write the pictures so far, all of them gray, once more: the first with colors has come."""
        self._gray_until_color = False
        self._pixels.close()
        gray = (self.folder / PIXELS_FILE).rename(self.folder / "gray.npy")
        side = self._shape[0]
        self._shape = (side, side, 3)
        self._digest = hashlib.sha256()
        self._open_pixels()
        with gray.open("rb") as file:
            file.seek(self._header_bytes)
            for _ in range(self.count):
                picture = np.frombuffer(file.read(side * side), np.uint8).reshape(side, side, 1)
                self._write(np.repeat(picture, 3, axis=2))
        gray.unlink()

    def _write_header(self) -> int:
        """Write the .npy header for the current count; its length, which numpy pads to be the same for any count."""
        shape = (self.count, *self._shape)
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._pixels, header)
        return self._pixels.tell()


@contextmanager
def write_packed_set(
    path: Path, *, size: int, channels: int | None, overwrite: bool = False
) -> Iterator[PackedSetWriter]:
    """Yield a writer of a packed set at `path`, which appears there when the block ends well, whole or not at all.

    The block must end with `finish`.

    Args:
        path: Folder to make.
        size: Side of the square pictures in pixels.
        channels: 1 (gray), 3 (RGB), 4 (RGBA), or None: 1 if all pictures are gray, else 3.
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
    """Check that a packed set may be written to `path`.

    Raises:
        PackedSetError: `path` holds something that may not be replaced.
    """
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not is_packed_set(path):
        raise PackedSetError(f"{path} exists and is not a packed set: name another folder")
    if not overwrite:
        raise PackedSetError(f"{path} holds a packed set already: name another folder, or replace it with `overwrite`")


def our_version() -> str:
    """The version of dcgan that runs."""
    try:
        return version("dcgan")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "unknown"


def _sorted_labels(names: Mapping[str, int]) -> list[str]:
    """Label names sorted; by value where all are numbers, so that "10" comes after "9"."""
    if all(name.isdecimal() for name in names):
        return sorted(names, key=lambda name: (int(name), name))
    return sorted(names)
