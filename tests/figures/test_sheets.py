from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcgan.errors import DcganError
from dcgan.figures.sheets import paired_sheet, picture_bytes, save_picture, sheet, strip
from dcgan.types import Pixels

RED, GREEN, BLUE, GRAY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (9, 9, 9)


def tiles(*colors: tuple[int, ...], side: int = 2) -> Pixels:
    """One plain picture a color."""
    return np.array(colors, np.uint8)[:, None, None, :].repeat(side, axis=1).repeat(side, axis=2)


def test_pictures_stand_row_by_row_with_gaps_between_them() -> None:
    drawn = np.asarray(sheet(tiles(RED, GREEN, BLUE), columns=2, gap=1, scale=1, background=GRAY))
    r, g, b, x = RED, GREEN, BLUE, GRAY
    expected = [[r, r, x, g, g], [r, r, x, g, g], [x] * 5, [b, b, x, x, x], [b, b, x, x, x]]
    assert drawn.tolist() == [[list(color) for color in row] for row in expected]


def test_scale_repeats_pixels_and_leaves_the_gap_alone() -> None:
    picture = np.arange(4, dtype=np.uint8).reshape(1, 2, 2, 1).repeat(2, axis=0)
    drawn = np.asarray(sheet(picture, gap=1, scale=2, background=(7, 7, 7)))
    row = [0, 0, 1, 1]
    other = [2, 2, 3, 3]
    assert drawn.tolist() == [[*row, 7, *row]] * 2 + [[*other, 7, *other]] * 2


@pytest.mark.parametrize(
    ("count", "columns", "rows"),
    [(1, 1, 1), (2, 2, 1), (3, 3, 1), (5, 5, 1), (10, 5, 2), (14, 7, 2), (64, 8, 8), (65, 13, 5), (7, 3, 3)],
)
def test_the_grid_is_about_square_and_has_no_empty_cells_if_that_can_be(count: int, columns: int, rows: int) -> None:
    assert sheet(tiles(*[RED] * count), gap=0, scale=1).size == (2 * columns, 2 * rows)


@pytest.mark.parametrize(("side", "shown"), [(16, 64), (28, 84), (32, 64), (48, 96), (64, 64), (128, 128)])
def test_small_pictures_are_enlarged_until_they_can_be_seen(side: int, shown: int) -> None:
    assert sheet(tiles(RED, side=side)).size == (shown, shown)


def test_a_sheet_is_not_wider_than_its_pictures() -> None:
    assert sheet(tiles(RED, GREEN), columns=8, gap=0, scale=1).size == (4, 2)


def test_a_strip_is_one_row() -> None:
    assert strip(tiles(RED, GREEN, BLUE), gap=1, scale=1).size == (8, 2)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_the_mode_follows_the_channels(channels: int, mode: str) -> None:
    assert sheet(np.zeros((2, 4, 4, channels), np.uint8)).mode == mode


def test_gaps_are_transparent_between_pictures_with_alpha() -> None:
    drawn = np.asarray(sheet(tiles((1, 2, 3, 4), (5, 6, 7, 8)), gap=1, scale=1))
    assert drawn[0].tolist() == [[1, 2, 3, 4]] * 2 + [[255, 255, 255, 0]] + [[5, 6, 7, 8]] * 2


def test_gray_pictures_may_stand_on_a_colored_background() -> None:
    drawn = np.asarray(sheet(np.full((2, 1, 1, 1), 50, np.uint8), gap=1, scale=1, background=RED))
    assert drawn.tolist() == [[[50, 50, 50], [255, 0, 0], [50, 50, 50]]]


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((2, 4, 4), np.uint8), np.zeros((2, 4, 4, 2), np.uint8), np.zeros((0, 4, 4, 3), np.uint8)],
)
def test_arrays_of_another_shape_are_refused(pixels: Pixels) -> None:
    with pytest.raises(ValueError, match="not uint8"):
        sheet(pixels)


@pytest.mark.parametrize("numbers", [{"columns": 0}, {"gap": -1}, {"scale": 0}])
def test_numbers_out_of_range_are_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1, 0 and 1"):
        sheet(tiles(RED), **numbers)  # type: ignore[arg-type]


@pytest.mark.parametrize(("suffix", "kind"), [(".png", "PNG"), (".jpg", "JPEG"), (".JPEG", "JPEG"), (".webp", "WEBP")])
def test_the_suffix_chooses_the_format(tmp_path: Path, suffix: str, kind: str) -> None:
    path = tmp_path / "new" / f"sheet{suffix}"
    save_picture(sheet(tiles(RED, GREEN)), path)
    with Image.open(path) as picture:
        assert (picture.format, picture.size) == (kind, (130, 64))
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_pixels_come_back_as_they_were(tmp_path: Path, suffix: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (1, 16, 16, 3), np.uint8)
    save_picture(sheet(pixels, scale=1), tmp_path / f"sheet{suffix}")
    with Image.open(tmp_path / f"sheet{suffix}") as picture:
        assert np.array_equal(np.asarray(picture.convert("RGB")), pixels[0])


def test_transparent_pictures_lie_on_white_in_a_jpeg(tmp_path: Path) -> None:
    save_picture(sheet(tiles((0, 0, 0, 0))), tmp_path / "sheet.jpg")
    with Image.open(tmp_path / "sheet.jpg") as picture:
        assert picture.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("suffix", [".bmp", ""])
def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(DcganError, match=r"use \.png, \.jpg, \.jpeg, \.webp"):
        save_picture(sheet(tiles(RED)), tmp_path / f"sheet{suffix}")
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_a_plain_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DcganError, match="cannot write"):
        save_picture(sheet(tiles(RED)), tmp_path / "file" / "sheet.png")


def test_the_same_picture_gives_the_same_bytes() -> None:
    assert picture_bytes(sheet(tiles(RED)), ".png") == picture_bytes(sheet(tiles(RED)), ".png")


def test_of_pairs_each_picture_stands_above_its_partner() -> None:
    above = np.arange(5, dtype=np.uint8).reshape(5, 1, 1, 1).repeat(64, 1).repeat(64, 2)
    image = np.asarray(paired_sheet(above, above + 100, columns=3))
    rows = [[int(image[row * 66, column * 66]) for column in range(3)] for row in range(4)]
    assert rows == [[0, 1, 2], [100, 101, 102], [3, 4, 255], [103, 104, 255]]
    assert paired_sheet(above[:2], above[:2]).width == 2 * 64 + 2
