"""The pictures to learn from, as the loop wants them: batches by position, on the device."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcgan.model import Pixels, to_images
from dcgan.randomness import Stream, stream


@dataclass(frozen=True)
class Pictures:
    """Pixels (N, H, W, C), uint8, possibly a memory map, and the device that trains on them."""

    pixels: Pixels
    device: torch.device

    def __len__(self) -> int:
        return len(self.pixels)

    def images(self, positions: NDArray[np.int64]) -> Tensor:
        """Those at `positions` as images (N, C, H, W) in [-1, 1]."""
        return to_images(torch.from_numpy(self.pixels[positions]).to(self.device))

    def some(self, count: int, purpose: Stream, *key: int) -> Tensor:
        """Images of up to `count` different pictures, drawn by the stream of `purpose` and `key`."""
        positions = stream(purpose, *key).choice(len(self), min(count, len(self)), replace=False)
        return self.images(np.sort(positions))
