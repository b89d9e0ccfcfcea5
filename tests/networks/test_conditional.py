"""The conditional DCGAN: the authors' MNIST net, whose every layer is given the digit."""

import pytest
import torch
from torch import nn

from dcgan.errors import RecipeError
from dcgan.networks.conditional import ConditionalDiscriminator, ConditionalGenerator, with_labels
from dcgan.networks.families import untrained_nets
from dcgan.training.presets import preset
from dcgan.training.recipe import Recipe

SMALL = Recipe(nets="conditional-dcgan", size=16, channels=3, base_channels=4, latent_dim=5, classes=3)


def nets(recipe: Recipe = SMALL) -> tuple[ConditionalGenerator, ConditionalDiscriminator]:
    generator, discriminator = untrained_nets(recipe.lay_out(), 0)
    assert isinstance(generator, ConditionalGenerator)
    assert isinstance(discriminator, ConditionalDiscriminator)
    return generator, discriminator


def shapes(net: nn.Module) -> set[tuple[int, ...]]:
    """Of all its parameters: batch norm has none, and no layer has a bias."""
    return {tuple(parameter.shape) for parameter in net.parameters()}


def test_the_mnist_nets_have_the_weights_that_were_released() -> None:
    generator, discriminator = nets(preset("paper-mnist-conditional").changed({"classes": 10}))
    assert shapes(generator) == {(1024, 110), (6272, 1034), (138, 64, 5, 5), (74, 1, 5, 5)}
    assert shapes(discriminator) == {(64, 11, 5, 5), (128, 74, 5, 5), (1024, 6282), (1, 1034)}


def test_the_label_decides_what_is_drawn_and_how_it_is_judged() -> None:
    generator, discriminator = nets()
    generator.eval()
    discriminator.eval()
    numbers, labels = torch.rand(1, 5).repeat(3, 1), torch.eye(3)
    images = generator(torch.cat([numbers, labels], dim=1))
    assert images.shape == (3, 3, 16, 16)
    assert images.abs().max() < 1
    assert not torch.allclose(images[0], images[1])
    logits = discriminator(images[:1].repeat(3, 1, 1, 1), labels)
    assert logits.shape == (3,)
    assert len(set(logits.tolist())) == 3


def test_a_map_is_added_for_each_class() -> None:
    maps = with_labels(torch.zeros(2, 4, 3, 3), torch.eye(2))
    assert maps.shape == (2, 6, 3, 3)
    assert maps[0, 4].eq(1).all()
    assert maps[0, :4].eq(0).all()
    assert maps[1, 4].eq(0).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"classes": None}, "`classes` must be given"), ({"size": None}, "`size` and `channels` must be given")],
)
def test_what_is_open_cannot_be_laid_out(changes: dict[str, object], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        SMALL.changed(changes).lay_out()
