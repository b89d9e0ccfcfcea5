"""The packed set: one memory-mapped array of pictures, an index of every picture seen, and a description.

A folder with
    pixels.npy     (N, H, W, C) uint8, H = W
    index.parquet  one row for every picture seen, used or refused, in the order of the source: see `SCHEMA`
    refused.csv    the refused ones again, for people without Parquet tools
    dataset.json   sizes, counts, label names, options, fingerprint
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dcgan.errors import PackedSetError
from dcgan.types import Pixels

FORMAT = 1
IMAGES, INDEX, REFUSED, DESCRIPTION = "pixels.npy", "index.parquet", "refused.csv", "dataset.json"

SCHEMA = pa.schema(
    {
        "row": pa.int64(),  # position in pixels.npy, -1 if refused
        "name": pa.string(),  # where it lies in its source
        "label": pa.string(),  # null if none
        "attributes": pa.map_(pa.string(), pa.string()),
        "width": pa.int32(),  # of the original, turned upright; null if unknown
        "height": pa.int32(),
        "box": pa.list_(pa.int32(), 4),  # the crop in the upright original: left, top, right, bottom; null if refused
        "sha256": pa.string(),  # of the file's bytes, or of the pixels where the source is an array; null if unread
        "status": pa.string(),  # "used" or "refused"
        "reason": pa.string(),  # a word of `dcgan.data.items.Reason`; null if used
        "detail": pa.string(),  # what exactly was wrong; null if used
    }
)


@dataclass(frozen=True, eq=False)
class PackedSet:
    """A packed set, opened for reading. Indexing `images` reads just those pictures from disk.

    Example:
        photos = PackedSet.open("packed")
        photos.pixels[:64]  # (64, H, W, C) uint8
    """

    path: Path
    pixels: Pixels = field(repr=False)
    """(N, H, W, C) uint8, a read-only memory map."""
    labels: NDArray[np.int64] = field(repr=False)
    """(N,) positions in `label_names`, -1 where a picture has no label."""
    label_names: tuple[str, ...]
    fingerprint: str
    """SHA-256 over pictures and labels, as written: `verify` checks it."""

    @property
    def size(self) -> int:
        """Side of the square pictures in pixels."""
        return int(self.pixels.shape[1])

    @property
    def channels(self) -> int:
        """1 (gray), 3 (RGB) or 4 (RGBA)."""
        return int(self.pixels.shape[3])

    @property
    def refused(self) -> int:
        """How many pictures of the source could not be used; `index` says why."""
        return int(pc.sum(pc.less(_read_index(self.path / INDEX, ["row"])["row"], 0)).as_py())

    @property
    def skipped(self) -> int:
        """How many pictures of the source could not be used; `index` and `skipped_file` say why."""
        return self.refused

    @property
    def skipped_file(self) -> Path:
        """The list of the skipped pictures with their reasons, as CSV."""
        return self.path / REFUSED

    def __len__(self) -> int:
        return len(self.pixels)

    @classmethod
    def open(cls, path: str | Path) -> "PackedSet":
        """Open the packed set in folder `path`; quick, whatever its size.

        Raises:
            PackedSetError: A file is missing, cut off, contradicts another, or of a newer dcgan.
        """
        path = Path(path)
        facts = _description(path)
        images = _open_images(path / IMAGES)
        expected = (facts["count"], facts["size"], facts["size"], facts["channels"])
        if images.shape != expected:
            raise _broken(path / IMAGES, f"holds pictures of shape {images.shape}, but {DESCRIPTION} says {expected}")
        names = facts["label_names"]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise _broken(path / DESCRIPTION, "has no list of label names")
        labels = _read_labels(path / INDEX, len(images), names)
        return cls(path, images, labels, tuple(names), str(facts["fingerprint"]))

    def index(self) -> pa.Table:
        """Every picture seen, used or refused, with the columns of `SCHEMA`."""
        return _read_index(self.path / INDEX, None)

    def verify(self) -> None:
        """Read everything and compare it with the fingerprint.

        Raises:
            PackedSetError: Pictures or labels are not those that were written.
        """
        digest = hashlib.sha256()
        rows = max(1, (1 << 24) // max(1, self.pixels[:1].nbytes))
        for start in range(0, len(self), rows):
            digest.update(np.ascontiguousarray(self.pixels[start : start + rows]).data)
        if finish_fingerprint(digest, self.pixels.shape, self.labels, self.label_names) != self.fingerprint:
            raise _broken(self.path, "does not match its fingerprint: pictures or labels were changed")


def is_packed_set(path: str | Path) -> bool:
    """Whether the folder `path` claims to be a packed set; `PackedSet.open` tells if it is a whole one."""
    try:
        facts = json.loads((Path(path) / DESCRIPTION).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(facts, dict) and facts.get("format") == "dcgan packed set"


def _description(path: Path) -> dict[str, object]:
    """Read and check dataset.json."""
    if not path.is_dir():
        raise PackedSetError(f"{path} is no packed set: there is no such folder. Make it: dcgan prepare SOURCE {path}")
    file = path / DESCRIPTION
    try:
        facts = json.loads(file.read_bytes())
    except FileNotFoundError as error:
        message = f"{path} is not a packed set: it has no {DESCRIPTION}. Make one: dcgan prepare {path} OUT"
        raise PackedSetError(message) from error
    except (OSError, ValueError) as error:
        raise _broken(file, f"cannot be read ({error})") from error
    if not isinstance(facts, dict) or facts.get("format") != "dcgan packed set":
        raise PackedSetError(f"{file} does not describe a packed set. Make one: dcgan prepare SOURCE OUT")
    if facts.get("version") != FORMAT:
        found, ours = facts.get("version"), f"this dcgan reads version {FORMAT}"
        raise PackedSetError(f"{file} has format version {found}, {ours}: update dcgan, or prepare the set again")
    missing = {"size", "channels", "count", "label_names", "fingerprint"} - facts.keys()
    if missing:
        raise _broken(file, f"lacks {', '.join(sorted(missing))}")
    return facts


def _open_images(file: Path) -> Pixels:
    try:
        images = np.lib.format.open_memmap(file, mode="r")
    except FileNotFoundError as error:
        raise _broken(file, "is missing") from error
    except (OSError, ValueError, EOFError) as error:
        raise _broken(file, f"is cut off or no array ({error})") from error
    if images.dtype != np.uint8:
        raise _broken(file, f"holds {images.dtype}, not uint8")
    return images


def _read_index(file: Path, columns: list[str] | None) -> pa.Table:
    try:
        return pq.read_table(file, columns=columns)
    except FileNotFoundError as error:
        raise _broken(file, "is missing") from error
    except (OSError, pa.ArrowException) as error:
        raise _broken(file, f"cannot be read ({str(error).splitlines()[0]})") from error


def _read_labels(file: Path, count: int, names: list[str]) -> NDArray[np.int64]:
    table = _read_index(file, ["row", "label"])
    if table.column_names != ["row", "label"]:
        raise _broken(file, "lacks its columns")
    table = table.filter(pc.greater_equal(table["row"], 0))
    if not np.array_equal(table["row"].to_numpy(), np.arange(count)):
        raise _broken(file, f"does not list the {count} pictures of {IMAGES}")
    positions = pc.index_in(table["label"], value_set=pa.array(names, pa.string()))
    return np.asarray(pc.fill_null(positions, -1).to_numpy(), dtype=np.int64)


def _broken(file: Path, what: str) -> PackedSetError:
    return PackedSetError(f"{file} {what}. Prepare the set again: dcgan prepare SOURCE OUT")


def finish_fingerprint(
    images: "hashlib._Hash", shape: tuple[int, ...], labels: NDArray[np.int64], names: list[str] | tuple[str, ...]
) -> str:
    """The fingerprint of a set: `images`, fed with all pictures already, goes on with the shape, names and labels."""
    images.update(json.dumps([[int(side) for side in shape], list(names)]).encode())
    images.update(labels.astype("<i8").tobytes())
    return images.hexdigest()
