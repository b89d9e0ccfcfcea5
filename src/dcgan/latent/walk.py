"""The walk through latent space, and the paper's test for memorization (section 6.1)."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dcgan.latent.interpolation import Shares, between
from dcgan.latent.perceptual import Distances, distances
from dcgan.model import Model
from dcgan.randomness import Stream, latents_from_seeds, rng
from dcgan.types import Latents, Pixels

FINER = 4  # pictures looked at for each frame when frames are spaced as seen
PAIRS = 256  # pairs of unrelated pictures that a jump is compared with


@dataclass(frozen=True)
class Walk:
    """A walk along a series of latent vectors: a row for each pair of neighbors, each beginning where the last ended.

    Attributes:
        z: (R, F, D), float32.
        pixels: (R, F, H, W, C), uint8.
    """

    z: Latents
    pixels: Pixels


@dataclass(frozen=True)
class Jumps:
    """How different neighboring frames look, beside pictures that have nothing to do with each other.

    Attributes:
        rows: (R, F - 1), the distance of each frame to the next.
        pairs: (P,), distances of pictures of random seeds: what a jump to another picture would be.
    """

    rows: Distances
    pairs: Distances

    @property
    def largest(self) -> Distances:
        """(R,), the largest jump of each row as a share of the median random pair: near 1 would be no walk at all."""
        return np.asarray(self.rows.max(axis=1) / np.median(self.pairs))


def walk(model: Model, keys: Latents, frames: int, *, loop: bool = False, as_seen: bool = False) -> Walk:
    """Walk along a series of latent vectors.

    Args:
        model: Whose pictures.
        keys: z (K, D), K of 2 or more.
        frames: Pictures in each row, its two ends included; 2 or more.
        loop: Go from the last key back to the first, in one row more.
        as_seen: Space the frames evenly by how different they look (`perceptual.distances`), not by distance in z.

    Raises:
        ValueError: Fewer than 2 keys or 2 frames.
    """
    if len(keys) < 2 or frames < 2:
        raise ValueError(f"{len(keys)} keys and {frames} frames: a walk needs 2 of each")
    ends = np.concatenate([keys, keys[:1]]) if loop else keys
    z = np.stack([_way(model, a, b, frames, as_seen) for a, b in pairwise(ends)])
    pixels = model.generate(z.reshape(-1, z.shape[2]))
    return Walk(z, pixels.reshape(*z.shape[:2], *pixels.shape[1:]))


def measure_jumps(model: Model, walked: Walk) -> Jumps:
    """The paper's test: a generator that has learned pictures by heart would jump from one to the next."""
    rows = [distances(model, row[:-1], row[1:]) for row in walked.pixels]
    seeds = rng(Stream.WALK_PAIRS).choice(2**31, 2 * PAIRS, replace=False).tolist()
    latents = latents_from_seeds(seeds, model.architecture.latent_dim, model.architecture.latent_distribution)
    pictures = model.generate(latents)
    return Jumps(np.stack(rows), distances(model, pictures[:PAIRS], pictures[PAIRS:]))


def _way(model: Model, first: Latents, second: Latents, frames: int, as_seen: bool) -> Latents:
    shares = np.linspace(0, 1, frames)
    if as_seen:
        shares = _spaced_as_seen(model, first, second, frames)
    return between(first, second, shares, model.architecture.latent_distribution)


def _spaced_as_seen(model: Model, first: Latents, second: Latents, frames: int) -> Shares:
    """Shares at which the pictures lie at equal distances along the way, by the lengths of many small steps."""
    fine = np.linspace(0, 1, FINER * (frames - 1) + 1)
    pictures = model.generate(between(first, second, fine, model.architecture.latent_distribution))
    lengths = np.concatenate([[0.0], distances(model, pictures[:-1], pictures[1:]).cumsum()])
    if lengths[-1] == 0:
        return np.linspace(0, 1, frames)
    return np.interp(np.linspace(0, lengths[-1], frames), lengths, fine)
