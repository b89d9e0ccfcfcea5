"""A varied choice of pictures to label first: one from the middle of each cluster of their features."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcgan.errors import UsageError
from dcgan.probing.baselines.kmeans import kmeans_step
from dcgan.probing.feature_blocks import ROWS, Matrix
from dcgan.randomness import Stream, check_seed, rng

CLUSTERS = 48
PROJECTED = 64  # random directions that distances are measured in
ITERATIONS = 15  # of K-means


def varied_order(features: Matrix, clusters: int = CLUSTERS, *, seed: int = 0) -> NDArray[np.int64]:
    """An order of pictures whose beginning is a varied choice; the rest follows in random order.

    First comes the picture that is nearest to the middle of each cluster, large clusters before small ones.

    Args:
        features: (N, D), float32 or float16; a memory map will do. They are read once.
        clusters: K-means's K, 1 or more; of fewer pictures, so many.
        seed: Names the random directions, the first centroids and the order of the rest.

    Returns:
        (N,), each position once.

    Raises:
        UsageError: A parameter is out of range.
    """
    check_seed(seed)
    if clusters < 1:
        raise UsageError(f"`clusters` must be 1 or more, not {clusters}")
    random = rng(Stream.VARIED, seed)
    points = _projected(features, random)
    centroids = _first_centroids(points, min(clusters, len(points)), random)
    for _ in range(ITERATIONS):
        centroids = kmeans_step(points, centroids)
    distances = torch.cdist(points, centroids)
    sizes = torch.bincount(distances.argmin(dim=1), minlength=len(centroids))
    nearest = distances.argmin(dim=0)[sizes.argsort(descending=True, stable=True)].numpy()
    first = nearest[np.sort(np.unique(nearest, return_index=True)[1])]
    return np.concatenate([first, random.permutation(np.setdiff1d(np.arange(len(points)), first))])


def _projected(features: Matrix, random: np.random.Generator) -> Tensor:
    """(N, 64): features in random directions, in which distances stay about as they are (Johnson-Lindenstrauss)."""
    directions = random.standard_normal((features.shape[1], PROJECTED), np.float32) / np.sqrt(np.float32(PROJECTED))
    parts = [
        np.asarray(features[start : start + ROWS], np.float32) @ directions for start in range(0, len(features), ROWS)
    ]
    points = torch.from_numpy(np.concatenate([np.empty((0, PROJECTED), np.float32), *parts]))
    return points - points.mean(dim=0)


def _first_centroids(points: Tensor, count: int, random: np.random.Generator) -> Tensor:
    """Some of the points, each chosen with the square of its distance to those before it (K-means++)."""
    chosen = [int(random.integers(len(points)))] if count else []
    squares = torch.full((len(points),), torch.inf)
    while len(chosen) < count:
        squares = torch.minimum(squares, (points - points[chosen[-1]]).square().sum(dim=1))
        total = squares.double().cumsum(dim=0).numpy()
        chosen.append(int(np.searchsorted(total, random.random() * total[-1], side="right").clip(0, len(points) - 1)))
    return points[chosen].clone()
