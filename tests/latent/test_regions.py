"""The square of a picture that a model sees."""

import numpy as np
import pytest
from numpy.typing import NDArray

from dcgan.errors import UsageError
from dcgan.latent.regions import Region, enlarge, extents, region_for, shrink
from dcgan.types import Mask, Pixels

RANDOM = np.random.default_rng(0)


def hole(height: int, width: int, top: int, left: int, rows: int, columns: int) -> Mask:
    mask = np.zeros((height, width), bool)
    mask[top : top + rows, left : left + columns] = True
    return mask


def picture(height: int, width: int, channels: int = 3) -> Pixels:
    return RANDOM.integers(0, 256, (height, width, channels), dtype=np.uint8)


@pytest.mark.parametrize(
    ("mask", "region"),
    [
        (hole(40, 60, 10, 25, 20, 12), (10, 0, 40)),  # in the center
        (hole(60, 40, 25, 10, 12, 20), (0, 10, 40)),  # of an upright picture
        (hole(40, 60, 10, 0, 12, 12), (0, 0, 40)),  # at the left, which the center would leave out
        (hole(40, 60, 10, 48, 12, 12), (20, 0, 40)),  # at the right
        (hole(40, 60, 10, 5, 20, 12), (5, 0, 40)),  # only as far from the center as it has to be
        (hole(40, 60, 15, 30, 10, 3), (10, 0, 40)),  # a quarter of the shorter side
    ],
)
def test_around_a_large_hole_it_is_the_largest_square_nearest_to_the_center(
    mask: Mask, region: tuple[int, int, int]
) -> None:
    assert region_for(mask) == region


@pytest.mark.parametrize(
    ("mask", "region"),
    [
        (hole(40, 60, 15, 30, 8, 8), (26, 11, 16)),
        (hole(40, 60, 15, 30, 8, 2), (23, 11, 16)),  # twice the longer side of the hole, which is in its middle
        (hole(40, 60, 0, 0, 8, 8), (0, 0, 16)),  # kept inside the picture
        (hole(40, 60, 32, 52, 8, 8), (44, 24, 16)),
        (hole(40, 60, 33, 20, 6, 6), (17, 28, 12)),
    ],
)
def test_around_a_small_hole_it_is_twice_as_large_and_inside_the_picture(
    mask: Mask, region: tuple[int, int, int]
) -> None:
    assert region_for(mask) == region


def test_whatever_the_hole_the_region_holds_it_and_lies_within_the_picture() -> None:
    for _ in range(300):
        height, width = RANDOM.integers(8, 60, 2)
        rows, columns = RANDOM.integers(1, min(height, width), 2)
        top, left = RANDOM.integers(0, height - rows + 1), RANDOM.integers(0, width - columns + 1)
        mask = hole(height, width, top, left, rows, columns)
        found = region_for(mask)
        assert 0 <= found.left <= left < left + columns <= found.left + found.side <= width
        assert 0 <= found.top <= top < top + rows <= found.top + found.side <= height


@pytest.mark.parametrize("mask", [hole(40, 60, 10, 5, 4, 50), hole(60, 40, 5, 10, 50, 4)])
def test_a_hole_that_no_square_holds_is_refused(mask: Mask) -> None:
    with pytest.raises(UsageError, match=r"no square within the picture of \d\d x \d\d holds it: crop the picture"):
        region_for(mask)


@pytest.mark.parametrize(
    ("region", "message"),
    [
        ((30, 0, 31), r"`region` 30,0,31 .* does not lie within the picture of 60 x 40"),
        ((0, 10, 31), "does not lie within"),
        ((-1, 0, 20), "does not lie within"),
        ((0, -1, 20), "does not lie within"),
        ((20, 10, 0), "does not lie within"),
        ((0, 0, 20), "`region` 0,0,20 .* does not hold all that is missing"),
        ((20, 10, 10), "`region` 20,10,10 holds no known pixels"),
    ],
)
def test_a_region_that_does_not_fit_is_refused(region: tuple[int, int, int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        region_for(hole(40, 60, 10, 20, 10, 10), Region(*region))


def test_a_region_that_fits_is_taken() -> None:
    assert region_for(hole(40, 60, 10, 20, 10, 10), Region(15, 9, 16)) == (15, 9, 16)


def test_a_tiny_hole_is_seen_with_as_much_around_it_as_the_model_draws() -> None:
    assert region_for(hole(40, 60, 20, 30, 1, 1), least=16).side == 16
    assert region_for(hole(40, 60, 20, 30, 1, 1), least=64).side == 40


def test_a_hole_of_the_whole_square_leaves_nothing_to_go_by() -> None:
    with pytest.raises(UsageError, match=r"the largest square .* 40 x 40 pixels at 10,0, holds no known pixels"):
        region_for(hole(40, 60, 0, 10, 40, 40))


def test_extents_are_the_rows_and_columns_of_the_hole() -> None:
    assert extents(hole(40, 60, 10, 20, 5, 7)) == ((10, 15), (20, 27))


@pytest.mark.parametrize("channels", [1, 3])
def test_at_the_size_of_the_model_a_region_is_left_as_it_is(channels: int) -> None:
    whole, mask = picture(40, 60, channels), hole(40, 60, 10, 20, 5, 5)
    pixels, missing = shrink(whole, mask, Region(15, 8, 16), 16)
    assert np.array_equal(pixels, whole[8:24, 15:31])
    assert np.array_equal(missing, mask[8:24, 15:31].astype(np.float32))


@pytest.mark.parametrize("mask", [hole(64, 64, 5, 6, 21, 30), RANDOM.random((64, 64)) < 0.8])
def test_a_shrunken_pixel_is_the_mean_of_what_is_known_of_it(mask: Mask) -> None:
    whole = picture(64, 64)
    pixels, missing = shrink(whole, mask, Region(0, 0, 64), 16)
    for y, x in np.ndindex(16, 16):
        cell, lost = (array[4 * y : 4 * y + 4, 4 * x : 4 * x + 4] for array in (whole, mask))
        assert missing[y, x] == pytest.approx(lost.mean(), abs=1e-5)
        if not lost.all():
            assert np.abs(pixels[y, x] - cell[~lost].mean(axis=0)).max() <= 0.51


@pytest.mark.parametrize("side", [7, 16, 23, 64])
def test_what_is_missing_has_no_influence_on_what_is_known(side: int) -> None:
    mask = hole(side, side, 1, 2, side // 2, side // 2)
    whole = picture(side, side)
    other = np.where(mask[..., None], 255 - whole, whole)
    (pixels, missing), (others, _) = (shrink(one, mask, Region(0, 0, side), 16) for one in (whole, other))
    assert np.array_equal(pixels[missing < 0.99], others[missing < 0.99])
    assert ((missing >= 0) & (missing <= 1)).all()
    assert missing.mean() == pytest.approx(mask.mean(), abs=0.05)


def test_even_a_single_missing_pixel_is_seen() -> None:
    _, missing = shrink(picture(64, 64), hole(64, 64, 30, 30, 1, 1), Region(0, 0, 64), 16)
    assert missing.max() == pytest.approx(1 / 16, abs=1e-5)


@pytest.mark.parametrize(("size", "side"), [(16, 16), (16, 40), (16, 5)])
@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_drawn_is_brought_to_the_size_of_the_region(size: int, side: int, channels: int) -> None:
    ramp: NDArray[np.float32] = np.linspace(0, 255, size, dtype=np.float32)
    pixels = np.repeat(ramp.round().astype(np.uint8), size).reshape(size, size, 1).repeat(channels, axis=2)
    enlarged = enlarge(pixels, side)
    assert enlarged.shape == (side, side, channels)
    assert enlarged.dtype == np.float32
    middles = (np.arange(side) + 0.5) / side * size - 0.5
    inside = (middles > 2) & (middles < size - 3)
    assert enlarged[inside, 0, 0] == pytest.approx(np.interp(middles, np.arange(size), ramp)[inside], abs=2)
    if size == side:
        assert np.array_equal(enlarged, pixels)
