"""Poisson blending: gradients of the patch within, the picture's own values around."""

import numpy as np
import pytest
from numpy.typing import NDArray

from dcgan.latent.blending import Blender
from dcgan.types import Mask

RANDOM = np.random.default_rng(0)
SIDES = (9, 12)


def values(channels: int = 3) -> NDArray[np.float32]:
    return RANDOM.uniform(0, 255, (*SIDES, channels)).astype(np.float32)


def hole(rows: slice, columns: slice) -> Mask:
    mask = np.zeros(SIDES, bool)
    mask[rows, columns] = True
    return mask


INSIDE = hole(slice(2, 6), slice(3, 9))
AT_THE_BORDER = hole(slice(0, 5), slice(7, 12))  # a corner
ACROSS = hole(slice(0, 9), slice(4, 6))  # from one border to the other
SCATTERED = RANDOM.random(SIDES) < 0.6
ALL_BUT_ONE = ~hole(slice(4, 5), slice(4, 5))
HOLES = {
    "inside": INSIDE,
    "at the border": AT_THE_BORDER,
    "across": ACROSS,
    "scattered": SCATTERED,
    "all but one pixel": ALL_BUT_ONE,
}
each_hole = pytest.mark.parametrize("mask", HOLES.values(), ids=HOLES.keys())


def solved_densely(mask: Mask, known: NDArray[np.float32], patch: NDArray[np.float32]) -> NDArray[np.float64]:
    """One equation for each missing pixel: its differences to its neighbors sum up to those of the patch."""
    height, width = mask.shape
    missing = [(int(y), int(x)) for y, x in np.argwhere(mask)]
    matrix, right = np.zeros((len(missing), len(missing))), np.zeros((len(missing), patch.shape[2]))
    for row, (y, x) in enumerate(missing):
        for other in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if not (0 <= other[0] < height and 0 <= other[1] < width):
                continue
            matrix[row, row] += 1
            right[row] += patch[y, x].astype(float) - patch[other]
            if mask[other]:
                matrix[row, missing.index(other)] -= 1
            else:
                right[row] += known[other]
    filled = known.astype(np.float64)
    filled[mask] = np.linalg.solve(matrix, right)
    return filled


@each_hole
@pytest.mark.parametrize("channels", [1, 3])
def test_it_solves_the_poisson_equation(mask: Mask, channels: int) -> None:
    known, patch = values(channels), values(channels)
    assert Blender(mask).blend(known, patch) == pytest.approx(solved_densely(mask, known, patch), abs=1e-2)


@each_hole
def test_outside_the_hole_nothing_changes(mask: Mask) -> None:
    known = values()
    before = known.copy()
    blended = Blender(mask).blend(known, values())
    assert np.array_equal(blended[~mask], known[~mask])
    assert np.array_equal(known, before)
    assert not np.array_equal(blended[mask], known[mask])


@each_hole
def test_a_patch_that_equals_the_picture_up_to_a_constant_restores_it(mask: Mask) -> None:
    picture = values()
    assert Blender(mask).blend(picture, picture + np.float32(50)) == pytest.approx(picture, abs=1e-3)


def test_what_the_picture_has_in_the_hole_does_not_matter() -> None:
    known, patch, blender = values(), values(), Blender(INSIDE)
    other = np.where(INSIDE[..., None], np.float32(np.nan), known)
    assert np.array_equal(blender.blend(known, patch), blender.blend(other, patch))


def test_one_blender_fills_any_number_of_patches() -> None:
    known, blender = values(), Blender(INSIDE)
    for patch in (values(), values()):
        assert np.array_equal(blender.blend(known, patch), Blender(INSIDE).blend(known, patch))


def test_where_nothing_is_missing_the_picture_stays_and_where_all_is_the_patch_does() -> None:
    known, patch = values(), values()
    assert np.array_equal(Blender(np.zeros(SIDES, bool)).blend(known, patch), known)
    assert np.array_equal(Blender(np.ones(SIDES, bool)).blend(known, patch), patch)


@pytest.mark.parametrize("sides", [(1, 2), (2, 1), (1, 9), (3, 3)])
def test_narrow_pictures_are_blended_too(sides: tuple[int, int]) -> None:
    mask = np.zeros(sides, bool)
    mask[0, 0] = True
    known, patch = np.full((*sides, 1), 7, np.float32), np.zeros((*sides, 1), np.float32)
    assert Blender(mask).blend(known, patch) == pytest.approx(known)


COMB = np.zeros((60, 90), bool)
COMB[5:55:4] = COMB[:, 45] = True
LARGE_HOLES = {
    "a square": np.pad(np.ones((120, 120), bool), 2),
    "half": np.arange(120)[:, None] < np.full(80, 60),
    "all but a corner": np.arange(100 * 100).reshape(100, 100) > 0,
    "scattered": np.random.default_rng(1).random((90, 70)) < 0.8,
    "a comb": COMB,
    "a ring": np.pad(np.pad(np.zeros((20, 20), bool), 10, constant_values=True), 5),
}


@pytest.mark.parametrize("mask", LARGE_HOLES.values(), ids=LARGE_HOLES.keys())
def test_holes_of_any_shape_are_filled_to_a_tenth_of_a_gray_level(mask: Mask) -> None:
    """A harmonic function is known everywhere by what is around the hole."""
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]].astype(float)
    harmonic = 100 + (x**2 - y**2) / 200 + x * y / 150  # the mean of its four neighbors, but not at the border
    inside = mask.copy()
    inside[0] = inside[-1] = inside[:, 0] = inside[:, -1] = False
    known = harmonic[..., None].astype(np.float32)
    assert Blender(inside).blend(known, np.zeros_like(known)) == pytest.approx(known, abs=0.1)
