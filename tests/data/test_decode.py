"""Decoding one picture: the right pixels, or the right reason."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from tests.data.pictures import JPEG, WHOLE, encoded, photo, used

from dcgan.data import formats
from dcgan.data.decode import Decoded, DecodeOptions, decode, decode_content, decode_pixels
from dcgan.data.items import Reason, Skipped
from dcgan.data.opening import has_decoder
from dcgan.types import Pixels


def by_pillow_alone(picture: Image.Image, size: int) -> Pixels:
    """The plain way: everything is decoded and resized, then cropped. The longer side must come out whole."""
    side = min(picture.size)
    width, height = picture.width * size / side, picture.height * size / side
    assert width.is_integer()
    assert height.is_integer()
    resized = picture.convert("RGB").resize((int(width), int(height)), Image.Resampling.LANCZOS)
    left, top = (resized.width - size) // 2, (resized.height - size) // 2
    return np.asarray(resized.crop((left, top, left + size, top + size)))


def difference(one: Pixels, other: Pixels) -> float:
    """Mean of the absolute difference, 0 to 255."""
    return float(np.abs(one.astype(np.float64) - other).mean())


def flat(color: tuple[int, ...] | int, mode: str) -> Image.Image:
    return Image.new(mode, (20, 30), color)


# Geometry


def test_the_center_square_is_kept() -> None:
    stripes = np.zeros((10, 30, 3), np.uint8)
    stripes[:, 10:20] = 200
    result = used(encoded(Image.fromarray(stripes), "PNG"), DecodeOptions(size=10))
    assert (result.pixels == 200).all()
    assert (result.width, result.height, result.crop_box) == (30, 10, (10, 0, 20, 10))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "JPEG" else {}
    data = encoded(photo(301, 200), kind, exif=exif, **options)
    with Image.open(io.BytesIO(data)) as stored:
        upright = ImageOps.exif_transpose(stored)
    expected = used(encoded(upright, "PNG"), DecodeOptions(size=32))
    found = used(data, DecodeOptions(size=32))
    assert (found.width, found.height, found.crop_box) == (expected.width, expected.height, expected.crop_box)
    assert difference(found.pixels, expected.pixels) < 1


@pytest.mark.parametrize(("width", "height", "size"), [(640, 480, 60), (1000, 1500, 64), (777, 333, 36), (96, 64, 32)])
def test_jpegs_decoded_at_a_reduced_scale_differ_by_less_than_one_level(width: int, height: int, size: int) -> None:
    data = encoded(photo(width, height), "JPEG", quality=90)
    with Image.open(io.BytesIO(data)) as picture:
        expected = by_pillow_alone(picture, size)
    assert difference(used(data, DecodeOptions(size)).pixels, expected) < 1


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_other_pictures_come_out_as_if_resized_whole_and_then_cropped(kind: str) -> None:
    picture = photo(800, 600)
    found = used(encoded(picture, kind), DecodeOptions(size=30)).pixels.astype(int)
    assert np.abs(found - by_pillow_alone(picture, 30)).max() <= 1


def test_a_picture_of_the_right_size_is_left_as_it_is() -> None:
    picture = photo(64, 64)
    assert np.array_equal(used(encoded(picture, "PNG"), DecodeOptions(size=64)).pixels, np.asarray(picture))


def test_of_an_animation_the_first_picture_is_taken() -> None:
    frames = [flat((200, 0, 0), "RGB"), flat((0, 200, 0), "RGB")]
    for kind in ("GIF", "WEBP", "PNG", "TIFF"):
        lossless = {"lossless": True} if kind == "WEBP" else {}
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **lossless)
        assert (used(data, DecodeOptions(size=8)).pixels == (200, 0, 0)).all(), kind


def test_small_pictures_are_enlarged_unless_a_minimum_is_set() -> None:
    data = encoded(photo(40, 20), "PNG")
    assert used(data, DecodeOptions(size=64)).pixels.shape == (64, 64, 3)
    assert used(data, DecodeOptions(size=64, min_size=20)).pixels.shape == (64, 64, 3)
    assert decode(data, DecodeOptions(size=64, min_size=21)) == Skipped(Reason.TOO_SMALL, "40 × 20 pixels", 40, 20)


# Colors


@pytest.mark.parametrize(("channels", "expected"), [(1, 200), (3, (200, 200, 200)), (4, (200, 200, 200, 255))])
def test_gray_becomes_any_number_of_channels(channels: int, expected: int | tuple[int, ...]) -> None:
    assert (used(encoded(flat(200, "L"), "PNG"), DecodeOptions(8, channels)).pixels == expected).all()


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_parts_show_the_background(mode: str) -> None:
    invisible = flat((10, 20, 30, 0) if mode == "RGBA" else (10, 0), mode)
    data = encoded(invisible, "PNG")
    assert (used(data, DecodeOptions(8)).pixels == 255).all()
    assert (used(data, DecodeOptions(8, background=(1, 2, 3))).pixels == (1, 2, 3)).all()
    assert (used(data, DecodeOptions(8, channels=1, background=(7, 7, 7))).pixels == 7).all()
    assert (used(data, DecodeOptions(8, channels=4)).pixels[..., 3] == 0).all()


def test_half_transparent_parts_are_mixed_with_the_background() -> None:
    data = encoded(flat((200, 100, 0, 128), "RGBA"), "PNG")
    expected = np.array([200, 100, 0]) * 128 / 255
    assert np.abs(used(data, DecodeOptions(8, background=(0, 0, 0))).pixels - expected).max() <= 1


def test_a_transparent_neighbor_does_not_bleed_into_the_edge() -> None:
    pixels = np.zeros((40, 40, 4), np.uint8)  # the right half: black, invisible
    pixels[:, :20] = (200, 0, 0, 255)
    result = used(encoded(Image.fromarray(pixels), "PNG"), DecodeOptions(size=9, channels=4)).pixels
    assert (result[..., 0][result[..., 3] > 64] > 195).all()


def test_a_transparent_palette_entry_shows_the_background() -> None:
    picture = Image.new("P", (20, 20), 3)
    picture.putpalette(bytes(range(48)))
    data = encoded(picture, "PNG", transparency=3)
    assert (used(data, DecodeOptions(8, background=(9, 8, 7))).pixels == (9, 8, 7)).all()


@pytest.mark.parametrize(
    ("red", "kind"),
    [
        (flat((0, 255, 255, 0), "CMYK"), "JPEG"),
        (flat((0, 255, 255, 0), "CMYK"), "TIFF"),
        (flat((255, 0, 0), "RGB").convert("YCbCr"), "JPEG"),
        (flat((255, 0, 0), "RGB").convert("YCbCr"), "TIFF"),
        (flat((136, 208, 195), "LAB"), "TIFF"),
    ],
    ids=["cmyk.jpg", "cmyk.tiff", "ycbcr.jpg", "ycbcr.tiff", "lab.tiff"],
)
def test_print_and_video_colors_stay_red(red: Image.Image, kind: str) -> None:
    first, *others = used(encoded(red, kind), DecodeOptions(8)).pixels[4, 4].astype(int)
    assert first > 240
    assert max(others) < 30


def test_a_jpeg_read_as_gray_is_its_luminance() -> None:
    data = encoded(photo(300, 200), "JPEG", quality=90)
    with Image.open(io.BytesIO(data)) as picture:
        expected = used(encoded(picture.convert("L"), "PNG"), DecodeOptions(32, 1))
    assert difference(used(data, DecodeOptions(32, 1)).pixels, expected.pixels) < 1


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize(("deep", "expected"), [(0, 0), (257, 1), (32_896, 128), (40_000, 156), (65_535, 255)])
def test_sixteen_bits_are_divided_by_257_and_not_cut_at_255(kind: str, deep: int, expected: int) -> None:
    data = encoded(Image.fromarray(np.full((30, 20), deep, np.uint16)), kind)
    for channels in (1, 3, 4):
        assert (used(data, DecodeOptions(8, channels)).pixels[..., 0] == expected).all()


@pytest.mark.parametrize(("value", "expected"), [(0.0, 0), (0.5, 128), (1.0, 255), (200.0, 200), (40_000.0, 156)])
def test_floats_are_taken_by_their_range(value: float, expected: int) -> None:
    data = encoded(Image.fromarray(np.full((30, 20), value, np.float32)), "TIFF")
    assert np.abs(used(data, DecodeOptions(8)).pixels.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("value", [-1.0, 1e6, np.nan, np.inf])
def test_floats_out_of_every_range_are_skipped(value: float) -> None:
    result = decode(encoded(Image.fromarray(np.full((30, 20), value, np.float32)), "TIFF"), DecodeOptions(8))
    assert isinstance(result, Skipped)
    assert result.reason == Reason.UNSUPPORTED


# Skipped pictures


def test_a_skipped_picture_still_has_its_size_if_it_is_known() -> None:
    result = decode_pixels(np.zeros((3, 5, 3), np.uint8), DecodeOptions(min_size=4))
    assert result == Skipped(Reason.TOO_SMALL, "5 × 3 pixels", 5, 3)


def test_a_file_that_cannot_be_opened_is_skipped(tmp_path: Path) -> None:
    result, digest = decode_content(tmp_path / "gone.jpg", DecodeOptions())
    assert result == Skipped(Reason.UNREADABLE, "No such file or directory")
    assert digest is None


def test_a_file_of_gigabytes_is_skipped_unread(tmp_path: Path) -> None:
    path = tmp_path / "disk.jpg"
    with path.open("wb") as file:
        file.truncate(3 << 30)  # sparse: it takes no space
    result, _ = decode_content(path, DecodeOptions())
    assert isinstance(result, Skipped)
    assert result.reason == Reason.UNSUPPORTED


def test_running_out_of_memory_is_a_reason_to_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Image.Image, "load", no_memory)
    monkeypatch.setattr("PIL.JpegImagePlugin.JpegImageFile.load", no_memory)
    assert decode(JPEG, DecodeOptions()) == Skipped(Reason.BOMB, "needs more memory than there is")


@pytest.mark.parametrize("error", [ValueError, SyntaxError, EOFError, IndexError, ZeroDivisionError, TypeError])
def test_whatever_pillow_raises_is_a_reason_to_skip(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def fail(*_: object) -> None:
        raise error("oh")

    monkeypatch.setattr("PIL.JpegImagePlugin.JpegImageFile.load", fail)
    assert decode(JPEG, DecodeOptions()) == Skipped(Reason.CORRUPT, "JPEG: oh")


@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_truncated_anywhere_is_used_whole_or_skipped(kind: str) -> None:
    data = WHOLE[kind]
    whole = used(data, DecodeOptions(8)).pixels
    for end in range(1, len(data), max(1, len(data) // 97)):
        result = decode(data[:end], DecodeOptions(8))
        if isinstance(result, Skipped):
            assert result.reason in (Reason.TRUNCATED, Reason.NOT_A_PICTURE), (end, result)
        else:
            assert np.array_equal(result.pixels, whole), end


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pixels_are_treated_like_files(channels: int) -> None:
    rows, columns = np.mgrid[0:40, 0:60]
    pixels = np.stack([rows * 3 + columns + 20 * channel for channel in range(channels)], axis=-1).astype(np.uint8)
    picture = Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels)
    from_array = decode_pixels(pixels, DecodeOptions(16))
    assert isinstance(from_array, Decoded)
    assert np.array_equal(from_array.pixels, used(encoded(picture, "PNG"), DecodeOptions(16)).pixels)


def with_tag(tag: int, value: int) -> bytes:
    """A TIFF with a number of its directory changed: 259 is the compression, 262 what the numbers mean."""
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(content, "TIFF")
    data = bytearray(content.getvalue())
    directory = int.from_bytes(data[4:8], "little")
    for entry in range(int.from_bytes(data[directory : directory + 2], "little")):
        at = directory + 2 + 12 * entry
        if int.from_bytes(data[at : at + 2], "little") == tag:
            data[at + 8 : at + 10] = value.to_bytes(2, "little")
    return bytes(data)


def bmp_of_an_unknown_compression() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(content, "BMP")
    return content.getvalue()[:30] + b"\x09\0\0\0" + content.getvalue()[34:]


@pytest.mark.parametrize("data", [with_tag(259, 34661), with_tag(262, 32803), bmp_of_an_unknown_compression()])
def test_a_kind_that_pillow_does_not_know_is_unsupported_not_corrupt(data: bytes) -> None:
    result = decode(data, DecodeOptions(16))
    assert isinstance(result, Skipped)
    assert result.reason == Reason.UNSUPPORTED


@pytest.mark.parametrize(("format_name", "pillow_name"), [("AVIF", "AVIF"), ("HEIC", "HEIF"), ("JPEG XL", "JXL")])
def test_optional_formats_are_decoded_where_there_is_a_decoder(
    format_name: str, pillow_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert has_decoder(format_name)
    picture = photo(96, 64)
    data = encoded(picture, pillow_name, quality=95)
    assert formats.sniff(data[: formats.HEAD_BYTES]) == format_name
    assert difference(used(data, DecodeOptions(16)).pixels, by_pillow_alone(picture, 16)) < 4
    cut = decode(data[:300], DecodeOptions(16))
    assert isinstance(cut, Skipped)
    assert "\n" not in cut.detail
    monkeypatch.setattr("dcgan.data.opening.has_decoder", lambda _: False)
    result = decode(data, DecodeOptions(16))
    assert result == Skipped(Reason.UNSUPPORTED, f"{format_name} needs the extra: pip install 'dcgan[formats]'")


def test_what_a_native_library_prints_becomes_the_detail(capfd: pytest.CaptureFixture[str]) -> None:
    content = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)).save(
        content, "TIFF", compression="tiff_lzw"
    )
    data = bytearray(content.getvalue())
    data[8:2000] = bytes(1992)
    result = decode(bytes(data), DecodeOptions(16))
    assert isinstance(result, Skipped)
    assert "tempfile.tif: " in result.detail
    assert capfd.readouterr().err == ""
