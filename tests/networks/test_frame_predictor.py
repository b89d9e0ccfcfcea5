"""Nets that predict the next frame of a video."""

import pytest
import torch
from torch import Tensor

from dcgan.errors import RecipeError
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.families import untrained_nets
from dcgan.networks.frame_predictor import FrameArchitecture, FramePredictor
from dcgan.training.recipe import Recipe


def nets(
    size: int = 32, channels: int = 3, history: int = 2
) -> tuple[FrameArchitecture, FramePredictor, Discriminator]:
    recipe = Recipe(nets="frame-predictor", size=size, channels=channels, base_channels=4, history=history)
    laid_out = recipe.lay_out()
    predictor, discriminator = untrained_nets(laid_out, 0)
    assert isinstance(laid_out, FrameArchitecture)
    assert isinstance(predictor, FramePredictor)
    assert isinstance(discriminator, Discriminator)
    return laid_out, predictor.eval(), discriminator.eval()


def frames(laid_out: FrameArchitecture, count: int = 2) -> Tensor:
    """Frames side by side in the channels, all of a clip."""
    shape = (count, laid_out.frames * laid_out.channels, laid_out.size, laid_out.size)
    return torch.rand(shape, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.mark.parametrize(("size", "sides"), [(64, (8, 16, 32, 64)), (32, (8, 16, 32)), (50, (50,)), (40, (10, 20, 40))])
def test_scales_are_halves_as_long_as_they_are_even(size: int, sides: tuple[int, ...]) -> None:
    laid_out, predictor, discriminator = nets(size)
    assert laid_out.sides == sides
    clips = frames(laid_out)
    assert predictor.predict(clips[:, :6]).shape == (2, 3, size, size)
    assert discriminator(clips).shape == (2,)


def test_an_odd_size_is_refused() -> None:
    with pytest.raises(RecipeError, match="`size` must be even, not 45"):
        nets(45)


def test_the_latent_vector_is_the_frames_before() -> None:
    laid_out, predictor, _ = nets()
    before = frames(laid_out)[:, :6]
    assert laid_out.latent_dim == before[0].numel()
    assert laid_out.noise_dim == 0
    assert torch.equal(predictor(before.flatten(1)), predictor.predict(before))


def test_an_untrained_net_repeats_the_last_frame_nearly() -> None:
    laid_out, predictor, _ = nets()
    before = frames(laid_out)[:, :6]
    assert (predictor.predict(before) - before[:, 3:]).abs().mean() < 0.02


def test_scales_that_find_nothing_leave_the_last_frame_as_it_is() -> None:
    laid_out, predictor, _ = nets()
    for parameter in predictor.parameters():
        torch.nn.init.zeros_(parameter)
    before = frames(laid_out)[:, :6]
    assert torch.equal(predictor.predict(before), before[:, 3:])


def test_a_change_of_the_coarsest_scale_reaches_every_pixel() -> None:
    laid_out, predictor, _ = nets()
    for parameter in predictor.parameters():
        torch.nn.init.zeros_(parameter)
    torch.nn.init.constant_(predictor.get_parameter("scales.0.layers.10.bias"), 0.25)
    before = frames(laid_out)[:, :6]
    assert torch.allclose(predictor.predict(before), before[:, 3:] + 0.25)


def test_a_pixel_of_any_frame_before_matters() -> None:
    laid_out, predictor, _ = nets()
    before = frames(laid_out, 1)[:, :6].requires_grad_()
    (gradient,) = torch.autograd.grad(predictor.predict(before).square().sum(), before)
    assert (gradient.abs().amax(dim=(0, 2, 3)) > 0).all()


def test_in_training_a_clip_keeps_its_frames_before() -> None:
    laid_out, predictor, _ = nets()
    clips = frames(laid_out)
    continued = predictor.continue_clips(torch.empty(2, 0), clips)
    assert torch.equal(continued[:, :6], clips[:, :6])
    assert torch.equal(continued[:, 6:], predictor.predict(clips[:, :6]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"latent_dim": 100}, "latent_dim must be the numbers of the frames before"),
        ({"history": 17}, "`history` must be 1 to 16"),
        ({"history": 2.0}, "`history` must be 1 to 16"),
        ({"width": 0}, r"width \(`base_channels`\) must be 1 to 512"),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(change: dict[str, object], message: str) -> None:
    laid_out, _, _ = nets()
    with pytest.raises(ValueError, match=message):
        FrameArchitecture(**{**vars(laid_out), **change})
