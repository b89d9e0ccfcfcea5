"""Predicted frames as a file of arrays."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcgan.atomic_files import new_file
from dcgan.prediction.frames import PredictedFrames


def write_frames(path: Path, found: PredictedFrames) -> None:
    """Write `before`, `predicted` and, where there are any, `true`: (N, frames, H, W, C), uint8, as .npz.

    Raises:
        OSError: The file cannot be written.
    """
    true = {} if found.true is None else {"true": found.true}
    arrays: dict[str, NDArray[np.generic]] = {"before": found.before, "predicted": found.predicted, **true}
    with new_file(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, fps=np.float64(found.fps), **arrays)
