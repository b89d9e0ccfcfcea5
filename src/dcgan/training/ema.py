"""The averaged generator: an exponential moving average of the weights over the images seen."""

import torch
from torch import nn

RAMP = 0.1  # the half-life never exceeds this share of the images seen, so that the first weights are soon forgotten


def average(averaged: nn.Module, current: nn.Module, *, half_life: int, images: int, batch_size: int) -> None:
    """Move the weights of `averaged` toward `current` after a step.

    Args:
        averaged: The averaged net, changed in place. Its buffers are left alone.
        current: The net in training.
        half_life: In images; after as many, half of an old weight's share is gone. 0 copies.
        images: Images seen so far, this step's included.
        batch_size: Images of this step.
    """
    limit = min(half_life, RAMP * images)
    decay = 0.5 ** (batch_size / limit) if limit else 0.0
    with torch.no_grad():
        torch._foreach_lerp_(list(averaged.parameters()), list(current.parameters()), 1 - decay)
