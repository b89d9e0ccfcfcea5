"""From the bytes of one file to N × N pixels, or to the reason why not. This runs in the workers: imports stay light.

As in the paper (section 4.3) the shorter side is resized to N and the center N × N is kept. Both are one step here, a
resize of the center square: the same as resizing all and cropping then, without rounding the longer side.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from dcgan.data.color import has_profile, to_srgb
from dcgan.data.decode_errors import SkipError
from dcgan.data.items import Box, Content, Reason, Skipped
from dcgan.data.modes import is_gray, rounded, to_eight_bits, with_channels
from dcgan.data.opening import Digest, open_and, read_and
from dcgan.data.orientation import as_stored, orientation_of, turn_upright
from dcgan.types import Pixels

MAX_PIXELS = 178_956_970
"""Pictures with more are skipped as decompression bombs. At this number Pillow gives up, too."""
_MIN_REDUCED_SIDE = 3  # a JPEG is decoded at a reduced scale that leaves at least this many times the size asked for


@dataclass(frozen=True)
class DecodeOptions:
    """How pictures become N × N pixels. The ranges are checked where people give them: `PrepareOptions`."""

    size: int = 64
    """N, the side of the result in pixels."""
    channels: int | None = 3
    """1 (gray), 3 (RGB), 4 (RGBA), or None: 1 for a picture that is stored in gray, 3 for any other."""
    background: tuple[int, int, int] = (255, 255, 255)
    """RGB, 0 to 255: shows where a picture is transparent. With 4 channels transparency is kept instead."""
    min_size: int = 0
    """Skip pictures whose shorter side has fewer pixels; 0: enlarge them."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """A picture as it is stored in a packed set."""

    pixels: Pixels
    """(N, N, C) uint8; C is that of the options, or 1 or 3 where they leave it to the picture."""
    width: int
    """Of the original, turned upright; in pixels."""
    height: int
    crop_box: Box
    """The part of the upright original that was kept."""


def decode_content(content: Content, options: DecodeOptions) -> tuple[Decoded | Skipped, Digest | None]:
    """Decode what an item carries, whatever it is; never raises. Its digest is None if it could not be read."""
    return read_and(content, lambda data: decode(data, options), lambda pixels: decode_pixels(pixels, options))


def decode_whole(content: Content, channels: int | None = 3) -> tuple[Pixels | Skipped, Digest | None]:
    """The whole picture (H, W, C) in its full size, as `decode` makes it otherwise: upright, in sRGB, on white.

    With 4 channels transparency is kept instead, and the colors are those that lie under it. With None it has the
    channels that it is stored with, 1 (gray), 3 (RGB) or 4 (RGBA).
    """

    def whole(picture: Image.Image) -> Pixels:
        return _whole(picture, channels)

    return read_and(content, lambda data: open_and(data, whole), lambda pixels: _whole_pixels(pixels, whole))


def decode(data: bytes, options: DecodeOptions) -> Decoded | Skipped:
    """Decode one file: JPEG, PNG, WebP, GIF, BMP or TIFF, recognized by content; of an animation the first picture.

    EXIF orientation is applied, and colors are brought to sRGB (ICC profiles, PNG's gamma). 16-bit values are divided
    by 257. Large JPEGs are decoded at a reduced scale, with a shorter side of 3N or more: that changes the result by
    less than 1 of 255 on average over the picture.

    Never raises: whatever is wrong with `data` is returned as the reason to skip it.
    """
    return open_and(data, lambda picture: _decode(picture, options))


def decode_pixels(pixels: Pixels, options: DecodeOptions) -> Decoded | Skipped:
    """Fit pixels (H, W, C) uint8, C from 1 (gray), 2 (gray and alpha), 3 (RGB) to 4 (RGBA), to the options."""
    height, width, channels = pixels.shape
    if not width or not height:
        return Skipped(Reason.CORRUPT, "has no pixels", width, height)
    try:
        _check_size(width, height, options)
        picture = Image.fromarray(np.ascontiguousarray(pixels[:, :, 0] if channels == 1 else pixels))
        return _fit(picture, width, height, 1, options)
    except SkipError as error:
        return error.skipped


def picture_pixels(picture: Image.Image) -> Pixels | Skipped:
    """The pixels (H, W, C) of a PIL picture of any mode, turned upright, for `decode_pixels`; never raises."""
    try:
        orientation, gray = orientation_of(picture), is_gray(picture, DecodeOptions.background)
        picture = to_srgb(rounded(to_eight_bits(picture)), picture.info)
        if gray:
            picture = picture.convert("LA" if picture.mode == "RGBA" else "L")
        pixels = np.asarray(rounded(turn_upright(picture, orientation)))
    except SkipError as error:
        return error.skipped
    except Exception as error:  # Pillow loads a file only now, and raises whatever it likes
        return Skipped(Reason.CORRUPT, f"{type(error).__name__}: {error}")
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def _whole(picture: Image.Image, channels: int | None) -> Pixels:
    _check_size(*picture.size, DecodeOptions())
    picture.load()  # a TIFF turns itself upright
    orientation = orientation_of(picture)
    whole = turn_upright(to_srgb(rounded(to_eight_bits(picture)), picture.info), orientation)
    stored = {"L": 1, "F": 1, "RGB": 3}.get(whole.mode, 4)
    pixels = np.asarray(with_channels(whole, channels or stored, DecodeOptions.background))
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def _whole_pixels(pixels: Pixels, whole: Callable[[Image.Image], Pixels]) -> Pixels | Skipped:
    height, width, channels = pixels.shape
    if not width or not height:
        return Skipped(Reason.CORRUPT, "has no pixels", width, height)
    try:
        return whole(Image.fromarray(np.ascontiguousarray(pixels[:, :, 0] if channels == 1 else pixels)))
    except SkipError as error:
        return error.skipped


def _check_size(width: int, height: int, options: DecodeOptions) -> None:
    if width * height > MAX_PIXELS:
        detail = f"{width} × {height} pixels; at most {MAX_PIXELS:,} are decoded"
        raise SkipError(Skipped(Reason.BOMB, detail, width, height))
    if min(width, height) < options.min_size:
        raise SkipError(Skipped(Reason.TOO_SMALL, f"{width} × {height} pixels", width, height))


def _decode(picture: Image.Image, options: DecodeOptions) -> Decoded:
    width, height = picture.size
    _check_size(width, height, options)
    target = _MIN_REDUCED_SIDE * options.size
    mode = "L" if options.channels == 1 and not has_profile(picture) else None
    picture.draft(mode, (target, target))  # does nothing unless it is a JPEG
    picture.load()
    scale = 1
    if picture.format in ("JPEG", "MPO"):
        reduced = max(picture.size)
        scale = next(scale for scale in (1, 2, 4, 8) if math.ceil(max(width, height) / scale) == reduced)
    else:  # a TIFF turns itself upright
        width, height = picture.size
    return _fit(picture, width, height, scale, options)


def _fit(picture: Image.Image, width: int, height: int, scale: int, options: DecodeOptions) -> Decoded:
    """Crop, resize, turn upright and convert a loaded picture, which is `scale` times smaller than width × height."""
    orientation = orientation_of(picture)
    upright = (width, height) if orientation < 5 else (height, width)
    side = min(width, height)
    left, top = (upright[0] - side) // 2, (upright[1] - side) // 2
    box = (left, top, left + side, top + side)
    resized = to_eight_bits(picture).resize(
        (options.size, options.size),
        Image.Resampling.LANCZOS,
        box=as_stored(box, orientation, width, height, scale),
    )
    resized = turn_upright(to_srgb(rounded(resized), picture.info), orientation)  # few pixels are left to convert
    channels = options.channels or (1 if is_gray(picture, options.background) else 3)
    pixels = np.asarray(with_channels(resized, channels, options.background))
    return Decoded(pixels[:, :, None] if pixels.ndim == 2 else pixels, *upright, box)
