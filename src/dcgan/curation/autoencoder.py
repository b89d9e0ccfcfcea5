"""The paper's de-duplication net (section 4.1): a denoising auto-encoder whose code is thresholded to bits.

3072-128-3072, ReLU, regularized by dropout, on the center squares of pictures at 32x32: a code unit is a bit, 1 where
it is active. The paper leaves open how much noise and dropout, the threshold and the optimizer. One thing is ours: each
picture is brought to the same mean and contrast first. So a brighter copy has the same code, and pictures of little
contrast, such as of skies, do not all have nearly the same.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn
from torch.nn import functional as F

from dcgan.curation.code_index import Codes
from dcgan.curation.variations import LINEAR, VARIATIONS, vary
from dcgan.errors import PackedSetError
from dcgan.optimizers import Adam
from dcgan.randomness import Stream, rng, torch_rng
from dcgan.types import OnProgress, Pixels

SIDE = 32
PIXELS = SIDE * SIDE * 3
BITS = 128
NOISE = 1.0  # standard deviation of what is added to pictures, whose own is CONTRAST
DROPOUT = 0.5
LEARNING_RATE = 1e-3  # of Adam
BATCH = 256
STEPS = 500
FEWEST_STEPS = 150
"""Few pictures need fewer steps: as many more than this as there are pictures, up to `STEPS`."""
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

    @property
    def identity(self) -> str:
        """SHA-256 of the weights: codes of nets that are not the same cannot be compared."""
        digest = sha256()
        for _, tensor in sorted(self.state_dict().items()):
            digest.update(tensor.numpy().tobytes())
        return digest.hexdigest()

    def activations(self, flat: Tensor) -> Tensor:
        """The code units (N, 128) before the ReLU."""
        units: Tensor = self.encoder(flat - self.mean)
        return units

    def forward(self, flat: Tensor, dropped: Tensor) -> Tensor:
        """Reconstruct from noisy pictures, with code units multiplied by `dropped`."""
        reconstruction: Tensor = self.decoder(F.relu(self.activations(flat)) * dropped)
        return reconstruction + self.mean


def train_autoencoder(
    pixels: Pixels, *, seed: int = 0, steps: int | None = None, on_progress: OnProgress | None = None
) -> Autoencoder:
    """Train the net on pictures.

    Args:
        pixels: (N, 32, 32, 3), uint8; may be a memory map.
        seed: Of everything random.
        steps: Mini-batches of 256. Default: by the number of pictures.
        on_progress: Called with (steps done, steps).
    """
    steps = min(STEPS, FEWEST_STEPS + len(pixels)) if steps is None else steps
    net = Autoencoder(torch_rng(Stream.AUTOENCODER_WEIGHTS, seed))
    noises = torch_rng(Stream.AUTOENCODER_NOISE, seed)
    order = _order(len(pixels), seed)
    net.mean.copy_(_flat(np.asarray(pixels[np.sort(next(order)[: 64 * BATCH])])).mean(dim=0))
    optimizer = Adam(net.parameters(), lr=LEARNING_RATE)
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


def save_autoencoder(net: Autoencoder, file: Path) -> None:
    """Write the weights as safetensors.

    Raises:
        OSError: The disk is full, or the file cannot be written.
    """
    file.write_bytes(save(net.state_dict()))


def load_autoencoder(file: Path) -> Autoencoder:
    """Read what `save_autoencoder` wrote.

    Raises:
        PackedSetError: The file cannot be read, or holds something else.
    """
    net = Autoencoder(torch.Generator())
    try:
        net.load_state_dict(load_file(file))
        if not all(tensor.isfinite().all() for tensor in net.state_dict().values()):
            raise ValueError("it holds values that are not finite numbers")
    except (OSError, SafetensorError, RuntimeError, ValueError) as error:
        why = str(error).splitlines()[0]
        raise PackedSetError(f"{file} is damaged ({why}); delete it, and a new one is trained") from error
    return net


class Encoder:
    """Turns pictures into codes: of each picture one for each of the `VARIATIONS`.

    Those that are linear in the pixels, as the encoder itself is before its threshold, cost one product of matrices.

    Args:
        net: A trained net.
    """

    @torch.no_grad()
    def __init__(self, net: Autoencoder) -> None:
        self.identity = net.identity
        """Codes of nets of another identity cannot be compared with these."""
        weight = net.encoder.weight.reshape(BITS, SIDE, SIDE, 3)
        pixels = torch.eye(SIDE * SIDE).reshape(-1, 1, SIDE, SIDE)
        folded = []
        for variation in LINEAR:
            spread = vary(pixels, variation).reshape(SIDE * SIDE, SIDE, SIDE)  # where each pixel goes
            folded.append(torch.einsum("bhwc,phw->bpc", weight, spread).reshape(BITS, PIXELS))
        self._weight = torch.cat(folded)
        self._bias = net.encoder.bias - net.encoder.weight @ net.mean

    @torch.no_grad()
    def __call__(self, pixels: Pixels) -> Codes:
        """The codes (N, V, 16) of pictures (N, 32, 32, 3), uint8: 128 bits, 1 where a code unit is active."""
        codes = np.empty((len(pixels), len(VARIATIONS), BITS // 8), np.uint8)
        padded = np.zeros((_AT_ONCE, SIDE, SIDE, 3), np.uint8)
        for start in range(0, len(pixels), _AT_ONCE):
            some = pixels[start : start + _AT_ONCE]
            padded[: len(some)] = some
            brighter = vary(torch.from_numpy(padded).float(), VARIATIONS[-1])
            units = (_flat(padded) @ self._weight.T).reshape(_AT_ONCE, len(LINEAR), BITS)
            bright = (_flat(brighter.round_().byte().numpy()) @ self._weight[:BITS].T)[:, None]
            active = torch.cat((units, bright), dim=1)[: len(some)] > -self._bias
            codes[start : start + len(some)] = np.packbits(active.numpy(), axis=2)
        return codes


def _flat(pixels: NDArray[np.uint8]) -> Tensor:
    """Pictures as rows of about the same contrast, each channel of mean 0: or else all blue skies would be alike."""
    values = torch.from_numpy(np.ascontiguousarray(pixels)).float().div_(255)
    values -= values.mean(dim=(1, 2), keepdim=True)
    flat = values.reshape(len(pixels), -1)
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
