"""Features of a whole set, a block of rows at a time: brought to float32, whatever they are stored in."""

import os
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcgan.device import has_fast_bfloat16

ROWS = 2048  # of features brought to float32 at once
ROUGH_FROM = 2**24  # numbers in the features: fewer are in float32 everywhere

Matrix = NDArray[np.float32] | NDArray[np.float16]
"""Features (N, D) in memory, or a memory map."""


class FeatureBlocks:
    """Features, a block of rows at a time: held in memory if they take a quarter of it at most."""

    def __init__(self, features: Matrix) -> None:
        self._features = features
        self._held = list(blocks_of(features)) if 4 * features.size <= _memory() / 4 else None
        self._rough = None
        if ROUGH_FROM <= features.size <= _memory() / 8 and has_fast_bfloat16("cpu"):
            self._rough = [block.bfloat16() for block in self]

    def __iter__(self) -> Iterator[Tensor]:
        """As float32."""
        return iter(self._held) if self._held is not None else blocks_of(self._features)

    def rough(self) -> Iterator[Tensor]:
        """The same in bfloat16, where that is quicker to multiply."""
        return iter(self._rough) if self._rough is not None else iter(self)

    @staticmethod
    def split(values: Tensor) -> Sequence[Tensor]:
        """Values (K, N), one for each row of the features, as the blocks split them."""
        parts: Sequence[Tensor] = values.split(ROWS, dim=1)
        return parts


def blocks_of(features: Matrix) -> Iterator[Tensor]:
    """Features (N, D), `ROWS` rows at a time, as float32."""
    for start in range(0, len(features), ROWS):
        yield torch.from_numpy(np.asarray(features[start : start + ROWS], np.float32))


def _memory() -> int:
    """Bytes of memory that the machine has; 8 GiB where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8 * 2**30
