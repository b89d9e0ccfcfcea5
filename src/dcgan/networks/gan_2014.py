"""The fully connected nets of GAN 2014 (Goodfellow et al.), as in the settings that were released with the paper."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from dcgan.networks.architecture import Interface
from dcgan.networks.families import ONLY_OF_DCGANS, NetFamily, initialize_itself

PIECES = 5  # of a maxout unit; also how many units the generator's hidden layers have for each of the discriminator's
CONTRAST = 0.4  # standard deviation of an image with normalized contrast: 2.5 of it reach the ends of [-1, 1]
GENERATOR_RANGE, DISCRIMINATOR_RANGE, LINEAR_RANGE = 0.05, 0.005, 0.5  # weights start uniform in plus and minus these
UNITS = range(1, 4097)


@dataclass(frozen=True, kw_only=True)
class MnistArchitecture(Interface):
    """Hidden layers of ReLU, and a sigmoid output of pixels in [0, 1].

    Raises:
        ValueError: A value is outside the range that its message names.
    """

    nets: ClassVar[str] = "gan-2014-mnist"
    sigmoid: ClassVar[bool] = True

    units: int  # of each of the discriminator's hidden layers; the generator's have five times as many

    def __post_init__(self) -> None:
        super().__post_init__()
        if type(self.units) is not int or self.units not in UNITS:
            raise ValueError(f"units must be {UNITS[0]} to {UNITS[-1]:,}, not {self.units}")


@dataclass(frozen=True, kw_only=True)
class CifarArchitecture(MnistArchitecture):
    """A hidden layer of ReLU, one of sigmoid units, and a linear output of pictures with normalized contrast."""

    nets: ClassVar[str] = "gan-2014-cifar"
    sigmoid: ClassVar[bool] = False


class FullyConnectedGenerator(nn.Module):
    """z (N, latent_dim) -> images (N, channels, size, size): two hidden layers."""

    def __init__(self, architecture: MnistArchitecture) -> None:
        super().__init__()
        self.shape = (architecture.channels, architecture.size, architecture.size)
        self.sigmoid = architecture.sigmoid
        self.scale = latent_scale(architecture)
        units = PIECES * architecture.units
        self.first = nn.Linear(architecture.latent_dim, units)
        self.second = nn.Linear(units, units)
        self.output = nn.Linear(units, architecture.channels * architecture.size**2)

    def forward(self, z: Tensor) -> Tensor:
        """Draw images from latent vectors."""
        h = torch.relu(self.first(self.scale * z))
        h = torch.relu(self.second(h)) if self.sigmoid else torch.sigmoid(self.second(h))
        images: Tensor = self.output(h).float().reshape(-1, *self.shape)
        if self.sigmoid:
            return torch.tanh(images / 2)  # 2 sigmoid - 1
        return images.mul(CONTRAST)

    def initialize(self, generator: torch.Generator) -> None:
        """Fill the weights."""
        fill_uniform(self.first, GENERATOR_RANGE, generator)
        fill_uniform(self.second, GENERATOR_RANGE, generator)
        fill_uniform(self.output, GENERATOR_RANGE if self.sigmoid else LINEAR_RANGE, generator)

    @torch.no_grad()
    def start_from(self, mean: Tensor) -> None:
        """Let the untrained net, with a sigmoid, draw about the mean (C, H, W) of real images: their marginals."""
        self.output.bias.copy_(torch.logit((mean.flatten() + 1) / 2, eps=1e-3))


class Maxout(nn.Module):
    """A linear layer each of whose units is the largest of its pieces (Goodfellow et al. 2013)."""

    def __init__(self, inputs: int, units: int, pieces: int = PIECES) -> None:
        super().__init__()
        self.pieces = pieces
        self.linear = nn.Linear(inputs, units * pieces)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs) -> (N, units)."""
        pieces: Tensor = self.linear(x)
        return pieces.reshape(x.shape[0], -1, self.pieces).amax(dim=2)


class MaxoutDiscriminator(nn.Module):
    """images (N, channels, size, size) -> logits (N,).

    Two maxout layers and a linear unit, with dropout before each: of a fifth of the pixels, of half of the units.
    """

    def __init__(self, architecture: MnistArchitecture) -> None:
        super().__init__()
        self.sigmoid = architecture.sigmoid
        self.layers = nn.Sequential(
            nn.Dropout(0.2),
            Maxout(architecture.channels * architecture.size**2, architecture.units),
            nn.Dropout(0.5),
            Maxout(architecture.units, architecture.units),
            nn.Dropout(0.5),
            nn.Linear(architecture.units, 1),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Judge images."""
        images = (images + 1) / 2 if self.sigmoid else images / CONTRAST
        logits: Tensor = self.layers(images.contiguous().flatten(1)).squeeze(1).float()
        return logits

    def initialize(self, generator: torch.Generator) -> None:
        """Fill the weights."""
        fill_uniform(self, DISCRIMINATOR_RANGE, generator)


def latent_scale(architecture: Interface) -> float:
    """What brings z to variance 1: the released nets take U(-sqrt 3, sqrt 3) or N(0, 1)."""
    return 3**0.5 if architecture.latent_distribution == "uniform" else 1.0


def normalize_contrast(images: Tensor, _turn: int = 0) -> Tensor:
    """Images (N, C, H, W) with mean 0 and one standard deviation each (global contrast normalization)."""
    flat = images.flatten(1)
    flat = flat - flat.mean(dim=1, keepdim=True)
    deviation = flat.square().mean(dim=1, keepdim=True).sqrt().clamp_min(1e-3)
    return (CONTRAST * flat / deviation).reshape(images.shape)


@torch.no_grad()
def fill_uniform(net: nn.Module, reach: float, generator: torch.Generator) -> None:
    """Fill all weights of a net or layer with U(-reach, reach); biases 0."""
    for module in net.modules():
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            module.weight.uniform_(-reach, reach, generator=generator)
            if module.bias is not None:
                module.bias.zero_()


MNIST = NetFamily(
    architecture=MnistArchitecture,
    lay_out=lambda options: MnistArchitecture(**options.interface(), units=options.base_channels),
    generator=FullyConnectedGenerator,
    discriminator=MaxoutDiscriminator,
    initialize=initialize_itself,
    ignores=ONLY_OF_DCGANS,
    start=FullyConnectedGenerator.start_from,
)
CIFAR = NetFamily(
    architecture=CifarArchitecture,
    lay_out=lambda options: CifarArchitecture(**options.interface(), units=options.base_channels),
    generator=FullyConnectedGenerator,
    discriminator=MaxoutDiscriminator,
    initialize=initialize_itself,
    ignores=ONLY_OF_DCGANS,
    prepare=normalize_contrast,
)
