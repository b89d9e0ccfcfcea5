"""All random numbers are functions of a stream and a key: resuming and distributed training need no generator state.

Numpy's Philox makes latent vectors and orders because its streams are the same on every machine; torch's generator
fills initial weights and makes noise.
"""

import struct
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dcgan.errors import UsageError
from dcgan.types import Latents

if TYPE_CHECKING:
    import torch  # imported where it is used: preparing pictures does without

TWISTER_START, TWISTER_WORDS = 24, 624  # where torch keeps the twister's words in a generator's state, 8 bytes each


class Stream(StrEnum):
    """What random numbers are for: no two purposes share any. The names are part of the format."""

    GENERATOR_WEIGHTS = "weights.generator"
    DISCRIMINATOR_WEIGHTS = "weights.discriminator"
    ORDER = "training.order"
    FLIPS = "training.flips"
    LATENTS = "training.latents"
    AUGMENTATION = "training.augmentation"
    OWN_NETS = "training.own-nets"
    SEEDS = "seeds"
    SUBSET = "data.subset"
    SPLIT = "data.split"
    STATISTICS_LATENTS = "statistics.latents"
    STATISTICS_IMAGES = "statistics.images"
    MONITOR_IMAGES = "monitor.images"
    MONITOR_LATENTS = "monitor.latents"
    REPORT_IMAGES = "report.images"
    EVALUATION_IMAGES = "evaluation.images"
    EVALUATION_SUBSETS = "evaluation.subsets"
    CLIPS = "prediction.clips"
    WALK_KEYS = "walk.keys"
    WALK_PAIRS = "walk.pairs"
    ARITHMETIC = "arithmetic.noise"
    MASKS = "inpaint.masks"
    DESCENT_STARTS = "descent.starts"
    REFERENCE_IMAGES = "project.reference"
    ENCODER_WEIGHTS = "encoder.weights"
    ENCODER_LATENTS = "encoder.latents"
    ATTRIBUTES_SPLIT = "attributes.split"
    ATTRIBUTES_NOISE = "attributes.noise"
    ATTRIBUTES_ORDER = "attributes.order"
    ATTRIBUTES_WEIGHTS = "attributes.weights"
    PROBE_SPLIT = "probe.split"
    PROBE_LABELS = "probe.labels"
    CROSS_VALIDATION = "probe.cross-validation"
    VARIED = "probe.varied"
    SUPERVISED_TRIALS = "baselines.supervised.trials"
    SUPERVISED_WEIGHTS = "baselines.supervised.weights"
    SUPERVISED_ORDER = "baselines.supervised.order"
    EXEMPLAR_PATCHES = "baselines.exemplar.patches"
    EXEMPLAR_WEIGHTS = "baselines.exemplar.weights"
    EXEMPLAR_AUGMENTATION = "baselines.exemplar.augmentation"
    KMEANS = "baselines.kmeans"
    RECEPTIVE_FIELDS = "baselines.receptive-fields"
    FORGET_POSITIONS = "forget.positions"
    FORGET_CONTROL = "forget.control"
    DETECTOR_WEIGHTS = "detector.weights"
    DETECTOR_ORDER = "detector.order"
    AUTOENCODER_PICTURES = "curation.autoencoder.pictures"
    AUTOENCODER_WEIGHTS = "curation.autoencoder.weights"
    AUTOENCODER_ORDER = "curation.autoencoder.order"
    AUTOENCODER_NOISE = "curation.autoencoder.noise"


def rng(stream: Stream, *key: int) -> np.random.Generator:
    """The random numbers of a stream and key (whole numbers from 0 to 2^64 - 1), always from their beginning."""
    return np.random.Generator(np.random.Philox(key=_hash(stream, key)))


def torch_rng(stream: Stream, *key: int) -> "torch.Generator":
    """The same for torch, on the CPU.

    Its Mersenne twister keeps only 32 bits of a seed, which keys would soon share: all of its state is filled instead.
    """
    import torch

    generator = torch.Generator().manual_seed(_hash(stream, key) >> 65)  # 63 bits, which also name it
    state = generator.get_state()
    words = rng(stream, *key).integers(2**32, size=TWISTER_WORDS, dtype=np.uint64)
    state[TWISTER_START:].view(torch.int64)[:TWISTER_WORDS] = torch.from_numpy(words.view(np.int64))
    return generator.set_state(state)


def _hash(stream: Stream, key: tuple[int, ...]) -> int:
    """128 bits of the stream's name and the key, each number of which has a fixed width."""
    content = stream.encode() + b"\0" + struct.pack(f"<{len(key)}Q", *key)
    return int.from_bytes(blake2b(content, digest_size=16).digest(), "little")


def check_seed(seed: object, name: str = "seed") -> None:
    """Refuse a seed that is no whole number from 0 to 2^63 - 1.

    Raises:
        UsageError: It is none; the message has the name of the parameter.
    """
    if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63:
        raise UsageError(f"`{name}` must be a whole number from 0 to 2^63 - 1, not {seed!r}")


def sample_latents(
    random: np.random.Generator, count: int, latent_dim: int, distribution: str, classes: int = 0
) -> Latents:
    """Sample z (count, latent_dim), float32: U(-1, 1) for the distribution "uniform", N(0, 1) for "normal".

    The last `classes` numbers of each are a label, one-hot, each class as likely as any other.
    """
    shape = (count, latent_dim - classes)
    if distribution == "normal":
        z = random.standard_normal(shape, dtype=np.float32)
    else:
        z = 2 * random.random(shape, dtype=np.float32) - 1
    return with_label(z, random.integers(classes, size=count), classes) if classes else z


def with_label(z: Latents, labels: NDArray[np.int64], classes: int) -> Latents:
    """Z (N, numbers) with labels (N,), 0 to `classes` - 1, beside it, one-hot: (N, numbers + classes)."""
    return np.concatenate([z, np.eye(classes, dtype=np.float32)[labels]], axis=1)


def whole_label(z: Latents, classes: int) -> Latents:
    """The same z (N, latent_dim) with the label of which there is most in each, such as after a sum of several z."""
    return with_label(z[:, :-classes], z[:, -classes:].argmax(axis=1), classes) if classes else z


def truncated(z: Latents, truncation: float, noise_dim: int) -> Latents:
    """Scale the first `noise_dim` numbers of z (N, latent_dim) toward 0, and leave the others, a label, as they are."""
    scale = np.ones(z.shape[1], np.float32)
    scale[:noise_dim] = truncation
    return z * scale


def each_label(z: Latents, classes: int) -> Latents:
    """The same z with each label: z (N, latent_dim) to (classes * N, latent_dim), label by label."""
    numbers = z[:, :-classes]
    return np.concatenate([with_label(numbers, np.full(len(z), label), classes) for label in range(classes)])


def latents_from_seeds(seeds: Iterable[int], latent_dim: int, distribution: str, classes: int = 0) -> Latents:
    """The z of each seed (0 to 2^63 - 1): one row a seed, the same on every machine, whatever seeds stand beside it.

    Of conditional nets the seed names the label, too: the last `classes` numbers.

    Raises:
        UsageError: A seed is no whole number, or out of its range.
    """
    rows = []
    for seed in seeds:
        if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63:
            raise UsageError(f"`seeds` must be whole numbers from 0 to 2^63 - 1, not {seed!r}")
        rows.append(sample_latents(rng(Stream.SEEDS, seed), 1, latent_dim, distribution, classes))
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
    return rng(Stream.ORDER, seed, attempt, epoch).permutation(count)
