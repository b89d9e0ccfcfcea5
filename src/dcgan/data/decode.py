"""From the bytes of one file to N × N pixels, or to the reason why not. This runs in the workers: imports stay light.

As in the paper (section 4.3) the shorter side is resized to N and the center N × N is kept. Both are one step here, a
resize of the center square: the same as resizing all and cropping then, without rounding the longer side.
"""

import hashlib
import io
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple, TypeVar

import numpy as np
from PIL import Image, ImageCms

from dcgan.data import formats
from dcgan.data.color import has_profile, to_srgb
from dcgan.data.decode_errors import explain, native_messages
from dcgan.data.items import Box, Content, Reason, Skipped, Stored
from dcgan.types import Pixels

T = TypeVar("T")

MAX_PIXELS = 178_956_970
"""Pictures with more are skipped as decompression bombs. At this number Pillow gives up, too."""
MAX_BYTES = 1 << 29
"""Larger files are skipped unread: no photograph has half a gigabyte."""

_PILLOW_FORMATS = tuple(name.upper() for name in formats.READ)
_PILLOW_NAMES = {"AVIF": ("AVIF",), "HEIC": ("HEIF",), "JPEG XL": ("JXL",)}  # of the optional ones
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_GRAY_MODES = ("1", "L", "LA", "La", "I", "F")  # and those of 16 bits
_MIN_REDUCED_SIDE = 3  # a JPEG is decoded at a reduced scale that leaves at least this many times the size asked for
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # by EXIF orientation; 1 is upright already
_ORIENTATION = 0x0112  # the EXIF tag


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


class _SkipError(Exception):
    """Ends the decoding of a picture that cannot be used."""

    def __init__(self, skipped: Skipped) -> None:
        super().__init__(skipped.detail)
        self.skipped = skipped


class Digest(NamedTuple):
    """What is known of content without decoding it."""

    sha256: str
    """Of the file's bytes, or of the pixels where the source is an array."""
    bytes: int | None
    """Length of the file; None for an array."""


def decode_content(content: Content, options: DecodeOptions) -> tuple[Decoded | Skipped, Digest | None]:
    """Decode what an item carries, whatever it is; never raises. Its digest is None if it could not be read."""
    return _read_and(content, lambda data: decode(data, options), lambda pixels: decode_pixels(pixels, options))


def decode_whole(content: Content, channels: int | None = 3) -> tuple[Pixels | Skipped, Digest | None]:
    """The whole picture (H, W, C) in its full size, as `decode` makes it otherwise: upright, in sRGB, on white.

    With 4 channels transparency is kept instead, and the colors are those that lie under it. With None it has the
    channels that it is stored with, 1 (gray), 3 (RGB) or 4 (RGBA).
    """

    def whole(picture: Image.Image) -> Pixels:
        return _whole(picture, channels)

    return _read_and(content, lambda data: _open_and(data, whole), lambda pixels: _whole_pixels(pixels, whole))


def decode(data: bytes, options: DecodeOptions) -> Decoded | Skipped:
    """Decode one file: JPEG, PNG, WebP, GIF, BMP or TIFF, recognized by content; of an animation the first picture.

    EXIF orientation is applied, and colors are brought to sRGB (ICC profiles, PNG's gamma). 16-bit values are divided
    by 257. Large JPEGs are decoded at a reduced scale, with a shorter side of 3N or more: that changes the result by
    less than 1 of 255 on average over the picture.

    Never raises: whatever is wrong with `data` is returned as the reason to skip it.
    """
    return _open_and(data, lambda picture: _decode(picture, options))


def _read_and(
    content: Content, of_file: Callable[[bytes], T | Skipped], of_pixels: Callable[[Pixels], T | Skipped]
) -> tuple[T | Skipped, Digest | None]:
    try:
        if isinstance(content, Path):
            content = _read(content)
        elif isinstance(content, Stored):
            content = content.read()
        if isinstance(content, Skipped):
            return content, None
        if isinstance(content, bytes):
            return of_file(content), Digest(hashlib.sha256(content).hexdigest(), len(content))
        return of_pixels(content), Digest(hashlib.sha256(np.ascontiguousarray(content).data).hexdigest(), None)
    except MemoryError:
        return Skipped(Reason.BOMB, "needs more memory than there is"), None


def _open_and(data: bytes, act: Callable[[Image.Image], T]) -> T | Skipped:
    """Have `act` work on the picture in `data`, which is open and not loaded."""
    if not data:
        return Skipped(Reason.EMPTY)
    format_name = formats.sniff(data[: formats.HEAD_BYTES])
    if format_name is None:
        return Skipped(Reason.NOT_A_PICTURE, f"begins with {data[:12]!r}")
    if format_name in formats.OPTIONAL and not has_decoder(format_name):
        return Skipped(Reason.UNSUPPORTED, f"{format_name} needs the extra: pip install 'dcgan[formats]'")
    if format_name not in (*formats.READ, *formats.OPTIONAL):
        return Skipped(Reason.UNSUPPORTED, f"{format_name}; convert it to one of {', '.join(formats.READ)}")
    with native_messages(if_=format_name == "TIFF") as messages:
        result = _try(data, format_name, act)
    if isinstance(result, Skipped) and messages:
        return replace(result, detail=f"{result.detail} ({'; '.join(messages)})")
    return result


def _try(data: bytes, format_name: str, act: Callable[[Image.Image], T]) -> T | Skipped:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of much that it copes with
            with Image.open(io.BytesIO(data), formats=_PILLOW_NAMES.get(format_name, _PILLOW_FORMATS)) as picture:
                return act(picture)
    except _SkipError as error:
        return error.skipped
    except Exception as error:  # Pillow raises OSError, ValueError, SyntaxError, struct.error, EOFError, and others
        return explain(error, data, format_name)


@cache
def has_decoder(format_name: str) -> bool:
    """Whether Pillow decodes an optional format here: by itself, or by a package that is installed."""
    try:
        match format_name:
            case "HEIC":
                import pillow_heif

                pillow_heif.register_heif_opener()
            case "JPEG XL":
                import pillow_jxl  # noqa: F401  registers itself
    except ImportError:
        return False
    Image.init()
    return set(_PILLOW_NAMES[format_name]) <= set(Image.OPEN)


def decode_pixels(pixels: Pixels, options: DecodeOptions) -> Decoded | Skipped:
    """Fit pixels (H, W, C) uint8, C from 1 (gray), 2 (gray and alpha), 3 (RGB) to 4 (RGBA), to the options."""
    height, width, channels = pixels.shape
    if not width or not height:
        return Skipped(Reason.CORRUPT, "has no pixels", width, height)
    try:
        _check_size(width, height, options)
        picture = Image.fromarray(np.ascontiguousarray(pixels[:, :, 0] if channels == 1 else pixels))
        return _fit(picture, width, height, 1, options)
    except _SkipError as error:
        return error.skipped


def picture_pixels(picture: Image.Image) -> Pixels | Skipped:
    """The pixels (H, W, C) of a PIL picture of any mode, turned upright, for `decode_pixels`; never raises."""
    try:
        orientation, gray = _orientation(picture), _is_gray(picture, DecodeOptions())
        picture = to_srgb(_rounded(_to_eight_bits(picture)), picture.info)
        if gray:
            picture = picture.convert("LA" if picture.mode == "RGBA" else "L")
        pixels = np.asarray(_rounded(_upright(picture, orientation)))
    except _SkipError as error:
        return error.skipped
    except Exception as error:  # Pillow loads a file only now, and raises whatever it likes
        return Skipped(Reason.CORRUPT, f"{type(error).__name__}: {error}")
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def _whole(picture: Image.Image, channels: int | None) -> Pixels:
    _check_size(*picture.size, DecodeOptions())
    picture.load()  # a TIFF turns itself upright
    orientation = _orientation(picture)
    whole = _upright(to_srgb(_rounded(_to_eight_bits(picture)), picture.info), orientation)
    stored = {"L": 1, "F": 1, "RGB": 3}.get(whole.mode, 4)
    pixels = np.asarray(_with_channels(whole, channels or stored, DecodeOptions.background))
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def _whole_pixels(pixels: Pixels, whole: Callable[[Image.Image], Pixels]) -> Pixels | Skipped:
    height, width, channels = pixels.shape
    if not width or not height:
        return Skipped(Reason.CORRUPT, "has no pixels", width, height)
    try:
        return whole(Image.fromarray(np.ascontiguousarray(pixels[:, :, 0] if channels == 1 else pixels)))
    except _SkipError as error:
        return error.skipped


def _read(file: Path) -> bytes | Skipped:
    try:
        status = file.stat()
        if not S_ISREG(status.st_mode):  # a pipe would never end
            return Skipped(Reason.UNREADABLE, "a folder, pipe, socket or device")
        if status.st_size > MAX_BYTES:
            size = f"a file of {status.st_size >> 20} MB; at most {MAX_BYTES >> 20} MB are read"
            return Skipped(Reason.UNSUPPORTED, size)
        return file.read_bytes()
    except OSError as error:
        return Skipped(Reason.UNREADABLE, error.strerror or str(error))
    except ValueError as error:  # no name of a file has a null byte
        return Skipped(Reason.UNREADABLE, str(error))


def _check_size(width: int, height: int, options: DecodeOptions) -> None:
    if width * height > MAX_PIXELS:
        detail = f"{width} × {height} pixels; at most {MAX_PIXELS:,} are decoded"
        raise _SkipError(Skipped(Reason.BOMB, detail, width, height))
    if min(width, height) < options.min_size:
        raise _SkipError(Skipped(Reason.TOO_SMALL, f"{width} × {height} pixels", width, height))


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
    orientation = _orientation(picture)
    upright = (width, height) if orientation < 5 else (height, width)
    side = min(width, height)
    left, top = (upright[0] - side) // 2, (upright[1] - side) // 2
    box = (left, top, left + side, top + side)
    resized = _to_eight_bits(picture).resize(
        (options.size, options.size),
        Image.Resampling.LANCZOS,
        box=_as_stored(box, orientation, width, height, scale),
    )
    resized = _upright(to_srgb(_rounded(resized), picture.info), orientation)  # few pixels are left to convert
    channels = options.channels or (1 if _is_gray(picture, options) else 3)
    pixels = np.asarray(_with_channels(resized, channels, options.background))
    return Decoded(pixels[:, :, None] if pixels.ndim == 2 else pixels, *upright, box)


def _is_gray(picture: Image.Image, options: DecodeOptions) -> bool:
    """Whether a picture is stored in gray, and remains gray over the background."""
    if picture.mode not in _GRAY_MODES and not picture.mode.startswith("I;16"):
        return False
    return not picture.has_transparency_data or len(set(options.background)) == 1


def _orientation(picture: Image.Image) -> int:
    try:
        orientation = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # broken EXIF costs the orientation, not the picture
        return 1
    return orientation if orientation in _UPRIGHT else 1


def _upright(picture: Image.Image, orientation: int) -> Image.Image:
    return picture.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else picture


def _as_stored(box: Box, orientation: int, width: int, height: int, scale: int) -> tuple[float, float, float, float]:
    """Where a box of the upright picture lies in the picture as stored, width × height, and then reduced by `scale`."""
    left, top, right, bottom = box
    if orientation >= 5:
        left, top, right, bottom = top, left, bottom, right
    if orientation in (2, 3, 7, 8):
        left, right = width - right, width - left
    if orientation in (3, 4, 6, 7):
        top, bottom = height - bottom, height - top
    return left / scale, top / scale, right / scale, bottom / scale


def _to_eight_bits(picture: Image.Image) -> Image.Image:
    """Make it L, RGB, RGBA or CMYK (if it brings a profile); or F, 0 to 255, of more than eight bits in one channel."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return _from_high_bit_depth(picture)
    if picture.mode == "LAB":
        return _from_lab(picture)
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    if picture.mode in ("1", "L"):
        return picture.convert("L")
    if picture.mode == "CMYK" and has_profile(picture):
        return picture
    return picture.convert("RGB")


def _from_high_bit_depth(picture: Image.Image) -> Image.Image:
    values = np.asarray(picture, dtype=np.float32)
    low, high = float(values.min()), float(values.max())  # NaN if any is
    if not np.isfinite([low, high]).all() or low < 0 or high > 65535:
        detail = f"values from {low:g} to {high:g}; 0 to 1, 0 to 255 and 0 to 65535 are understood"
        raise _SkipError(Skipped(Reason.UNSUPPORTED, detail, *picture.size))
    if picture.mode == "F" and high <= 1:
        white = 1.0
    elif picture.mode.startswith("I;16") or picture.format == "PNG" or high > 255:
        white = 65535.0
    else:
        white = 255.0
    return Image.fromarray(values * np.float32(255 / white))


def _from_lab(picture: Image.Image) -> Image.Image:
    lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(picture, lab, rgb, outputMode="RGB")
    if converted is None:
        raise ValueError("LAB picture could not be converted")
    return converted


def _with_channels(picture: Image.Image, channels: int, background: tuple[int, int, int]) -> Image.Image:
    """Convert a small picture of mode L, RGB, RGBA or F to the channels asked for, laid over the background."""
    picture = _rounded(picture)
    if picture.mode in ("LA", "RGBA") and channels != 4:
        backdrop = Image.new("RGBA", picture.size, (*background, 255))
        picture = Image.alpha_composite(backdrop, picture.convert("RGBA")).convert("RGB")
    return picture.convert(_MODES[channels])


def _rounded(picture: Image.Image) -> Image.Image:
    """A picture of mode F, 0 to 255, in mode L; others as they are."""
    if picture.mode != "F":
        return picture
    return Image.fromarray(np.clip(np.rint(np.asarray(picture)), 0, 255).astype(np.uint8))
