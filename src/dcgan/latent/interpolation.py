"""Ways from one latent vector to another."""

import numpy as np
from numpy.typing import NDArray

from dcgan.networks.layouts import LatentDistribution
from dcgan.types import Latents

Shares = NDArray[np.float64]  # (F,), of the way: 0 is the start, 1 the end


def between(first: Latents, second: Latents, shares: Shares, latent_distribution: LatentDistribution) -> Latents:
    """Points on the way from one latent vector to another that suits their distribution.

    Args:
        first: z (D,).
        second: z (D,).
        shares: (F,), how far along each point lies, 0 to 1.
        latent_distribution: "uniform" goes straight, as the paper does; "normal" along a great circle, for the straight
            way would pass near the origin, where no sample of a normal distribution lies (Chintala's remarks; White
            2016).

    Returns:
        z (F, D), float32.
    """
    way = great_circle if latent_distribution == "normal" else straight
    return way(first, second, shares)


def straight(first: Latents, second: Latents, shares: Shares) -> Latents:
    """Points on the straight line between two vectors (D,): z (F, D)."""
    return _mix(first, second, 1 - shares, shares)


def great_circle(first: Latents, second: Latents, shares: Shares) -> Latents:
    """Points on the arc between two vectors (D,) about the origin (slerp): z (F, D).

    Vectors that point the same way, or opposite ways, or are zero, have no one arc between them; the line is taken.
    """
    lengths = np.linalg.norm(first) * np.linalg.norm(second)
    cosine = np.dot(first.astype(np.float64), second) / lengths if lengths else 1.0
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-6:
        return straight(first, second, shares)
    return _mix(first, second, np.sin((1 - shares) * angle) / np.sin(angle), np.sin(shares * angle) / np.sin(angle))


def _mix(first: Latents, second: Latents, of_first: Shares, of_second: Shares) -> Latents:
    return (of_first[:, None] * first + of_second[:, None] * second).astype(np.float32)
