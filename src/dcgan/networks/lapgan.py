"""LAPGAN (Denton et al. 2015): a picture drawn small, then refined to twice its side again and again.

Each level is a GAN of its own. The base net draws pictures of 8x8; a refiner is given a picture enlarged to twice its
side and draws the difference to a sharp one. Levels learn from real pictures made small, never from each other's, so
they can learn by turns; samples come from the whole chain.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dcgan.networks.architecture import LATENT_DIMS, Interface
from dcgan.networks.families import ONLY_OF_DCGANS, NetFamily, initialize_itself
from dcgan.networks.layouts import NetOptions

BASE = 8  # side of the smallest pictures
SIZES = (16, 32, 64)
BASE_GENERATOR, BASE_DISCRIMINATOR = 1200, 600  # units of each hidden layer of the base nets
GENERATOR_STD, DISCRIMINATOR_STD = 0.05, 0.005  # of the weights that the base nets start from
BASE_NET = ("base", "levels.0")  # how their names begin
CONTRAST = 0.5  # about the standard deviation of an image: the nets work on images divided by it


@dataclass(frozen=True, kw_only=True)
class LaplacianArchitecture(Interface):
    """A chain of generators, each with its discriminator.

    A latent vector has the base net's z, then a noise map for each refiner, then the label of conditional nets.

    Raises:
        ValueError: A value is outside the range that its message names.
    """

    nets: ClassVar[str] = "lapgan"

    base_dim: int  # numbers of the base net's z
    maps: int  # of each of a refiner's hidden layers

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size not in SIZES:
            raise ValueError(f"`size` must be 16, 32 or 64 pixels, not {self.size}")
        if type(self.maps) is not int or not 1 <= self.maps <= 1024:
            raise ValueError(f"maps (`base_channels`) must be 1 to 1024, not {self.maps}")
        noise = sum(side**2 for side in self.sides[1:])
        if type(self.base_dim) is not int or self.base_dim < 1 or self.base_dim + noise != self.noise_dim:
            raise ValueError(f"base_dim {self.base_dim} and {noise} numbers of noise are not latent_dim")

    @property
    def sides(self) -> tuple[int, ...]:
        """Sides of the pictures of each level, pixels: 8, 16, ... up to `size`."""
        return sides_of(self.size)


@dataclass(frozen=True, kw_only=True)
class ConditionalLaplacianArchitecture(LaplacianArchitecture):
    """The same with nets that are given the label."""

    nets: ClassVar[str] = "conditional-lapgan"


class BaseGenerator(nn.Module):
    """[z, label] -> images (N, channels, 8, 8): two fully connected hidden layers, ReLU and sigmoid."""

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(inputs, BASE_GENERATOR),
            nn.ReLU(),
            nn.Linear(BASE_GENERATOR, BASE_GENERATOR),
            nn.Sigmoid(),
            nn.Linear(BASE_GENERATOR, channels * BASE**2),
            nn.Unflatten(1, (channels, BASE, BASE)),
        )

    def forward(self, z: Tensor) -> Tensor:
        """Draw."""
        images: Tensor = CONTRAST * self.layers(z).float()
        return images


class BaseDiscriminator(nn.Module):
    """images (N, channels, 8, 8) and labels -> logits (N,): two fully connected hidden layers with dropout."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(channels * BASE**2 + classes, BASE_DISCRIMINATOR),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(BASE_DISCRIMINATOR, BASE_DISCRIMINATOR),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(BASE_DISCRIMINATOR, 1),
        )

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Judge."""
        x = images.contiguous().flatten(1) / CONTRAST
        logits: Tensor = self.layers(x if labels is None else torch.cat([x, labels], dim=1)).squeeze(1).float()
        return logits


class LabelMap(nn.Module):
    """Labels (N, classes) -> one map (N, 1, side, side)."""

    def __init__(self, classes: int, side: int) -> None:
        super().__init__()
        self.linear = nn.Linear(classes, side**2)
        self.side = side

    def forward(self, labels: Tensor) -> Tensor:
        """Draw the map."""
        return F.relu(self.linear(labels)).reshape(-1, 1, self.side, self.side)


class Refiner(nn.Module):
    """Blurred images (N, channels, side, side) and noise (N, 1, side, side) -> images that are sharp."""

    def __init__(self, channels: int, maps: int, classes: int, side: int) -> None:
        super().__init__()
        self.label_map = LabelMap(classes, side) if classes else None
        self.layers = nn.Sequential(
            nn.Conv2d(channels + 1 + (classes > 0), maps, 7, padding=3),
            nn.ReLU(),
            nn.Conv2d(maps, maps, 7, padding=3),
            nn.ReLU(),
            nn.Conv2d(maps, channels, 5, padding=2),
        )

    def forward(self, blurred: Tensor, noise: Tensor, labels: Tensor | None = None) -> Tensor:
        """Add the difference."""
        inputs = [noise, blurred / CONTRAST]
        if self.label_map is not None and labels is not None:
            inputs.append(self.label_map(labels))
        difference: Tensor = self.layers(torch.cat(inputs, dim=1)).float()
        return blurred + difference.mul(CONTRAST)


class RefinerDiscriminator(nn.Module):
    """images (N, channels, side, side) and labels -> logits (N,): two convolutions, dropout, a linear unit."""

    def __init__(self, channels: int, maps: int, classes: int, side: int) -> None:
        super().__init__()
        self.label_map = LabelMap(classes, side) if classes else None
        last = (side - 4 - 5) // 2 + 1
        self.layers = nn.Sequential(
            nn.Conv2d(channels + (classes > 0), maps, 5),
            nn.ReLU(),
            nn.Conv2d(maps, maps, 5, stride=2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(0.5),
            nn.Linear(maps * last**2, 1),
        )

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Judge."""
        x = images / CONTRAST
        if self.label_map is not None and labels is not None:
            x = torch.cat([x, self.label_map(labels)], dim=1)
        logits: Tensor = self.layers(x.contiguous()).squeeze(1).float()
        return logits


class LaplacianGenerator(nn.Module):
    """Latent vectors (N, latent_dim) -> images (N, channels, size, size), through the whole chain."""

    def __init__(self, architecture: LaplacianArchitecture) -> None:
        super().__init__()
        channels, classes = architecture.channels, architecture.classes
        self.architecture = architecture
        self.base = BaseGenerator(architecture.base_dim + classes, channels)
        self.refiners = nn.ModuleList(
            Refiner(channels, architecture.maps, classes, side) for side in architecture.sides[1:]
        )

    def forward(self, z: Tensor) -> Tensor:
        """Draw images, from the smallest up."""
        return self.pyramid(z)[-1]

    def pyramid(self, z: Tensor) -> list[Tensor]:
        """The image of each level, (N, channels, side, side), from the smallest up."""
        images = [self.draw(z, 0)]
        for level in range(1, len(self.architecture.sides)):
            images.append(self.draw(z, level, images[-1]))
        return images

    def draw(self, z: Tensor, level: int, coarse: Tensor | None = None) -> Tensor:
        """The images of one level, from those of the level before."""
        sizes = [self.architecture.base_dim, *(side**2 for side in self.architecture.sides[1:])]
        *noise, labels = z.split([*sizes, self.architecture.classes], dim=1)
        if coarse is None:
            images: Tensor = self.base(torch.cat([noise[0], labels], dim=1))
            return images
        side = self.architecture.sides[level]
        refine = self.refiners[level - 1]
        sharp: Tensor = refine(enlarged(coarse), noise[level].unflatten(1, (1, side, side)), labels)
        return sharp

    def draw_for(self, z: Tensor, real: Tensor) -> Tensor:
        """In training: the level of the real images (N, channels, side, side) draws, from these made smaller."""
        level = self.architecture.sides.index(real.shape[-1])
        return self.draw(z, level, shrunk(real) if level else None)

    def initialize(self, generator: torch.Generator) -> None:
        """Fill the weights."""
        _initialize(self, GENERATOR_STD, generator)


class LaplacianDiscriminator(nn.Module):
    """images of any level (N, channels, side, side) and labels, one-hot (N, classes) -> logits (N,)."""

    def __init__(self, architecture: LaplacianArchitecture) -> None:
        super().__init__()
        channels, classes = architecture.channels, architecture.classes
        self.sides = architecture.sides
        self.levels = nn.ModuleList([BaseDiscriminator(channels, classes)])
        self.levels.extend(RefinerDiscriminator(channels, architecture.maps, classes, side) for side in self.sides[1:])

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Judge images, by the level that draws such."""
        logits: Tensor = self.levels[self.sides.index(images.shape[-1])](images, labels)
        return logits

    def initialize(self, generator: torch.Generator) -> None:
        """Fill the weights."""
        _initialize(self, DISCRIMINATOR_STD, generator)


def sides_of(size: int) -> tuple[int, ...]:
    """Sides of the pictures of each level: 8, 16, ... up to `size`."""
    return tuple(BASE * 2**level for level in range((size // BASE).bit_length()))


def shrunk(images: Tensor) -> Tensor:
    """Images at half their side, by the mean of every four pixels."""
    return F.avg_pool2d(images, 2)


def enlarged(images: Tensor) -> Tensor:
    """Images at twice their side, blurred."""
    return F.interpolate(images, scale_factor=2, mode="bilinear", align_corners=False)


def level_of(images: Tensor, turn: int) -> Tensor:
    """Real images (N, C, H, W) at the side of the level whose turn it is: the levels learn by turns."""
    levels = len(sides_of(images.shape[-1]))
    for _ in range(levels - 1 - turn % levels):
        images = shrunk(images)
    return images


@torch.no_grad()
def _initialize(net: nn.Module, std: float, generator: torch.Generator) -> None:
    """Fill the weights of the base net with N(0, std), those of refiners uniformly by their inputs, as torch's own."""
    for name, module in net.named_modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            reach = module.weight[0].numel() ** -0.5
            for parameter in module.parameters():
                if name.startswith(BASE_NET):
                    parameter.normal_(0.0, std if parameter.ndim > 1 else 0.0, generator=generator)
                else:
                    parameter.uniform_(-reach, reach, generator=generator)


def _lay_out(architecture: type[LaplacianArchitecture], options: NetOptions) -> LaplacianArchitecture:
    noise = sum(side**2 for side in sides_of(options.size)[1:])
    most = LATENT_DIMS[-1] - noise - options.classes
    if options.latent_dim > most:
        raise ValueError(f"`latent_dim` must be 1 to {most}, as refiners are given {noise} more numbers of noise")
    return architecture(**options.interface(noise), base_dim=options.latent_dim, maps=options.base_channels)


LAPGAN = NetFamily(
    architecture=LaplacianArchitecture,
    lay_out=lambda options: _lay_out(LaplacianArchitecture, options),
    generator=LaplacianGenerator,
    discriminator=LaplacianDiscriminator,
    initialize=initialize_itself,
    ignores=ONLY_OF_DCGANS,
    prepare=level_of,
    levels=lambda architecture: len(architecture.sides),
    draw=LaplacianGenerator.draw_for,
)
CONDITIONAL_LAPGAN = NetFamily(
    architecture=ConditionalLaplacianArchitecture,
    lay_out=lambda options: _lay_out(ConditionalLaplacianArchitecture, options),
    generator=LaplacianGenerator,
    discriminator=LaplacianDiscriminator,
    initialize=initialize_itself,
    ignores=ONLY_OF_DCGANS,
    conditional=True,
    prepare=level_of,
    levels=lambda architecture: len(architecture.sides),
    draw=LaplacianGenerator.draw_for,
)
