"""Perceptual distance: how different two pictures look, in the features of a model's own discriminator."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcgan.model import Model
from dcgan.model_nets import check_finite
from dcgan.networks.discriminator import Discriminator
from dcgan.pixels import to_images
from dcgan.types import Pixels

BATCH = 64
Distances = NDArray[np.float64]


@torch.inference_mode()
def perceptual_distances(model: Model, first: Pixels, second: Pixels) -> Distances:
    """How different each picture of `first` looks from its partner in `second`.

    The maps of every convolutional layer are scaled to unit length at each position; the squared difference is averaged
    over positions and layers, and its root taken (Zhang et al. 2018, "The Unreasonable Effectiveness of Deep Features
    as a Perceptual Metric", without their learned weights, and with the features that the model has learned itself).

    Args:
        model: Whose discriminator's features are compared.
        first: Pixels (N, H, W, C), uint8, of the model's size and channels.
        second: Pixels (N, H, W, C), uint8.

    Returns:
        (N,), 0 for the same picture, at most 2.

    Raises:
        ModelError: The model's nets are no DCGAN's, so that the layers of its discriminator are not known; or the
            discriminator gives numbers that are not finite.
    """
    net = model.nets_for("a perceptual distance").discriminator.eval()
    device = next(net.parameters()).device
    parts = [np.empty(0)]
    for start in range(0, len(first), BATCH):
        pair = (torch.from_numpy(pixels[start : start + BATCH]).to(device) for pixels in (first, second))
        squares = squared_distances(*(unit_maps(net, to_images(pixels)) for pixels in pair))
        parts.append(squares.sqrt().double().cpu().numpy())
    return check_finite(np.concatenate(parts))


def unit_maps(net: Discriminator, images: Tensor) -> list[Tensor]:
    """The maps of each layer for images (N, C, H, W), of length 1 at each position."""
    return [torch.nn.functional.normalize(maps.float(), dim=1) for maps in net.activations(images)]


def squared_distances(first: Sequence[Tensor], second: Sequence[Tensor]) -> Tensor:
    """The mean over layers and positions of the squared difference of unit maps: (N,), 0 to 4; it has a gradient."""
    squares = [(a - b).square().sum(dim=1).mean(dim=(1, 2)) for a, b in zip(first, second, strict=True)]
    return torch.stack(squares).mean(dim=0)
