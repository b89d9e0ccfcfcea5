"""Is the training healthy? Judged by the images themselves, not by a loss that merely looks odd."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from dcgan.training.state import Progress

Problem = Literal["nan", "collapse", "saturation"]

BATCH = 128  # images that diversity is measured on
COLLAPSED = 0.15  # below this diversity the images are near-identical
ALIVE = 0.25  # a generator that was above this once has learned to vary its images
GRACE = {"adam": 600, "sgd": 6000}  # mini-batches after which images that have never varied count as collapsed, too
SATURATED = 0.99  # D(x) above this and D(G(z)) below one minus this
PATIENCE = {"collapse": 2, "saturation": 3}  # checks in a row


@dataclass(frozen=True)
class HealthCheck:
    """What a check found: `problem` is None where all is well; `message` says it in words."""

    problem: Problem | None
    message: str


def diversity(images: Tensor) -> float:
    """How different the images of a batch are from each other: the mean distance to the nearest other image.

    Distances are root mean squares over the pixels of the images brought down to 16x16, so that neither noise nor
    texture counts as variety. A few images that come again and again give a value near 0, like a single one.

    Args:
        images: (N, C, H, W) in [-1, 1], two or more.

    Returns:
        A distance in the units of `images`, 0 to 2.
    """
    small = F.adaptive_avg_pool2d(images.float(), min(16, images.shape[-1])).flatten(1)
    distances = torch.cdist(small, small, compute_mode="donot_use_mm_for_euclid_dist") / small.shape[1] ** 0.5
    distances.fill_diagonal_(torch.inf)
    return float(distances.min(dim=1).values.mean())


def check_health(
    progress: Progress,
    relative_diversity: float,
    d_real: float,
    d_fake: float,
    *,
    finite: bool,
    counts: bool = True,
    grace: int = GRACE["adam"],
) -> HealthCheck:
    """Check a training once, and keep count in `progress` of what lasts over several.

    Args:
        progress: The run's counters; the health fields are updated.
        relative_diversity: `diversity` of generated images over that of real ones.
        d_real: Mean D(x) since the last check, 0 to 1.
        d_fake: Mean D(G(z)) since the last check, 0 to 1.
        finite: Whether losses and gradients are finite numbers.
        counts: Whether this check is one of those whose number in a row matters. One in between finds out whether the
            training is healthy at that moment, and reports a problem only for numbers that are not finite.
        grace: Mini-batches that a generator has to vary its images for the first time: `GRACE` of the optimizer.
    """
    progress.checked = progress.images
    if not finite:
        progress.healthy = False
        return HealthCheck("nan", "a loss or a gradient is not a finite number (NaN): the weights are lost")
    alike = relative_diversity < COLLAPSED
    progress.healthy = not alike  # before the grace is over that is no alarm, but nothing to go back to either
    if not counts:
        return HealthCheck(None, "")
    progress.alive |= relative_diversity > ALIVE
    suspect = alike and (progress.alive or progress.step > grace)
    saturated = d_real > SATURATED and d_fake < 1 - SATURATED
    progress.collapsed_checks = progress.collapsed_checks + 1 if suspect else 0
    progress.saturated_checks = progress.saturated_checks + 1 if saturated else 0
    if progress.collapsed_checks >= PATIENCE["collapse"]:
        return HealthCheck(
            "collapse",
            f"the generator has collapsed: its images are near-identical (diversity {relative_diversity:.2f}, "
            f"where 1 is that of the real images)",
        )
    if progress.saturated_checks == PATIENCE["saturation"]:
        return HealthCheck(
            "saturation",
            f"the discriminator is saturated: D(x) = {d_real:.3f}, D(G(z)) = {d_fake:.3f}; the generator learns little "
            "from it. The training keeps watching the diversity; more pictures or a lower learning rate help",
        )
    return HealthCheck(None, "")
