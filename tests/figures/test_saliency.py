"""Numbers of either sign as pictures, and the figure of guided back-propagation."""

import numpy as np
import pytest
from PIL import Image

from dcgan.figures.fonts import SMALL, text_width
from dcgan.figures.saliency import Side, saliency_figure, saliency_pixels
from dcgan.figures.theme import THEMES

RANDOM = np.random.default_rng(0)


def side(title: str, features: int, pictures: int, channels: int = 3) -> Side:
    shape = (features, pictures, 16, 16, channels)
    return Side(title, RANDOM.integers(0, 256, shape).astype(np.uint8), RANDOM.normal(size=shape).astype(np.float32))


def holds(page: Image.Image, picture: np.ndarray, left: int, right: int) -> bool:
    """Whether the picture, four times as large, stands between two columns of the page."""
    wanted = picture.repeat(4, 0).repeat(4, 1)
    if wanted.shape[2] == 1:
        wanted = wanted.repeat(3, axis=2)
    pixels = np.asarray(page)[:, left:right]
    ys, xs = np.nonzero((pixels == wanted[0, 0]).all(axis=2))
    return any(np.array_equal(pixels[y : y + 64, x : x + 64], wanted) for y, x in zip(ys, xs, strict=True))


def test_zero_is_gray_and_signs_are_brighter_and_darker() -> None:
    saliency = np.zeros((1, 4, 4, 3), np.float32)
    saliency[0, 0, 0], saliency[0, 1, 1] = 0.01, -0.01
    pixels = saliency_pixels(saliency)
    assert pixels[0, 3, 3].tolist() == [128, 128, 128]
    assert (pixels[0, 0, 0] > 170).all()
    assert (pixels[0, 1, 1] < 85).all()


def test_a_saliency_is_scaled_by_its_own_size_wherever_it_stands() -> None:
    saliency = RANDOM.normal(size=(1, 4, 4, 3)).astype(np.float32)
    wide = np.zeros((1, 64, 64, 3), np.float32)
    wide[:, 10:14, 20:24] = 1e-6 * saliency
    assert np.array_equal(saliency_pixels(wide)[:, 10:14, 20:24], saliency_pixels(saliency))


def test_no_saliency_at_all_is_gray() -> None:
    assert (saliency_pixels(np.zeros((2, 3, 8, 8, 1), np.float32)) == 128).all()


def test_of_four_channels_the_colors_are_shown() -> None:
    assert saliency_pixels(np.ones((1, 8, 8, 4), np.float32)).shape == (1, 8, 8, 3)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("theme", THEMES)
def test_each_side_has_its_pictures_and_their_saliency(theme: str, channels: int) -> None:
    sides = [side("left", 2, 3, channels), side("right", 2, 2, channels)]
    page = saliency_figure(sides, ["0", "17, dead"], THEMES[theme])
    middle = page.width - 2 * 68 - 20
    for part, left, right in ((sides[0], 0, middle), (sides[1], middle, page.width)):
        shown = [
            *part.pixels.reshape(-1, 16, 16, channels),
            *saliency_pixels(part.saliency).reshape(-1, 16, 16, channels),
        ]
        assert all(holds(page, picture, left, right) for picture in shown)
    assert page.getpixel((0, 0)) == THEMES[theme].ground


def test_names_take_the_room_they_need() -> None:
    part = side("", 1, 1)
    short, long = (saliency_figure([part], [name], THEMES["light"]) for name in ("1", "a long name"))
    assert long.width - short.width == text_width("a long name", SMALL) - text_width("1", SMALL)
