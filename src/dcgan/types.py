"""The types that many rooms share, each written once: the shapes of arrays, and what is called back."""

from collections.abc import Callable, Iterator
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Pictures (N, H, W, C), 0 to 255."""


class PixelStore(Protocol):
    """Pictures (N, H, W, C), uint8, that are read from disk as they are asked for: a memory map, or several."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, H, W, C)."""

    @property
    def nbytes(self) -> int:
        """How large all of them are."""

    def __len__(self) -> int: ...

    def __getitem__(self, key: Any, /) -> Any: ...  # a picture, or pictures: as numpy has it

    def __iter__(self) -> Iterator[Any]: ...

    def __array__(self) -> Pixels: ...  # all of them, in memory


Mask = NDArray[np.bool_]
"""(H, W), True where something is: where pixels are missing."""

Latents = NDArray[np.float32]
"""Latent vectors z (N, latent_dim)."""

Features = NDArray[np.floating]
"""Features of pictures (N, D)."""

Labels = NDArray[np.int64]
"""Classes of pictures (N,), counted from 0; -1 for none."""

DType = Literal["float32", "float16"]
"""The precision of numbers in files: of weights, of features."""

OnProgress = Callable[[int, int | None], None]
"""Called with (done, total) as work goes on; total is None while it is unknown."""

OnPhase = Callable[[str], None]
"""Called with the name of each part of the work as it begins: "training"."""
