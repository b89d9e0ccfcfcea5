"""Spectral normalization of the discriminator."""

import torch
from torch import nn

from dcgan.networks.architecture import Architecture
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.initialize import initialize
from dcgan.networks.layouts import build_architecture
from dcgan.networks.spectral_norm import normalize_spectrally, own_weight


def architecture() -> Architecture:
    return build_architecture(
        layout="strided",
        size=16,
        channels=3,
        base_channels=4,
        kernel_size=4,
        latent_dim=8,
        latent_distribution="uniform",
        batch_norm_eps=1e-5,
        normalization="spectral",
    )


def test_the_largest_singular_value_becomes_one() -> None:
    layer = nn.Linear(7, 5)
    exact = own_weight(layer).detach() / torch.linalg.svdvals(own_weight(layer).detach())[0]
    normalize_spectrally(layer)
    for _ in range(200):
        layer(torch.zeros(1, 7))
    torch.testing.assert_close(layer.weight, exact, atol=1e-4, rtol=1e-4)


def test_it_agrees_with_torch_s_own() -> None:
    torch.manual_seed(0)
    ours, theirs = nn.Conv2d(3, 6, 3), nn.Conv2d(3, 6, 3)
    theirs.load_state_dict(ours.state_dict())
    normalize_spectrally(ours)
    nn.utils.parametrizations.spectral_norm(theirs, n_power_iterations=50)
    images = torch.rand(2, 3, 8, 8)
    for _ in range(100):
        ours(images)
    torch.testing.assert_close(ours(images), theirs(images), atol=1e-4, rtol=1e-4)


def test_the_gradient_is_that_of_the_quotient() -> None:
    layer = nn.Linear(4, 3, bias=False)
    normalize_spectrally(layer)
    layer.double()
    x, weight = torch.rand(2, 4, dtype=torch.double), own_weight(layer)

    def settled() -> torch.Tensor:
        for _ in range(500):  # power iteration until the singular value is exact
            layer.train()(x)
        judged: torch.Tensor = layer.eval()(x)
        return judged.square().sum()

    before = settled()
    before.backward()
    assert weight.grad is not None
    step = 1e-6 * torch.rand_like(weight)
    with torch.no_grad():
        weight.add_(step)
    torch.testing.assert_close(settled() - before, (weight.grad * step).sum(), rtol=1e-3, atol=1e-10)


def test_a_spectrally_normalized_discriminator_judges_each_picture_by_itself() -> None:
    net = Discriminator(architecture())
    initialize(net, torch.Generator().manual_seed(0))
    images = torch.rand(4, 3, 16, 16)
    net(images)
    net.eval()
    torch.testing.assert_close(net(images)[:1], net(images[:1]))


def test_its_start_depends_on_the_seed_alone() -> None:
    first, second = Discriminator(architecture()), Discriminator(architecture())
    for net in (first, second):
        initialize(net, torch.Generator().manual_seed(3))
        net(torch.ones(2, 3, 16, 16))
    for (name, one), other in zip(first.state_dict().items(), second.state_dict().values(), strict=True):
        assert torch.equal(one, other), name
