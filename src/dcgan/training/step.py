"""One mini-batch: the updates of the two nets, as each of the three papers has them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import Tensor, nn

from dcgan.choices import AUGMENTATIONS, LOSSES, UPDATES
from dcgan.training.batches import Batch
from dcgan.training.losses import gradient_penalty, prediction_loss
from dcgan.training.optimizers import trained
from dcgan.training.recipe import Recipe
from dcgan.training.state import MEASURES, TrainingState

LAZY_R1_INTERVAL = 8  # one D update in so many has the gradient penalty, with as many times its weight (Karras 2020)
EMA_RAMP = 0.1  # the half-life is at most this share of the images seen, so that the first weights are soon forgotten

Update = Callable[[TrainingState, Batch, bool], None]
"""Changes the nets by one mini-batch; the flag asks for the gradient penalty in D's update."""

UpdateRule = tuple[Update, ...]
"""Updates that mini-batches take by turns. One of your own goes into `dcgan.choices.UPDATES`."""


def train_step(state: TrainingState, batch: Batch, run: Callable[[Update], Update] = lambda update: update) -> None:
    """Train on one mini-batch, or on this rank's share of one.

    Real and generated images pass through D as separate mini-batches, so that batch norm sees one kind at a time.

    Args:
        state: Nets and optimizers, changed in place; counts the step and sums up what is measured, without waiting
            for the device.
        batch: What to train on.
        run: Another way to run an update, such as replaying a CUDA graph of it.
    """
    recipe, progress = state.recipe, state.progress
    update, penalize = scheduled_update(recipe, progress.step, state.family.levels(state.interface))
    state.set_learning_rates()
    real = state.family.prepare(batch.real, progress.step // len(UPDATES[recipe.updates]))
    run(update)(state, replace(batch, real=real), penalize)
    images = len(batch.z) * state.ranks.count
    progress.step += 1
    progress.images += images
    if update is not update_discriminator:
        update_ema(state.ema_generator, state.generator, recipe.ema_half_life, progress.images, images)


def scheduled_update(recipe: Recipe, step: int, levels: int) -> tuple[Update, bool]:
    """The update of a step (from 0), and whether D's has the gradient penalty: the recipe's `updates`.

    The interval of the penalty counts the turns of each of the nets' levels by itself, so that every level meets it as
    often.
    """
    rule = UPDATES[recipe.updates]
    turn, position = divmod(step, len(rule))
    return rule[position], recipe.r1_gamma > 0 and turn // levels % LAZY_R1_INTERVAL == 0


def update_both(state: TrainingState, batch: Batch, penalize: bool) -> None:
    """D, then G: one batch of generated images serves both."""
    fake = generate(state, batch)
    step_discriminator(state, batch, fake.detach(), penalize)
    step_generator(state, batch, fake)


def update_generator(state: TrainingState, batch: Batch, _penalize: bool) -> None:
    """G alone: the first half of the released code's alternation."""
    step_generator(state, batch, generate(state, batch))


def update_discriminator(state: TrainingState, batch: Batch, penalize: bool) -> None:
    """D alone: the second half."""
    with torch.no_grad():
        fake = generate(state, batch)
    step_discriminator(state, batch, fake, penalize)


def update_simultaneous(state: TrainingState, batch: Batch, penalize: bool) -> None:
    """Both nets from one forward pass, so that neither sees the other's step (Goodfellow et al. 2014)."""
    fake = generate(state, batch)
    loss = LOSSES[state.recipe.loss]
    real, real_logits, fake_logits = judge(state, batch, fake, penalize)
    g_loss = _generator_loss(state, batch, fake, loss.generator(real_logits, fake_logits))
    g_loss.backward(inputs=trained(state.generator), retain_graph=True)
    d_loss = loss.discriminator(real_logits, fake_logits)
    penalty = _penalty(state.recipe, real_logits, real) if penalize else 0.0
    (d_loss + penalty).backward(inputs=trained(state.discriminator))
    finish_discriminator(state, real_logits, fake_logits, d_loss)
    finish_generator(state, g_loss)


BOTH: UpdateRule = (update_both,)
ALTERNATE: UpdateRule = (update_generator, update_discriminator)
SIMULTANEOUS: UpdateRule = (update_simultaneous,)


def generate(state: TrainingState, batch: Batch) -> Tensor:
    """G(z): images (N, C, H, W) in [-1, 1]."""
    with state.precision():
        return state.family.draw(state.generator, batch.z, batch.real)


def step_discriminator(state: TrainingState, batch: Batch, fake: Tensor, penalize: bool) -> None:
    """One step of D's optimizer on real and generated images."""
    real, real_logits, fake_logits = judge(state, batch, fake, penalize)
    loss = LOSSES[state.recipe.loss].discriminator(real_logits, fake_logits)
    penalty = _penalty(state.recipe, real_logits, real) if penalize else 0.0
    (loss + penalty).backward()
    finish_discriminator(state, real_logits, fake_logits, loss)


def judge(state: TrainingState, batch: Batch, fake: Tensor, penalize: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Real images as D is shown them, its logits of them, and those of generated images."""
    with state.precision():
        real = augmented(state, batch.real, batch.augment_noise[0]).detach().requires_grad_(penalize)
        real_logits = state.logits(real, batch.z)
        fake_logits = state.logits(augmented(state, fake, batch.augment_noise[1]), batch.z)
    return real, real_logits, fake_logits


def augmented(state: TrainingState, images: Tensor, numbers: Tensor) -> Tensor:
    """Images (N, C, H, W) as D is shown them, changed at random; all frames of a clip alike, each by itself."""
    augment = AUGMENTATIONS[state.recipe.definite.augment].apply
    frames = images.shape[1] // state.interface.channels
    if frames == 1 or not numbers.numel():
        return augment(images, numbers)
    pictures: Tensor = images.unflatten(1, (frames, -1)).flatten(0, 1)
    shown = augment(pictures, numbers.repeat_interleave(frames, 0))
    return shown.reshape(images.shape)


def step_generator(state: TrainingState, batch: Batch, fake: Tensor) -> None:
    """One step of G's optimizer: how D judges what it generated."""
    loss = LOSSES[state.recipe.loss]
    real_logits = batch.z.new_empty(0)
    if loss.pairs:
        with torch.no_grad(), state.precision():
            real_logits = state.logits(augmented(state, batch.real, batch.augment_noise[0]), batch.z)
    with frozen(state.discriminator), state.precision():
        fake_logits = state.logits(augmented(state, fake, batch.augment_noise[2]), batch.z)
    value = _generator_loss(state, batch, fake, loss.generator(real_logits, fake_logits))
    value.backward()
    finish_generator(state, value)


def _generator_loss(state: TrainingState, batch: Batch, fake: Tensor, adversarial: Tensor) -> Tensor:
    """What D says; of nets that continue real clips also how far they are from these."""
    recipe = state.recipe
    if not state.family.continues:
        return adversarial
    channels = state.interface.channels
    loss = prediction_loss(
        fake[:, -channels:], batch.real[:, -channels:], recipe.pixel_loss, recipe.gradient_difference_weight
    )
    return loss + recipe.adversarial_weight * adversarial


def update_ema(ema: nn.Module, current: nn.Module, half_life: int, images: int, batch_size: int) -> None:
    """Move the weights of the averaged net toward those of the net in training, after a step.

    Args:
        ema: The averaged net, changed in place. Its buffers are left alone.
        current: The net in training.
        half_life: In images; after as many, half of an old weight's share is gone. 0 copies.
        images: Images seen so far, this step's included.
        batch_size: Images of this step.
    """
    limit = min(half_life, EMA_RAMP * images)
    decay = 0.5 ** (batch_size / limit) if limit else 0.0
    with torch.no_grad():
        torch._foreach_lerp_(list(ema.parameters()), list(current.parameters()), 1 - decay)


def _penalty(recipe: Recipe, real_logits: Tensor, real: Tensor) -> Tensor:
    return LAZY_R1_INTERVAL * recipe.r1_gamma * gradient_penalty(real_logits, real)


def finish_discriminator(state: TrainingState, real_logits: Tensor, fake_logits: Tensor, loss: Tensor) -> None:
    """Step D's optimizer by the gradients that its loss has left, and record what is measured."""
    gradient = _step_optimizer(state, "discriminator")
    d_real, d_fake = real_logits.detach().sigmoid().mean(), fake_logits.detach().sigmoid().mean()
    _record(state, d_real=d_real, d_fake=d_fake, d_loss=loss.detach(), d_gradient=gradient)


def finish_generator(state: TrainingState, loss: Tensor) -> None:
    """Step G's optimizer by the gradients that its loss has left, and record what is measured."""
    gradient = _step_optimizer(state, "generator")
    _record(state, g_loss=loss.detach(), g_gradient=gradient)


def _step_optimizer(state: TrainingState, net: str) -> Tensor:
    """Step one net's optimizer and return the norm of the gradient that it used."""
    optimizer = state.optimizers[net]
    gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
    state.ranks.average(gradients)
    norm = torch.nn.utils.get_total_norm(gradients)
    optimizer.step()
    optimizer.zero_grad()
    return norm


def _record(state: TrainingState, **values: Tensor) -> None:
    for name, value in values.items():
        state.sums[MEASURES.index(name)] += value
    state.sums[len(MEASURES) + ("g_loss" in values)] += 1


@contextmanager
def frozen(net: nn.Module) -> Iterator[None]:
    """Spare the gradients of a net's own weights while images pass through it."""
    parameters = trained(net)
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)
