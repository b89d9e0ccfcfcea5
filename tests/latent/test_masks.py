"""What is missing: the masks of the paper."""

from typing import Any, get_args

import numpy as np
import pytest

from dcgan.errors import UsageError
from dcgan.latent.masks import MaskName, named_mask

NAMES: tuple[MaskName, ...] = get_args(MaskName)
RANDOM: tuple[MaskName, ...] = ("half", "random", "pattern")
SIZES = (16, 17, 28, 33, 64, 100, 129, 256)


@pytest.mark.parametrize("side", SIZES)
def test_the_center_is_half_the_side_in_the_middle(side: int) -> None:
    mask = named_mask("center", side)
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    assert np.array_equal(rows, columns)
    assert mask.sum() == len(rows) ** 2  # a square without gaps
    assert abs(len(rows) - side / 2) <= 0.5
    assert rows[0] == side - 1 - rows[-1]


@pytest.mark.parametrize("side", SIZES)
def test_a_half_is_the_left_right_upper_or_lower_one(side: int) -> None:
    part = side // 2
    halves = {name: np.zeros((side, side), bool) for name in ("left", "right", "upper", "lower")}
    halves["left"][:, :part] = halves["right"][:, side - part :] = True
    halves["upper"][:part] = halves["lower"][side - part :] = True
    masks = [named_mask("half", side, number=number) for number in range(40)]
    seen = {name for mask in masks for name, half in halves.items() if np.array_equal(mask, half)}
    assert all(mask.sum() == side * part for mask in masks)
    assert seen == halves.keys()


@pytest.mark.parametrize("side", SIZES)
@pytest.mark.parametrize(("name", "share"), [("random", 0.8), ("pattern", 0.25)])
def test_random_and_pattern_miss_the_share_of_the_paper(name: MaskName, share: float, side: int) -> None:
    for number in range(3):
        assert named_mask(name, side, number=number).mean() == pytest.approx(share, abs=1 / side**2)


def test_a_pattern_comes_in_spots_and_random_pixels_do_not() -> None:
    def equal_neighbors(name: MaskName) -> float:
        mask = named_mask(name, 64)
        return float((mask[:, 1:] == mask[:, :-1]).mean())

    assert equal_neighbors("pattern") > 0.9
    assert equal_neighbors("random") < 0.75  # 0.8 * 0.8 + 0.2 * 0.2 by chance


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("side", SIZES)
def test_a_mask_is_boolean_of_the_side_and_misses_some_but_not_all(name: MaskName, side: int) -> None:
    mask = named_mask(name, side)
    assert mask.dtype == np.bool_
    assert mask.shape == (side, side)
    assert 0 < mask.sum() < side**2


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_and_number_name_the_same_mask(name: MaskName) -> None:
    assert np.array_equal(named_mask(name, 33, 5, 7), named_mask(name, 33, 5, 7))


@pytest.mark.parametrize("name", RANDOM)
def test_another_number_or_seed_is_another_mask(name: MaskName) -> None:
    masks = {named_mask(name, 33, seed, number).tobytes() for seed in range(5) for number in range(5)}
    assert len(masks) == (4 if name == "half" else 25)


@pytest.mark.parametrize(
    ("name", "seed", "message"),
    [
        ("centre", 0, "`name` must be center, half, random, pattern, not 'centre'"),
        ("half", -1, "`seed` must be 0 to"),
        ("half", 2**63, "`seed` must be 0 to"),
    ],
)
def test_what_is_no_mask_is_refused(name: MaskName, seed: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        named_mask(name, 16, seed)


@pytest.mark.parametrize("side", [-2, 0, 1, 7, 16.0, "16"])
def test_a_picture_too_small_for_a_mask_is_refused(side: Any) -> None:
    with pytest.raises(UsageError, match=r"`side` must be .*8 to 65,535, not"):
        named_mask("center", side)


def test_the_number_of_a_picture_is_not_negative() -> None:
    with pytest.raises(UsageError, match="`number` must be 0 to"):
        named_mask("half", 16, 0, -1)
