"""Features of a whole set as a file: .npy, which can be memory-mapped, or .parquet; written as they come."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dcgan.atomic_files import new_file
from dcgan.cluster import Engine
from dcgan.data.packed import PackedSet
from dcgan.data.sources import PictureSource
from dcgan.errors import UsageError
from dcgan.features.extract import GRID, batches_of, build_extractor, check_device, fit_range, nets_with_features
from dcgan.features.extractor import FeatureExtractor, check_flip, flipping
from dcgan.model import Model
from dcgan.model_folder import check_dtype
from dcgan.model_pictures import open_for
from dcgan.types import DType, Features, OnProgress

FILES = (".npy", ".parquet")

Write = Callable[[Features], None]


@dataclass(frozen=True)
class SavedFeatures:
    """A file of features.

    Attributes:
        path: Where it is.
        pictures: N.
        size: D, how many features a picture has.
        layers: The convolutional layers that they are of.
        grid: Side of the grid that each map was max-pooled to.
    """

    path: Path
    pictures: int
    size: int
    layers: tuple[int, ...]
    grid: int


def save_features(
    model: Model,
    source: PictureSource,
    path: str | Path,
    *,
    layers: Iterable[int] | None = None,
    grid: int = GRID,
    horizontal_flip: bool = False,
    statistics: PictureSource | None = None,
    dtype: DType = "float32",
    device: str = "auto",
    engine: Engine = "local",
    on_progress: OnProgress | None = None,
) -> SavedFeatures:
    """Extract a discriminator's features of pictures into a file, as they come: a set of any size needs little memory.

    Args:
        model: Whose discriminator.
        source: Pictures, or of a model that predicts frames films: whatever `open_pictures` takes.
        path: .npy: an array (N, D), which can be opened as a memory map. .parquet: the columns `name`, `label` and
            `features`, a row a picture.
        layers: As `extract_features`, like `grid`, `horizontal_flip`, `statistics`, `dtype` and `device`.
        grid: Side of the grid that each map is max-pooled to.
        horizontal_flip: Take the mean of the features of a picture and of its mirror image.
        statistics: Pictures that batch norm's statistics are measured on.
        dtype: "float16" takes half the space, for three digits.
        device: Where to compute.
        engine: This machine, or a cluster.
        on_progress: Called with (pictures, in all).

    Raises:
        UsageError: The suffix is neither, a layer, the grid or `dtype` is out of range, or recordings would be played
            backwards.
        ModelError: The discriminator is no DCGAN's.
        SourceError, PackedSetError: A source cannot be read.
        OSError: The disk is full, or the file cannot be written.
        DcganError: The cluster fails.
    """
    _check_suffix(Path(path))
    check_dtype(dtype)
    device = check_device(device, engine)
    nets_with_features(model)
    check_flip(model, horizontal_flip=horizontal_flip)
    data = open_for(model, source, engine=engine)
    extractor = build_extractor(model, layers, grid, statistics, device, on_progress)
    whole = flipping(extractor, horizontal_flip=horizontal_flip)
    write_features(Path(path), whole, data, dtype=dtype, engine=engine, on_progress=on_progress)
    return SavedFeatures(Path(path), len(data), extractor.size, extractor.layers, grid)


def write_features(
    path: Path,
    extractor: FeatureExtractor,
    data: PackedSet,
    *,
    dtype: DType = "float32",
    engine: Engine = "local",
    on_progress: OnProgress | None = None,
) -> None:
    """Write the features that any extractor makes of a packed set, whole or not at all; see `save_features`.

    Raises:
        UsageError: The suffix is neither, or the pictures are not of the extractor's shape.
        OSError: The disk is full, or the file cannot be written.
    """
    _check_suffix(path)
    writer = _npy if path.suffix.lower() == ".npy" else _parquet
    with new_file(path) as partial, writer(partial, data, extractor.size, np.dtype(dtype)) as write:
        done = 0
        for batch in batches_of(extractor, data, engine):  # no more than that is held in memory
            write(fit_range(batch, dtype))
            done += len(batch)
            if on_progress:
                on_progress(done, len(data))


def _check_suffix(path: Path) -> None:
    if path.suffix.lower() not in FILES:
        raise UsageError(f"`path` {path}: features are written as {' or '.join(FILES)}")


@contextmanager
def _npy(path: Path, data: PackedSet, size: int, dtype: np.dtype[np.floating]) -> Iterator[Write]:
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": (len(data), size)}
    with path.open("wb") as file:  # not a memory map: a full disk is then an error, not a crash
        np.lib.format.write_array_header_2_0(file, header)

        def write(batch: Features) -> None:
            file.write(np.ascontiguousarray(batch, dtype).data)

        yield write


@contextmanager
def _parquet(path: Path, data: PackedSet, size: int, dtype: np.dtype[np.floating]) -> Iterator[Write]:
    kind = pa.list_(pa.float16() if dtype == np.float16 else pa.float32(), size)
    schema = pa.schema({"name": pa.string(), "label": pa.string(), "features": kind})
    index = data.used("name", "label")
    done = 0
    with pq.ParquetWriter(path, schema) as file:

        def write(batch: Features) -> None:
            nonlocal done
            rows = index.slice(done, len(batch))
            values = pa.array(batch.astype(dtype).ravel())
            columns = [rows["name"].combine_chunks(), rows["label"].combine_chunks()]
            lists = pa.FixedSizeListArray.from_arrays(values, size)
            file.write_table(pa.table([*columns, lists], schema=schema))
            done += len(batch)

        yield write
