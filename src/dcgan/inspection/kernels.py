"""The first layer's kernels, which are small pictures themselves."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dcgan.model import Model


def first_kernels(model: Model) -> NDArray[np.float32]:
    """What each feature of the first layer weighs the pixels by: (F, kernel, kernel, C), of either sign."""
    weights = model.nets.discriminator.convolutions[0].weight  # as the net uses it: spectrally normalized, if it is
    assert isinstance(weights, Tensor)
    return np.ascontiguousarray(weights.detach().float().permute(0, 2, 3, 1).cpu().numpy())
