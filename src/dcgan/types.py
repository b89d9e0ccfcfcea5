"""The shapes that many rooms share, each written once."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Pictures (N, H, W, C), 0 to 255."""

Latents = NDArray[np.float32]
"""Latent vectors z (N, latent_dim)."""

Features = NDArray[np.floating]
"""Features of pictures (N, D)."""

Labels = NDArray[np.int64]
"""Classes of pictures (N,), counted from 0; -1 for none."""

OnProgress = Callable[[int, int | None], None]
"""Called with (done, total) as work goes on; total is None while it is unknown."""

OnPhase = Callable[[str], None]
"""Called with the name of each part of the work as it begins: "training"."""
