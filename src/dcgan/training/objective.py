"""What the two nets are trained for: the non-saturating loss, on logits (paper section 3; Goodfellow et al. 2014)."""

from torch import Tensor
from torch.nn import functional as F


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """-log D(x) - log(1 - D(G(z))), each averaged over its mini-batch: logits (N,) and (M,) to a scalar in nats."""
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def generator_loss(fake_logits: Tensor) -> Tensor:
    """-log D(G(z)), averaged over the mini-batch: logits (N,) to a scalar in nats."""
    return F.softplus(-fake_logits).mean()
