"""Colors are those that a browser shows."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from dcgan.data.color import to_srgb
from dcgan.data.decode import Decoded, DecodeOptions, decode

SIZE = 16


def pixels_of(picture: Image.Image, kind: str = "PNG", *, channels: int = 3, **how: object) -> np.ndarray:
    content = io.BytesIO()
    picture.save(content, kind, **how)
    result = decode(content.getvalue(), DecodeOptions(SIZE, channels))
    assert isinstance(result, Decoded)
    return result.pixels


def swapped_profile() -> bytes:
    """sRGB with red and green exchanged: whoever ignores it shows the wrong color."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data = data.replace(b"s\0R\0G\0B", b"o\0d\0d\0!").replace(b"sRGB built-in", b"odd! built-in")
    red, green = (data.index(tag, 128) for tag in (b"rXYZ", b"gXYZ"))
    data[red : red + 4], data[green : green + 4] = data[green : green + 4], data[red : red + 4]
    return bytes(data)


RED = Image.new("RGB", (SIZE, SIZE), (250, 10, 10))


@pytest.mark.parametrize(("kind", "tolerance"), [("PNG", 3), ("JPEG", 12), ("TIFF", 3), ("WEBP", 40)])
def test_an_icc_profile_is_followed(kind: str, tolerance: int) -> None:
    found = pixels_of(RED, kind, icc_profile=swapped_profile())
    assert np.abs(found.astype(int) - (10, 250, 10)).max() <= tolerance


def test_transparency_and_a_palette_come_through_a_profile() -> None:
    clear = RED.convert("RGBA")
    clear.putalpha(100)
    found = pixels_of(clear, channels=4, icc_profile=swapped_profile())
    assert np.abs(found.astype(int) - (10, 250, 10, 100)).max() <= 3
    indexed = pixels_of(RED.quantize(4), icc_profile=swapped_profile())
    assert np.abs(indexed.astype(int) - (10, 250, 10)).max() <= 3


def test_gray_of_a_colored_jpeg_is_that_of_its_true_colors() -> None:
    gray = pixels_of(RED, "JPEG", channels=1, icc_profile=swapped_profile())
    assert np.abs(gray.astype(int) - round(0.299 * 10 + 0.587 * 250 + 0.114 * 10)).max() <= 8


@pytest.mark.parametrize(
    "profile", [b"", b"no profile", ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()]
)
def test_a_profile_that_is_srgb_or_broken_changes_nothing(profile: bytes) -> None:
    assert np.array_equal(pixels_of(RED, icc_profile=profile), pixels_of(RED))


def test_a_profile_of_another_color_space_changes_nothing() -> None:
    gray = Image.new("L", (SIZE, SIZE), 77)
    assert np.array_equal(pixels_of(gray, icc_profile=swapped_profile()), pixels_of(gray))


def with_gamma(gamma: int, *, srgb: bool = False) -> bytes:
    """A PNG of gray 128 with a gAMA chunk (in 1/100,000), and an sRGB chunk."""
    from PIL import PngImagePlugin

    info = PngImagePlugin.PngInfo()
    info.add(b"gAMA", gamma.to_bytes(4, "big"))
    if srgb:
        info.add(b"sRGB", b"\0")
    content = io.BytesIO()
    Image.new("RGB", (SIZE, SIZE), (128, 0, 255)).save(content, "PNG", pnginfo=info)
    return content.getvalue()


@pytest.mark.parametrize(
    ("gamma", "srgb", "level"),
    [(100_000, False, 188), (45_455, False, 128), (100_000, True, 128), (0, False, 128), (2**31 - 1, False, 128)],
)
def test_the_gamma_of_a_png_is_followed_unless_it_says_srgb(gamma: int, srgb: bool, level: int) -> None:
    result = decode(with_gamma(gamma, srgb=srgb), DecodeOptions(SIZE, 3))
    assert isinstance(result, Decoded)
    assert result.pixels[0, 0].tolist() == [level, 0, 255]


def test_cmyk_without_a_profile_becomes_rgb() -> None:
    ink = Image.new("CMYK", (2, 2), (255, 0, 0, 0))
    assert to_srgb(ink, {}).getpixel((0, 0)) == (0, 255, 255)
