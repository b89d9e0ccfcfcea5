"""The conditional DCGAN: both nets are given the label, at every layer (the authors' released MNIST net)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dcgan.networks.architecture import Architecture
from dcgan.networks.batch_norm import BatchNorm
from dcgan.networks.discriminator import leaky_relu
from dcgan.networks.families import NetFamily
from dcgan.networks.generator import transposed_convolution
from dcgan.networks.layouts import NetOptions, mirror, strided

WIDENING = 16  # units of the fully connected hidden layers, times the base channels: 1024 where they are 64


@dataclass(frozen=True, kw_only=True)
class ConditionalArchitecture(Architecture):
    """A pair of conditional nets: those of a DCGAN, with a fully connected hidden layer each.

    Raises:
        ValueError: A value is outside the range that its message names.
    """

    nets: ClassVar[str] = "conditional-dcgan"

    hidden_units: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if type(self.hidden_units) is not int or not 1 <= self.hidden_units <= 2**16:
            raise ValueError(f"hidden_units must be 1 to {2**16:,}, not {self.hidden_units}")
        if self.classes < 2:
            raise ValueError(f"conditional nets need two classes or more, not {self.classes}")


class ConditionalGenerator(nn.Module):
    """z and label (N, latent_dim) -> images (N, channels, size, size) in (-1, 1).

    Two linear layers, then transposed convolutions; batch norm without weight and bias, and ReLU, after each but the
    last, which ends in a sigmoid (of pixels in [0, 1]). The input of every layer has the label, one-hot, beside it.
    """

    def __init__(self, architecture: ConditionalArchitecture) -> None:
        super().__init__()
        maps, eps, classes = architecture.generator_geometry, architecture.batch_norm_eps, architecture.classes
        self.classes = classes
        self.first_map = (architecture.stem_channels, maps[0].small, maps[0].small)
        units = architecture.stem_channels * maps[0].small ** 2
        self.hidden = nn.Linear(architecture.latent_dim, architecture.hidden_units, bias=False)
        self.hidden_norm = BatchNorm(architecture.hidden_units, eps, affine=False)
        self.stem = nn.Linear(architecture.hidden_units + classes, units, bias=False)
        self.stem_norm = BatchNorm(units, eps, affine=False)
        self.convolutions = nn.ModuleList()
        self.norms = nn.ModuleList()
        width = architecture.stem_channels
        for layer, fit in zip(architecture.generator, maps, strict=True):
            self.convolutions.append(transposed_convolution(width + classes, layer, fit))
            self.norms.append(BatchNorm(layer.out_channels, eps, affine=False))
            width = layer.out_channels
        self.norms.pop(-1)  # the output layer has none

    def forward(self, z: Tensor) -> Tensor:
        """Draw images from latent vectors."""
        labels = z[:, -self.classes :]
        h = F.relu(self.hidden_norm(self.hidden(z)))
        h = F.relu(self.stem_norm(self.stem(torch.cat([h, labels], dim=1))))
        h = h.reshape(-1, *self.first_map)
        for convolution, norm in zip(self.convolutions[:-1], self.norms, strict=True):
            h = F.relu(norm(convolution(with_labels(h, labels))))
        return torch.tanh(self.convolutions[-1](with_labels(h, labels)).float() / 2)  # 2 sigmoid - 1


class ConditionalDiscriminator(nn.Module):
    """images (N, channels, size, size) in [-1, 1] and labels, one-hot (N, classes) -> logits (N,).

    Strided convolutions, then two linear layers; LeakyReLU 0.2, and batch norm without weight and bias after each
    hidden layer but the first. It sees pixels in [0, 1], and the input of every layer has the label beside it.
    """

    def __init__(self, architecture: ConditionalArchitecture) -> None:
        super().__init__()
        maps, eps, classes = architecture.discriminator_geometry, architecture.batch_norm_eps, architecture.classes
        self.convolutions = nn.ModuleList()
        self.norms = nn.ModuleList()
        width = architecture.channels
        for layer, fit in zip(architecture.discriminator, maps, strict=True):
            if self.convolutions:  # the input layer has no norm
                self.norms.append(BatchNorm(layer.out_channels, eps, affine=False))
            self.convolutions.append(
                nn.Conv2d(width + classes, layer.out_channels, layer.kernel_size, layer.stride, fit.padding, bias=False)
            )
            width = layer.out_channels
        units = width * maps[-1].small ** 2
        self.hidden = nn.Linear(units + classes, architecture.hidden_units, bias=False)
        self.hidden_norm = BatchNorm(architecture.hidden_units, eps, affine=False)
        self.head = nn.Linear(architecture.hidden_units + classes, 1, bias=False)

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Judge images, each as one of its label."""
        h = leaky_relu(self.convolutions[0](with_labels((images + 1) / 2, labels)))
        for convolution, norm in zip(self.convolutions[1:], self.norms, strict=True):
            h = leaky_relu(norm(convolution(with_labels(h, labels))))
        h = torch.cat([h.contiguous().flatten(1), labels], dim=1)
        h = leaky_relu(self.hidden_norm(self.hidden(h)))
        logits: Tensor = self.head(torch.cat([h, labels], dim=1)).squeeze(1).float()
        return logits


def with_labels(maps: Tensor, labels: Tensor) -> Tensor:
    """Maps (N, C, H, W) with one more for each class: 1 everywhere for the label, else 0."""
    more = labels[:, :, None, None].expand(-1, -1, *maps.shape[2:])
    return torch.cat([maps, more.to(maps.dtype)], dim=1)


def _lay_out(options: NetOptions) -> ConditionalArchitecture:
    discriminator = strided(options.size, options.base_channels, options.kernel_size)
    return ConditionalArchitecture(
        **options.interface(),
        stem_channels=discriminator[-1].out_channels,
        generator=mirror(options.channels, discriminator),
        discriminator=discriminator,
        batch_norm_eps=options.batch_norm_eps,
        hidden_units=WIDENING * options.base_channels,
    )


CONDITIONAL_DCGAN = NetFamily(
    architecture=ConditionalArchitecture,
    lay_out=_lay_out,
    generator=ConditionalGenerator,
    discriminator=ConditionalDiscriminator,
    conditional=True,
    ignores=frozenset({"layout", "normalization", "freeze_discriminator"}),
)
