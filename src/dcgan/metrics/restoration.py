"""How near a restored picture is to the true one: PSNR, and SSIM (Wang et al. 2004), of the part that was missing."""

import numpy as np
from numpy.typing import NDArray

from dcgan.errors import DcganError
from dcgan.types import Mask, Pixels

SMALLEST = 7  # pixels: the window of SSIM


def psnr(truth: Pixels, restored: Pixels, mask: Mask | None = None) -> float:
    """Peak signal-to-noise ratio in decibels, infinite for what is the same.

    Args:
        truth: (H, W, C), uint8.
        restored: (H, W, C), uint8.
        mask: (H, W), the part that is compared. Default: all.
    """
    differences = truth.astype(np.float64) - restored
    mean = float((differences if mask is None else differences[mask]).__pow__(2).mean())
    return float("inf") if mean == 0 else float(10 * np.log10(255**2 / mean))


def sharpness(truth: Pixels, restored: Pixels) -> float:
    """How alike the edges of two pictures are, in decibels, infinite for the same ones (Mathieu et al. 2016, eq. 9).

    Edges are the absolute differences of neighbors, down and across; pixels count from 0 to 1.

    Args:
        truth: (H, W, C), uint8.
        restored: (H, W, C), uint8.
    """
    mean = float(np.abs(_edges(truth) - _edges(restored)).mean()) / 255
    return float("inf") if mean == 0 else float(-10 * np.log10(mean))


def _edges(pixels: Pixels) -> NDArray[np.int64]:
    """(H - 1, W - 1, C): the difference to the pixel above, and that to the pixel at the left, together."""
    values = pixels.astype(np.int64)
    inner = values[1:, 1:]
    edges: NDArray[np.int64] = np.abs(inner - values[:-1, 1:]) + np.abs(inner - values[1:, :-1])
    return edges


def ssim(truth: Pixels, restored: Pixels, mask: Mask | None = None) -> float:
    """Structural similarity, at most 1, with windows of 7x7 pixels; the mean over those whose center is in the mask.

    Args:
        truth: (H, W, C), uint8, 7 pixels or more on each side.
        restored: (H, W, C), uint8.
        mask: (H, W), the part that is compared. Default: all.

    Raises:
        DcganError: scikit-image is not installed.
    """
    check_ssim()
    from skimage.metrics import structural_similarity

    _, similarities = structural_similarity(truth, restored, win_size=SMALLEST, channel_axis=2, full=True)
    return float(similarities.mean() if mask is None else similarities[mask].mean())


def check_ssim() -> None:
    """Refuse, before any work, to compute SSIM without what it needs.

    Raises:
        DcganError: scikit-image is not installed.
    """
    try:
        import skimage.metrics  # noqa: F401
    except ImportError as error:
        raise DcganError("SSIM needs the extra: pip install 'dcgan[inpaint]'") from error
