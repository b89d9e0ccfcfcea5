"""What every inspection takes: a layer that is there, and pictures of the model's shape."""

import numpy as np
import torch
from torch import Tensor

from dcgan.errors import ModelError
from dcgan.model import Model
from dcgan.networks.layers import ConvLayer
from dcgan.pixels import to_images
from dcgan.types import Pixels

BATCH = 64  # pictures at once: what memory depends on, and results do not


def layer_of(model: Model, layer: int) -> ConvLayer:
    """The convolution of the discriminator that makes a layer's feature maps.

    Raises:
        ModelError: There is no such layer.
    """
    layers = model.architecture.discriminator
    if not 0 <= layer < len(layers):
        raise ModelError(f"`layer` {layer}: this discriminator has layers 0 to {len(layers) - 1}")
    return layers[layer]


def images_of(model: Model, pixels: Pixels) -> Tensor:
    """Pixels (N, H, W, C), uint8, as images on the discriminator's device.

    Raises:
        ModelError: They are not of the model's size and channels.
    """
    size = model.architecture.size
    if pixels.shape[1:] != (shape := (size, size, model.architecture.channels)):
        raise ModelError(f"this discriminator judges pictures of shape {shape}, not {pixels.shape[1:]}")
    device = next(model.nets.discriminator.parameters()).device
    return to_images(torch.from_numpy(np.array(pixels)).to(device))
