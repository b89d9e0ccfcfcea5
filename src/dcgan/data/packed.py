"""The packed set: memory-mapped pictures, an index of every picture seen, and a description.

A folder with
    pixels.npy     (N, H, W, C) uint8, H = W; or in their place shards: pixels-00000.npy, pixels-00001.npy ...
    index.parquet  a row for every picture of the source, used or skipped, in the source's order: see `SCHEMA`
    skipped.csv    the skipped ones again, for people without Parquet tools
    dataset.json   sizes, counts, label names, options, fingerprint
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dcgan.data.clip_pixels import Clips
from dcgan.data.items import noun_for
from dcgan.data.packed_files import (
    broken,
    named_errors,
    open_pixels,
    read_description,
    read_fps,
    read_index,
    read_labels,
    read_sound,
)
from dcgan.files import DATASET_FILE, INDEX_FILE, SKIPPED_FILE, parse_json
from dcgan.sound.spectrogram import SoundFormat
from dcgan.types import PixelStore
from dcgan.words import counted

if TYPE_CHECKING:
    from dcgan.data.clips import FilmCount

_ROWS_AT_ONCE = 8192  # of the index as Python objects

SCHEMA = pa.schema(
    {
        "row": pa.int64(),  # of pixels.npy, -1 if skipped
        "name": pa.string(),  # identifies it within its source
        "label": pa.string(),  # null if none
        "attributes": pa.map_(pa.string(), pa.string()),
        "width": pa.int32(),  # of the original, turned upright; null if unknown
        "height": pa.int32(),
        "crop_box": pa.list_(pa.int32(), 4),  # in the upright original: left, top, right, bottom; null if skipped
        "sha256": pa.string(),  # of the file's bytes, or of the pixels of a face or an array; null if unread
        "bytes": pa.int64(),  # length of the file; null where the source is an array, or unread
        "status": pa.string(),  # "used" or "skipped"
        "reason": pa.string(),  # a word of `dcgan.data.items.Reason`; null if used
        "detail": pa.string(),  # what exactly was wrong; null if used
    }
)

LATER_COLUMNS = frozenset({"bytes"})
"""Columns that sets of this version lack if they were made before there were these."""


@dataclass(frozen=True, eq=False, repr=False)
class PackedSet:
    """A packed set, opened for reading. Indexing `pixels` reads just those pictures from disk.

    Example:
        photos = PackedSet.open("packed")
        photos.pixels[:64]  # (64, H, W, C) uint8
    """

    path: Path
    pixels: PixelStore
    """(N, H, W, C) uint8: a read-only memory map, or `ShardedPixels` or `Clips`, which are indexed like one."""
    labels: NDArray[np.int64]
    """(N,) indices of `label_names`, -1 where a picture has no label."""
    label_names: tuple[str, ...]
    fingerprint: str
    """SHA-256 over pictures and labels, as written: `verify` checks it."""
    sound: SoundFormat | None = None
    """What a clip of sound is, if the pictures are spectrograms."""
    skipped: int = 0
    """How many pictures of the source could not be used; `index` and `skipped_file` say why."""
    frames: int = 1
    """Frames of a clip; 1: still pictures. See `dcgan.data.clips.clips_of`."""
    film_count: "FilmCount | None" = None
    """How many films the clips are of; None of pictures that are no clips."""
    fps: float | None = None
    """Frames that were taken of a second of videos, if it has any: another rate would need other frames."""

    @property
    def size(self) -> int:
        """Side of the square pictures in pixels."""
        return int(self.pixels.shape[1])

    @property
    def channels(self) -> int:
        """1 (gray), 3 (RGB) or 4 (RGBA); those of one frame of a clip."""
        return int(self.pixels.shape[3]) // self.frames

    @property
    def noun(self) -> str:
        """What one of its pictures is called in messages: "picture", "frame" or "clip"."""
        return "clip" if self.frames > 1 else noun_for(self.sound, self.fps)

    @property
    def options(self) -> Mapping[str, object]:
        """What the set was made with, by the names of `PrepareOptions`.

        Raises:
            PackedSetError: The description of the set cannot be read.
        """
        return self._described("options")

    @property
    def source(self) -> str:
        """What it was made from, for messages: "folder /home/me/videos".

        Raises:
            PackedSetError: The description of the set cannot be read.
        """
        return str(read_description(self.path).get("source", self.path))

    @property
    def chosen(self) -> str:
        """How its pictures were chosen at random from those of its source, for messages; "" if it has all of them.

        Raises:
            PackedSetError: The description of the set cannot be read.
        """
        options = self.options
        limit = options.get("limit")
        if before := options.get("chosen"):  # when the packed set was made that it was made of
            return str(before)
        if options.get("split"):
            return "one part of a split"
        is_limited = isinstance(limit, int) and 0 < limit <= len(self)
        return f"{limit:,} pictures chosen at random (`limit`)" if is_limited else ""

    @property
    def skipped_file(self) -> Path:
        """The list of the skipped pictures with their reasons, as CSV."""
        return self.path / SKIPPED_FILE

    @property
    def skipped_summary(self) -> str | None:
        """How many pictures of the source could not be used, and where it says why; None if all could."""
        if not self.skipped:
            return None
        noun = self.noun if self.frames == 1 else "frame"
        skipped = (
            f"{self.skipped:,} of {counted(len(self.index('row')), noun)} {'was' if self.skipped == 1 else 'were'}"
        )
        return f"{skipped} skipped; {self.skipped_file} lists each with its reason"

    @property
    def ignored(self) -> Mapping[str, int]:
        """How many files of the source are none of its pictures, by kind: {".txt": 3}.

        Raises:
            PackedSetError: The description of the set cannot be read.
        """
        return self._described("ignored")

    def _described(self, name: str) -> Mapping[str, Any]:
        """A table of the description; an empty one where it has none."""
        found = read_description(self.path).get(name)
        return found if isinstance(found, dict) else {}

    def shared_with(self, other: "PackedSet") -> int:
        """How many of its pictures are in another set, too, as the very same files or pixels.

        Raises:
            PackedSetError: An index cannot be read.
        """
        mine, theirs = (packed.used("sha256")["sha256"] for packed in (self, other))
        return int(pc.sum(pc.is_in(mine, value_set=theirs.drop_null().unique())).as_py() or 0)

    @property
    def names(self) -> list[str]:
        """What each picture is called in its source, or the first frame of each clip, in the order of `pixels`."""
        names: list[str] = self.used("name")["name"].to_pylist()
        return names

    def __len__(self) -> int:
        return len(self.pixels)

    def __repr__(self) -> str:
        labels = f", {len(self.label_names)} labels" if self.label_names else ""
        return f"PackedSet({str(self.path)!r}: pixels {self.pixels.shape}, {self.skipped} skipped{labels})"

    @classmethod
    def open(cls, path: str | Path) -> "PackedSet":
        """Open the packed set in folder `path`; quick, whatever its size.

        Raises:
            PackedSetError: A file is missing or truncated, contradicts another, or has the format of another dcgan.
        """
        path = Path(path)
        description = read_description(path)
        pixels = open_pixels(path)
        names = description["label_names"]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise broken(path / DATASET_FILE, "has no list of label names")
        skipped = description["skipped"]
        if not isinstance(skipped, dict) or not all(type(count) is int for count in skipped.values()):
            raise broken(path / DATASET_FILE, "does not count what was skipped")
        labels = read_labels(path / INDEX_FILE, len(pixels), names)
        return cls(
            path,
            pixels,
            labels,
            tuple(names),
            str(description["fingerprint"]),
            read_sound(path, description),
            sum(skipped.values()),
            fps=read_fps(path, description),
        )

    def index(self, *columns: str) -> pa.Table:
        """Every picture of the source, used or skipped, with some columns of `SCHEMA`, or all if none is named.

        Raises:
            PackedSetError: The index cannot be read, or lacks a column.
        """
        return read_index(self.path / INDEX_FILE, list(columns) or None)

    def index_batches(self) -> Iterator[pa.RecordBatch]:
        """The same, some rows at a time: those of millions of pictures need not be in memory together."""
        with named_errors(self.path / INDEX_FILE), pq.ParquetFile(self.path / INDEX_FILE) as index:
            yield from index.iter_batches(_ROWS_AT_ONCE)

    def used(self, *columns: str) -> pa.Table:
        """Some columns of the index, without the skipped pictures: in the order of `pixels`, by a clip's first frame.

        Raises:
            PackedSetError: The index cannot be read, or lacks a column.
        """
        file = self.path / INDEX_FILE
        with named_errors(file):
            missing = {"row", *columns}.difference(pq.read_schema(file).names)
        if lost := ", ".join(sorted(missing - LATER_COLUMNS)):
            raise broken(file, f"lacks {lost}")
        index = read_index(file, ["row", *(column for column in columns if column not in missing)])
        for column in missing:
            index = index.append_column(column, pa.nulls(len(index), SCHEMA.field(column).type))
        index = index.filter(pc.greater_equal(index["row"], 0))
        return index.take(self.pixels.rows(slice(None))[:, 0]) if isinstance(self.pixels, Clips) else index

    def verify(self) -> None:
        """Read everything and compare it with the fingerprint.

        Raises:
            PackedSetError: Pictures or labels are not those that were written.
        """
        if isinstance(self.pixels, Clips):
            PackedSet.open(self.path).verify()
            return
        digest = hashlib.sha256()
        rows = max(1, (1 << 24) // max(1, self.pixels[:1].nbytes))
        for start in range(0, len(self), rows):
            digest.update(np.ascontiguousarray(self.pixels[start : start + rows]).data)
        if finish_fingerprint(digest, self.pixels.shape, self.labels, self.label_names) != self.fingerprint:
            raise broken(self.path, "does not match its fingerprint: pictures or labels were changed")


def is_packed_set(path: str | Path) -> bool:
    """Whether the folder `path` claims to be a packed set; `PackedSet.open` finds out whether it is whole."""
    try:
        description = parse_json((Path(path) / DATASET_FILE).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(description, dict) and description.get("format") == "dcgan packed set"


def finish_fingerprint(
    digest: "hashlib._Hash", shape: tuple[int, ...], labels: NDArray[np.int64], names: list[str] | tuple[str, ...]
) -> str:
    """The fingerprint of a packed set.

    Args:
        digest: A SHA-256 that all pixels were fed into already.
        shape: Of the pixels.
        labels: (N,) indices of `names`.
        names: Of the labels.
    """
    digest.update(json.dumps([[int(side) for side in shape], list(names)]).encode())
    digest.update(labels.astype("<i8").tobytes())
    return digest.hexdigest()
