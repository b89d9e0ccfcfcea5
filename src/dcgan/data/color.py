"""Colors as a browser shows them: a picture's ICC profile, or a PNG's gamma, brought to sRGB."""

import io
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

_SPACES = {"L": "GRAY", "RGB": "RGB ", "CMYK": "CMYK"}  # the color space of a profile, by the mode that it suits
_USUAL_GAMMA = 1 / 2.2  # of PNGs: nearly sRGB, and taken for it everywhere
_CLOSE = 0.01


def has_profile(picture: Image.Image) -> bool:
    """Whether a picture brings an ICC profile that is not sRGB."""
    profile = picture.info.get("icc_profile")
    return isinstance(profile, bytes) and not _is_srgb(profile)


def to_srgb(picture: Image.Image, info: Mapping[str | tuple[int, int], object]) -> Image.Image:
    """A picture of mode L, RGB, RGBA or CMYK in sRGB; CMYK becomes RGB. What cannot be understood is ignored.

    Args:
        picture: The picture, which may have been resized.
        info: That of the original: Pillow's "icc_profile", "gamma" and "srgb".
    """
    profile, gamma = info.get("icc_profile"), info.get("gamma")
    if picture.mode == "RGBA":
        alpha = picture.getchannel("A")
        picture = to_srgb(picture.convert("RGB"), info).convert("RGB")
        picture.putalpha(alpha)
    elif isinstance(profile, bytes) and (transform := _transform(profile, picture.mode)) is not None:
        return ImageCms.applyTransform(picture, transform) or picture
    elif isinstance(gamma, float) and not isinstance(profile, bytes) and "srgb" not in info and _is_odd(gamma):
        return picture.point(_from_gamma(gamma) * len(picture.getbands()))
    return picture.convert("RGB") if picture.mode == "CMYK" else picture


@lru_cache(maxsize=32)
def _is_srgb(profile: bytes) -> bool:
    try:
        return "sRGB" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return True  # broken: to be ignored


@lru_cache(maxsize=32)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From a profile to sRGB; None where there is nothing to do, or nothing can be done."""
    if mode not in _SPACES or _is_srgb(profile):
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space != _SPACES[mode]:
            return None
        target = ImageCms.createProfile("sRGB")
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        return ImageCms.buildTransform(source, target, mode, "RGB", intent, ImageCms.Flags.BLACKPOINTCOMPENSATION)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _is_odd(gamma: float) -> bool:
    return 0.05 < gamma < 5 and abs(gamma - _USUAL_GAMMA) > _CLOSE


@lru_cache(maxsize=32)
def _from_gamma(gamma: float) -> list[int]:
    """The sRGB level of each of 256 levels that were encoded as light to the power of `gamma`."""
    light = (np.arange(256) / 255) ** (1 / gamma)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return [int(level) for level in np.rint(255 * encoded).clip(0, 255)]
