"""The net that guesses z."""

import pytest
import torch

from dcgan.networks.architecture import Architecture, LatentDistribution
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.encoder import EncoderNet
from dcgan.networks.initialize import initialize
from dcgan.networks.layouts import build_architecture


def lay_out(size: int, distribution: LatentDistribution, layout: str = "strided") -> Architecture:
    return build_architecture(
        layout=layout,
        size=size,
        channels=3,
        base_channels=2,
        kernel_size=3,
        latent_dim=7,
        latent_distribution=distribution,
        batch_norm_eps=1e-5,
    )


@pytest.mark.parametrize("size", [16, 33, 64])
@pytest.mark.parametrize("layout", ["strided", "paired"])
def test_it_takes_pictures_of_the_model_and_gives_its_z(size: int, layout: str) -> None:
    net = EncoderNet(lay_out(size, "normal", layout))
    initialize(net, torch.Generator().manual_seed(0))
    assert net(torch.rand(4, 3, size, size)).shape == (4, 7)


@pytest.mark.parametrize(("distribution", "is_bounded"), [("uniform", True), ("normal", False)])
def test_only_uniform_z_are_kept_in_the_cube(distribution: LatentDistribution, is_bounded: bool) -> None:
    net = EncoderNet(lay_out(16, distribution))
    initialize(net, torch.Generator().manual_seed(0))
    with torch.no_grad():
        net.head.weight.mul_(1000)
        largest = float(net(torch.rand(8, 3, 16, 16)).abs().max())
    assert (largest <= 1) == is_bounded


def test_its_layers_are_those_of_the_discriminator_with_batch_norm() -> None:
    architecture = lay_out(16, "normal")
    encoder, discriminator = EncoderNet(architecture), Discriminator(architecture)
    theirs = {name: tensor.shape for name, tensor in discriminator.state_dict().items() if "head" not in name}
    assert {name: tensor.shape for name, tensor in encoder.state_dict().items() if "head" not in name} == theirs
