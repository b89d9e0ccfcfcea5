"""How fast a training will be: a few steps of it, timed and thrown away."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace

import torch

from dcgan.data.packed import PackedSet
from dcgan.networks.memory import reuse_memory
from dcgan.training.batches import ImageLoader
from dcgan.training.distributed import Ranks, threads_here
from dcgan.training.recipe import Recipe
from dcgan.training.state import OwnNets, TrainingState
from dcgan.training.step import train_step

WARM_UP, TIMED = 3, 6  # steps; a chain of nets takes turns of three, and update rules of two
SHORT, LONG = 0.5, 10.0  # seconds: small nets take more steps than that, large ones fewer


def measure_rate(recipe: Recipe, data: PackedSet, ranks: Ranks = Ranks(), nets: OwnNets | None = None) -> float:
    """Images a second of a recipe's training step on its device, measured over a few steps; trains nothing.

    Sheets, checkpoints and measurements come on top of it. Takes some seconds, on a slow machine up to half a minute.

    Args:
        recipe: With `size` and `channels` set, and device and precision definite.
        data: The pictures.
        ranks: The processes that will train together. This one measures its own share of the mini-batch; what it costs
            to exchange gradients is left out.
        nets: A generator and a discriminator of your own, which are copied.
    """
    share = replace(recipe, batch_size=recipe.definite.batch_size // ranks.count)
    with _as_in_training(share, ranks):
        rate = ranks.count * _rate(share, data, deepcopy(nets))
    if recipe.device.startswith("cuda"):
        torch.cuda.empty_cache()  # the training looks how much memory is free
    return rate


def _rate(recipe: Recipe, data: PackedSet, nets: OwnNets | None) -> float:
    state = TrainingState(recipe, recipe.target_images(len(data)), nets=nets)
    loader = ImageLoader(data.pixels, state.device, data.labels)
    _seconds_each(state, loader, WARM_UP, 0.0)
    return recipe.definite.batch_size / _seconds_each(state, loader, TIMED, SHORT)


def _seconds_each(state: TrainingState, loader: ImageLoader, steps: int, at_least: float) -> float:
    """Seconds of a step, over so many steps and seconds at least, but not beyond the first that ends after `LONG`."""
    began, done, passed = time.monotonic(), 0, 0.0
    while (done < steps or passed < at_least) and passed < LONG:
        train_step(state, loader.batch(state.recipe, state.progress.step))
        done += 1
        passed = time.monotonic() - began
    state.sums.cpu()  # waits for the device
    return (time.monotonic() - began) / done


@contextmanager
def _as_in_training(recipe: Recipe, ranks: Ranks) -> Iterator[None]:
    """Within the block torch is set up as in a session; then it is as before, random numbers and all."""
    if recipe.device == "cpu":
        reuse_memory()
    torch.backends.cudnn.benchmark = True
    before = torch.get_num_threads()
    torch.set_num_threads(threads_here(recipe, ranks) or before)
    try:
        with torch.random.fork_rng([recipe.device] if recipe.device.startswith("cuda") else []):
            yield
    finally:
        torch.set_num_threads(before)
