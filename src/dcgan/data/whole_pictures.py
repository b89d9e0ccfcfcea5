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

_HALF = 128  # gray levels: from here on a mask is white


def whole_pictures(source: PictureSource, channels: int) -> Iterator[tuple[str, Pixels | Skipped]]:
    """The pictures of a source by name: (H, W, C), upright, in sRGB; or why one cannot be used.

    Args:
        source: As for `prepare`.
        channels: 1 (gray), 3 (RGB, on white where it is transparent) or 4 (RGBA).

    Raises:
        SourceError: The source cannot be read.
    """
    for item in open_source(source):
        yield item.name, decode_whole(item.content, channels)[0]


def read_mask(file: Path) -> Mask:
    """A mask from a picture, white where something is missing and black or transparent where not: (H, W).

    Raises:
        SourceError: It cannot be read as a picture.
    """
    picture, _ = decode_whole(file, 4)
    if isinstance(picture, Skipped):
        raise SourceError(f"{file} cannot be read as a mask: {picture.reason} {picture.detail}".rstrip())
    gray = np.asarray(Image.fromarray(picture[:, :, :3]).convert("L"), np.int32)
    mask: Mask = gray * picture[:, :, 3] >= _HALF * 255
    return mask


def split_alpha(picture: Pixels) -> tuple[Pixels, Mask]:
    """The colors of a picture (H, W, 4), and where it is more transparent than not: (H, W, 3), (H, W)."""
    return np.ascontiguousarray(picture[:, :, :3]), picture[:, :, 3] < _HALF
