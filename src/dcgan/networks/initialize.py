"""How weights start (paper section 4: all from a normal of standard deviation 0.02)."""

import torch
from torch import nn

from dcgan.networks.architecture import Architecture, DiscriminatorArchitecture
from dcgan.networks.batch_norm import BatchNorm
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.generator import Generator
from dcgan.networks.spectral_norm import own_weight
from dcgan.randomness import Stream, torch_rng

STANDARD_DEVIATION = 0.02


def untrained_generator(architecture: Architecture, seed: int) -> Generator:
    """The generator that a training with this seed begins with."""
    generator = Generator(architecture)
    initialize(generator, torch_rng(Stream.GENERATOR_WEIGHTS, seed))
    return generator


def untrained_discriminator(architecture: DiscriminatorArchitecture, seed: int) -> Discriminator:
    """The discriminator that a training with this seed begins with: what its features are compared with."""
    discriminator = Discriminator(architecture)
    initialize(discriminator, torch_rng(Stream.DISCRIMINATOR_WEIGHTS, seed))
    return discriminator


@torch.no_grad()
def initialize(net: nn.Module, generator: torch.Generator) -> None:
    """Fill `net` in place: weights ~ N(0, 0.02), batch-norm weights ~ N(1, 0.02), biases 0."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            own_weight(module).normal_(0.0, STANDARD_DEVIATION, generator=generator)
            if module.bias is not None:
                module.bias.zero_()
        elif isinstance(module, BatchNorm) and isinstance(module.weight, nn.Parameter):
            module.weight.normal_(1.0, STANDARD_DEVIATION, generator=generator)
            module.bias.zero_()
