"""Pictures from latent vectors, by a generator's fixed statistics or by those of each mini-batch."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from dcgan.errors import ModelError, UsageError
from dcgan.networks.architecture import Interface
from dcgan.networks.batch_norm import BatchNorm, batch_statistics
from dcgan.pixels import full_batches, to_pixels
from dcgan.types import Pixels

LARGEST = 1e6  # number that z may hold


@torch.inference_mode()
def generate(interface: Interface, generator: nn.Module, z: Tensor, batch_size: int | None = None) -> Pixels:
    """Generate a picture from each latent vector, as `dcgan.Model.generate` describes it.

    Args:
        interface: What the generator takes and gives.
        generator: z to images (N, C, H, W) in [-1, 1].
        z: (N, latent_dim), float32, on the generator's device.
        batch_size: Normalize by the mini-batch at hand, of so many pictures; None: by the fixed statistics.

    Returns:
        Pixels (N, H, W, C), uint8.

    Raises:
        ModelError: `batch_size` with a generator that has no batch norm of dcgan's.
        UsageError: z has another shape or holds values that are no numbers; or `batch_size` is below 2, or
            there is a single picture.
    """
    if z.ndim != 2 or z.shape[1] != interface.latent_dim:
        raise UsageError(f"z has the shape {tuple(z.shape)}; this model needs (N, {interface.latent_dim})")
    if not (z.abs() <= LARGEST).all():
        raise UsageError(
            f"z holds values that are not numbers, or are beyond {LARGEST:g}; usual values of z are about 1"
        )
    pixels = np.empty((len(z), interface.size, interface.size, interface.channels), np.uint8)
    if batch_size is None:
        for rows, filled in full_batches(len(z), z.device):
            pixels[rows] = to_pixels(generator(z[filled]))[: len(rows)]
        return pixels
    if len(z) == 1:
        raise UsageError("`batch_statistics` needs two pictures or more: one alone has no variance")
    if batch_size < 2:
        raise UsageError(f"`batch_size` must be 2 or more with `batch_statistics`, not {batch_size}")
    _check_batch_norm(interface, generator)
    with batch_statistics(generator):
        for batch in mini_batches(len(z), batch_size):
            pixels[batch] = to_pixels(generator(z[batch]))
    return pixels


def mini_batches(count: int, size: int) -> Iterator[slice]:
    """The rows of each mini-batch of `size`; a single one that is left over joins the mini-batch before."""
    starts = list(range(0, count, size))
    if count > 1 and count % size == 1:
        starts.pop()
    return (slice(start, end) for start, end in pairwise([*starts, count]))


def _check_batch_norm(interface: Interface, generator: nn.Module) -> None:
    """Refuse a generator that does not normalize by dcgan's batch norm, which keeps nothing of a mini-batch."""
    has_norm = any(isinstance(module, BatchNorm) for module in generator.modules())
    if not (interface.nets and has_norm):
        kind = interface.nets or "your own"
        raise ModelError(
            "`batch_statistics` needs dcgan's batch norm, and the generator of this model has none (its nets are "
            f"{kind}): leave `batch_statistics` out"
        )
