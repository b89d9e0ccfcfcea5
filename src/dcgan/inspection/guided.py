"""Guided back-propagation (Springenberg et al. 2015; paper section 6.2): what in a picture drives a unit.

A unit is one feature at one position of a layer's map. Its gradient with respect to the picture is hard to read, for
what excites the unit and what holds it back lie mixed. Guided back-propagation lets only excitement through: on the way
down, at each activation, the gradient is zeroed where it is negative, and where the activation itself was.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import FunctionCtx

from dcgan.inspection.inputs import BATCH, images_of, layer_of
from dcgan.model import Model
from dcgan.networks.discriminator import Activation, leaky_relu
from dcgan.types import OnProgress, Pixels

Signals = NDArray[np.float32]  # (N, H, W, C), one number for each of a picture's
Units = NDArray[np.int64]  # (N, 3): feature, row and column in the map


class _Guided(torch.autograd.Function):
    """LeakyReLU, with the guided rule in place of its gradient.

    The rule as written for ReLU has no place to zero the gradient below 0, where ReLU's is 0 already; LeakyReLU's is
    the slope there.
    """

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return leaky_relu(x)

    @staticmethod
    def backward(ctx: FunctionCtx, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors  # type: ignore[attr-defined]  # torch adds it
        return torch.where(x > 0, gradient.clamp(min=0), 0)


guided: Activation = _Guided.apply
plain: Activation = leaky_relu


def back_propagate(
    model: Model,
    pixels: Pixels,
    layer: int,
    units: Units,
    rule: Activation = guided,
    on_progress: OnProgress | None = None,
) -> Signals:
    """Lead the response of a unit back to the picture, for one unit in each picture.

    The net gets its activation as an argument of the call, so that nothing has to be hooked into it and removed again.
    Batch norm uses its fixed statistics: each saliency depends on its own picture alone.

    Args:
        model: Whose discriminator is looked into.
        pixels: (N, H, W, C), uint8.
        layer: Convolutional layer of the units, from 0.
        units: (N, 3), feature, row and column of each picture's unit.
        rule: `guided`, or `plain` for the gradient itself.
        on_progress: Called with (pictures, in all).

    Returns:
        (N, H, W, C): with `plain` the change of the response for a change of each value, images being in [-1, 1]; 0
        outside the unit's receptive field. With `guided` all of it is 0 where the unit's response is not above 0.

    Raises:
        ModelError: There is no such layer, or the pictures are not of the model's shape.
    """
    layer_of(model, layer)
    net = model.nets.discriminator.eval()
    saliency = np.empty(pixels.shape, np.float32)
    for start in range(0, len(pixels), BATCH):
        some = slice(start, start + BATCH)
        feature, row, column = torch.from_numpy(units[some]).unbind(1)
        with torch.enable_grad():
            images = images_of(model, pixels[some]).requires_grad_()
            maps = net.activations(images, rule)[layer]
            responses = maps[torch.arange(len(maps)), feature, row, column]
            (gradients,) = torch.autograd.grad(responses.sum(), images)  # of each picture's own: they do not mix
        saliency[some] = gradients.permute(0, 2, 3, 1).float().cpu().numpy()
        if on_progress:
            on_progress(min(start + BATCH, len(pixels)), len(pixels))
    return saliency
