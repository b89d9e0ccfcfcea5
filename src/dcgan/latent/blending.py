"""Poisson blending (Pérez et al. 2003): a drawn patch keeps its gradients, and joins what is known around it."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dcgan.errors import DcganError, UsageError
from dcgan.types import Mask

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix

LARGEST_HOLE = 4_000_000  # pixels; the factors of its matrix take about a kilobyte for each

Values = NDArray[np.float32]
"""(H, W, C), in any unit."""


class Blender:
    """Blends patches into the hole of one mask. The matrix is factorized once, for any number of patches.

    Of all pictures that are the known one outside the hole it finds that whose gradients are nearest to the patch's, by
    squares (Yeh et al. 2017, equation 7). The difference to the patch is then harmonic: each pixel of it is the mean of
    its neighbors.

    Args:
        mask: (H, W), True where pixels are missing: some, but not all.

    Raises:
        UsageError: Nothing is missing, or all, or more than `LARGEST_HOLE` pixels.
        DcganError: scipy is not installed.
    """

    def __init__(self, mask: Mask) -> None:
        check_hole(mask)
        from scipy.sparse.linalg import splu

        self.mask = mask
        self._at_the_edge, laplacian = _system(mask)
        self._factors = splu(laplacian, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})

    def blend(self, known: Values, patch: Values) -> Values:
        """Fill the hole.

        Args:
            known: (H, W, C); what it has in the hole does not matter.
            patch: (H, W, C), of which the gradients are taken.

        Returns:
            (H, W, C): `known` outside the hole; in the hole it may leave the range of both by a little.
        """
        differences = np.where(self.mask[..., None], 0, known - patch).astype(np.float64)
        correction = self._factors.solve(self._at_the_edge @ differences.reshape(-1, differences.shape[2]))
        blended = np.array(known, np.float32)
        blended[self.mask] = patch[self.mask] + correction
        return blended


def check_hole(mask: Mask) -> None:
    """Refuse, before any work, what a `Blender` would refuse.

    Raises:
        UsageError: Nothing is missing, or all, or more than `LARGEST_HOLE` pixels.
        DcganError: scipy is not installed.
    """
    if mask.all() or not mask.any():
        raise UsageError(f"{'all' if mask.all() else 'nothing'} is missing")
    if (count := int(mask.sum())) > LARGEST_HOLE:
        raise UsageError(
            f"{count:,} missing pixels are too many to blend, more than {LARGEST_HOLE:,}: scale the picture down"
        )
    try:
        import scipy.sparse.linalg  # noqa: F401
    except ImportError as error:
        raise DcganError("blending needs the extra: pip install 'dcgan[inpaint]'") from error


def _system(mask: Mask) -> "tuple[csc_matrix, csc_matrix]":
    """What sums the known neighbors of each missing pixel, (missing, H * W), and the Laplacian of the hole."""
    from scipy.sparse import coo_matrix, diags_array

    count, numbers = int(mask.sum()), np.cumsum(mask.ravel()) - 1
    pixels = np.arange(mask.size).reshape(mask.shape)
    one = np.concatenate([pixels[:, :-1].ravel(), pixels[:-1].ravel()])
    other = np.concatenate([pixels[:, 1:].ravel(), pixels[1:].ravel()])
    one, other = np.concatenate([one, other]), np.concatenate([other, one])
    of_missing = mask.ravel()[one]
    rows, neighbors = numbers[one[of_missing]], other[of_missing]
    inside = mask.ravel()[neighbors]
    ones = np.ones(len(rows))
    at_the_edge = coo_matrix((ones[~inside], (rows[~inside], neighbors[~inside])), (count, mask.size))
    within = coo_matrix((ones[inside], (rows[inside], numbers[neighbors[inside]])), (count, count))
    degrees = np.bincount(rows, minlength=count).astype(float)
    return at_the_edge.tocsr(), (diags_array(degrees) - within).tocsc()
