"""Pictures in their full size, and masks."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from tests.data.pictures import JPEG, encoded, photo

from dcgan.data.items import Reason, Skipped
from dcgan.data.whole_pictures import read_mask, transparency, whole_pictures
from dcgan.errors import SourceError
from dcgan.types import Pixels


def one(tmp_path: Path, content: bytes) -> Pixels:
    """The only picture of a folder."""
    (tmp_path / "one.png").write_bytes(content)
    ((name, picture),) = whole_pictures(tmp_path)
    assert name == "one.png"
    assert not isinstance(picture, Skipped), picture
    return picture


def test_pictures_keep_their_sizes_names_and_order(tmp_path: Path) -> None:
    for name, width, height in (("b", 300, 40), ("a", 20, 30), ("c/d", 7, 9)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.png").write_bytes(encoded(photo(width, height), "PNG"))
    found = {name: picture.shape for name, picture in whole_pictures(tmp_path) if not isinstance(picture, Skipped)}
    assert [*found.items()] == [("a.png", (30, 20, 3)), ("b.png", (40, 300, 3)), ("c/d.png", (9, 7, 3))]


def test_pixels_are_those_of_the_file(tmp_path: Path) -> None:
    assert np.array_equal(one(tmp_path, encoded(photo(), "PNG")), np.asarray(photo()))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(tmp_path: Path, kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(photo(30, 20), kind, exif=exif)
    with Image.open(io.BytesIO(data)) as stored:
        assert np.array_equal(one(tmp_path, data), np.asarray(ImageOps.exif_transpose(stored)))


@pytest.mark.parametrize(
    ("mode", "kept"), [("L", "L"), ("1", "L"), ("RGB", "RGB"), ("P", "RGB"), ("RGBA", "RGBA"), ("LA", "RGBA")]
)
def test_pictures_have_the_channels_that_they_are_stored_with(tmp_path: Path, mode: str, kept: str) -> None:
    picture = one(tmp_path, encoded(photo(30, 20, mode), "PNG"))
    assert picture.dtype == np.uint8
    assert np.array_equal(picture, np.asarray(photo(30, 20, mode).convert(kept)).reshape(20, 30, -1))


def test_gray_of_16_bits_becomes_gray_of_8(tmp_path: Path) -> None:
    levels = np.arange(600, dtype=np.uint16).reshape(20, 30) * np.uint16(100)
    picture = one(tmp_path, encoded(Image.fromarray(levels), "PNG"))
    assert np.array_equal(picture[..., 0], np.rint(levels / 257))


def half_transparent() -> Image.Image:
    """The left half of the photo is transparent: 127 of 255 are left of it; of the right half 128 are."""
    picture = photo(30, 20, "RGBA")
    alpha = np.full((20, 30), 128, np.uint8)
    alpha[:, :15] = 127
    picture.putalpha(Image.fromarray(alpha))
    return picture


def test_what_is_more_transparent_than_not_is_missing(tmp_path: Path) -> None:
    picture = one(tmp_path, encoded(half_transparent(), "PNG"))
    assert np.array_equal(picture[..., :3], np.asarray(photo(30, 20)))
    missing = transparency(picture)
    assert missing[:, :15].all()
    assert not missing[:, 15:].any()


@pytest.mark.parametrize("content", [JPEG, encoded(photo(30, 20, "RGBA"), "PNG")], ids=["RGB", "RGBA"])
def test_of_an_opaque_picture_nothing_is_missing(tmp_path: Path, content: bytes) -> None:
    assert not transparency(one(tmp_path, content)).any()


def test_arrays_are_taken_as_they_are() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 10, 12, 3), dtype=np.uint8)
    for expected, (_, picture) in zip(pixels, whole_pictures(pixels), strict=True):
        assert isinstance(picture, np.ndarray)
        assert np.array_equal(picture, expected)


def test_a_picture_that_cannot_be_used_is_there_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(photo(), "PNG")[:200])
    (tmp_path / "b.png").write_text("no picture")
    (tmp_path / "c.png").write_bytes(encoded(photo(), "PNG"))
    found = dict(whole_pictures(tmp_path))
    reasons = {name: picture.reason for name, picture in found.items() if isinstance(picture, Skipped)}
    assert reasons == {"a.png": Reason.TRUNCATED, "b.png": Reason.NOT_A_PICTURE}
    assert isinstance(found["c.png"], np.ndarray)


def test_a_source_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere"):
        list(whole_pictures(tmp_path / "nowhere"))


RAMP = np.arange(256, dtype=np.uint8).reshape(8, 32)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_mask_is_missing_where_its_picture_is_white(tmp_path: Path, mode: str) -> None:
    (tmp_path / "mask.png").write_bytes(encoded(Image.fromarray(RAMP).convert(mode), "PNG"))
    mask = read_mask(tmp_path / "mask.png")
    assert mask.dtype == np.bool_
    assert np.array_equal(mask, RAMP >= 128)


def test_where_a_mask_is_transparent_nothing_is_missing(tmp_path: Path) -> None:
    strokes = np.full((8, 32, 4), 255, np.uint8)
    strokes[..., 3] = RAMP
    (tmp_path / "mask.png").write_bytes(encoded(Image.fromarray(strokes), "PNG"))
    assert np.array_equal(read_mask(tmp_path / "mask.png"), RAMP >= 128)


def test_a_mask_of_one_bit_will_do(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_bytes(encoded(Image.fromarray(RAMP > 100), "PNG"))
    assert np.array_equal(read_mask(tmp_path / "mask.png"), RAMP > 100)


def test_a_mask_may_be_a_jpeg(tmp_path: Path) -> None:
    white = np.zeros((32, 48), bool)
    white[8:24, 16:32] = True
    (tmp_path / "mask.jpg").write_bytes(encoded(Image.fromarray(white.astype(np.uint8) * np.uint8(255)), "JPEG"))
    assert np.array_equal(read_mask(tmp_path / "mask.jpg"), white)


def test_a_mask_that_is_no_picture_is_an_error_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_text("no picture")
    with pytest.raises(SourceError, match=r"mask\.png cannot be read as a mask: not a picture \(begins with"):
        read_mask(tmp_path / "mask.png")
    with pytest.raises(SourceError, match=r"nowhere\.png cannot be read as a mask: unreadable \(No such file"):
        read_mask(tmp_path / "nowhere.png")
