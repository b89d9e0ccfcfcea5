"""Features of a whole set as a file: .npy, which can be memory-mapped, or .parquet; written as they come."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dcgan.data.packed import PackedSet
from dcgan.errors import ModelError
from dcgan.features.extract import BATCH, FeatureExtractor
from dcgan.types import Features, OnProgress

FILES = (".npy", ".parquet")

DType = np.dtype[np.float16] | np.dtype[np.float32]
Write = Callable[[Features], None]


def write_features(
    path: Path,
    extractor: FeatureExtractor,
    data: PackedSet,
    *,
    half: bool = False,
    on_progress: OnProgress | None = None,
) -> None:
    """Write the features of every picture of a set, in its order, whole or not at all.

    Args:
        path: .npy: an array (N, D). .parquet: the columns `name`, `label` and `features`, a row a picture.
        extractor: What makes them.
        data: N pictures.
        half: float16 in place of float32: half the size, three digits.
        on_progress: Called with (pictures, in all).

    Raises:
        ModelError: The suffix is neither, or the pictures are not of the model's shape.
        OSError: The disk is full, or the file cannot be written.
    """
    if path.suffix.lower() not in FILES:
        raise ModelError(f"--out {path}: features are written as {' or '.join(FILES)}")
    dtype: DType = np.dtype(np.float16) if half else np.dtype(np.float32)
    writer = _npy if path.suffix.lower() == ".npy" else _parquet
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.parent / f".{path.name}.partial-{uuid4().hex[:8]}"
    try:
        with writer(partial, data, extractor.size, dtype) as write:
            for start in range(0, len(data), BATCH):  # no more than that is held in memory
                batch = extractor.extract(data.pixels[start : start + BATCH])
                write(batch.clip(-65504, 65504) if half else batch)
                if on_progress:
                    on_progress(min(start + BATCH, len(data)), len(data))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _npy(path: Path, data: PackedSet, size: int, dtype: DType) -> Iterator[Write]:
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": (len(data), size)}
    with path.open("wb") as file:  # not a memory map: a full disk is then an error, not a crash
        np.lib.format.write_array_header_2_0(file, header)

        def write(batch: Features) -> None:
            file.write(np.ascontiguousarray(batch, dtype).data)

        yield write


@contextmanager
def _parquet(path: Path, data: PackedSet, size: int, dtype: DType) -> Iterator[Write]:
    kind = pa.list_(pa.float16() if dtype == np.float16 else pa.float32(), size)
    schema = pa.schema({"name": pa.string(), "label": pa.string(), "features": kind})
    index = data.index().filter(pc.greater_equal(data.index()["row"], 0))
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
