"""Pictures made larger."""

import numpy as np
import pytest

from dcgan.figures.enlarge import enlarge


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("smooth", [False, True])
def test_each_picture_is_enlarged_by_itself(channels: int, smooth: bool) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 3, 5, channels), np.uint8)
    larger = enlarge(pixels, 4, smooth=smooth)
    assert larger.shape == (2, 12, 20, channels)
    np.testing.assert_array_equal(larger[1:], enlarge(pixels[1:], 4, smooth=smooth))


def test_square_pixels_keep_their_colors_and_smooth_ones_run_into_each_other() -> None:
    pixels = np.array([[[[0], [255]]]], np.uint8)
    assert enlarge(pixels, 2).ravel().tolist() == [0, 0, 255, 255] * 2
    row = enlarge(pixels, 8, smooth=True)[0, 0, :, 0]
    assert len(set(row.tolist())) > 4
    assert enlarge(pixels, 1, smooth=True) is pixels
