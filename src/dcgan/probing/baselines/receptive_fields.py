"""K-means with learned receptive fields: Coates & Ng, "Selecting Receptive Fields in Deep Networks" (NIPS 2011).

It is the second baseline of the DCGAN paper's Table 1. The first layer is that of `kmeans`. The maps of each layer are
pooled; those whose squares go together, once each pair is whitened, make up a receptive field; and each receptive field
is whitened and has centroids of its own. The features are the codes of every layer, summed over the four quadrants.

Written from descriptions of the paper, without its full text or code. From it are the measure of similarity, receptive
fields of some 200 inputs around random maps, and the sizes: 1600 maps in the first layer, at most 3200 in each deeper
one. These choices are ours, by a few runs on 5,000 pictures of CIFAR-10, not tuned: the triangle encoding in every
layer, where the paper has unit centroids and max(0, d'x - t) with a t to tune; 32 receptive fields, each of 50 maps in
windows of 2x2, and similar by what maps do at one position; means of 3x3 as first pools and of 2x2 as deeper ones; a
tenth of the mean variance added to the eigenvalues.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from dcgan.errors import UsageError
from dcgan.probing.baselines.baseline import BuildContext, FeatureBaseline
from dcgan.probing.baselines.kmeans import (
    ITERATIONS,
    PATCH_SIDE,
    PATCHES,
    KMeansFeatures,
    fit_kmeans,
    fit_zca,
    initial_centroids,
    kmeans_step,
    sum_quadrants,
    triangle_encode,
)
from dcgan.randomness import Stream, rng
from dcgan.types import Features, OnProgress, Pixels

LAYERS = 3
FIELDS = 32  # receptive fields in a deeper layer
MAPS = 50  # that a receptive field sees: 200 inputs
WINDOW = 2  # side of what it sees of each map
FIRST_POOL = 3  # side of the squares that the first layer's maps are averaged over
POOL = 2  # and the deeper ones'
ZCA_EPSILON = 0.1  # added to the eigenvalues, of their mean
PICTURES = 4000  # that a deeper layer is learned from, at most
WINDOWS = 40_000  # of those pictures, at most
MAX_VALUES = 2**27  # of those windows, in half precision
MAX_CORRELATION = 0.99  # of a pair; one that is nearer to ±1 is whitened as if it were not
MIN_STD = 1e-6  # of maps and of what is whitened; below it they count as constant
BATCH = 8  # pictures encoded at once


@dataclass(frozen=True, eq=False)
class Layer:
    """Receptive fields, each with its whitening and its centroids.

    Attributes:
        fields: (G, T), int64: which maps of the layer below each sees, in windows of 2x2.
        means: (G, 4 T), of what it sees: map by map, and of each the four positions by rows.
        whitenings: (G, 4 T, 4 T).
        centroids: (G, C, 4 T), in whitened space.
    """

    fields: Tensor
    means: Tensor
    whitenings: Tensor
    centroids: Tensor

    @property
    def size(self) -> int:
        """G C, how many maps it makes."""
        return self.centroids.shape[0] * self.centroids.shape[1]

    def codes(self, maps: Tensor) -> Tensor:
        """Pooled maps (N, H, W, K) to codes (N, H - 1, W - 1, G C), at least 0."""
        seen = maps.permute(3, 0, 1, 2).unfold(2, WINDOW, 1).unfold(3, WINDOW, 1)  # (K, N, H - 1, W - 1, 2, 2)
        inputs = seen.permute(0, 4, 5, 1, 2, 3).reshape(maps.shape[3], -1)  # what a field sees is copied by rows
        parts = []
        for field, mean, whitening, centroids in zip(
            self.fields, self.means, self.whitenings, self.centroids, strict=True
        ):
            points = inputs[field].reshape(len(mean), -1).T  # (N (H - 1) (W - 1), 4 T)
            parts.append(triangle_encode(points @ whitening - mean @ whitening, centroids))
        return torch.cat(parts, dim=1).reshape(*seen.shape[1:4], -1)


@dataclass(frozen=True, eq=False)
class ReceptiveFieldFeatures:
    """A fitted encoder of several layers."""

    first: KMeansFeatures
    deeper: tuple[Layer, ...]

    @property
    def size(self) -> int:
        """How many features a picture has: four for each map of each layer."""
        return self.first.size + 4 * sum(layer.size for layer in self.deeper)

    @torch.inference_mode()
    def extract(self, pixels: Pixels) -> Features:
        """Pixels (N, H, W, C), uint8, to features (N, size), at least 0: layer by layer, quadrant by quadrant.

        A map of one row or column has nothing in its lower or right quadrants: 0.
        """
        features = np.empty((len(pixels), self.size), np.float32)
        for start in range(0, len(pixels), BATCH):
            features[start : start + BATCH] = self.encode(pixels[start : start + BATCH])[0].numpy()
        return features

    def encode(self, pixels: Pixels) -> tuple[Tensor, Tensor]:
        """The features (N, size) of a few pixels (N, H, W, C), and the last layer's pooled maps (N, H', W', K)."""
        sums, pools = [], []
        for picture in pixels:  # one at a time: its codes fit the processor's cache
            codes = self.first.codes(picture)[None]
            sums.append(sum_quadrants(codes))
            pools.append(_pooled(codes, FIRST_POOL))
        parts, maps = [torch.cat(sums)], torch.cat(pools)
        for layer in self.deeper:
            codes = layer.codes(maps)
            parts.append(sum_quadrants(codes))
            maps = _pooled(codes, POOL)
        return torch.cat(parts, dim=1), maps


def fit_receptive_fields(
    pixels: Pixels,
    centroids: int = 1600,
    *,
    layers: int = LAYERS,
    fields: int = FIELDS,
    maps: int = MAPS,
    patches: int = PATCHES,
    iterations: int = ITERATIONS,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> ReceptiveFieldFeatures:
    """Learn layer by layer from pictures.

    Args:
        pixels: (N, H, W, C), uint8, of 15 pixels a side or more for three layers.
        centroids: Maps of each layer; of a deeper one, rounded up to as many for each receptive field.
        layers: How many, 1 or more; one alone is `kmeans`.
        fields: Receptive fields of a deeper layer, at most: those that would see the same maps are one.
        maps: Of the layer below that a receptive field sees; all of them if there are fewer.
        patches: How many the first layer is learned from, at most.
        iterations: Of K-means, in each layer.
        seed: Of what is learned from, of receptive fields and first centroids.
        on_progress: Called with (steps, in all).

    Raises:
        UsageError: The pictures are too small or too few, or `centroids` is out of range.
        ValueError: There is not one layer, receptive field or map.
    """
    if min(layers, fields, maps) < 1:
        raise ValueError(f"{layers} layers of {fields} receptive fields of {maps} maps: each must be 1 or more")
    if _last_side(min(pixels.shape[1:3]), layers) < 1:
        side = min(pixels.shape[1:3])
        raise UsageError(f"pictures of {side} pixels a side are too small for {layers} layers of receptive fields")
    read = min(PICTURES, len(pixels))
    steps = iterations + (layers - 1) * (read + fields)

    def progress_from(done: int) -> OnProgress | None:
        return (lambda more, _: on_progress(done + more, steps)) if on_progress else None

    first = fit_kmeans(
        pixels, centroids, patches=patches, iterations=iterations, seed=seed, on_progress=progress_from(0)
    )
    fitted = ReceptiveFieldFeatures(first, ())
    for depth in range(1, layers):
        done = iterations + (depth - 1) * (read + fields)
        random = rng(Stream.RECEPTIVE_FIELDS, seed, depth)
        windows = _windows(fitted, pixels, random, progress_from(done))
        chosen = choose_fields(energy_similarity(windows[:, :, 0]), fields, maps, random)
        each = -(-centroids // len(chosen))
        if len(windows) < each:
            raise UsageError(
                f"`centroids` {centroids} is too many for {len(pixels)} pictures: they have {len(windows)} windows to "
                f"learn {each} in each of {len(chosen)} receptive fields from"
            )
        few = fields - len(chosen)  # receptive fields that there are not, and need no time
        layer = _fit_layer(windows, chosen, each, iterations, random, progress_from(done + read + few))
        fitted = ReceptiveFieldFeatures(first, (*fitted.deeper, layer))
    return fitted


def energy_similarity(points: Tensor) -> Tensor:
    """How much the squares of each pair of columns of points (N, K) go together: (K, K), 1 on the diagonal.

    The paper's measure: a pair is whitened to z (the nearest uncorrelated pair of variance 1), then

        S_jk = E[z_j^2 z_k^2 - 1] / sqrt(E[z_j^4 - 1] E[z_k^4 - 1])

    With a correlation r the whitened pair is (p x_j + q x_k, q x_j + p x_k), so that all pairs follow from the moments
    of fourth order of standardized columns. A column that never changes goes with none.
    """
    x = points.float() - points.float().mean(dim=0)
    scale = x.square().mean(dim=0).sqrt()
    x /= scale.clamp_min(MIN_STD)
    squares = x.square()
    r = (x.T @ x / len(x)).clamp(-MAX_CORRELATION, MAX_CORRELATION)
    m22 = squares.T @ squares / len(x)
    m31 = (squares * x).T @ x / len(x)
    m4 = m22.diagonal()[:, None]
    p = ((1 + r).rsqrt() + (1 - r).rsqrt()) / 2
    q = ((1 + r).rsqrt() - (1 - r).rsqrt()) / 2
    a, b = p * q, p.square() + q.square()
    both = a.square() * (m4 + m4.T) + (2 * a.square() + b.square()) * m22 + 2 * a * b * (m31 + m31.T) - 1
    own = p**4 * m4 + 4 * p**3 * q * m31 + 6 * a.square() * m22 + 4 * p * q**3 * m31.T + q**4 * m4.T - 1
    similarity = both / (own * own.T).clamp_min(MIN_STD).sqrt()
    similarity[scale < MIN_STD] = 0
    similarity[:, scale < MIN_STD] = 0
    similarity.fill_diagonal_(1)
    return similarity


def choose_fields(similarity: Tensor, count: int, size: int, random: np.random.Generator) -> Tensor:
    """Receptive fields (G, T), int64, in order: random maps, each with those most similar to it.

    There are `count` of `size` maps; fewer where two would be the same, or where there are not so many maps.

    Args:
        similarity: (K, K), of maps.
        count: Of receptive fields, at most.
        size: T, maps of each, at most.
        random: Chooses the maps that they grow from.
    """
    seeds = torch.from_numpy(random.permutation(len(similarity))[:count])
    rows = similarity[seeds].scatter(1, seeds[:, None], torch.inf)
    fields: Tensor = torch.unique(rows.topk(min(size, len(similarity))).indices.sort().values, dim=0)
    return fields


def _fit_layer(
    windows: Tensor,
    fields: Tensor,
    centroids: int,
    iterations: int,
    random: np.random.Generator,
    on_progress: OnProgress | None,
) -> Layer:
    """A layer learned from windows (N, K, 4): so many centroids for each receptive field (G, T)."""
    parts = []
    for done, field in enumerate(fields, 1):
        seen = windows[:, field].flatten(1).float()
        mean, whitening = fit_zca(seen, max(MIN_STD, ZCA_EPSILON * float(seen.var(dim=0, correction=0).mean())))
        white = (seen - mean) @ whitening
        chosen = initial_centroids(random, centroids, white.shape[1])
        for _ in range(iterations):
            chosen = kmeans_step(white, chosen)
        parts.append((mean, whitening, chosen))
        if on_progress:
            on_progress(done, None)
    means, whitenings, chosen_all = (torch.stack(part) for part in zip(*parts, strict=True))
    return Layer(fields, means, whitenings, chosen_all)


@torch.inference_mode()
def _windows(
    fitted: ReceptiveFieldFeatures, pixels: Pixels, random: np.random.Generator, on_progress: OnProgress | None
) -> Tensor:
    """Random windows of the last layer's pooled maps of random pictures: (M, K, 4), half precision."""
    which = np.sort(random.permutation(len(pixels))[:PICTURES])
    taken = []
    for start in range(0, len(which), BATCH):
        _, maps = fitted.encode(pixels[which[start : start + BATCH]])
        rows, columns = maps.shape[1] - WINDOW + 1, maps.shape[2] - WINDOW + 1
        most = min(WINDOWS, MAX_VALUES // (WINDOW**2 * maps.shape[3]))
        for planes in maps.half().permute(0, 3, 1, 2):
            positions = random.permutation(rows * columns)[: -(-most // len(which))]
            taken += [
                planes[:, y : y + WINDOW, x : x + WINDOW].flatten(1)
                for y, x in zip(*divmod(positions, columns), strict=True)
            ]
        if on_progress:
            on_progress(min(start + BATCH, len(which)), None)
    return torch.stack(taken)


def _pooled(maps: Tensor, side: int) -> Tensor:
    """Maps (N, H, W, K) averaged over squares; those at the lower and right edge may be smaller."""
    return F.avg_pool2d(maps.permute(0, 3, 1, 2), side, ceil_mode=True).permute(0, 2, 3, 1)


def _last_side(side: int, layers: int) -> int:
    """The side of the last layer's maps, of pictures of so many pixels a side."""
    side -= PATCH_SIDE - 1
    for depth in range(1, layers):
        side = -(-side // (FIRST_POOL if depth == 1 else POOL)) - (WINDOW - 1)
    return side


def _fit(context: BuildContext) -> ReceptiveFieldFeatures:
    return fit_receptive_fields(
        np.asarray(context.train.pixels), context.centroids, seed=context.seed, on_progress=context.on_progress
    )


LEARNED_RF = FeatureBaseline(_fit, depends_on=("centroids",), standardize=True)
