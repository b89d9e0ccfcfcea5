"""The pictures to learn from, as the loop wants them: batches by position, on the device."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcgan.model import to_images
from dcgan.randomness import Stream, rng
from dcgan.types import Pixels

ROOM = 0.5  # share of a GPU's free memory that the pictures may take for good
CHUNK = 4096  # pictures brought to the device at once


class Pictures:
    """Pixels (N, H, W, C), uint8, possibly a memory map, and the device that trains on them.

    A GPU with room for it keeps the whole set in its memory, as uint8; else each mini-batch is brought there.
    """

    def __init__(self, pixels: Pixels, device: torch.device) -> None:
        self.pixels = pixels
        self.device = device
        self._resident: Tensor | None = None
        if device.type == "cuda" and pixels.nbytes <= ROOM * torch.cuda.mem_get_info(device)[0]:
            self._resident = _brought(pixels, device)

    def __len__(self) -> int:
        return len(self.pixels)

    def images(self, positions: NDArray[np.int64]) -> Tensor:
        """Those at `positions` as images (N, C, H, W) in [-1, 1]."""
        if self._resident is not None:
            return to_images(self._resident[torch.from_numpy(positions).to(self.device, non_blocking=True)])
        chosen = torch.from_numpy(self.pixels[positions])
        if self.device.type == "cuda":
            chosen = chosen.pin_memory()
        return to_images(chosen.to(self.device, non_blocking=True))

    def some(self, count: int, stream: Stream, *key: int) -> Tensor:
        """Images of up to `count` different pictures, drawn by `stream` and `key`."""
        positions = rng(stream, *key).choice(len(self), min(count, len(self)), replace=False)
        return self.images(np.sort(positions))


def _brought(pixels: Pixels, device: torch.device) -> Tensor:
    """All pixels on the device, without a second copy in memory."""
    resident = torch.empty(pixels.shape, dtype=torch.uint8, device=device)
    for start in range(0, len(pixels), CHUNK):
        resident[start : start + CHUNK] = torch.from_numpy(np.array(pixels[start : start + CHUNK]))
    return resident
