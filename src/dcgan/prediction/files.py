"""Predicted frames as a file of arrays."""

from pathlib import Path

import numpy as np

from dcgan.files import new_file
from dcgan.prediction.frames import PredictedFrames


def write_frames(path: Path, found: PredictedFrames) -> None:
    """Write `before`, `predicted` and, where there are any, `true`: (N, frames, H, W, C), uint8, as .npz.

    Raises:
        OSError: The file cannot be written.
    """
    arrays = {"before": found.before, "predicted": found.predicted}
    if found.true is not None:
        arrays["true"] = found.true
    with new_file(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, fps=np.float64(found.fps), **arrays)
