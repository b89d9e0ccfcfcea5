"""Poisson blending: gradients of the patch within, the picture's own values around."""

import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from dcgan.errors import DcganError, UsageError
from dcgan.latent import blending
from dcgan.latent.blending import Blender, check_hole
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


@pytest.mark.parametrize(("mask", "message"), [(np.zeros(SIDES, bool), "nothing is"), (np.ones(SIDES, bool), "all is")])
def test_empty_and_full_masks_are_refused(mask: Mask, message: str) -> None:
    with pytest.raises(UsageError, match=f"{message} missing"):
        Blender(mask)


def test_a_hole_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blending, "LARGEST_HOLE", int(INSIDE.sum()) - 1)
    with pytest.raises(UsageError, match=r"24 missing pixels are too many to blend, more than 23: scale"):
        Blender(INSIDE)


def test_without_scipy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "scipy"]:
        monkeypatch.setitem(sys.modules, name, None)
    for refuse in (check_hole, Blender):
        with pytest.raises(DcganError, match=r"pip install 'dcgan\[inpaint\]'"):
            refuse(INSIDE)
