"""Pictures of other channels than a model draws: gray, in color, or with alpha."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dcgan.types import Mask, Pixels

T = TypeVar("T", NDArray[np.uint8], NDArray[np.float32])

OPAQUE = 255
HALF = 128  # alpha: what has less is more transparent than not
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # of RGB (ITU-R BT.601)


def with_channels(values: T, channels: int) -> T:
    """Colors, 0 to 255, in other channels.

    Args:
        values: (..., C), C of 1 (gray), 3 (RGB) or 4 (RGBA). Of RGBA, what is more transparent than not is white, and
            the rest has the color that lies under its alpha.
        channels: The same; RGBA is opaque.

    Returns:
        (..., channels), of the same type.
    """
    if values.shape[-1] == channels:
        return values
    if values.shape[-1] == 4:
        values = np.where(values[..., 3:] < HALF, values.dtype.type(255), values[..., :3])
    if values.shape[-1] == 3 and channels == 1:
        gray = (values @ _LUMA)[..., None]
        return (gray.round() if values.dtype == np.uint8 else gray).astype(values.dtype)
    if values.shape[-1] == 1 and channels > 1:
        values = values.repeat(3, axis=-1)
    if channels == 4:
        return np.concatenate([values, np.full_like(values[..., :1], OPAQUE)], axis=-1)
    return values


def in_gray(pixels: Pixels) -> Pixels:
    """Pixels (..., C) without color: (..., 1); RGBA stays RGBA, with its alpha."""
    gray = with_channels(pixels[..., :3], 1)
    return np.concatenate([gray.repeat(3, axis=-1), pixels[..., 3:]], axis=-1) if pixels.shape[-1] == 4 else gray


def is_gray(picture: Pixels, mask: Mask) -> bool:
    """Whether all that is known of a picture (H, W, C) is gray; mask: (H, W), True where pixels are missing."""
    if picture.shape[2] == 1:
        return True
    known = with_channels(picture, 3)[~mask]
    return bool((known == known[:, :1]).all())
