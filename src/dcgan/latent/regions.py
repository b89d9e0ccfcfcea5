"""The square part of a picture of any size that a generator fills, and its way to the model's size and back."""

from operator import index
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcgan.errors import UsageError
from dcgan.types import Mask, Pixels

_AROUND = 2  # times the hole is the side of the region around it, as for the paper's mask in the center
_LARGE = 4  # a hole as large as a quarter of the picture or larger is filled in the picture as a whole
_NOTHING = 1e-5  # share of a pixel
Values = NDArray[np.float32]
"""(H, W, C), 0 to 255."""
Shares = NDArray[np.float32]
"""(H, W), how much of each pixel is missing, 0 to 1."""


T = TypeVar("T", Pixels, Mask)


class Region(NamedTuple):
    """A square in a picture, in its pixels."""

    left: int
    top: int
    side: int


def extents(mask: Mask) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where what is missing begins and ends: rows (top, bottom), columns (left, right)."""
    rows, columns = mask.nonzero()
    return (int(rows.min()), int(rows.max()) + 1), (int(columns.min()), int(columns.max()) + 1)


def region_for(mask: Mask, region: Region | None = None, least: int = 1) -> Region:
    """The region that a model sees.

    Args:
        mask: (H, W), True where pixels are missing: some, at least.
        region: The one that is asked for. Default: for a hole at least a quarter as large as the picture's shorter
            side the largest square, as near to the center as the hole allows, since pictures are cropped like that for
            training; for a smaller hole a square of twice its size.
        least: Side of a region around a smaller hole, pixels, where the picture is as large.

    Raises:
        UsageError: The region leaves the picture, does not hold all that is missing, or holds nothing that is known;
            or no square within the picture holds all that is missing.
    """
    if region is None:
        left, top, side = region = _region_around(mask, least)
        where = f"the largest square that holds the missing part, {side} x {side} pixels at {left},{top},"
    else:
        left, top, side = region = _checked(region, mask)
        where = f"`region` {left},{top},{side}"
    if part_of(mask, region).all():
        raise UsageError(f"{where} holds no known pixels: make the missing part smaller")
    return region


def _region_around(mask: Mask, least: int) -> Region:
    (top, bottom), (left, right) = extents(mask)
    height, width = mask.shape
    hole, most = max(bottom - top, right - left), min(mask.shape)
    if hole > most:
        raise UsageError(
            f"the missing part is {right - left} x {bottom - top} pixels, and no square within the picture of "
            f"{width} x {height} holds it: crop the picture, or leave less missing"
        )
    if hole * _LARGE >= most:
        side, middle_x, middle_y = most, width / 2, height / 2
    else:
        side = min(max(_AROUND * hole, least), most)
        middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    return Region(
        _place(middle_x, side, right - side, left, width), _place(middle_y, side, bottom - side, top, height), side
    )


def _place(middle: float, side: int, least: int, most: int, length: int) -> int:
    """Where a side begins that is as near to `middle` as it can be, from `least` to `most`, within 0 to `length`."""
    return int(min(max(round(middle - side / 2), least, 0), most, length - side))


def _checked(region: Region, mask: Mask) -> Region:
    height, width = mask.shape
    try:
        left, top, side = map(index, region)
    except (TypeError, ValueError) as error:
        raise UsageError(f"`region` must be three whole numbers (left, top, side), not {region!r}") from error
    if side < 1 or left < 0 or top < 0 or left + side > width or top + side > height:
        raise UsageError(
            f"`region` {left},{top},{side} (left, top, side) does not lie within the picture of {width} x {height}"
        )
    if mask.sum() != part_of(mask, region).sum():
        raise UsageError(f"`region` {left},{top},{side} (left, top, side) does not hold all that is missing")
    return Region(left, top, side)


def shrink(picture: Pixels, mask: Mask, region: Region, size: int) -> tuple[Pixels, Shares]:
    """A region at the model's size: pixels (size, size, C), and the share of each that is missing, (size, size).

    A pixel is the mean of what is known of it alone; one of which nothing is known is black.
    """
    part, missing = part_of(picture, region), part_of(mask, region).astype(np.float32)
    if region[2] == size:
        return part, missing
    how = Image.Resampling.BOX if region[2] > size else Image.Resampling.BILINEAR
    known = _resized(1 - missing, size, how)
    values = [_resized(channel * (1 - missing), size, how) for channel in np.moveaxis(part, 2, 0)]
    means = np.stack(values, axis=2) / np.maximum(known, _NOTHING)[..., None]
    shares = np.where(known < _NOTHING, 1, _resized(missing, size, how)).clip(0, 1)
    return means.round().clip(0, 255).astype(np.uint8), shares.astype(np.float32)


def enlarge(pixels: Pixels, side: int) -> Values:
    """Pixels (size, size, C) at the size of a region: (side, side, C), 0 to 255."""
    channels = np.moveaxis(pixels.astype(np.float32), 2, 0)
    if side != len(pixels):
        channels = np.stack([_resized(channel, side, Image.Resampling.BICUBIC) for channel in channels])
    return np.moveaxis(channels, 0, 2)


def _resized(values: NDArray[np.float32], side: int, how: Image.Resampling) -> NDArray[np.float32]:
    return np.asarray(Image.fromarray(values).resize((side, side), how))


def part_of(pixels: T, region: Region) -> T:
    """The part of a picture (H, W, C) or mask (H, W) that a region is."""
    left, top, side = region
    part: T = pixels[top : top + side, left : left + side]
    return part
