"""Interpolation between two latent vectors: linear (lerp) or spherical (slerp)."""

import numpy as np
from numpy.typing import NDArray

from dcgan.model import Model
from dcgan.networks.architecture import LatentDistribution
from dcgan.types import Latents

Fractions = NDArray[np.float64]  # (F,), 0 at the first vector, 1 at the second


def interpolate_latents(model: Model, first: Latents, second: Latents, t: Fractions) -> Latents:
    """Interpolate between two latent vectors of a model, as suits its distribution; from label to label in a line.

    Args:
        model: Whose latent vectors.
        first: z (D,).
        second: z (D,).
        t: (F,), how far each point lies from the first to the second, 0 to 1.

    Returns:
        z (F, D), float32.
    """
    numbers = model.interface.noise_dim
    z = between(first[:numbers], second[:numbers], t, model.latent_distribution)
    return np.concatenate([z, lerp(first[numbers:], second[numbers:], t)], axis=1)


def between(first: Latents, second: Latents, t: Fractions, latent_distribution: LatentDistribution) -> Latents:
    """Interpolate between two latent vectors as suits their distribution.

    Args:
        first: z (D,).
        second: z (D,).
        t: (F,), how far each point lies from the first to the second, 0 to 1.
        latent_distribution: "uniform" interpolates linearly, as the paper does; "normal" along a great circle, for a
            line passes near the origin, where hardly a sample of a normal distribution lies (Chintala's remarks; White
            2016).

    Returns:
        z (F, D), float32.
    """
    return (slerp if latent_distribution == "normal" else lerp)(first, second, t)


def lerp(first: Latents, second: Latents, t: Fractions) -> Latents:
    """Points on the straight line between two vectors (D,): z (F, D)."""
    return _mix(first, second, 1 - t, t)


def slerp(first: Latents, second: Latents, t: Fractions) -> Latents:
    """Points on the arc between two vectors (D,) about the origin: z (F, D).

    Vectors of the same or of opposite directions, or of length 0, have no single arc between them; these are
    interpolated linearly.
    """
    lengths = np.linalg.norm(first) * np.linalg.norm(second)
    cosine = np.dot(first.astype(np.float64), second) / lengths if lengths else 1.0
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-6:
        return lerp(first, second, t)
    return _mix(first, second, np.sin((1 - t) * angle) / np.sin(angle), np.sin(t * angle) / np.sin(angle))


def _mix(first: Latents, second: Latents, of_first: Fractions, of_second: Fractions) -> Latents:
    return (of_first[:, None] * first + of_second[:, None] * second).astype(np.float32)
