"""Schedules of the learning rate and of the momentum, and what the recipe refuses of them."""

import math

import pytest
import torch
from tests.training.toys import TOY

from dcgan.errors import RecipeError
from dcgan.training.optimizers import build_optimizer, learning_rate_factor, moments, momentum
from dcgan.training.recipe import Recipe
from dcgan.training.state import TrainingState


def factors(recipe: Recipe, *images: int, target: int | None = 100) -> list[float]:
    return [learning_rate_factor(recipe, seen, target) for seen in images]


def test_a_constant_learning_rate_needs_no_end() -> None:
    assert factors(Recipe(), 0, 10**9, target=None) == [1.0, 1.0]


def test_a_linear_schedule_falls_to_nothing_at_the_end_after_it_was_held() -> None:
    recipe = Recipe(lr_schedule="linear", lr_hold=0.5, images=100)
    assert factors(recipe, 0, 50, 75, 100, 120) == pytest.approx([1.0, 1.0, 0.5, 0.0, 0.0])


def test_a_cosine_schedule_falls_slowly_first_and_last() -> None:
    recipe = Recipe(lr_schedule="cosine", images=100)
    assert factors(recipe, 0, 25, 50, 100) == pytest.approx([1.0, (1 + math.sqrt(0.5)) / 2, 0.5, 0.0])


def test_an_exponential_schedule_halves_and_ends_at_a_millionth() -> None:
    recipe = Recipe(lr_schedule="exponential", lr_half_life=10, lr=0.1)
    assert factors(recipe, 0, 10, 20, 10_000, target=None) == pytest.approx([1.0, 0.5, 0.25, 1e-5])
    assert factors(Recipe(lr_schedule="exponential", lr=1e-7), 10**9, target=None) == [1.0]


def test_the_released_decay_divides_by_1_000004_each_mini_batch() -> None:
    from dcgan.training.presets import preset

    recipe = preset("gan-2014-mnist")
    assert factors(recipe, 1000 * recipe.definite.batch_size)[0] == pytest.approx(1.000004**-1000, rel=1e-6)


def test_momentum_rises_in_a_line() -> None:
    recipe = Recipe(optimizer="sgd", momentum=0.5, final_momentum=0.7, momentum_ramp=100)
    assert [momentum(recipe, images) for images in (0, 50, 100, 1000)] == pytest.approx([0.5, 0.6, 0.7, 0.7])
    assert momentum(Recipe(optimizer="sgd", final_momentum=0.9), 0) == 0.9


def test_the_optimizers_follow_the_schedules() -> None:
    recipe = TOY.changed({"optimizer": "sgd", "lr": 0.1, "lr_schedule": "linear", "images": 100, "momentum_ramp": 100})
    state = TrainingState(recipe, target=100)
    state.progress.images = 50
    state.set_learning_rates()
    (group,) = state.optimizers["generator"].param_groups
    assert (group["lr"], group["momentum"]) == pytest.approx((0.05, 0.6))


def test_moments_that_were_made_beforehand_change_nothing() -> None:
    def trained(prepare: bool) -> torch.Tensor:
        torch.manual_seed(0)
        net = torch.nn.Linear(3, 1, bias=False)
        optimizer = build_optimizer(net, Recipe(optimizer="sgd", lr=0.1, weight_decay=1e-2))
        if prepare:
            assert [*moments(optimizer, next(net.parameters()))] == ["momentum_buffer"]
        for step in range(3):
            net(torch.full((1, 3), float(step))).sum().backward()
            optimizer.step()
            optimizer.zero_grad()
        return net.weight.detach()

    assert torch.equal(trained(prepare=True), trained(prepare=False))


def test_a_schedule_that_ends_with_the_run_needs_to_know_when_that_is() -> None:
    with pytest.raises(RecipeError, match="`lr_schedule` cosine needs to know its end: give `images`, `epochs`"):
        Recipe(lr_schedule="cosine", minutes=5.0)
    Recipe(lr_schedule="cosine")  # a million images


def test_a_cuda_graph_records_one_learning_rate() -> None:
    with pytest.raises(RecipeError, match="`capture` records one learning rate of Adam"):
        Recipe(capture=True, lr_schedule="linear", images=100)
    with pytest.raises(RecipeError, match="`capture` records the steps of a DCGAN; leave it out with `nets` lapgan"):
        Recipe(capture=True, nets="lapgan")
