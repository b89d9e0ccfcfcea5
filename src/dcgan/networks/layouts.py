"""The layouts by name: lists of convolutions for any picture size, and the pairs of nets that are made of them."""

from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from dcgan.choices import LAYOUTS
from dcgan.networks.architecture import SIZES, Architecture, LatentDistribution, Normalization
from dcgan.networks.layers import WIDTHS, ConvLayer, require


def strided(size: int, base_channels: int, kernel_size: int | None) -> tuple[ConvLayer, ...]:
    """The discriminator of the paper's 64x64 and SVHN nets, for any size: halve until 7 or less, doubling the channels.

    They stop at eight times its start (1024 in the paper's faces net). Kernels are 4x4 by default.
    """
    return tuple(
        ConvLayer(base_channels * min(2**depth, 8), kernel_size or 4, stride=2) for depth in range(_halvings(size))
    )


def paired(size: int, base_channels: int, kernel_size: int | None) -> tuple[ConvLayer, ...]:
    """The discriminator of the paper's ImageNet net, for any size: a layer of stride 1 before each of stride 2.

    Kernels are 3x3 by default, as in the paper.
    """
    return tuple(
        ConvLayer(base_channels * min(2**depth, 8), kernel_size or 3, stride)
        for depth in range(_halvings(size))
        for stride in (1, 2)
    )


def pooled(size: int, base_channels: int, kernel_size: int | None) -> tuple[ConvLayer, ...]:
    """As `strided`, with kernels of 3x3 by default, and pooling or enlargement in place of their stride."""
    return tuple(replace(layer, pooled=True) for layer in strided(size, base_channels, kernel_size or 3))


def mirror(channels: int, discriminator: tuple[ConvLayer, ...]) -> tuple[ConvLayer, ...]:
    """The generator's layers for a discriminator: the same maps in reverse order, ending in the picture's channels.

    All three released pairs are mirrors of each other in this sense.
    """
    widths = (channels, *(layer.out_channels for layer in discriminator[:-1]))
    return tuple(
        replace(layer, out_channels=out_channels)
        for out_channels, layer in zip(reversed(widths), reversed(discriminator), strict=True)
    )


@dataclass(frozen=True, kw_only=True)
class NetOptions:
    """What a recipe says of its nets; each kind takes what it has a use for."""

    size: int
    channels: int
    classes: int  # of the labels that conditional nets are given
    layout: str
    base_channels: int
    kernel_size: int | None  # None: as the layout has it by default
    latent_dim: int
    latent_distribution: LatentDistribution
    batch_norm_eps: float
    normalization: Normalization
    history: int  # frames that nets are given to predict the next

    def interface(self, more: int = 0) -> dict[str, Any]:
        """What every `Interface` has; latent vectors have so many numbers more than z, the label's not counted."""
        return {
            "size": self.size,
            "channels": self.channels,
            "latent_dim": self.latent_dim + more + self.classes,
            "latent_distribution": self.latent_distribution,
            "classes": self.classes,
        }


def build_architecture(
    *,
    layout: str,
    size: int,
    channels: int,
    base_channels: int,
    kernel_size: int | None = None,
    latent_dim: int,
    latent_distribution: LatentDistribution,
    batch_norm_eps: float,
    normalization: Normalization = "batch",
) -> Architecture:
    """Lay out a mirrored pair of nets by the name of a layout, whose kernels have a side by default.

    Raises:
        ValueError: A value is outside its range.
        UsageError: There is no such layout.
    """
    require(size in SIZES, f"size must be {SIZES[0]} to {SIZES[-1]} pixels, not {size}")
    require(base_channels in WIDTHS, f"base_channels must be {WIDTHS[0]} to {WIDTHS[-1]}, not {base_channels}")
    discriminator = LAYOUTS[layout](size, base_channels, kernel_size)
    return Architecture(
        size=size,
        channels=channels,
        latent_dim=latent_dim,
        latent_distribution=latent_distribution,
        stem_channels=discriminator[-1].out_channels,
        generator=mirror(channels, discriminator),
        discriminator=discriminator,
        batch_norm_eps=batch_norm_eps,
        normalization=normalization,
    )


def _halvings(size: int) -> int:
    """How often `size` is halved, rounding up, until the map's side is 7 or less (64 -> 4, 28 -> 7, 100 -> 7)."""
    halvings = 0
    while ceil(size / 2**halvings) > 7:
        halvings += 1
    return halvings
