"""The paper's de-duplication net (section 4.1): a denoising auto-encoder whose code is thresholded to bits.

3072-128-3072, ReLU, regularized by dropout, on the center squares of pictures at 32x32: a code unit is a bit, 1 where
it is active. The paper leaves open how much noise and dropout, the threshold and the optimizer. One thing is ours: each
picture is brought to the same mean and contrast first. So a brighter copy has the same code, and pictures of little
contrast, such as of skies, do not all have nearly the same.
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from dcgan.curation.codes import Codes
from dcgan.randomness import Stream, rng, torch_rng
from dcgan.types import OnProgress, Pixels

SIDE = 32
PIXELS = SIDE * SIDE * 3
BITS = 128
NOISE = 0.3  # standard deviation of what is added to pictures, whose own is CONTRAST
DROPOUT = 0.5
LEARNING_RATE = 1e-3  # of Adam
BATCH = 256
STEPS = 2000
CONTRAST = 0.25  # standard deviation of a picture that is brought to it
LEAST = 0.02  # of 1, added to a picture's own standard deviation: noise of a flat picture is not blown up
_AT_ONCE = 1024  # pictures encoded in one product: always as many, so that a picture has the same code each time


class Autoencoder(nn.Module):
    """From flat pictures (N, 3072) of equal mean and contrast to reconstructions of the same shape.

    Args:
        random: What the weights start from.
    """

    def __init__(self, random: torch.Generator) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(PIXELS))
        self.encoder = nn.utils.skip_init(nn.Linear, PIXELS, BITS)
        self.decoder = nn.utils.skip_init(nn.Linear, BITS, PIXELS)
        for layer in (self.encoder, self.decoder):
            bound = layer.in_features**-0.5
            nn.init.uniform_(layer.weight, -bound, bound, generator=random)
            nn.init.zeros_(layer.bias)

    mean: Tensor

    def activations(self, flat: Tensor) -> Tensor:
        """The code units (N, 128) before the ReLU."""
        units: Tensor = self.encoder(flat - self.mean)
        return units

    def forward(self, flat: Tensor, dropped: Tensor) -> Tensor:
        """Reconstruct from noisy pictures, with code units multiplied by `dropped`."""
        reconstruction: Tensor = self.decoder(F.relu(self.activations(flat)) * dropped)
        return reconstruction + self.mean


def train_autoencoder(
    pixels: Pixels, *, seed: int = 0, steps: int = STEPS, on_progress: OnProgress | None = None
) -> Autoencoder:
    """Train the net on pictures.

    Args:
        pixels: (N, 32, 32, 3), uint8; may be a memory map.
        seed: Of everything random.
        steps: Mini-batches of 256.
        on_progress: Called with (steps done, steps).
    """
    net = Autoencoder(torch_rng(Stream.AUTOENCODER_WEIGHTS, seed))
    noises = torch_rng(Stream.AUTOENCODER_NOISE, seed)
    order = _order(len(pixels), seed)
    net.mean.copy_(_flat(np.asarray(pixels[np.sort(next(order)[: 64 * BATCH])])).mean(dim=0))
    optimizer = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE)
    for step, rows in zip(range(1, steps + 1), _batches(order), strict=False):
        flat = _flat(np.asarray(pixels[rows]))
        noisy = flat + NOISE * torch.randn(flat.shape, generator=noises)
        dropped = (torch.rand((len(flat), BITS), generator=noises) >= DROPOUT) / (1 - DROPOUT)
        loss = F.mse_loss(net(noisy, dropped), flat)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if on_progress:
            on_progress(step, steps)
    return net


@torch.no_grad()
def encode(net: Autoencoder, pixels: Pixels) -> Codes:
    """The codes (N, 16) of pictures (N, 32, 32, 3), uint8: 128 bits, 1 where a code unit is active."""
    codes = np.empty((len(pixels), BITS // 8), np.uint8)
    padded = torch.zeros(_AT_ONCE, PIXELS)
    for start in range(0, len(pixels), _AT_ONCE):
        some = _flat(np.asarray(pixels[start : start + _AT_ONCE]))
        padded[: len(some)] = some
        active = net.activations(padded)[: len(some)] > 0
        codes[start : start + len(some)] = np.packbits(active.numpy(), axis=1)
    return codes


def _flat(pixels: NDArray[np.uint8]) -> Tensor:
    """Pictures as rows of mean 0 and of about the same contrast."""
    flat = torch.from_numpy(np.ascontiguousarray(pixels)).reshape(len(pixels), -1).float().div_(255)
    flat -= flat.mean(dim=1, keepdim=True)
    return flat.mul_(CONTRAST / (flat.std(dim=1, keepdim=True) + LEAST))


def _order(count: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """The pictures in another order each time."""
    epoch = 0
    while True:
        yield rng(Stream.AUTOENCODER_ORDER, seed, epoch).permutation(count)
        epoch += 1


def _batches(order: Iterator[NDArray[np.int64]]) -> Iterator[NDArray[np.int64]]:
    for rows in order:
        for start in range(0, max(1, len(rows) - BATCH + 1), BATCH):
            yield np.sort(rows[start : start + BATCH])  # a memory map is read from front to back
