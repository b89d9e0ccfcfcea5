"""Mini-batches: real images, latent vectors and the noise of the augmentation, all functions of (seed, step)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcgan.choices import AUGMENTATIONS
from dcgan.data.clip_pixels import Clips
from dcgan.data.sharded_pixels import ShardedPixels
from dcgan.errors import PackedSetError
from dcgan.pixels import to_images
from dcgan.randomness import Stream, batch_order, rng, sample_latents, with_label
from dcgan.training.recipe import Recipe
from dcgan.types import PixelStore

ROOM = 0.5  # share of a GPU's free memory that the images may take for good
CHUNK = 4096  # images brought to the device at once


@dataclass(frozen=True)
class Batch:
    """All that a step needs besides the weights, on their device.

    Attributes:
        real: Images (N, C, H, W) in [-1, 1], with `horizontal_flip` half of them mirrored at random.
        z: Latent vectors (N, latent_dim); of conditional nets with the labels of the real images.
        augment_noise: (3, N, numbers) in [0, 1): for real images, for generated ones in the discriminator's update,
            and for generated ones in the generator's.
    """

    real: Tensor
    z: Tensor
    augment_noise: Tensor


class ImageLoader:
    """Pixels (N, H, W, C), uint8, possibly a memory map, as batches of images on the device that trains on them.

    A GPU with room for it keeps the whole set in its memory, as uint8; else each mini-batch is brought there.

    Args:
        pixels: The set.
        device: That which trains.
        labels: The label of each (N,), 0 or more, for conditional nets.
    """

    def __init__(self, pixels: PixelStore, device: torch.device, labels: NDArray[np.int64] | None = None) -> None:
        self.pixels = pixels
        self.device = device
        self.labels = labels
        shards = pixels.shards if isinstance(pixels, ShardedPixels | Clips) else [pixels]
        self._files = [Path(one.filename) if isinstance(one, np.memmap) and one.filename else None for one in shards]
        self._stats = [_stat(file) for file in self._files]
        self._resident: Tensor | None = None
        if device.type == "cuda" and pixels.nbytes <= ROOM * torch.cuda.mem_get_info(device)[0]:
            self._resident = _on_device(pixels, device)

    def __len__(self) -> int:
        return len(self.pixels)

    def images(self, index: NDArray[np.int64]) -> Tensor:
        """Those at `index` as images (N, C, H, W) in [-1, 1]."""
        if self._resident is not None:
            return to_images(self._resident[torch.from_numpy(index).to(self.device, non_blocking=True)])
        self._check_files(index)
        chosen = torch.from_numpy(self.pixels[index])
        if self.device.type == "cuda":
            chosen = chosen.pin_memory()
        return to_images(chosen.to(self.device, non_blocking=True))

    def random_images(self, count: int, stream: Stream, *key: int) -> Tensor:
        """Up to `count` different images, chosen by `stream` and `key`."""
        return self.images(self.random_index(count, stream, *key))

    def random_index(self, count: int, stream: Stream, *key: int) -> NDArray[np.int64]:
        """Which they are."""
        return np.sort(rng(stream, *key).choice(len(self), min(count, len(self)), replace=False))

    def batch(self, recipe: Recipe, step: int, rollbacks: int = 0, rows: slice = slice(None)) -> Batch:
        """Mini-batch `step` (from 0) of a training after so many roll-backs, or some rows of it: a rank's share."""
        key, size = (recipe.seed, rollbacks, step), recipe.definite.batch_size
        numbers = AUGMENTATIONS[recipe.definite.augment].numbers
        index = batch_order(*key, size, len(self))
        nets = recipe.lay_out()
        z = sample_latents(rng(Stream.LATENTS, *key), size, nets.noise_dim, nets.latent_distribution)
        if nets.classes:
            assert self.labels is not None
            z = with_label(z, self.labels[index], nets.classes)
        noise = rng(Stream.AUGMENTATION, *key).random((3, size, numbers), dtype=np.float32)
        real = self.images(index[rows])
        if recipe.horizontal_flip:
            mirrored = self._tensor(rng(Stream.FLIPS, *key).random(size, dtype=np.float32)[rows]) < 0.5
            real = torch.where(mirrored[:, None, None, None], real.flip(-1), real)
        return Batch(real, self._tensor(z[rows]), self._tensor(noise[:, rows]))

    def _check_files(self, index: NDArray[np.int64]) -> None:
        """Refuse pixels whose file is no longer what it was: to read what was cut off would end the process.

        Raises:
            PackedSetError: It was deleted, replaced or cut off.
        """
        read = np.unique(self.pixels.shard_of(index)) if isinstance(self.pixels, ShardedPixels | Clips) else (0,)
        for number in read:
            file, before, now = self._files[number], self._stats[number], _stat(self._files[number])
            if before and now != before:
                what = "deleted" if now is None else "replaced" if now[0] != before[0] else "changed"
                if now is not None and now[1] < before[1]:
                    what = "cut off"
                raise PackedSetError(f"{file} was {what} while a run trains on it; restore it, and resume the run")

    def _tensor(self, numbers: NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(numbers).to(self.device)


def _stat(file: Path | None) -> tuple[int, int] | None:
    """Which file it is, and its size; None if there is none."""
    try:
        stat = file.stat() if file is not None else None
    except FileNotFoundError:
        return None
    return (stat.st_ino, stat.st_size) if stat else None


def _on_device(pixels: PixelStore, device: torch.device) -> Tensor:
    """All pixels on the device, without a second copy in memory."""
    resident = torch.empty(pixels.shape, dtype=torch.uint8, device=device)
    for start in range(0, len(pixels), CHUNK):
        resident[start : start + CHUNK] = torch.from_numpy(np.array(pixels[start : start + CHUNK]))
    return resident
