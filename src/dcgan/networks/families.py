"""The kinds of nets: how each is laid out, built and initialized. One of your own goes into `dcgan.choices.NETS`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from dcgan.choices import NETS
from dcgan.networks.architecture import Architecture, Interface
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.generator import Generator
from dcgan.networks.initialize import initialize
from dcgan.networks.layouts import NetOptions, build_architecture
from dcgan.randomness import Stream, torch_rng

Initialize = Callable[[Any, torch.Generator], None]

ONLY_OF_DCGANS = frozenset(
    {"layout", "kernel_size", "batch_norm_eps", "normalization", "sync_batch_norm", "freeze_discriminator"}
)
"""Settings of the recipe that the nets before the DCGAN do not read."""

ONLY_OF_CLIPS = frozenset({"history", "fps", "pixel_loss", "gradient_difference_weight", "adversarial_weight"})
"""Settings of the recipe that nets read which continue clips."""


class SelfInitializing(Protocol):
    """A net that fills its own weights."""

    def initialize(self, generator: torch.Generator) -> None:
        """Fill the weights."""


def initialize_itself(net: SelfInitializing, generator: torch.Generator) -> None:
    """Have a net fill its weights."""
    net.initialize(generator)


def draw_from_z(generator: nn.Module, z: Tensor, _real: Tensor) -> Tensor:
    """G(z)."""
    images: Tensor = generator(z)
    return images


def as_they_are(real: Tensor, _turn: int) -> Tensor:
    """Real images as they are."""
    return real


@dataclass(frozen=True, kw_only=True)
class NetFamily:
    """One kind of nets.

    Attributes:
        architecture: What fixes a pair of nets of this kind, and stands in a model's card.
        lay_out: An architecture by a recipe's options; raises ValueError where this kind has no such nets.
        generator: The generator of an architecture: latent vectors (N, latent_dim) to images (N, C, H, W) in [-1, 1].
        discriminator: The discriminator: images to logits (N,); of conditional nets images and labels, one-hot
            (N, classes).
        initialize: Fills the weights of either net.
        conditional: Whether the nets are given labels.
        ignores: Settings of the recipe that these nets do not read.
        prepare: Real images as they are trained on, by the number of the turn (0, 1, ...), in which both nets learn.
        levels: How many levels an architecture has, which learn by turns; the last has whole images.
        draw: Images like such real ones in training, from the generator, z and the real ones.
        continues: Whether `draw` continues each real image, a clip, so that the two can be compared pixel by pixel.
        start: Lets an untrained generator begin with the mean of real images (C, H, W).
    """

    architecture: type[Interface]
    lay_out: Callable[[NetOptions], Interface]
    generator: Callable[[Any], nn.Module]
    discriminator: Callable[[Any], nn.Module]
    initialize: Initialize = initialize
    conditional: bool = False
    ignores: frozenset[str] = frozenset()
    prepare: Callable[[Tensor, int], Tensor] = as_they_are
    levels: Callable[[Any], int] = lambda _: 1
    draw: Callable[[Any, Tensor, Tensor], Tensor] = draw_from_z
    continues: bool = False
    start: Callable[[Any, Tensor], None] | None = None

    def reads(self, setting: str) -> bool:
        """Whether a setting of the recipe changes anything with these nets."""
        if setting in ONLY_OF_CLIPS:
            return self.continues
        return self.conditional if setting == "classes" else setting not in self.ignores


def untrained_nets(architecture: Interface, seed: int) -> tuple[nn.Module, nn.Module]:
    """The generator and the discriminator that a training with this seed begins with."""
    family = NETS[architecture.nets]
    generator, discriminator = family.generator(architecture), family.discriminator(architecture)
    family.initialize(generator, torch_rng(Stream.GENERATOR_WEIGHTS, seed))
    family.initialize(discriminator, torch_rng(Stream.DISCRIMINATOR_WEIGHTS, seed))
    return generator, discriminator


def _lay_out(options: NetOptions) -> Architecture:
    others = ("classes", "history")
    return build_architecture(**{name: value for name, value in vars(options).items() if name not in others})


DCGAN = NetFamily(architecture=Architecture, lay_out=_lay_out, generator=Generator, discriminator=Discriminator)
