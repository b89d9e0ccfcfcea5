"""Pictures in their full size, for what fills or changes a part of each; and masks, which are pictures too."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from dcgan.data.decode import decode_whole
from dcgan.data.items import Skipped
from dcgan.data.sources import PictureSource, open_source
from dcgan.errors import SourceError
from dcgan.types import Mask, Pixels

_HALF = 128  # gray levels: from here on a mask is white; of alpha: from here on a pixel is there


def whole_pictures(source: PictureSource) -> Iterator[tuple[str, Pixels | Skipped]]:
    """The pictures of a source by name: (H, W, C), upright, in sRGB; or why one cannot be used.

    C is 1 (gray), 3 (RGB), or 4 (RGBA) where a picture has alpha, as they are stored.

    Args:
        source: As for `prepare`.

    Raises:
        SourceError: The source cannot be read.
    """
    for item in open_source(source):
        yield item.name, decode_whole(item.content, None)[0]


def read_mask(file: Path) -> Mask:
    """A mask from a picture, upright: (H, W), True where it is white, from mid-gray up, and not transparent.

    Raises:
        SourceError: It cannot be read as a picture.
    """
    picture, _ = decode_whole(file, 4)
    if isinstance(picture, Skipped):
        raise SourceError(f"{file} cannot be read as a mask: {picture}")
    gray = np.asarray(Image.fromarray(picture[:, :, :3]).convert("L"), np.int32)
    mask: Mask = gray * picture[:, :, 3] >= _HALF * 255
    return mask


def transparency(picture: Pixels) -> Mask:
    """Where a picture (H, W, C) is more transparent than not: (H, W)."""
    if picture.shape[2] < 4:
        return np.zeros(picture.shape[:2], bool)
    mask: Mask = picture[:, :, 3] < _HALF
    return mask
