"""The random numbers of one mini-batch: all that a step needs besides the weights."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcgan.randomness import Stream, batch_order, rng, sample_latents
from dcgan.training.augment import AUGMENTATIONS
from dcgan.training.recipe import Recipe
from dcgan.types import Latents

VIEWS = 3  # the discriminator looks at real pictures, at drawn ones, and at drawn ones for the generator's sake


@dataclass(frozen=True)
class Draws:
    """What chance decides in one mini-batch.

    Attributes:
        positions: Which real pictures, (N,).
        z: Latent vectors (N, latent_dim).
        views: Numbers of the augmentation for each of the three views of D, (3, N, numbers), in [0, 1).
    """

    positions: NDArray[np.int64]
    z: Latents
    views: NDArray[np.float32]

    def of(self, rows: slice) -> "Draws":
        """Some rows of the mini-batch: a rank's share."""
        return Draws(self.positions[rows], self.z[rows], self.views[:, rows])


def draw_step(recipe: Recipe, rollbacks: int, step: int, count: int) -> Draws:
    """The draws of mini-batch `step` (from 0) of a training on `count` pictures, after so many roll-backs."""
    key, size = (recipe.seed, rollbacks, step), recipe.batch_size
    numbers = AUGMENTATIONS[recipe.augment].numbers
    return Draws(
        positions=batch_order(*key, size, count),
        z=sample_latents(rng(Stream.LATENTS, *key), size, recipe.latent_dim, recipe.latent_distribution),
        views=rng(Stream.AUGMENTATION, *key).random((VIEWS, size, numbers), dtype=np.float32),
    )
