"""Pictures of several packed sets numbered through, as small as the net wants them; and how alike two of them are."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from dcgan.curation.autoencoder import SIDE
from dcgan.curation.code_index import Indices
from dcgan.curation.variations import vary
from dcgan.data.packed import PackedSet
from dcgan.types import Pixels

FINE, COARSE = 1.0, 3.0
"""Standard deviations, in pixels of 32x32, of the two Gaussians between which details are compared."""
FLAT = 0.01
"""Standard deviation of the details, 0 to 1, below which they count as noise."""
_BYTES_AT_ONCE = 32 << 20  # of pictures that are made smaller, as uint8
_PAIRS_AT_ONCE = 1024


class Collection:
    """The pictures of some packed sets, N in all: those of the first have the first numbers.

    Args:
        sources: What each set was made of, for people.
        sets: Opened; each is read only where it is asked for.
    """

    def __init__(self, sources: Sequence[str], sets: Sequence[PackedSet]) -> None:
        self.sources, self.sets = sources, sets
        self._ends = np.cumsum([len(one) for one in sets])
        tables = [one.used("name", "width", "height", "bytes", "sha256") for one in sets]
        self._names = pa.chunked_array([chunk for table in tables for chunk in table["name"].chunks], pa.string())
        self.quality = _quality(tables)
        """(N,): the higher, the better: pictures of later sets, then those of more pixels, then of larger files."""
        self.original = _first_of_each(tables, self.quality)
        """(N,): of the pictures with the same content the best one, itself where there is no other."""

    def __len__(self) -> int:
        return int(self._ends[-1])

    def name(self, row: int) -> str:
        """What a picture is called in its set."""
        name: str = self._names[row].as_py()
        return name

    def source(self, row: int) -> str:
        """Where a picture comes from."""
        return self.sources[int(self.set_of(np.array([row]))[0])]

    def set_of(self, rows: Indices) -> Indices:
        """(M,): the numbers of the sets that M pictures are in."""
        return np.searchsorted(self._ends, rows, "right")

    def pixels(self, row: int) -> Pixels:
        """One picture (H, W, C), as it is in its set."""
        number = int(self.set_of(np.array([row]))[0])
        return np.asarray(self.sets[number].pixels[row - self._start(number)])

    def thumbnails(self, rows: Indices) -> Pixels:
        """M pictures (M, 32, 32, 3)."""
        thumbnails = np.empty((len(rows), SIDE, SIDE, 3), np.uint8)
        of = self.set_of(rows)
        for number, one in enumerate(self.sets):
            here = np.flatnonzero(of == number)
            step = max(1, _BYTES_AT_ONCE // one.pixels[:1].nbytes)
            for start in range(0, len(here), step):
                some = here[start : start + step]
                thumbnails[some] = shrunk(np.asarray(one.pixels[rows[some] - self._start(number)]))
        return thumbnails

    def similarity(self, some: Indices, others: Indices, variations: Sequence[str]) -> NDArray[np.float32]:
        """How similar M pairs of pictures are, one of each pair varied: the correlation (M,) of their details.

        Of two pictures without contrast it is 1. Brightness, contrast and the color of the light do not matter.

        Args:
            some: Those that are varied.
            others: Those that they are compared with, as they are.
            variations: Of `VARIATIONS`; that which makes a pair most similar counts.
        """
        found = np.empty(len(some), np.float32)
        for start in range(0, len(some), _PAIRS_AT_ONCE):
            at = slice(start, start + _PAIRS_AT_ONCE)
            whole, other = _planes(self.thumbnails(some[at])), _details(_planes(self.thumbnails(others[at])))
            every = [_correlation(_details(vary(whole, variation)), other) for variation in variations]
            found[at] = torch.stack(every).amax(dim=0).numpy()
        return found

    def _start(self, number: int) -> int:
        return int(self._ends[number]) - len(self.sets[number])


def shrunk(pixels: Pixels) -> Pixels:
    """Pictures (N, H, W, C) at 32x32 (N, 32, 32, 3): each pixel the mean of those it covers; what is clear is white."""
    if pixels.shape[3] == 4:
        alpha = pixels[..., 3:].astype(np.float32) / 255
        pixels = np.rint(pixels[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    if pixels.shape[1] != SIDE:
        small = F.interpolate(_planes(pixels), SIDE, mode="area").round_().byte()
        pixels = small.permute(0, 2, 3, 1).numpy()
    return np.repeat(pixels, 3, axis=3) if pixels.shape[3] == 1 else pixels


def _planes(pixels: Pixels) -> Tensor:
    """Pictures (N, H, W, C) as (N, C, H, W), 0 to 255."""
    return torch.from_numpy(pixels.transpose(0, 3, 1, 2).astype(np.float32))  # a copy: those of a file are read-only


def _details(planes: Tensor) -> Tensor:
    """Pictures as rows of what is neither finer than about two pixels nor coarser than six: a difference of Gaussians.

    The coarser is much the same in all portraits and all skies, and the finer is moved by the least crop.
    """
    fine, coarse = ((planes @ blur).transpose(2, 3) @ blur for blur in (_blur(FINE), _blur(COARSE)))
    return (fine - coarse).flatten(1) / 255


@cache
def _blur(sigma: float) -> Tensor:
    """The matrix (32, 32) that blurs rows of pixels by a Gaussian; beyond an edge the picture goes on as it ends."""
    place = torch.arange(-2 * SIDE, 3 * SIDE)
    distance = (place - torch.arange(SIDE)[:, None]) / sigma
    weights = torch.exp(-(distance**2) / 2) * (distance.abs() < 6)  # beyond, they would be slow subnormal numbers
    matrix = torch.zeros(SIDE, SIDE).index_add_(1, place.clamp(0, SIDE - 1), weights)
    return (matrix / matrix.sum(dim=1, keepdim=True)).T.contiguous()


def _correlation(some: Tensor, others: Tensor) -> Tensor:
    """Of rows (M, D) one by one (M,); what has less contrast than `FLAT` counts as flat."""
    products = (some * others).mean(dim=1) + FLAT**2
    return products / ((some.square().mean(dim=1) + FLAT**2) * (others.square().mean(dim=1) + FLAT**2)).sqrt()


def _quality(tables: Sequence[pa.Table]) -> NDArray[np.float64]:
    number = np.concatenate([np.full(len(table), number) for number, table in enumerate(tables)])
    pixels = _column(tables, "width") * _column(tables, "height")
    best_last = np.lexsort((-np.arange(len(number)), _column(tables, "bytes"), pixels, number))
    quality = np.empty(len(number))
    quality[best_last] = np.arange(len(number))
    return quality


def _column(tables: Sequence[pa.Table], name: str) -> NDArray[np.int64]:
    """A column of numbers, 0 where it is not known."""
    return np.concatenate([pc.fill_null(pc.cast(table[name], pa.int64()), 0).to_numpy() for table in tables])


def _first_of_each(tables: Sequence[pa.Table], quality: NDArray[np.float64]) -> Indices:
    """(N,): of the pictures with the same hash the best."""
    hashes = pa.chunked_array([chunk for table in tables for chunk in table["sha256"].chunks], pa.string())
    numbers = pc.fill_null(hashes.combine_chunks().dictionary_encode().indices, -1).to_numpy(zero_copy_only=False)
    original = np.arange(len(numbers))
    by_quality = np.argsort(-quality)
    by_quality = by_quality[numbers[by_quality] >= 0]
    _, first, of = np.unique(numbers[by_quality], return_index=True, return_inverse=True)
    original[by_quality] = by_quality[first][of]
    return original
