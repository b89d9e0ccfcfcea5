"""What the two nets are trained for, on logits. One of your own goes into `dcgan.choices.LOSSES`."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Loss:
    """What each net minimizes.

    Attributes:
        discriminator: Logits of real (N,) and of generated images (N,) to a scalar.
        generator: The same logits to a scalar, in the generator's update.
        pairs: Whether the generator's loss looks at the real logits. If not, they are not computed for it, and it is
            given an empty tensor in their place: a forward pass less.
    """

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor], Tensor]
    pairs: bool = True


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-log D(x) - log(1 - D(G(z))), each averaged over its mini-batch, in nats (Goodfellow et al. 2014)."""
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def generator_loss(_real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-log D(G(z)), averaged over the mini-batch, in nats: the non-saturating loss (paper section 3)."""
    return F.softplus(-fake_logits).mean()


def generator_minimax(_real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """log(1 - D(G(z))), averaged, in nats: what D's loss has with the other sign (Goodfellow et al. 2014, equation 1).

    Its gradient fades where D is sure that an image is generated.
    """
    return -F.softplus(fake_logits).mean()


def discriminator_hinge(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """max(0, 1 - logit of x) + max(0, 1 + logit of G(z)), each averaged (Lim and Ye 2017)."""
    return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()


def generator_hinge(_real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Minus the logit of G(z), averaged."""
    return -fake_logits.mean()


def discriminator_relativistic(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-log sigmoid(logit of x - logit of G(z)) over pairs, averaged, in nats (Jolicoeur-Martineau 2018)."""
    return F.softplus(fake_logits - real_logits).mean()


def generator_relativistic(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The same with the roles exchanged: the generator is asked to look more real than the image it is paired with."""
    return F.softplus(real_logits - fake_logits).mean()


NONSATURATING = Loss(discriminator_loss, generator_loss, pairs=False)
MINIMAX = Loss(discriminator_loss, generator_minimax, pairs=False)
HINGE = Loss(discriminator_hinge, generator_hinge, pairs=False)
RELATIVISTIC = Loss(discriminator_relativistic, generator_relativistic)


def prediction_loss(predicted: Tensor, real: Tensor, pixel_loss: str, gradient_difference_weight: float) -> Tensor:
    """How far predicted frames are from the real ones: by their pixels, and by their edges (Mathieu et al. 2016).

    The edges are the absolute differences of neighbors, down and across; what is compared is how strong they are, not
    their sign (equation 6, with an exponent of 1). Both are means, so that frames of any size weigh the same.

    Args:
        predicted: (N, C, H, W) in [-1, 1].
        real: The same shape.
        pixel_loss: "l1", the mean absolute difference, or "l2", the mean squared one.
        gradient_difference_weight: Of the edges; 0 leaves them out.
    """
    loss = F.l1_loss(predicted, real) if pixel_loss == "l1" else F.mse_loss(predicted, real)
    if gradient_difference_weight:
        edges = (F.l1_loss(predicted.diff(dim=axis).abs(), real.diff(dim=axis).abs()) for axis in (2, 3))
        loss = loss + gradient_difference_weight * sum(edges, start=loss.new_zeros(()))
    return loss


def gradient_penalty(real_logits: Tensor, real: Tensor) -> Tensor:
    """R1: half the squared norm of the logits' gradient at real images, averaged (Mescheder et al. 2018).

    Args:
        real_logits: (N,), computed from `real`.
        real: (N, C, H, W), requiring gradients.
    """
    (gradient,) = torch.autograd.grad(real_logits.sum(), real, create_graph=True)
    return gradient.float().square().flatten(1).sum(1).mean() / 2
