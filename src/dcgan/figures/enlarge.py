"""Small pictures made larger, to be looked at or printed."""

import numpy as np
from PIL import Image

from dcgan.types import Pixels


def enlarge(pixels: Pixels, scale: int, *, smooth: bool = False) -> Pixels:
    """Make pictures larger.

    Args:
        pixels: (N, H, W, C) uint8 with 1, 3 or 4 channels.
        scale: How many times as wide and as tall, 1 or more.
        smooth: Whether colors run into one another (Lanczos), rather than each pixel becoming a square.

    Returns:
        (N, scale * H, scale * W, C) uint8.
    """
    if scale == 1:
        return pixels
    if not smooth:
        return pixels.repeat(scale, axis=1).repeat(scale, axis=2)
    count, height, width, channels = pixels.shape
    enlarged = np.empty((count, height * scale, width * scale, channels), np.uint8)
    for picture, larger in zip(pixels, enlarged, strict=True):
        image = Image.fromarray(picture[..., 0] if channels == 1 else picture)
        resized = np.asarray(image.resize((width * scale, height * scale), Image.Resampling.LANCZOS))
        larger[:] = resized.reshape(larger.shape)
    return enlarged
