"""Nearest neighbors, and whether a generator repeats the pictures that it was trained on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcgan.metrics.distances import Floats, check_features, squared_distances
from dcgan.short_repr import ShortRepr
from dcgan.types import Features

PERCENTILE = 1.0


@dataclass(frozen=True, eq=False, repr=False)
class Neighbors(ShortRepr):
    """The nearest neighbor of each of N features.

    Attributes:
        index: Its position in the set that was searched, (N,); the first of several equally near.
        distance: Euclidean, (N,), float64, in units of the features.
        mirrored: (N,), whether its mirror image is the nearer one; None if mirror images were not searched.
    """

    index: NDArray[np.intp]
    distance: Floats
    mirrored: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Memorization(ShortRepr):
    """How many samples are near-copies of training pictures, and how many real pictures it would not have seen are.

    Attributes:
        rate: Share of samples whose nearest training picture is within `threshold`, 0 to 1.
        held_out_rate: The same share of held-out real pictures: what chance, and repeats in the source, come to.
        threshold: A distance, in units of the features.
        neighbors: The nearest training picture of each sample: what to look at.
    """

    rate: float
    held_out_rate: float
    threshold: float
    neighbors: Neighbors


def nearest_neighbors(samples: Features, training: Features, mirrored: Features | None = None) -> Neighbors:
    """The nearest of `training` (M, D) to each of `samples` (N, D).

    Args:
        samples: (N, D).
        training: (M, D).
        mirrored: (M, D), features of the mirror images of the training pictures, to search these, too.

    Raises:
        ValueError: An empty set, different dimensions, values that are not finite, or not one mirror image a picture.
    """
    searched = _with_mirror_images(training, mirrored)
    check_features(samples=samples, training=searched)
    return _nearest(samples, searched, len(training), others=False)


def nearest_others(features: Features, mirrored: Features | None = None) -> Neighbors:
    """The nearest other feature of the same set (N, D) to each; N must be 2 or more.

    Args:
        features: (N, D).
        mirrored: (N, D), features of the mirror images, to search those of the other pictures, too.

    Raises:
        ValueError: Fewer than 2, values that are not finite, or not one mirror image a picture.
    """
    searched = _with_mirror_images(features, mirrored)
    check_features(least=2, these=features, searched=searched)
    return _nearest(features, searched, len(features), others=True)


def memorization(
    samples: Features,
    held_out: Features,
    training: Features,
    mirrored: Features | None = None,
    *,
    percentile: float = PERCENTILE,
) -> Memorization:
    """Count the samples that are as near to a training picture as hardly any two training pictures are.

    The threshold is the `percentile` of the distances of training pictures to their nearest other. So it has the scale
    of the set and the extractor at hand, and chance is known beforehand: of new pictures of the same kind, about 1 in
    100 comes as near, which the held-out rate confirms. The 1st, not a lower one, since a few thousand pictures still
    have dozens below it. A rate well above the held-out one means copies, or pictures so plain that everything is near
    them: look at the neighbors. Repeats in the training set lower the threshold, down to 0, where exact copies alone
    count: remove them first.

    Args:
        samples: Features of generated pictures (N, D).
        held_out: Features of real pictures that were not trained on (M, D).
        training: Features of the training pictures (T, D), T being 2 or more.
        mirrored: Features of their mirror images (T, D), if the generator was trained on these, too: then they count
            as training pictures everywhere.
        percentile: 0 to 100.

    Raises:
        ValueError: Too few features, different dimensions, values that are not finite, not one mirror image a picture,
            or a percentile out of range.
    """
    if not 0 <= percentile <= 100:
        raise ValueError(f"percentile must be 0 to 100, not {percentile}")
    check_features(samples=samples, held_out=held_out, training=training)
    threshold = float(np.percentile(nearest_others(training, mirrored).distance, percentile))
    neighbors = nearest_neighbors(samples, training, mirrored)
    held_out_distance = nearest_neighbors(held_out, training, mirrored).distance
    return Memorization(
        rate=float((neighbors.distance <= threshold).mean()),
        held_out_rate=float((held_out_distance <= threshold).mean()),
        threshold=threshold,
        neighbors=neighbors,
    )


def _with_mirror_images(features: Features, mirrored: Features | None) -> Features:
    if mirrored is None:
        return features
    if mirrored.shape != features.shape:
        raise ValueError(f"features of mirror images should have the shape {features.shape}, not {mirrored.shape}")
    return np.concatenate([features, mirrored])


def _nearest(queries: Features, searched: Features, count: int, *, others: bool) -> Neighbors:
    """The nearest of `searched`: features of `count` pictures, and perhaps those of their mirror images after them."""
    row, distance = np.empty(len(queries), np.intp), np.empty(len(queries))
    for rows, squared in squared_distances(queries, searched):
        if others:
            for own in range(0, len(searched), count):  # the picture itself, and its mirror image
                squared[np.arange(len(squared)), np.arange(rows.start, rows.stop) + own] = np.inf
        row[rows] = squared.argmin(axis=1)
        distance[rows] = np.sqrt(squared.min(axis=1))
    return Neighbors(row % count, distance, row >= count if len(searched) > count else None)
