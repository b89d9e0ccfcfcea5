"""The K-means baseline of the paper's Table 1: Coates & Ng's single layer (AISTATS 2011; Adam Coates' released recipe).

Random patches, each contrast-normalised; ZCA whitening; K-means; every patch of a picture is then encoded by how much
nearer than the average it lies to each centroid, and the codes are summed over the four quadrants.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from dcgan.model import Pixels
from dcgan.randomness import Stream, stream

SIDE = 6  # of a patch, pixels
PATCHES = 400_000
ITERATIONS = 50
CONTRAST = 10.0  # added to a patch's variance, on the scale 0 to 255
WHITENING = 0.1  # added to the eigenvalues
CHUNK = 20_000  # patches compared with the centroids at once
BATCH = 32  # pictures encoded at once

Features = NDArray[np.float32]  # (N, D)
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, eq=False)
class KMeansFeatures:
    """A fitted encoder.

    Attributes:
        mean: (P,), of normalised patches; P is 6 * 6 * channels.
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
        parts: list[Features] = [np.empty((0, self.size), np.float32)]
        parts += [self._encode(pixels[start : start + BATCH]) for start in range(0, len(pixels), BATCH)]
        return np.concatenate(parts)

    def _encode(self, pixels: Pixels) -> Features:
        levels = torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float()
        patches = F.unfold(levels, SIDE).transpose(1, 2)  # (N, positions, C * 6 * 6)
        white = (normalised(patches) - self.mean) @ self.whitening
        squares = (
            white.square().sum(dim=2, keepdim=True) + self.centroids.square().sum(dim=1) - 2 * white @ self.centroids.T
        )
        distance = squares.clamp_min_(0).sqrt_()
        codes = (distance.mean(dim=2, keepdim=True) - distance).clamp_min_(0)  # (N, positions, K): "triangle"
        rows, columns = levels.shape[2] - SIDE + 1, levels.shape[3] - SIDE + 1
        maps = codes.reshape(len(levels), rows, columns, -1)
        top, left = (rows + 1) // 2, (columns + 1) // 2
        quadrants = [maps[:, :top, :left], maps[:, :top, left:], maps[:, top:, :left], maps[:, top:, left:]]
        return torch.cat([quadrant.sum(dim=(1, 2)) for quadrant in quadrants], dim=1).numpy()


def fit_kmeans(
    pixels: Pixels,
    centroids: int = 1600,
    *,
    patches: int = PATCHES,
    iterations: int = ITERATIONS,
    seed: int = 0,
    progress: Progress | None = None,
) -> KMeansFeatures:
    """Learn centroids from random patches of pictures.

    Args:
        pixels: (N, H, W, C), uint8, of 8 pixels a side or more.
        centroids: K.
        patches: How many to learn from, at most; of few pictures not more than they have places for.
        iterations: Of K-means.
        seed: Of patches and first centroids.
        progress: Told (iterations, in all).

    Raises:
        ValueError: The pictures are too small, or there are more centroids than patches.
    """
    if min(pixels.shape[1:3]) < SIDE + 2 or not 1 <= centroids <= patches:
        raise ValueError(
            f"{centroids} centroids of {patches} patches of {SIDE} pixels from pictures {pixels.shape[1:3]}"
        )
    places = (pixels.shape[1] - SIDE + 1) * (pixels.shape[2] - SIDE + 1)
    patches = min(patches, max(centroids, len(pixels) * places))
    random = stream(Stream.KMEANS, seed)
    which = np.sort(random.integers(len(pixels), size=patches))
    tops, lefts = (random.integers(side - SIDE + 1, size=patches) for side in pixels.shape[1:3])
    taken = np.stack([pixels[n, y : y + SIDE, x : x + SIDE] for n, y, x in zip(which, tops, lefts, strict=True)])
    raw = normalised(torch.from_numpy(taken).permute(0, 3, 1, 2).float().flatten(1))
    mean = raw.mean(dim=0)
    centred = raw - mean
    values, vectors = torch.linalg.eigh((centred.T @ centred).double() / len(raw))
    whitening = (vectors * (values + WHITENING).rsqrt() @ vectors.T).float()
    white = centred @ whitening
    chosen = torch.from_numpy(random.standard_normal((centroids, white.shape[1]), dtype=np.float32))
    chosen *= 0.1  # small random ones, as in the released recipe: they spread over the data in the first iteration
    for iteration in range(iterations):
        chosen = _improved(white, chosen)
        if progress:
            progress(iteration + 1, iterations)
    return KMeansFeatures(mean, whitening, chosen)


def normalised(patches: Tensor) -> Tensor:
    """Each patch (..., P) with brightness and contrast taken out: (x - mean) / sqrt(variance + 10)."""
    variance, mean = torch.var_mean(patches, dim=-1, keepdim=True)
    return (patches - mean) / (variance + CONTRAST).sqrt()


def _improved(points: Tensor, centroids: Tensor) -> Tensor:
    """One iteration: each centroid becomes the mean of the points that are nearest to it; one without any becomes 0."""
    sums, counts = torch.zeros_like(centroids), torch.zeros(len(centroids))
    half_squares = 0.5 * centroids.square().sum(dim=1)
    for some in points.split(CHUNK):
        nearest = (some @ centroids.T - half_squares).argmax(dim=1)
        sums.index_add_(0, nearest, some)
        counts += torch.bincount(nearest, minlength=len(centroids))
    return sums / counts.clamp_min(1)[:, None]
