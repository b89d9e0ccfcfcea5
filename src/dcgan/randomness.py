"""Every random draw is a function of its key: nothing is carried along, so resuming and parallel ranks need no state.

Numpy's Philox is used for latent vectors and orders because its streams are the same on every machine; torch's
generator fills the initial weights only.
"""

from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

Latents = NDArray[np.float32]  # (N, latent_dim)


class Stream(IntEnum):
    """What a draw is for: no two purposes share random numbers. The numbers are part of the format."""

    WEIGHTS = 0
    ORDER = 1
    TRAINING = 2
    SAMPLES = 3
    STATISTICS = 4
    HEALTH = 5
    AUGMENTATION = 6
    EVALUATION = 7
    WALK = 8
    ARITHMETIC = 9
    CLASSIFIER = 10
    PROBE = 11
    KMEANS = 12
    FORGET = 13


def stream(purpose: Stream, *key: int) -> np.random.Generator:
    """The random numbers of one purpose and key, always from their beginning."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([purpose, *key])))


def torch_stream(purpose: Stream, *key: int) -> torch.Generator:
    """The same for torch, on the CPU."""
    seed = np.random.SeedSequence([purpose, *key]).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(seed >> np.uint64(1)))


def draw_latents(random: np.random.Generator, count: int, latent_dim: int, latent: str) -> Latents:
    """Draw z (count, latent_dim), float32: U(-1, 1) for `latent` "uniform", N(0, 1) for "normal"."""
    if latent == "normal":
        return random.standard_normal((count, latent_dim), dtype=np.float32)
    return 2 * random.random((count, latent_dim), dtype=np.float32) - 1


def latents_of_seeds(seeds: Iterable[int], latent_dim: int, latent: str) -> Latents:
    """The z of each seed (0 to 2^63 - 1): one row a seed, the same on every machine, whatever seeds stand beside it."""
    rows = [draw_latents(stream(Stream.SAMPLES, seed), 1, latent_dim, latent) for seed in seeds]
    return np.concatenate(rows) if rows else np.empty((0, latent_dim), np.float32)


def batch_order(seed: int, attempt: int, step: int, batch_size: int, count: int) -> NDArray[np.int64]:
    """Which of `count` pictures make up the mini-batch of `step` (from 0): positions (batch_size,).

    The pictures are walked through in a new order each epoch; a batch may span the end of one.
    `attempt` counts the roll-backs of a run: each attempt has orders of its own.
    """
    start = step * batch_size
    position = np.arange(start, start + batch_size)
    epochs = position // count
    return np.concatenate(
        [
            _epoch_order(seed, attempt, int(epoch), count)[position[epochs == epoch] % count]
            for epoch in range(epochs[0], epochs[-1] + 1)
        ]
    )


@lru_cache(maxsize=2)
def _epoch_order(seed: int, attempt: int, epoch: int, count: int) -> NDArray[np.int64]:
    return stream(Stream.ORDER, seed, attempt, epoch).permutation(count)
