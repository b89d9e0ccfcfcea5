"""One mini-batch: the two updates of the paper's algorithm."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn

from dcgan.training.augment import AUGMENTATIONS
from dcgan.training.ema import average
from dcgan.training.losses import LOSSES, gradient_penalty
from dcgan.training.recipe import Recipe
from dcgan.training.state import MEASURES, TrainingState

PENALIZED = 8  # one step in so many has the gradient penalty, with as many times its weight (Karras et al. 2020)


class Kind(NamedTuple):
    """What one step does."""

    discriminator: bool
    generator: bool
    penalized: bool  # with the gradient penalty


Update = Callable[[TrainingState, Tensor, Tensor, Tensor, Kind], None]


def train_step(state: TrainingState, real: Tensor, z: Tensor, views: Tensor, update: Update | None = None) -> None:
    """Train on one mini-batch, or on this rank's share of one.

    Updates D and then G (`updates = "both"`), or one of them by turns, G first, as the released code does
    ("alternate"). Real and generated images pass through D as separate mini-batches, so that batch norm sees one kind
    at a time.

    Args:
        state: Nets and optimizers, changed in place; counts the step and sums up what is measured, without waiting
            for the device.
        real: Images (N, C, H, W) in [-1, 1].
        z: Latent vectors (N, latent_dim).
        views: Random numbers (3, N, ...) of the augmentation: for real pictures, drawn ones, and drawn ones as the
            generator has them judged.
        update: What changes the nets; another way to run `update_nets`.
    """
    recipe, progress = state.recipe, state.progress
    kind = _kind(recipe, progress.step)
    (update or update_nets)(state, real, z, views, kind)
    images = len(z) * state.ranks.count
    progress.step += 1
    progress.images += images
    if kind.generator:
        half_life = recipe.ema_half_life
        average(state.averaged, state.generator, half_life=half_life, images=progress.images, batch_size=images)


def update_nets(state: TrainingState, real: Tensor, z: Tensor, views: Tensor, kind: Kind) -> None:
    """The updates of one step."""
    with torch.set_grad_enabled(kind.generator), state.precision():
        fake = state.generator(z)  # one drawing serves both updates
    if kind.discriminator:
        _update_discriminator(state, real, fake.detach(), views, kind.penalized)
    if kind.generator:
        _update_generator(state, fake, views)


def _kind(recipe: Recipe, step: int) -> Kind:
    both = recipe.updates == "both"
    turn = step // (1 if both else 2)  # of the discriminator
    return Kind(
        discriminator=both or step % 2 == 1,
        generator=both or step % 2 == 0,
        penalized=recipe.r1_gamma > 0 and turn % PENALIZED == 0,
    )


def _update_discriminator(state: TrainingState, real: Tensor, fake: Tensor, views: Tensor, penalized: bool) -> None:
    recipe = state.recipe
    augment, loss_of = AUGMENTATIONS[recipe.augment].apply, LOSSES[recipe.loss].discriminator
    with state.precision():
        real = augment(real, views[0]).detach().requires_grad_(penalized)
        real_logits = state.discriminator(real)
        fake_logits = state.discriminator(augment(fake, views[1]))
    loss = loss_of(real_logits, fake_logits)
    penalty = PENALIZED * recipe.r1_gamma * gradient_penalty(real_logits, real) if penalized else 0.0
    (loss + penalty).backward()
    gradient = _apply(state, "discriminator")
    d_real, d_fake = real_logits.detach().sigmoid().mean(), fake_logits.detach().sigmoid().mean()
    _add(state, d_real=d_real, d_fake=d_fake, d_loss=loss.detach(), d_gradient=gradient)


def _update_generator(state: TrainingState, fake: Tensor, views: Tensor) -> None:
    augment, loss_of = AUGMENTATIONS[state.recipe.augment].apply, LOSSES[state.recipe.loss].generator
    with _frozen(state.discriminator), state.precision():
        fake_logits = state.discriminator(augment(fake, views[2]))
    loss = loss_of(fake_logits)
    loss.backward()
    gradient = _apply(state, "generator")
    _add(state, g_loss=loss.detach(), g_gradient=gradient)


def _apply(state: TrainingState, net: str) -> Tensor:
    """Step one net's optimizer and return the norm of the gradient that it used."""
    optimizer = state.optimizers[net]
    gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
    state.ranks.average(gradients)
    norm = torch.nn.utils.get_total_norm(gradients)
    optimizer.step()
    optimizer.zero_grad()
    return norm


def _add(state: TrainingState, **values: Tensor) -> None:
    for name, value in values.items():
        state.sums[MEASURES.index(name)] += value
    state.sums[len(MEASURES) + ("g_loss" in values)] += 1


@contextmanager
def _frozen(net: nn.Module) -> Iterator[None]:
    """Spare the gradients of a net's own weights while one passes through it."""
    net.requires_grad_(False)
    try:
        yield
    finally:
        net.requires_grad_(True)
