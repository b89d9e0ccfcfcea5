"""Features of sets of pictures and of generated ones; those of sets are kept, keyed by content."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from dcgan.atomic_files import write_atomic
from dcgan.data.packed import PackedSet
from dcgan.files import cache_folder
from dcgan.metrics.extractors import Extractor
from dcgan.model import Model
from dcgan.randomness import Stream, rng
from dcgan.types import Features, OnProgress, Pixels

_VERSION = 2  # of features in the cache: another one where the same pictures get other numbers
BATCH = 64


def real_features(
    data: PackedSet,
    extractor: Extractor,
    count: int,
    on_progress: OnProgress | None = None,
    *,
    mirrored: bool = False,
) -> Features:
    """Features (count, D) of pictures of `data`, always the same ones; if `count` is their number, all in order.

    They are kept in the cache folder, keyed by the pictures' fingerprint, the extractor's identity and `count`.
    `mirrored` takes those of the mirror images.

    Raises:
        ValueError: There are fewer pictures than `count`.
    """
    made_of = f"{_VERSION} {data.fingerprint} {extractor.identity} {count}{' mirrored' if mirrored else ''}"
    path = cache_folder() / f"features-{hashlib.sha256(made_of.encode()).hexdigest()[:24]}.npy"
    try:
        features: Features = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        pass
    else:
        if features.shape[:1] == (count,):
            return features
    positions = some_positions(data, count)
    pixels = (data.pixels[positions[start : start + BATCH]] for start in range(0, count, BATCH))
    if mirrored:
        pixels = (np.ascontiguousarray(batch[:, :, ::-1]) for batch in pixels)
    features = _extract(pixels, extractor, count, on_progress)
    content = io.BytesIO()
    np.save(content, features)
    with suppress(OSError):  # a cache that is full or may not be written costs time next time
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, content.getvalue())
    return features


def generated_features(
    model: Model, extractor: Extractor, count: int, on_progress: OnProgress | None = None, *, first_seed: int = 0
) -> Features:
    """Features (count, D) of the pictures of `count` seeds, from `first_seed` on."""
    seeds = range(first_seed, first_seed + count)
    pixels = (model.sample(seeds[start : start + BATCH]) for start in range(0, count, BATCH))
    return _extract(pixels, extractor, count, on_progress)


def some_positions(data: PackedSet, count: int) -> NDArray[np.int64]:
    """Which pictures stand for the set: `count` positions in their order, the same ones each time."""
    return np.sort(rng(Stream.EVALUATION_IMAGES).choice(len(data), count, replace=False))


def _extract(batches: Iterator[Pixels], extractor: Extractor, count: int, on_progress: OnProgress | None) -> Features:
    """Features of mini-batches that are filled up: those of a picture depend on how many are computed with it."""
    parts, done = [], 0
    for pixels in batches:
        filled = np.concatenate([pixels, np.repeat(pixels[-1:], BATCH - len(pixels), axis=0)])
        parts.append(extractor.extract(filled)[: len(pixels)])
        done += len(pixels)
        if on_progress:
            on_progress(done, count)
    return np.concatenate(parts)
