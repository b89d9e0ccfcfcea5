"""The K-means baseline of the paper's Table 1: Coates & Ng's single layer (AISTATS 2011; Adam Coates' released recipe).

Random patches, each contrast-normalized; ZCA whitening; K-means; every patch of a picture is then encoded by how much
nearer than the average it lies to each centroid, and the codes are summed over the four quadrants.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from dcgan.errors import UsageError
from dcgan.probing.baselines.baseline import BuildContext, FeatureBaseline
from dcgan.randomness import Stream, rng
from dcgan.types import Features, OnProgress, Pixels

PATCH_SIDE = 6  # pixels
PATCHES = 400_000
ITERATIONS = 50
ADDED_VARIANCE = 10.0  # to that of a patch, on the scale 0 to 255
ZCA_EPSILON = 0.1  # added to the eigenvalues
CHUNK = 1000  # patches compared with the centroids at once: their distances stay in the processor's cache


@dataclass(frozen=True, eq=False)
class KMeansFeatures:
    """A fitted encoder.

    Attributes:
        mean: (P,), of normalized patches; P is 6 * 6 * channels.
        whitening: (P, P).
        centroids: (K, P), in whitened space.
    """

    mean: Tensor
    whitening: Tensor
    centroids: Tensor

    @property
    def size(self) -> int:
        """4 K, how many features a picture has."""
        return 4 * len(self.centroids)

    @torch.inference_mode()
    def extract(self, pixels: Pixels) -> Features:
        """Pixels (N, H, W, C), uint8, to features (N, 4 K), at least 0."""
        features = np.empty((len(pixels), self.size), np.float32)
        for row, picture in enumerate(pixels):
            features[row] = sum_quadrants(self.codes(picture)[None])[0].numpy()
        return features

    def codes(self, picture: NDArray[np.uint8]) -> Tensor:
        """How much nearer than the average a picture's (H, W, C) patches lie to each centroid: (H - 5, W - 5, K)."""
        levels = torch.from_numpy(np.array(picture)).permute(2, 0, 1).float()
        patches = F.unfold(levels, PATCH_SIDE).T.contiguous()  # (positions, C * 6 * 6)
        white = (normalize_contrast(patches) - self.mean) @ self.whitening
        return triangle_encode(white, self.centroids).reshape(
            levels.shape[1] - PATCH_SIDE + 1, levels.shape[2] - PATCH_SIDE + 1, -1
        )


def fit_kmeans(
    pixels: Pixels,
    centroids: int = 1600,
    *,
    patches: int = PATCHES,
    iterations: int = ITERATIONS,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> KMeansFeatures:
    """Learn centroids from random patches of pictures.

    Args:
        pixels: (N, H, W, C), uint8, of 8 pixels a side or more.
        centroids: K.
        patches: How many to learn from, at most; of few pictures not more than they have positions for.
        iterations: Of K-means.
        seed: Of patches and first centroids.
        on_progress: Called with (iterations, in all).

    Raises:
        UsageError: The pictures are too small, or there are more centroids than patches.
    """
    if (side := min(pixels.shape[1:3])) < PATCH_SIDE + 2:
        raise UsageError(f"pictures of {side} pixels a side are too small for K-means: it needs {PATCH_SIDE + 2}")
    if not 1 <= centroids <= patches:
        raise UsageError(f"`centroids` must be 1 to {patches}, the number of patches, not {centroids}")
    positions = (pixels.shape[1] - PATCH_SIDE + 1) * (pixels.shape[2] - PATCH_SIDE + 1)
    patches = min(patches, max(centroids, len(pixels) * positions))
    random = rng(Stream.KMEANS, seed)
    which = np.sort(random.integers(len(pixels), size=patches))
    tops, lefts = (random.integers(side - PATCH_SIDE + 1, size=patches) for side in pixels.shape[1:3])
    taken = np.stack(
        [pixels[n, y : y + PATCH_SIDE, x : x + PATCH_SIDE] for n, y, x in zip(which, tops, lefts, strict=True)]
    )
    raw = normalize_contrast(torch.from_numpy(taken).permute(0, 3, 1, 2).float().flatten(1))
    mean, whitening = fit_zca(raw, ZCA_EPSILON)
    white = (raw - mean) @ whitening
    current = initial_centroids(random, centroids, white.shape[1])
    for iteration in range(iterations):
        current = kmeans_step(white, current)
        if on_progress:
            on_progress(iteration + 1, iterations)
    return KMeansFeatures(mean, whitening, current)


def normalize_contrast(patches: Tensor) -> Tensor:
    """Each patch (..., P) with brightness and contrast taken out: (x - mean) / sqrt(variance + 10)."""
    variance, mean = torch.var_mean(patches, dim=-1, keepdim=True)
    return (patches - mean) / (variance + ADDED_VARIANCE).sqrt()


def fit_zca(points: Tensor, epsilon: float) -> tuple[Tensor, Tensor]:
    """ZCA: the mean (P,) of points (N, P), and the matrix (P, P) that whitens them, `epsilon` added to variances."""
    mean = points.mean(dim=0)
    centered = points - mean
    values, vectors = torch.linalg.eigh((centered.T @ centered).double() / len(points))
    return mean, (vectors * (values.clamp_min(0) + epsilon).rsqrt() @ vectors.T).float()


def initial_centroids(random: np.random.Generator, count: int, size: int) -> Tensor:
    """Small random ones (K, P), as in the released recipe: the first iteration moves them into the data."""
    return 0.1 * torch.from_numpy(random.standard_normal((count, size), dtype=np.float32))


def kmeans_step(points: Tensor, centroids: Tensor) -> Tensor:
    """One iteration: each centroid becomes the mean of the points that are nearest to it; one without any becomes 0."""
    sums, counts = torch.zeros_like(centroids), torch.zeros(len(centroids))
    half_squares = 0.5 * centroids.square().sum(dim=1)
    for some in points.split(CHUNK):
        nearest = (some @ centroids.T - half_squares).argmax(dim=1)
        sums.index_add_(0, nearest, some)
        counts += torch.bincount(nearest, minlength=len(centroids))
    return sums / counts.clamp_min(1)[:, None]


def triangle_encode(points: Tensor, centroids: Tensor) -> Tensor:
    """Codes (N, K) of points (N, P): how much nearer than the average they lie to each centroid (K, P), at least 0."""
    left = torch.cat([-2 * points, points.square().sum(dim=1, keepdim=True), torch.ones(len(points), 1)], dim=1)
    right = torch.cat([centroids, torch.ones(len(centroids), 1), centroids.square().sum(dim=1, keepdim=True)], dim=1)
    distance = (left @ right.T).clamp_min_(0).sqrt_()  # all three terms of the squares by one product
    return torch.sub(distance.mean(dim=1, keepdim=True), distance, out=distance).clamp_min_(0)


def sum_quadrants(maps: Tensor) -> Tensor:
    """Maps (N, H, W, K) summed over their quadrants: (N, 4 K). The upper and the left have the odd row and column."""
    top, left = (maps.shape[1] + 1) // 2, (maps.shape[2] + 1) // 2
    halves = maps[:, :top].sum(dim=1), maps[:, top:].sum(dim=1)  # rows first: they lie together
    return torch.cat([part.sum(dim=1) for half in halves for part in (half[:, :left], half[:, left:])], dim=1)


def _fit(context: BuildContext) -> KMeansFeatures:
    return fit_kmeans(
        np.asarray(context.train.pixels), context.centroids, seed=context.seed, on_progress=context.on_progress
    )


KMEANS = FeatureBaseline(_fit, depends_on=("centroids",), standardize=True)
