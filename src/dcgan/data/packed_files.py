"""The files of a packed set, read and checked; `dcgan.data.packed` says what they are."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dcgan.data.sharded_pixels import ShardedPixels
from dcgan.errors import PackedSetError
from dcgan.files import DATASET_FILE, PIXELS_FILE, parse_json
from dcgan.sound.spectrogram import SoundFormat
from dcgan.types import Pixels, PixelStore

FORMAT = 2
"""Version of the format. Version 1 had other words: refused for skipped, skipped for ignored, box for crop_box."""
SHARDED_FORMAT = 3
"""Version of the format of a set with shards, which earlier versions of dcgan cannot read."""


def shard_file(number: int) -> str:
    """The file of a shard."""
    return f"pixels-{number:05}.npy"


def open_pixels(path: Path) -> PixelStore:
    """The pictures of the packed set in folder `path`, without its labels and index: quicker for a set of millions.

    Raises:
        PackedSetError: As for `PackedSet.open`.
    """
    description = read_description(path)
    shape = (description["size"], description["size"], description["channels"])
    if description["version"] == FORMAT:
        return _open_array(path / PIXELS_FILE, (description["count"], *shape))
    counts = description.get("shards")
    if not isinstance(counts, list) or not all(type(count) is int and count > 0 for count in counts) or not counts:
        raise broken(path / DATASET_FILE, "does not count the pictures of its shards")
    shards = [_open_array(path / shard_file(number), (count, *shape)) for number, count in enumerate(counts)]
    if sum(counts) != description["count"]:
        raise broken(path / DATASET_FILE, f"counts {description['count']} pictures, and {sum(counts)} in its shards")
    return ShardedPixels(shards)


def read_description(path: Path) -> dict[str, object]:
    """Read and check dataset.json.

    Raises:
        PackedSetError: There is none, it is damaged, or of the format of another dcgan.
    """
    if not path.is_dir():
        raise PackedSetError(
            f"{path} is not a packed set: there is no such folder. Make it: dcgan prepare SOURCE {path}"
        )
    file = path / DATASET_FILE
    try:
        description = parse_json(file.read_bytes())
    except FileNotFoundError as error:
        message = f"{path} is not a packed set: it has no {DATASET_FILE}. Make one: dcgan prepare {path} OUT"
        raise PackedSetError(message) from error
    except (OSError, ValueError) as error:
        raise broken(file, f"cannot be read ({error})") from error
    if not isinstance(description, dict) or description.get("format") != "dcgan packed set":
        raise PackedSetError(f"{file} does not describe a packed set. Make one: dcgan prepare SOURCE OUT")
    version = description.get("version")
    if version not in (FORMAT, SHARDED_FORMAT) or isinstance(version, bool):
        is_newer = isinstance(version, int) and version > SHARDED_FORMAT
        remedy = "Update dcgan, or prepare" if is_newer else "Prepare"
        raise PackedSetError(
            f"{file} has format version {version}, but this dcgan reads versions {FORMAT} and {SHARDED_FORMAT}. "
            f"{remedy} the set again: dcgan prepare SOURCE OUT"
        )
    missing = {"size", "channels", "count", "skipped", "label_names", "fingerprint"} - description.keys()
    if missing:
        raise broken(file, f"lacks {', '.join(sorted(missing))}")
    return description


def read_sound(path: Path, description: Mapping[str, object]) -> SoundFormat | None:
    """What a description says of clips of sound.

    Raises:
        PackedSetError: It is damaged.
    """
    card = description.get("sound")
    try:
        return None if card is None else SoundFormat.from_card(card)
    except ValueError as error:
        raise broken(path / DATASET_FILE, f"does not describe its sounds: {error}") from error


def read_fps(path: Path, description: Mapping[str, object]) -> float | None:
    """Frames that were taken of a second of videos; None if there are none.

    Raises:
        PackedSetError: It is damaged.
    """
    fps = description.get("fps")
    if fps is None:
        return None
    if not isinstance(fps, int | float) or not fps > 0:
        raise broken(path / DATASET_FILE, "does not say how many frames of a second it has")
    return float(fps)


def _open_array(file: Path, shape: tuple[object, ...]) -> Pixels:
    try:
        pixels = np.lib.format.open_memmap(file, mode="r")
    except FileNotFoundError as error:
        raise broken(file, "is missing") from error
    except (OSError, ValueError, EOFError) as error:
        raise broken(file, f"is truncated or not an array ({error})") from error
    if pixels.dtype != np.uint8:
        raise broken(file, f"holds {pixels.dtype}, not uint8")
    if pixels.shape != shape:
        raise broken(file, f"has shape {pixels.shape}, but {DATASET_FILE} says {shape}")
    return pixels


def read_index(file: Path, columns: list[str] | None) -> pa.Table:
    """Some columns of an index, or all.

    Raises:
        PackedSetError: It cannot be read, or lacks a column.
    """
    with named_errors(file):
        return pq.read_table(file, columns=columns)


@contextmanager
def named_errors(file: Path) -> Iterator[None]:
    """Errors of reading become errors that name the file."""
    try:
        yield
    except FileNotFoundError as error:
        raise broken(file, "is missing") from error
    except (OSError, pa.ArrowException) as error:
        raise broken(file, f"cannot be read ({str(error).splitlines()[0]})") from error


def read_labels(file: Path, count: int, names: list[str]) -> NDArray[np.int64]:
    """The label of each of `count` pictures (N,): its position in `names`, or -1.

    Raises:
        PackedSetError: The index does not list these pictures.
    """
    table = read_index(file, ["row", "label"])
    if table.column_names != ["row", "label"]:
        raise broken(file, "lacks its columns")
    table = table.filter(pc.greater_equal(table["row"], 0))
    if not np.array_equal(table["row"].to_numpy(), np.arange(count)):
        raise broken(file, f"does not list the {count} pictures of {PIXELS_FILE}")
    indices = pc.index_in(table["label"], value_set=pa.array(names, pa.string()))
    return np.asarray(pc.fill_null(indices, -1).to_numpy(), dtype=np.int64)


def broken(file: Path, what: str) -> PackedSetError:
    """The error of a file that is not what was written."""
    return PackedSetError(f"{file} {what}. Prepare the set again: dcgan prepare SOURCE OUT")
