"""Moving samples along an axis of latent space, as the paper turned faces (section 6.3.2)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcgan.latent.concepts import Concept
from dcgan.model import Model
from dcgan.types import Latents, Pixels


@dataclass(frozen=True)
class Turn:
    """Samples moved along an axis.

    Attributes:
        positions: (P,), how many times the axis was added; 0 is the sample itself.
        z: (N, P, D).
        pixels: (N, P, H, W, C).
    """

    positions: NDArray[np.float64]
    z: Latents
    pixels: Pixels


def axis_between(start: Concept, end: Concept) -> NDArray[np.float32]:
    """The axis (D,) from one concept to another: the difference of their means."""
    return end.mean - start.mean


def turn(model: Model, z: Latents, axis: NDArray[np.float32], positions: NDArray[np.float64]) -> Turn:
    """Move samples along an axis.

    Args:
        model: Whose latent space.
        z: Samples (N, D).
        axis: (D,).
        positions: (P,), multiples of the axis to add.
    """
    moved = (z[:, None] + positions[:, None] * axis).astype(np.float32)
    pixels = model.generate(moved.reshape(-1, moved.shape[2]))
    return Turn(positions, moved, pixels.reshape(*moved.shape[:2], *pixels.shape[1:]))
