"""Gray, color and alpha: pictures that a model of other channels fills."""

import numpy as np
import pytest
from PIL import Image

from dcgan.latent.channels import is_gray, with_channels
from dcgan.types import Pixels

RANDOM = np.random.default_rng(0)
RGB = RANDOM.integers(0, 256, (5, 7, 3), dtype=np.uint8)
GRAY = RANDOM.integers(0, 256, (5, 7, 1), dtype=np.uint8)
NOTHING = np.zeros((5, 7), bool)


def rgba(alpha: int) -> Pixels:
    return np.concatenate([RGB, np.full_like(GRAY, alpha)], axis=2)


def test_color_becomes_gray_as_pillow_has_it() -> None:
    expected = np.asarray(Image.fromarray(RGB).convert("L"))
    assert np.abs(with_channels(RGB, 1)[..., 0].astype(int) - expected).max() <= 1


def test_gray_comes_back_to_the_byte() -> None:
    for channels in (1, 3, 4):
        assert np.array_equal(with_channels(with_channels(GRAY, channels), 1), GRAY)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("picture", [GRAY, RGB, rgba(255)], ids=["gray", "RGB", "RGBA"])
def test_the_type_stays(picture: Pixels, channels: int, dtype: type) -> None:
    converted = with_channels(picture.astype(dtype), channels)
    assert converted.dtype == dtype
    assert converted.shape == (5, 7, channels)
    assert (converted[..., 3:] == 255).all()


def test_what_is_more_transparent_than_not_is_white_and_the_rest_has_the_color_below() -> None:
    assert (with_channels(rgba(127), 3) == 255).all()
    assert np.array_equal(with_channels(rgba(128), 3), RGB)


def test_a_picture_is_gray_if_all_that_is_known_of_it_is() -> None:
    picture = GRAY.repeat(3, axis=2)
    assert is_gray(GRAY, NOTHING)
    assert is_gray(picture, NOTHING)
    assert not is_gray(RGB, NOTHING)
    picture[2, 3] = (1, 2, 3)
    assert not is_gray(picture, NOTHING)
    missing = NOTHING.copy()
    missing[2, 3] = True
    assert is_gray(picture, missing)
