"""What every inspection takes: a layer that is there, and pictures of the model's shape."""

import numpy as np
import torch
from torch import Tensor

from dcgan.errors import ModelError
from dcgan.model import Model, Pixels, to_images
from dcgan.networks.layouts import Stage

BATCH = 64  # pictures at once: what memory depends on, and results do not


def stage_of(model: Model, layer: int) -> Stage:
    """The stage of the discriminator that makes a layer's maps.

    Raises:
        ModelError: There is no such layer.
    """
    stages = model.architecture.discriminator
    if not 0 <= layer < len(stages):
        raise ModelError(f"--layer {layer}: this discriminator has layers 0 to {len(stages) - 1}")
    return stages[layer]


def images_of(model: Model, pixels: Pixels) -> Tensor:
    """Pixels (N, H, W, C), uint8, as images on the discriminator's device.

    Raises:
        ModelError: They are not of the model's size and channels.
    """
    size = model.architecture.size
    if pixels.shape[1:] != (shape := (size, size, model.architecture.channels)):
        raise ModelError(f"this discriminator judges pictures of shape {shape}, not {pixels.shape[1:]}")
    device = next(model.discriminator.parameters()).device
    return to_images(torch.from_numpy(np.array(pixels)).to(device))
