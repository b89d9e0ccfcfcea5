"""A discriminator's maps as features (paper section 5.1): each max-pooled to a small grid, flattened and joined."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Literal, Protocol

import numpy as np
import torch
from torch.nn import functional as F

from dcgan.errors import ModelError
from dcgan.model import Model, to_images
from dcgan.networks.batch_norm import measure_statistics
from dcgan.networks.discriminator import Discriminator
from dcgan.types import Features, OnProgress, Pixels

BATCH = 128  # pictures at once; batch statistics are those of so many, as in the released code
GRID = 4

Statistics = Literal["pictures", "model"]


class FeatureExtractor(Protocol):
    """Anything that turns pictures into features."""

    @property
    def size(self) -> int:
        """How many features a picture has."""

    def extract(self, pixels: Pixels) -> Features:
        """Pixels (N, H, W, C), uint8, to (N, size), float32."""


class DiscriminatorExtractor:
    """Pixels to the features of a discriminator.

    Attributes:
        layers: Which convolutional layers, from 0; all by default.
        grid: Side of the grid that each map is max-pooled to; smaller maps stay as they are.
        net: The discriminator, a copy; `measure` changes its statistics.
        size: D, how many features a picture has: 28,672 for the paper's ImageNet net.

    Raises:
        ModelError: There is no such layer, or the grid is below 1.
    """

    def __init__(self, model: Model, layers: Iterable[int] | None = None, grid: int = GRID) -> None:
        maps = model.architecture.discriminator_geometry
        self.layers = tuple(range(len(maps)) if layers is None else layers)
        self.grid = grid
        wrong = [layer for layer in self.layers if layer not in range(len(maps))]
        if wrong or not self.layers or len(set(self.layers)) < len(self.layers):
            named = ",".join(map(str, self.layers))
            raise ModelError(
                f"layers {named} (--layers): this discriminator has layers 0 to {len(maps) - 1}; each once"
            )
        if grid < 1:
            raise ModelError(f"the grid (--grid) must be 1 or more, not {grid}")
        widths = [stage.out_channels for stage in model.architecture.discriminator]
        self.size = sum(widths[layer] * min(grid, maps[layer].small) ** 2 for layer in self.layers)
        self._shape = (model.architecture.size, model.architecture.size, model.architecture.channels)
        self.net: Discriminator = deepcopy(model.nets.discriminator).eval()
        self._device = next(self.net.parameters()).device

    def measure(self, pixels: Pixels, batches: int | None = None, on_progress: OnProgress | None = None) -> None:
        """Normalize by these pictures: by the mean over mini-batches of 128 of their statistics, the authors' way.

        Args:
            pixels: (N, H, W, C), uint8; a memory map will do.
            batches: How many mini-batches; by default all that are full, or one that is not.
            on_progress: Called with (pictures, in all).
        """
        whole = max(1, len(pixels) // BATCH)
        total = min(batches or whole, whole)

        def images() -> Iterator[torch.Tensor]:
            for batch in range(total):
                yield self._images(pixels[batch * BATCH : (batch + 1) * BATCH])
                if on_progress:
                    on_progress((batch + 1) * BATCH, total * BATCH)

        measure_statistics(self.net, images())

    @torch.inference_mode()
    def extract(self, pixels: Pixels) -> Features:
        """The features of pictures: pixels (N, H, W, C), uint8, to (N, D), layer by layer, channel by channel."""
        parts = [np.empty((0, self.size), np.float32)]
        for start in range(0, len(pixels), BATCH):
            maps = self.net.activations(self._images(pixels[start : start + BATCH]))
            pooled = [F.adaptive_max_pool2d(maps[layer], min(self.grid, maps[layer].shape[2])) for layer in self.layers]
            parts.append(torch.cat([grid.float().contiguous().flatten(1) for grid in pooled], 1).cpu().numpy())
        return np.concatenate(parts)

    def _images(self, pixels: Pixels) -> torch.Tensor:
        if pixels.shape[1:] != self._shape:
            raise ModelError(f"this discriminator judges pictures of shape {self._shape}, not {pixels.shape[1:]}")
        return to_images(torch.from_numpy(np.array(pixels)).to(self._device))
