"""The nets of GAN 2014: shapes and sizes of the released settings, maxout, dropout, and what they begin with."""

import math

import pytest
import torch
from torch import nn

from dcgan.errors import RecipeError
from dcgan.networks.families import untrained_nets
from dcgan.networks.gan_2014 import CONTRAST, FullyConnectedGenerator, Maxout, normalize_contrast
from dcgan.networks.gan_2014_conv import ConvDiscriminator
from dcgan.training.presets import preset
from dcgan.training.recipe import Recipe


def parameters(net: nn.Module) -> int:
    return sum(parameter.numel() for parameter in net.parameters())


def test_the_digits_nets_are_those_of_the_released_settings() -> None:
    generator, discriminator = untrained_nets(preset("gan-2014-mnist").lay_out(), 0)
    assert parameters(generator) == 101 * 1200 + 1201 * 1200 + 1201 * 784
    assert parameters(discriminator) == 785 * 240 * 5 + 241 * 240 * 5 + 241


@pytest.mark.parametrize(
    ("nets", "size", "channels"),
    [("gan-2014-mnist", 28, 1), ("gan-2014-mnist", 17, 3), ("gan-2014-cifar", 32, 3), ("gan-2014-cifar-conv", 32, 3)],
)
def test_they_draw_and_judge_pictures(nets: str, size: int, channels: int) -> None:
    laid_out = Recipe(nets=nets, size=size, channels=channels, base_channels=20, latent_dim=5).lay_out()
    generator, discriminator = untrained_nets(laid_out, 0)
    images = generator(torch.rand(3, 5) * 2 - 1)
    assert images.shape == (3, channels, size, size)
    assert discriminator(images).shape == (3,)
    assert not torch.equal(images[0], images[1])


def test_the_convolutions_come_down_to_192_maps_of_5x5() -> None:
    _, discriminator = untrained_nets(
        Recipe(nets="gan-2014-cifar-conv", size=32, channels=3, base_channels=20).lay_out(), 0
    )
    assert isinstance(discriminator, ConvDiscriminator)
    assert discriminator.layers[:6](torch.zeros(2, 3, 32, 32)).shape == (2, 192, 5, 5)


def test_the_convolutional_nets_have_one_size() -> None:
    with pytest.raises(RecipeError, match="`size` must be 32 pixels, not 64"):
        Recipe(nets="gan-2014-cifar-conv", size=64, channels=3).lay_out()


def test_a_maxout_unit_is_the_largest_of_its_pieces() -> None:
    layer, x = Maxout(4, 3, pieces=2), torch.randn(5, 4)
    pieces = x @ layer.linear.weight.T + layer.linear.bias
    expected = torch.stack([pieces[:, 2 * unit : 2 * unit + 2].max(dim=1).values for unit in range(3)], dim=1)
    torch.testing.assert_close(layer(x), expected)


def test_the_discriminator_drops_out_in_training_alone() -> None:
    _, discriminator = untrained_nets(Recipe(nets="gan-2014-mnist", size=16, channels=1, base_channels=30).lay_out(), 0)
    images = torch.rand(2, 1, 16, 16) * 2 - 1
    assert not torch.equal(discriminator(images), discriminator(images))
    discriminator.eval()
    assert torch.equal(discriminator(images), discriminator(images))


def test_weights_begin_uniform_within_the_released_ranges() -> None:
    laid_out = Recipe(nets="gan-2014-cifar", size=16, channels=1, base_channels=40).lay_out()
    generator, discriminator = untrained_nets(laid_out, 3)
    assert isinstance(generator, FullyConnectedGenerator)
    for net, reach in ((generator.first, 0.05), (generator.output, 0.5), (discriminator, 0.005)):
        weights = torch.cat([p.detach().flatten() for p in net.parameters() if p.ndim > 1])
        assert 0.98 * reach < weights.max() <= reach
        assert weights.std().item() == pytest.approx(reach / math.sqrt(3), rel=0.05)
    again, _ = untrained_nets(laid_out, 3)
    assert torch.equal(again(torch.ones(1, 100)), generator(torch.ones(1, 100)))


def test_the_untrained_generator_draws_about_the_mean_of_the_pictures() -> None:
    generator, _ = untrained_nets(Recipe(nets="gan-2014-mnist", size=16, channels=1, base_channels=4).lay_out(), 0)
    assert isinstance(generator, FullyConnectedGenerator)
    mean = torch.linspace(-0.9, 0.9, 256).reshape(1, 16, 16)
    generator.start_from(mean)
    assert (generator(torch.rand(64, 100) * 2 - 1).mean(dim=0) - mean).abs().max() < 0.1


def test_contrast_is_normalized_picture_by_picture() -> None:
    images = torch.rand(3, 3, 8, 8) * torch.tensor([0.1, 0.5, 1.0]).view(3, 1, 1, 1) + 0.2
    normalized = normalize_contrast(images).flatten(1)
    torch.testing.assert_close(normalized.mean(dim=1), torch.zeros(3), atol=1e-6, rtol=0)
    torch.testing.assert_close(normalized.std(dim=1, correction=0), torch.full((3,), CONTRAST))
    assert normalize_contrast(torch.ones(1, 1, 4, 4)).abs().max() == 0
