"""What the two nets are trained for, on logits. Adding a loss is one entry here and one test."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Loss:
    """What each net makes as small as it can.

    Attributes:
        discriminator: Logits of real (N,) and of drawn pictures (M,) to a scalar.
        generator: Logits of drawn pictures (N,) to a scalar.
    """

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-log D(x) - log(1 - D(G(z))), each averaged over its mini-batch, in nats (Goodfellow et al. 2014)."""
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def generator_loss(fake_logits: Tensor) -> Tensor:
    """-log D(G(z)), averaged over the mini-batch, in nats: the non-saturating loss (paper section 3)."""
    return F.softplus(-fake_logits).mean()


def discriminator_hinge(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """max(0, 1 - logit of x) + max(0, 1 + logit of G(z)), each averaged (Lim and Ye 2017)."""
    return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()


def generator_hinge(fake_logits: Tensor) -> Tensor:
    """Minus the logit of G(z), averaged."""
    return -fake_logits.mean()


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {
        "nonsaturating": Loss(discriminator_loss, generator_loss),
        "hinge": Loss(discriminator_hinge, generator_hinge),
    }
)


def gradient_penalty(real_logits: Tensor, real: Tensor) -> Tensor:
    """R1: half the squared norm of the logits' gradient at real pictures, averaged (Mescheder et al. 2018).

    Args:
        real_logits: (N,), computed from `real`.
        real: (N, C, H, W), requiring gradients.
    """
    (gradient,) = torch.autograd.grad(real_logits.sum(), real, create_graph=True)
    return gradient.float().square().flatten(1).sum(1).mean() / 2
