"""LAPGAN: a chain of nets, each of which makes the picture of the one before sharp at twice its side."""

import pytest
import torch
from torch import Tensor

from dcgan.errors import RecipeError
from dcgan.networks.families import untrained_nets
from dcgan.networks.lapgan import (
    LaplacianArchitecture,
    LaplacianDiscriminator,
    LaplacianGenerator,
    enlarged,
    level_of,
    shrunk,
)
from dcgan.training.recipe import Recipe


def nets(size: int = 32, classes: int = 0) -> tuple[LaplacianArchitecture, LaplacianGenerator, LaplacianDiscriminator]:
    kind = "conditional-lapgan" if classes else "lapgan"
    recipe = Recipe(nets=kind, size=size, channels=3, base_channels=4, latent_dim=7, classes=classes or None)
    laid_out = recipe.lay_out()
    generator, discriminator = untrained_nets(laid_out, 0)
    assert isinstance(laid_out, LaplacianArchitecture)
    assert isinstance(generator, LaplacianGenerator)
    assert isinstance(discriminator, LaplacianDiscriminator)
    return laid_out, generator, discriminator.eval()


def latents(laid_out: LaplacianArchitecture, count: int = 2) -> Tensor:
    z = torch.rand(count, laid_out.latent_dim, generator=torch.Generator().manual_seed(0)) * 2 - 1
    if laid_out.classes:
        z[:, -laid_out.classes :] = torch.eye(laid_out.classes)[:count]
    return z


@pytest.mark.parametrize(("size", "sides"), [(16, (8, 16)), (32, (8, 16, 32)), (64, (8, 16, 32, 64))])
@pytest.mark.parametrize("classes", [0, 2])
def test_the_chain_draws_from_8x8_up(size: int, sides: tuple[int, ...], classes: int) -> None:
    laid_out, generator, discriminator = nets(size, classes)
    assert laid_out.sides == sides
    assert laid_out.latent_dim == 7 + sum(side**2 for side in sides[1:]) + classes
    z = latents(laid_out)
    pyramid = generator.pyramid(z)
    assert [tuple(images.shape) for images in pyramid] == [(2, 3, side, side) for side in sides]
    assert torch.equal(generator(z), pyramid[-1])
    for images in pyramid:
        assert discriminator(images, z[:, -classes:] if classes else None).shape == (2,)


def test_a_level_adds_a_difference_to_the_enlarged_picture() -> None:
    laid_out, generator, _ = nets()
    for name in ("weight", "bias"):
        torch.nn.init.zeros_(generator.get_parameter(f"refiners.0.layers.4.{name}"))
    small, middle, _ = generator.pyramid(latents(laid_out))
    assert torch.equal(middle, enlarged(small))


def test_in_training_a_level_draws_from_real_pictures_made_small() -> None:
    laid_out, generator, _ = nets()
    z, real = latents(laid_out), torch.rand(2, 3, 32, 32)
    assert torch.equal(generator.draw_for(z, real), generator.draw(z, 2, shrunk(real)))
    assert torch.equal(generator.draw_for(z, level_of(real, 0)), generator.draw(z, 0))


def test_the_levels_take_turns() -> None:
    real = torch.rand(1, 3, 32, 32)
    assert [level_of(real, turn).shape[-1] for turn in range(5)] == [8, 16, 32, 8, 16]
    assert torch.equal(level_of(real, 1), shrunk(real))


def test_noise_of_each_level_changes_that_level_and_those_above() -> None:
    laid_out, generator, _ = nets()
    z = latents(laid_out, 1)
    other = z.clone()
    other[:, 7 : 7 + 16**2] *= -1  # the noise map of 16x16
    before, after = generator.pyramid(z), generator.pyramid(other)
    assert [torch.equal(*pair) for pair in zip(before, after, strict=True)] == [True, False, False]


def test_the_same_seed_begins_with_the_same_weights_and_the_base_net_with_small_ones() -> None:
    (_, first, judge), (_, second, _) = nets(), nets()
    assert all(torch.equal(*pair) for pair in zip(first.parameters(), second.parameters(), strict=True))
    middle = first.get_parameter("base.layers.2.weight")
    assert middle.std().item() == pytest.approx(0.05, rel=0.02)
    assert judge.get_parameter("levels.0.layers.3.weight").std().item() == pytest.approx(0.005, rel=0.02)
    refining = first.get_parameter("refiners.0.layers.2.weight")
    assert refining.abs().max() <= (4 * 7 * 7) ** -0.5


def test_other_sizes_are_refused() -> None:
    with pytest.raises(RecipeError, match="`size` must be 16, 32 or 64 pixels, not 48"):
        Recipe(nets="lapgan", size=48, channels=3).lay_out()
