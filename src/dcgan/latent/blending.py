"""Poisson blending (Pérez et al. 2003): a drawn patch keeps its gradients, and joins what is known around it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcgan.types import Mask

Values = NDArray[np.float32]
"""(H, W, C), in any unit."""
Planes = NDArray[np.float32]
"""(C, H, W)."""

_PRECISION = 4e-5  # of the largest difference between patch and picture: a hundredth of a gray level
_DAMPING = 0.8  # of Jacobi's steps
_COARSEST = 4  # cells along a side
_MOST_STEPS = 100  # of conjugate gradients; five are usual
_TINY = np.float32(1e-30)  # instead of 0


class Blender:
    """Blends patches into the hole of one mask, in time and memory that grow as the mask does.

    Of all pictures that are the known one outside the hole it finds that whose gradients are nearest to the patch's, by
    squares (Yeh et al. 2017, equation 7). The difference to the patch is then harmonic: each pixel of it is the mean of
    its neighbors. These equations are solved by conjugate gradients with a multigrid cycle as their preconditioner.

    Args:
        mask: (H, W), True where pixels are missing. Where all are, nothing is known that a patch could be blended with.
    """

    def __init__(self, mask: Mask) -> None:
        self.mask = mask
        inside = mask.astype(np.float32)
        neighbors = _sum_of_neighbors(np.ones_like(inside), 1, 1)
        self._grids = [_Grid(inside[:, :-1] * inside[:, 1:], inside[:-1] * inside[1:], inside * neighbors)]
        while max(self._grids[-1].total.shape) > _COARSEST:
            self._grids.append(_coarser(self._grids[-1]))

    def blend(self, known: Values, patch: Values) -> Values:
        """Fill the hole.

        Args:
            known: (H, W, C); what it has in the hole does not matter.
            patch: (H, W, C), of which the gradients are taken.

        Returns:
            (H, W, C): `known` outside the hole; in the hole it may leave the range of both by a little.
        """
        differences = np.where(self.mask, 0, np.moveaxis(known, 2, 0) - np.moveaxis(patch, 2, 0))
        correction = self._harmonic(differences.astype(np.float32))
        return np.where(self.mask[..., None], patch + np.moveaxis(correction, 0, 2), known).astype(np.float32)

    def _harmonic(self, around: Planes) -> Planes:
        """In the hole the values that are each the mean of their neighbors, 0 elsewhere; from those around it."""
        residual = np.where(self.mask, _sum_of_neighbors(around, 1, 1), np.float32(0))
        found, before = np.zeros_like(residual), np.ones((len(residual), 1, 1), np.float32)
        direction: Planes = np.zeros_like(residual)
        enough = _PRECISION * np.abs(around).max(initial=0)
        for _ in range(_MOST_STEPS):
            better = _cycle(self._grids, residual)
            if np.abs(better).max(initial=0) <= enough:
                return found + better
            now = np.maximum(_dot(residual, better), _TINY)
            direction = better + (now / before).astype(np.float32) * direction
            change = _applied(self._grids[0], direction)
            length = now / np.maximum(_dot(direction, change), _TINY)
            found += length * direction
            residual -= length * change
            before = now
        return found


class _Grid(NamedTuple):
    """Equations for the cells of a grid: each times its weight, less each neighbor times the weight between them."""

    right: NDArray[np.float32]
    """(H, W - 1), weights between neighbors in a row; 0 unless both are in the hole."""
    down: NDArray[np.float32]
    """(H - 1, W), the same in a column."""
    total: NDArray[np.float32]
    """(H, W), the weights of each cell: of its neighbors, and of what is known beside it. 0 outside the hole."""


def _coarser(grid: _Grid) -> _Grid:
    """The same equations for cells of 2 x 2.

    Where two coarse cells meet two pairs of fine ones do, but their centers are twice as far apart.
    """
    rows, columns = (np.arange(0, length, 2) for length in grid.total.shape)
    right = np.add.reduceat(grid.right[:, 1::2] / np.float32(2), rows, axis=0)
    down = np.add.reduceat(grid.down[1::2] / np.float32(2), columns, axis=1)
    known = _summed(grid.total - _sum_of_neighbors(np.ones_like(grid.total), grid.right, grid.down))
    return _Grid(right, down, known + _sum_of_neighbors(np.ones_like(known), right, down))


def _cycle(grids: list[_Grid], residual: Planes) -> Planes:
    """Roughly the correction that leaves no residual on the first grid: steps of Jacobi, the rest on coarser grids."""
    grid, *coarser = grids
    steps = np.divide(_DAMPING, grid.total, out=np.zeros_like(grid.total), where=grid.total > 0)
    found = steps * residual
    found += steps * (residual - _applied(grid, found))
    if coarser:
        rest = _summed(residual - _applied(grid, found))
        better = _cycle(coarser, rest)
        if coarser[1:]:
            better += _cycle(coarser, rest - _applied(coarser[0], better))
        height, width = grid.total.shape
        found += (grid.total > 0) * better.repeat(2, axis=1).repeat(2, axis=2)[:, :height, :width]
    for _ in range(2):
        found += steps * (residual - _applied(grid, found))
    return found


def _applied(grid: _Grid, values: Planes) -> Planes:
    """The left side of a grid's equations."""
    applied: Planes = grid.total * values - _sum_of_neighbors(values, grid.right, grid.down)
    return applied


def _sum_of_neighbors(
    values: NDArray[np.float32], right: NDArray[np.float32] | int, down: NDArray[np.float32] | int
) -> NDArray[np.float32]:
    """The neighbors of each cell (..., H, W), times the weights between them."""
    total = np.zeros_like(values)
    total[..., :-1] += right * values[..., 1:]
    total[..., 1:] += right * values[..., :-1]
    total[..., :-1, :] += down * values[..., 1:, :]
    total[..., 1:, :] += down * values[..., :-1, :]
    return total


def _summed(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sum of each 2 x 2 cells (..., H, W)."""
    rows, columns = (np.arange(0, length, 2) for length in values.shape[-2:])
    summed: NDArray[np.float32] = np.add.reduceat(np.add.reduceat(values, rows, axis=-2), columns, axis=-1)
    return summed


def _dot(one: Planes, other: Planes) -> Planes:
    """Scalar products (C, 1, 1)."""
    product: Planes = (one * other).sum(axis=(1, 2), keepdims=True, dtype=np.float64).astype(np.float32)
    return product
