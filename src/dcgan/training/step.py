"""One mini-batch: the two updates of the paper's algorithm."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from dcgan.training.augment import AUGMENTATIONS
from dcgan.training.averaging import average
from dcgan.training.objective import LOSSES, gradient_penalty
from dcgan.training.state import MEASURES, TrainingState

PENALISED = 8  # one step in so many has the gradient penalty, with as many times its weight (Karras et al. 2020)


def train_step(state: TrainingState, real: Tensor, z: Tensor, views: Tensor) -> None:
    """Train on one mini-batch.

    Updates D and then G (`updates = "both"`), or one of them by turns, G first, as the released code does
    ("alternate"). Real and generated images pass through D as separate mini-batches, so that batch norm sees one kind
    at a time.

    Args:
        state: Nets and optimisers, changed in place; counts the step and sums up what is measured, without waiting
            for the device.
        real: Images (N, C, H, W) in [-1, 1].
        z: Latent vectors (N, latent_dim).
        views: Random numbers (3, N, ...) of the augmentation: for real pictures, drawn ones, and drawn ones as the
            generator has them judged.
    """
    recipe, progress = state.recipe, state.progress
    both = recipe.updates == "both"
    train_generator = both or progress.step % 2 == 0
    train_discriminator = both or progress.step % 2 == 1

    with torch.set_grad_enabled(train_generator), state.precision():
        fake = state.generator(z)  # one drawing serves both updates
    if train_discriminator:
        _update_discriminator(state, real, fake.detach(), views)
    if train_generator:
        _update_generator(state, fake, views)

    progress.step += 1
    progress.images += len(z)
    if train_generator:
        half_life = recipe.average_half_life
        average(state.averaged, state.generator, half_life=half_life, images=progress.images, batch_size=len(z))


def _update_discriminator(state: TrainingState, real: Tensor, fake: Tensor, views: Tensor) -> None:
    recipe = state.recipe
    augment, loss_of = AUGMENTATIONS[recipe.augment].apply, LOSSES[recipe.loss].discriminator
    penalised = recipe.r1 > 0 and state.progress.step % PENALISED == 0
    with state.precision():
        real = augment(real, views[0]).requires_grad_(penalised)
        real_logits = state.discriminator(real)
        fake_logits = state.discriminator(augment(fake, views[1]))
    loss = loss_of(real_logits, fake_logits)
    penalty = PENALISED * recipe.r1 * gradient_penalty(real_logits, real) if penalised else 0.0
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
    """Step one net's optimiser and return the norm of the gradient that it used."""
    optimiser = state.optimisers[net]
    gradients = [p.grad for group in optimiser.param_groups for p in group["params"] if p.grad is not None]
    norm = torch.nn.utils.get_total_norm(gradients)
    optimiser.step()
    optimiser.zero_grad()
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
