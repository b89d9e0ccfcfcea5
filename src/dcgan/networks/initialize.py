"""How weights start (paper section 4: all from a normal of standard deviation 0.02)."""

import torch
from torch import nn

from dcgan.networks.batch_norm import BatchNorm
from dcgan.networks.spectral_norm import own_weight

STANDARD_DEVIATION = 0.02


@torch.no_grad()
def initialize(net: nn.Module, generator: torch.Generator) -> None:
    """Fill `net` in place: weights ~ N(0, 0.02), batch-norm weights ~ N(1, 0.02), biases 0."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            own_weight(module).normal_(0.0, STANDARD_DEVIATION, generator=generator)
            if module.bias is not None:
                module.bias.zero_()
        elif isinstance(module, BatchNorm):
            module.weight.normal_(1.0, STANDARD_DEVIATION, generator=generator)
            module.bias.zero_()
