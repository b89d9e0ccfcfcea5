"""Features of labeled pictures, kept on disk while linear SVMs are fitted to them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcgan.data.packed import PackedSet
from dcgan.errors import DcganError
from dcgan.features.extractor import FeatureExtractor
from dcgan.features.files import write_features
from dcgan.probing.feature_blocks import ROWS, Matrix
from dcgan.types import Labels, OnProgress

ADDED_VARIANCE = 0.01  # to that of each feature when it is standardized, as in Coates & Ng's recipe


@dataclass(frozen=True, eq=False)
class LabeledFeatures:
    """Features (N, D), float32 or float16, perhaps a memory map, with their labels (N,)."""

    features: Matrix
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, rows: NDArray[np.int64]) -> "LabeledFeatures":
        """Some of them, in memory."""
        order = np.argsort(rows)  # a memory map is read best in its order
        some = np.empty((len(rows), self.features.shape[1]), self.features.dtype)
        some[order] = self.features[rows[order]]
        return LabeledFeatures(some, self.labels[rows])


def extract_to_disk(
    path: Path, extractor: FeatureExtractor, data: PackedSet, on_progress: OnProgress | None
) -> LabeledFeatures:
    """The features of a set, kept in the new file `path` (.npy) in half precision.

    Raises:
        DcganError: The disk is full.
    """
    try:
        write_features(path, extractor, data, dtype="float16", on_progress=on_progress)
    except OSError as error:
        megabytes = 2 * len(data) * extractor.size / 1e6
        raise DcganError(
            f"cannot keep features of {megabytes:,.0f} MB in {path.parent}: {error.strerror or error}; "
            "let the environment variable TMPDIR name a folder with more room"
        ) from error
    return LabeledFeatures(np.load(path, mmap_mode="r"), data.labels)


def standardize(train: LabeledFeatures, test: LabeledFeatures) -> tuple[LabeledFeatures, LabeledFeatures]:
    """Both with each feature brought to mean 0 and variance 1 on `train`, in memory, in half precision."""
    sums, squares = (np.zeros(train.features.shape[1]) for _ in range(2))
    for start in range(0, len(train), ROWS):
        block = train.features[start : start + ROWS].astype(np.float64)
        sums += block.sum(axis=0)
        squares += (block**2).sum(axis=0)
    mean = sums / len(train)
    std = np.sqrt((squares / len(train) - mean**2).clip(0) + ADDED_VARIANCE)

    def scaled(data: LabeledFeatures) -> LabeledFeatures:
        features = np.empty(data.features.shape, np.float16)
        for start in range(0, len(data), ROWS):
            features[start : start + ROWS] = (data.features[start : start + ROWS] - mean) / std
        return LabeledFeatures(features, data.labels)

    return scaled(train), scaled(test)
