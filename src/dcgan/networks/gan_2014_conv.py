"""The convolutional nets of GAN 2014 (Goodfellow et al.) for CIFAR-10: what convolutions were before the DCGAN's."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from dcgan.networks.architecture import Interface
from dcgan.networks.families import ONLY_OF_DCGANS, NetFamily, initialize_itself
from dcgan.networks.gan_2014 import (
    CONTRAST,
    DISCRIMINATOR_RANGE,
    GENERATOR_RANGE,
    Maxout,
    fill_uniform,
    latent_scale,
    normalize_contrast,
)
from dcgan.networks.layouts import NetOptions

SIZE = 32
FIRST_SIDE = 10  # of the generator's only map
UNITS_FOR_EACH = 5  # units of the generator's hidden layers for each of the base channels, as without convolutions
HIDDEN_UNITS, HIDDEN_PIECES = 500, 5  # of the discriminator's last hidden layer
CHANNELS, PIECES = (32, 32, 192), 2  # of its maxout convolutions


@dataclass(frozen=True, kw_only=True)
class ConvArchitecture(Interface):
    """The convolutional pair, for pictures of 32x32.

    Raises:
        ValueError: A value is outside the range that its message names.
    """

    nets: ClassVar[str] = "gan-2014-cifar-conv"

    maps: int  # that the generator's second hidden layer is reshaped to, each of 10x10

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size != SIZE:
            raise ValueError(f"`size` must be {SIZE} pixels, not {self.size}")
        if type(self.maps) is not int or not 1 <= self.maps <= 256:
            raise ValueError(f"maps must be 1 to 256, not {self.maps}")


class ConvGenerator(nn.Module):
    """z (N, latent_dim) -> images (N, channels, 32, 32): two hidden layers, and one transposed convolution."""

    def __init__(self, architecture: ConvArchitecture) -> None:
        super().__init__()
        self.first_map = (architecture.maps, FIRST_SIDE, FIRST_SIDE)
        units = architecture.maps * FIRST_SIDE**2
        self.scale = latent_scale(architecture)
        self.first = nn.Linear(architecture.latent_dim, units)
        self.second = nn.Linear(units, units)
        self.output = nn.ConvTranspose2d(architecture.maps, architecture.channels, 5, stride=3, bias=False)
        self.bias = nn.Parameter(torch.empty(architecture.channels, SIZE, SIZE))  # one for each pixel

    def forward(self, z: Tensor) -> Tensor:
        """Draw images from latent vectors."""
        h = torch.relu(self.first(self.scale * z))
        h = torch.sigmoid(self.second(h)).reshape(-1, *self.first_map)
        images: Tensor = CONTRAST * (self.output(h).float() + self.bias)
        return images

    @torch.no_grad()
    def initialize(self, generator: torch.Generator) -> None:
        """Fill the weights."""
        fill_uniform(self, GENERATOR_RANGE, generator)
        self.bias.zero_()


class MaxoutConv(nn.Module):
    """A convolution each of whose maps is the larger of its pieces, then max pooling in overlapping windows."""

    def __init__(self, inputs: int, channels: int, kernel: int, padding: int, pool: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, channels * PIECES, kernel, padding=padding)
        self.pool = nn.MaxPool2d(pool, stride=2, ceil_mode=True)  # which takes in what is left over at the edge

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, channels, about H / 2, about W / 2)."""
        pieces: Tensor = self.convolution(x)
        maps: Tensor = self.pool(pieces.unflatten(1, (-1, PIECES)).amax(dim=2))
        return maps


class ConvDiscriminator(nn.Module):
    """images (N, channels, 32, 32) -> logits (N,): three maxout convolutions with pooling, a maxout layer, a unit.

    Dropout comes before each: of a fifth of the pixels, of half of what is in the maps and units.
    """

    def __init__(self, architecture: ConvArchitecture) -> None:
        super().__init__()
        first, second, third = CHANNELS
        self.layers = nn.Sequential(
            nn.Dropout(0.2),
            MaxoutConv(architecture.channels, first, kernel=8, padding=4, pool=4),  # 32 -> 33 -> 16
            nn.Dropout(0.5),
            MaxoutConv(first, second, kernel=8, padding=3, pool=4),  # 16 -> 15 -> 7
            nn.Dropout(0.5),
            MaxoutConv(second, third, kernel=5, padding=3, pool=2),  # 7 -> 9 -> 5
            nn.Flatten(),
            nn.Dropout(0.5),
            Maxout(third * 5**2, HIDDEN_UNITS, HIDDEN_PIECES),
            nn.Dropout(0.5),
            nn.Linear(HIDDEN_UNITS, 1),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Judge images."""
        logits: Tensor = self.layers(images.contiguous() / CONTRAST).squeeze(1).float()
        return logits

    def initialize(self, generator: torch.Generator) -> None:
        """Fill the weights."""
        fill_uniform(self, DISCRIMINATOR_RANGE, generator)


def _lay_out(options: NetOptions) -> ConvArchitecture:
    maps = max(1, UNITS_FOR_EACH * options.base_channels // FIRST_SIDE**2)
    return ConvArchitecture(**options.interface(), maps=maps)


CIFAR_CONV = NetFamily(
    architecture=ConvArchitecture,
    lay_out=_lay_out,
    generator=ConvGenerator,
    discriminator=ConvDiscriminator,
    initialize=initialize_itself,
    ignores=ONLY_OF_DCGANS,
    prepare=normalize_contrast,
)
