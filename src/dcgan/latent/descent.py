"""Gradient descent on z: from the best of many random ones toward what a loss asks the generator for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from torch.optim.lr_scheduler import CosineAnnealingLR

from dcgan.device import has_fast_bfloat16
from dcgan.errors import ModelError, UsageError
from dcgan.latent.checks import LARGEST_SEED, check_whole, is_whole
from dcgan.model import Model
from dcgan.optimizers import SGD, Adam
from dcgan.pixels import full_batches
from dcgan.randomness import Stream, rng, sample_latents
from dcgan.types import Latents, OnProgress

Losses = NDArray[np.float32]
Loss = Callable[[Tensor, Tensor], Tensor]
"""Images (R, C, H, W), each drawn for the picture whose index stands in (R,), to a loss for each, (R,)."""
Optimizer = Literal["adam", "nesterov"]
Schedule = Literal["cosine", "constant"]

CANDIDATES = 1000  # random z, of which the best are descended from
MOST_STEPS = 100_000
MOST_FRAMES = 10_000
_MOMENTUM = 0.9  # of nesterov


@dataclass(frozen=True)
class DescentOptions:
    """How z is searched for.

    Raises:
        UsageError: A value is out of its range.
    """

    starts: int = 4
    """From how many of 1,000 random z, the best of them, a descent begins; 1 to 1,000."""
    steps: int = 200
    """Of each descent, 1 to 100,000."""
    optimizer: Optimizer = "adam"
    """adam, or nesterov (gradient descent with a momentum of 0.9)."""
    lr: float = 0.05
    """Learning rate, above 0."""
    schedule: Schedule = "cosine"
    """Whether the learning rate falls to 0 along a cosine, or is constant."""
    truncation: float | None = None
    """How long z may be, as a share of the length of samples, above 0 and at most 1: more typical pictures. None:
    uniform z may be as long as the cube allows, and normal z is as long as samples are."""
    seed: int = 0
    """Names the random z."""

    def __post_init__(self) -> None:
        check_whole("starts", self.starts, 1, CANDIDATES)
        check_whole("steps", self.steps, 1, MOST_STEPS)
        check_whole("seed", self.seed, 0, LARGEST_SEED)
        if not 0 < self.lr <= 1000:
            raise UsageError(f"`lr` must be above 0 and at most 1000, not {self.lr:g}")
        if self.truncation is not None and not 0 < self.truncation <= 1:
            raise UsageError(f"`truncation` must be above 0 and at most 1, not {self.truncation:g}")
        for name, choices in (("optimizer", get_args(Optimizer)), ("schedule", get_args(Schedule))):
            if getattr(self, name) not in choices:
                raise UsageError(f"`{name}` must be {' or '.join(choices)}, not {getattr(self, name)!r}")


class Starts(NamedTuple):
    """Where descents begin, for each of N pictures."""

    z: Latents
    """(N, S, latent_dim), the best first."""
    losses: Losses
    """(N, S)."""


class Found(NamedTuple):
    """Where the descents for each of N pictures end."""

    z: Latents
    """(N, S, latent_dim), the best first."""
    losses: Losses
    """(N, S)."""
    path: Latents
    """(F, N, S, latent_dim), from start to end in as many frames as were asked for."""


@torch.inference_mode()
def random_starts(model: Model, loss: Loss, count: int, options: DescentOptions) -> Starts:
    """The best of 1,000 random z for each of `count` pictures; the same 1,000 for all."""
    model.check_draws()
    random, nets = rng(Stream.DESCENT_STARTS, options.seed), model.interface
    z = sample_latents(random, CANDIDATES, nets.latent_dim, nets.latent_distribution, nets.classes)
    losses = torch.empty((count, CANDIDATES))
    for rows, filled in full_batches(CANDIDATES, model.device):
        images = model.generator(torch.from_numpy(z).to(model.device)[filled])[: len(rows)]
        for picture in range(count):
            which = torch.full((len(rows),), picture, device=model.device)
            losses[picture, rows.start : rows.stop] = loss(images, which).float().cpu()
    best = losses.argsort(dim=1)[:, : options.starts]
    return Starts(z[best.numpy()], losses.gather(1, best).numpy())


def descend(
    model: Model,
    loss: Loss,
    starts: Latents,
    options: DescentOptions,
    *,
    frames: int = 0,
    on_progress: OnProgress | None = None,
) -> Found:
    """Descend from each start, by the gradient of the loss alone: the nets stay as they are.

    After each step z is brought back to where samples lie: uniform z into the cube [-1, 1] (Yeh et al. 2017), normal z
    onto the sphere of radius sqrt(latent_dim), or farther inside with `truncation`. What is found for a picture does
    not depend on the others.

    Args:
        model: Whose generator draws.
        loss: What is made small.
        starts: (N, S, latent_dim).
        options: `starts` and `seed` do not matter here.
        frames: How many z of each path are kept; 0, or 2 to 10,000.
        on_progress: Called with (steps done, steps of all descents).

    Raises:
        UsageError: `frames` is out of its range.
        ModelError: The loss is no number for any start of a picture: the nets are broken.
    """
    if not is_whole(frames, 0, MOST_FRAMES) or frames == 1:
        raise UsageError(f"`frames` must be 0, or 2 to {MOST_FRAMES:,}, not {frames!r}")
    pictures, each, _ = starts.shape
    flat = torch.from_numpy(starts.reshape(-1, model.latent_dim)).to(model.device)
    which = torch.arange(pictures, device=model.device).repeat_interleave(each)
    z, losses = np.empty(flat.shape, np.float32), np.empty(len(flat), np.float32)
    path = np.empty((frames, *flat.shape), np.float32)
    frame_of = _frames_by_step(frames, options.steps)
    for rows, filled in full_batches(len(flat), model.device):
        kept = slice(rows.start, rows.stop)

        def on_step(step: int, now: Tensor, rows: range = rows, kept: slice = kept) -> None:
            for frame in frame_of.get(step, ()):
                path[frame, kept] = now[: len(rows)].cpu().numpy()
            if on_progress:
                on_progress(rows.start * options.steps + step * len(rows), len(flat) * options.steps)

        end, end_losses = _descend_batch(model, loss, flat[filled], which[filled], options, on_step)
        z[kept], losses[kept] = end[: len(rows)].cpu().numpy(), end_losses[: len(rows)].float().cpu().numpy()
    return _sorted(z.reshape(starts.shape), losses.reshape(pictures, each), path.reshape(frames, *starts.shape))


def _descend_batch(
    model: Model,
    loss: Loss,
    start: Tensor,
    which: Tensor,
    options: DescentOptions,
    on_step: Callable[[int, Tensor], None],
) -> tuple[Tensor, Tensor]:
    """Z at the end, and its losses in full precision."""
    z = start.clone().requires_grad_(True)
    optimizer: torch.optim.Optimizer = (
        Adam([z], options.lr)
        if options.optimizer == "adam"
        else SGD([z], options.lr, momentum=_MOMENTUM, nesterov=True)
    )
    falling = CosineAnnealingLR(optimizer, options.steps) if options.schedule == "cosine" else None
    device = model.device.type
    half = torch.autocast(device, torch.bfloat16, enabled=has_fast_bfloat16(str(model.device)))
    for step in range(options.steps):
        on_step(step, z.detach())
        with half:
            value = loss(model.generator(z), which).sum()
        (z.grad,) = torch.autograd.grad(value, z)
        optimizer.step()
        if falling:
            falling.step()
        bring_back(z, model, options.truncation)
    on_step(options.steps, z.detach())
    with torch.inference_mode():
        return z.detach(), loss(model.generator(z), which)


@torch.no_grad()
def bring_back(z: Tensor, model: Model, truncation: float | None = None) -> None:
    """Move each z (N, latent_dim) to the nearest place where samples of its distribution lie.

    That is the cube [-1, 1] for uniform z, and the sphere of radius sqrt(latent_dim) for normal z. With `truncation`
    the sphere is smaller by that, and uniform z are within one that is as much smaller than sqrt(latent_dim / 3). The
    label of conditional nets stays what it is.
    """
    count = model.interface.noise_dim
    numbers, label = z[:, :count], z[:, count:]
    if model.latent_distribution == "normal":
        numbers.mul_((truncation or 1) * count**0.5 / numbers.norm(dim=1, keepdim=True).clamp_min(1e-12))
    else:
        numbers.clamp_(-1, 1)
        if truncation is not None:
            numbers.mul_((truncation * (count / 3) ** 0.5 / numbers.norm(dim=1, keepdim=True)).clamp_max(1))
    if model.interface.classes:
        label.copy_(F.one_hot(label.argmax(dim=1), model.interface.classes))


def _frames_by_step(frames: int, steps: int) -> dict[int, list[int]]:
    """Which frames of a path each step is."""
    found: dict[int, list[int]] = {}
    for frame, step in enumerate(np.linspace(0, steps, frames).round().astype(int).tolist()):
        found.setdefault(step, []).append(frame)
    return found


def _sorted(z: Latents, losses: Losses, path: Latents) -> Found:
    if np.isnan(losses).all(axis=1).any():
        raise ModelError(
            "the generator's pictures are not numbers (NaN): its weights are broken; use another checkpoint"
        )
    order = losses.argsort(axis=1)  # no numbers come last
    return Found(
        np.take_along_axis(z, order[..., None], 1),
        np.take_along_axis(losses, order, 1),
        np.take_along_axis(path, order[None, ..., None], 2),
    )
