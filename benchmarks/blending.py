"""Poisson blending: our multigrid solver beside scipy's sparse factorization, for square holes.

    pip install scipy
    python -m benchmarks.blending --sides 64 256 1000

Each is a process of its own, for its peak memory. A hole is blended once, in three channels; the time is that of all
that has to be done for a mask, factorization included.
"""

import argparse
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from dcgan.latent.blending import Blender, Values
from dcgan.types import Mask

Solve = Callable[[Mask, Values, Values], Values]


def by_multigrid(mask: Mask, known: Values, patch: Values) -> Values:
    """Ours."""
    return Blender(mask).blend(known, patch)


def by_factorization(mask: Mask, known: Values, patch: Values) -> Values:
    """The matrix of the pixels of the hole, factorized by SuperLU."""
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import splu

    count, number = int(mask.sum()), np.full(mask.shape, -1)
    number[mask] = np.arange(count)
    rows, columns = np.nonzero(mask)
    around: NDArray[np.float32] = np.where(mask[..., None], 0, known - patch)
    right, entries = np.zeros((count, known.shape[2])), [(np.arange(count), np.arange(count), np.full(count, 4.0))]
    for down, across in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        beside = number[rows + down, columns + across]
        inside = beside >= 0
        entries.append((np.flatnonzero(inside), beside[inside], np.full(int(inside.sum()), -1.0)))
        right += around[rows + down, columns + across]
    index, other, values = (np.concatenate(parts) for parts in zip(*entries, strict=True))
    matrix = coo_array((values, (index, other)), (count, count)).tocsc()
    blended = known.copy()
    blended[mask] = patch[mask] + splu(matrix, permc_spec="MMD_AT_PLUS_A").solve(right)
    return blended


def measured(solve: Solve, side: int) -> tuple[float, float, Values]:
    """Seconds, peak memory beyond what was there before in megabytes, and the picture."""
    random = np.random.default_rng(0)
    known, patch = (random.uniform(0, 255, (side + 20, side + 20, 3)).astype(np.float32) for _ in range(2))
    mask = np.zeros(known.shape[:2], bool)
    mask[10:-10, 10:-10] = True
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    blended = solve(mask, known, patch)
    seconds = time.perf_counter() - began
    return seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, blended


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sides", type=int, nargs="+", default=[64, 256, 1000])
    args = parser.parse_args()
    for side in args.sides:
        pictures = []
        for name, solve in (("multigrid", by_multigrid), ("factorization", by_factorization)):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as own:
                seconds, megabytes, blended = own.submit(measured, solve, side).result()
            pictures.append(blended)
            print(f"{side:5} x {side:<5} {name:14} {seconds:8.2f} s  {megabytes:7.0f} MB", flush=True)
        print(f"{'':13} they differ by {np.abs(pictures[0] - pictures[1]).max():.4f} gray levels at most")


if __name__ == "__main__":
    main()
