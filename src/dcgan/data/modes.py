"""The modes that pictures are stored in: brought to eight bits, and to the channels asked for."""

import numpy as np
from PIL import Image, ImageCms

from dcgan.data.color import has_profile
from dcgan.data.decode_errors import SkipError
from dcgan.data.items import Reason, Skipped

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_GRAY_MODES = ("1", "L", "LA", "La", "I", "F")  # and those of 16 bits


def is_gray(picture: Image.Image, background: tuple[int, int, int]) -> bool:
    """Whether a picture is stored in gray, and remains gray over the background."""
    if picture.mode not in _GRAY_MODES and not picture.mode.startswith("I;16"):
        return False
    return not picture.has_transparency_data or len(set(background)) == 1


def to_eight_bits(picture: Image.Image) -> Image.Image:
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


def rounded(picture: Image.Image) -> Image.Image:
    """A picture of mode F, 0 to 255, in mode L; others as they are."""
    if picture.mode != "F":
        return picture
    return Image.fromarray(np.clip(np.rint(np.asarray(picture)), 0, 255).astype(np.uint8))


def with_channels(picture: Image.Image, channels: int, background: tuple[int, int, int]) -> Image.Image:
    """Convert a small picture of mode L, RGB, RGBA or F to the channels asked for, laid over the background."""
    picture = rounded(picture)
    if picture.mode in ("LA", "RGBA") and channels != 4:
        backdrop = Image.new("RGBA", picture.size, (*background, 255))
        picture = Image.alpha_composite(backdrop, picture.convert("RGBA")).convert("RGB")
    return picture.convert(_MODES[channels])


def _from_high_bit_depth(picture: Image.Image) -> Image.Image:
    values = np.asarray(picture, dtype=np.float32)
    low, high = float(values.min()), float(values.max())  # NaN if any is
    if not np.isfinite([low, high]).all() or low < 0 or high > 65535:
        detail = f"values from {low:g} to {high:g}; they must be 0 to 1, 0 to 255 or 0 to 65535"
        raise SkipError(Skipped(Reason.UNSUPPORTED, detail, *picture.size))
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
