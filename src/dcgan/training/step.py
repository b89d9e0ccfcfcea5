"""One mini-batch: the two updates of the paper's algorithm."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from dcgan.randomness import Stream, torch_stream
from dcgan.training.augment import AUGMENTATIONS
from dcgan.training.averaging import average
from dcgan.training.objective import discriminator_loss, generator_loss
from dcgan.training.state import MEASURES, TrainingState


def train_step(state: TrainingState, real: Tensor, z: Tensor) -> None:
    """Train on one mini-batch.

    Updates D and then G (`updates = "both"`), or one of them by turns, G first, as the released code does
    ("alternate"). Real and generated images pass through D as separate mini-batches, so that batch norm sees one kind
    at a time.

    Args:
        state: Nets and optimisers, changed in place; counts the step and sums up what is measured, without waiting
            for the device.
        real: Images (N, C, H, W) in [-1, 1].
        z: Latent vectors (N, latent_dim).
    """
    recipe, progress = state.recipe, state.progress
    both = recipe.updates == "both"
    train_generator = both or progress.step % 2 == 0
    train_discriminator = both or progress.step % 2 == 1

    with torch.set_grad_enabled(train_generator), state.precision():
        fake = state.generator(z)  # one drawing serves both updates
    if train_discriminator:
        _update_discriminator(state, real, fake.detach())
    if train_generator:
        _update_generator(state, fake)

    progress.step += 1
    progress.images += len(z)
    if train_generator:
        half_life = recipe.average_half_life
        average(state.averaged, state.generator, half_life=half_life, images=progress.images, batch_size=len(z))


def _update_discriminator(state: TrainingState, real: Tensor, fake: Tensor) -> None:
    with state.precision():
        real_logits = state.discriminator(_show(state, real, 0))
        fake_logits = state.discriminator(_show(state, fake, 1))
    loss = discriminator_loss(real_logits, fake_logits)
    loss.backward()
    gradient = _apply(state, "discriminator")
    d_real, d_fake = real_logits.detach().sigmoid().mean(), fake_logits.detach().sigmoid().mean()
    _add(state, d_real=d_real, d_fake=d_fake, d_loss=loss.detach(), d_gradient=gradient)


def _update_generator(state: TrainingState, fake: Tensor) -> None:
    with _frozen(state.discriminator), state.precision():
        fake_logits = state.discriminator(_show(state, fake, 2))
    loss = generator_loss(fake_logits)
    loss.backward()
    gradient = _apply(state, "generator")
    _add(state, g_loss=loss.detach(), g_gradient=gradient)


def _show(state: TrainingState, images: Tensor, occasion: int) -> Tensor:
    """The images as the discriminator is to see them; the three occasions of a step differ."""
    recipe, progress = state.recipe, state.progress
    random = torch_stream(Stream.AUGMENTATION, recipe.seed, progress.rollbacks, progress.step, occasion)
    return AUGMENTATIONS[recipe.augment](images, random)


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
