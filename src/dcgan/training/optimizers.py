"""The optimizers of the nets, and how their learning rate and momentum change while the run goes on."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from dcgan.optimizers import SGD, Adam
from dcgan.training.recipe import Recipe

LOWEST = 1e-6  # learning rate that an exponential decay ends at (GAN 2014's released settings)
_MOMENTS = {Adam: ("step", "exp_avg", "exp_avg_sq"), SGD: ("momentum_buffer",)}


def trained(net: nn.Module) -> list[nn.Parameter]:
    """The weights of a net that are trained: all but frozen ones."""
    return [parameter for parameter in net.parameters() if parameter.requires_grad]


def build_optimizer(net: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The optimizer of one net, as the recipe has it; it knows nothing of frozen weights.

    L2 enters through the gradient (coupled), as in the released code.
    """
    parameters = trained(net)
    if recipe.optimizer == "sgd":
        return SGD(parameters, recipe.lr, recipe.momentum, weight_decay=recipe.weight_decay)
    return Adam(
        parameters,
        recipe.lr,
        (recipe.beta1, recipe.beta2),
        eps=1e-8,
        weight_decay=recipe.weight_decay,
        fused=True,
        capturable=recipe.capture,
    )


def moments(optimizer: torch.optim.Optimizer, parameter: nn.Parameter) -> Mapping[str, Tensor]:
    """What an optimizer remembers of a parameter, by name, to be saved and filled in place.

    Torch makes these tensors at the first step; those that are not there yet are made here, as it would begin.
    """
    kept, names = optimizer.state[parameter], _MOMENTS[type(optimizer)]
    for name in names:
        if kept.get(name) is None:
            kept[name] = torch.zeros_like(parameter) if name != "step" else torch.zeros((), device=parameter.device)
    return {name: kept[name] for name in names}


def learning_rate_factor(recipe: Recipe, images: int, target: int | None) -> float:
    """What `lr_schedule` leaves of the learning rate, at most 1; 0 where a linear or cosine one has reached its end.

    Args:
        recipe: The recipe.
        images: Images seen.
        target: Images that the run ends at, which a linear or cosine schedule needs.
    """
    if recipe.lr_schedule == "constant":
        return 1.0
    if recipe.lr_schedule == "exponential":
        return max(float(0.5 ** (images / recipe.lr_half_life)), min(1.0, LOWEST / recipe.lr))
    assert target is not None  # the recipe has a length in images, epochs or steps
    done = min(images / target, 1.0)
    fallen = max(0.0, done - recipe.lr_hold) / (1 - recipe.lr_hold)
    return 1 - fallen if recipe.lr_schedule == "linear" else (1 + math.cos(math.pi * fallen)) / 2


def momentum(recipe: Recipe, images: int) -> float:
    """SGD's momentum after so many images: it rises linearly from `momentum` to `final_momentum`."""
    share = min(images / recipe.momentum_ramp, 1.0) if recipe.momentum_ramp else 1.0
    return recipe.momentum + share * (recipe.final_momentum - recipe.momentum)
