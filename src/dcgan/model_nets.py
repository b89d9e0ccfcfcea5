"""The nets of a model as a DCGAN's, for what looks into their layers."""

from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import nn

from dcgan.errors import ModelError
from dcgan.networks.architecture import Architecture, DiscriminatorArchitecture, Interface
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.generator import Generator

Real = TypeVar("Real", bound=np.floating[Any])


class Nets(NamedTuple):
    """A pair of dcgan's own nets, whose layers can be looked into."""

    architecture: Architecture
    generator: Generator
    discriminator: Discriminator


class DiscriminatorNet(NamedTuple):
    """A DCGAN's discriminator, whose layers can be looked into, whatever generator it has judged."""

    architecture: DiscriminatorArchitecture
    discriminator: Discriminator


def dcgan_nets(interface: Interface, generator: nn.Module, discriminator: nn.Module, what: str, remedy: str) -> Nets:
    """Both nets as a DCGAN's, as `dcgan.Model.nets_for` describes it.

    Raises:
        ModelError: They are of another kind.
    """
    match interface, generator, discriminator:
        case Architecture() as architecture, Generator() as from_z, Discriminator() as judge:
            return Nets(architecture, from_z, judge)
    raise _no_dcgan(interface, what, remedy)


def dcgan_discriminator(interface: Interface, discriminator: nn.Module, what: str, remedy: str) -> DiscriminatorNet:
    """The discriminator as a DCGAN's, as `dcgan.Model.discriminator_net` describes it.

    Raises:
        ModelError: It is of another kind.
    """
    match interface, discriminator:
        case DiscriminatorArchitecture() as architecture, Discriminator() as judge:
            return DiscriminatorNet(architecture, judge)
    raise _no_dcgan(interface, what, remedy)


def check_finite(features: NDArray[Real]) -> NDArray[Real]:
    """The features that a discriminator made, or distances between them, as they are.

    Raises:
        ModelError: Some are infinite or no numbers: the net's weights are too large.
    """
    if not np.isfinite(features).all():
        raise ModelError(
            "the discriminator of this model gives numbers that are not finite, since its weights are too large: take "
            "an earlier checkpoint of its run"
        )
    return features


def _no_dcgan(interface: Interface, what: str, remedy: str) -> ModelError:
    kind = interface.nets or "your own"
    return ModelError(f"{what} needs the layers of a DCGAN, and the nets of this model are {kind}: {remedy}")
