"""The square part of a picture of any size that a generator fills, and its way to the model's size and back."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcgan.errors import UsageError
from dcgan.types import Mask, Pixels

_AROUND = 2  # times the hole is the side of the region around it, as for the paper's mask in the center
_LARGE = 4  # a hole as large as a quarter of the picture or larger is filled in the picture as a whole
Values = NDArray[np.float32]  # (H, W, C)


class Region(NamedTuple):
    """A square in a picture, in its pixels."""

    left: int
    top: int
    side: int


def extents(mask: Mask) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where what is missing begins and ends: rows (top, bottom), columns (left, right)."""
    rows, columns = mask.nonzero()
    return (int(rows.min()), int(rows.max()) + 1), (int(columns.min()), int(columns.max()) + 1)


def region_around(mask: Mask) -> Region:
    """The region that a model sees when nothing else is asked for.

    For a hole at least a quarter as large as the picture's shorter side it is the largest square, as near to the center
    as the hole allows: so pictures are cropped for training. For a smaller one it is a square of twice its size.

    Raises:
        UsageError: No square within the picture holds all that is missing.
    """
    (top, bottom), (left, right) = extents(mask)
    hole, most = max(bottom - top, right - left), min(mask.shape)
    if hole > most:
        raise UsageError(
            f"the missing part is {right - left} x {bottom - top} pixels, and no square within the picture of "
            f"{mask.shape[1]} x {mask.shape[0]} holds it: crop the picture, or leave less missing"
        )
    height, width = mask.shape
    if hole * _LARGE >= most:
        side, middle_x, middle_y = most, width / 2, height / 2
    else:
        side, middle_x, middle_y = _AROUND * hole, (left + right) / 2, (top + bottom) / 2
    return Region(
        _place(middle_x, side, right - side, left, width), _place(middle_y, side, bottom - side, top, height), side
    )


def check_region(region: Region, mask: Mask) -> None:
    """Refuse a region that leaves the picture, or does not hold all that is missing.

    Raises:
        UsageError: It does.
    """
    height, width = mask.shape
    left, top, side = region
    if side < 1 or left < 0 or top < 0 or left + side > width or top + side > height:
        raise UsageError(
            f"`region` {left},{top},{side} (left, top, side) does not lie within the picture of {width} x {height}"
        )
    if mask.sum() != mask[top : top + side, left : left + side].sum():
        raise UsageError(f"`region` {left},{top},{side} (left, top, side) does not hold all that is missing")


def shrink(picture: Pixels, mask: Mask, region: Region, size: int) -> tuple[Pixels, Mask]:
    """A region at the model's size: pixels (size, size, C), and (size, size), True where any part is missing.

    What is known there is the mean of known pixels alone.
    """
    left, top, side = region
    part = (slice(top, top + side), slice(left, left + side))
    if side == size:
        return picture[part], mask[part]
    how = Image.Resampling.BOX if side > size else Image.Resampling.BILINEAR
    share = _resized(mask[part].astype(np.float32), size, how)
    channels = [_resized(channel.astype(np.float32), size, how) for channel in np.moveaxis(picture[part], 2, 0)]
    return np.stack(channels, axis=2).round().clip(0, 255).astype(np.uint8), share > 0


def enlarge(pixels: Pixels, side: int) -> Values:
    """Pixels (size, size, C) at the size of a region: (side, side, C), 0 to 255."""
    channels = np.moveaxis(pixels.astype(np.float32), 2, 0)
    if side != len(pixels):
        channels = np.stack([_resized(channel, side, Image.Resampling.BICUBIC) for channel in channels])
    return np.moveaxis(channels, 0, 2)


def _resized(values: NDArray[np.float32], side: int, how: Image.Resampling) -> NDArray[np.float32]:
    return np.asarray(Image.fromarray(values).resize((side, side), how))


def _place(middle: float, side: int, least: int, most: int, length: int) -> int:
    """Where a side begins that is as near to `middle` as it can be, from `least` to `most`, within 0 to `length`."""
    return int(min(max(round(middle - side / 2), least, 0), most, length - side))
