"""Codes of bits: which are equal or nearly so, and which picture stands for a group."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcgan.curation.codes import Codes, group, pairs_within
from dcgan.errors import UsageError


def near_codes(seed: int, count: int = 100) -> Codes:
    """Codes of 32 bits about a few centers, so that many are near one another."""
    random = np.random.default_rng(seed)
    centers = random.integers(0, 256, (20, 4), np.uint8)
    flips = np.packbits(random.random((count, 32)) < 0.06, axis=1)
    return np.unique(centers[random.integers(20, size=count)] ^ flips, axis=0)


def differences(
    codes: np.ndarray[tuple[int, int], np.dtype[np.uint8]],
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Each code beside each, the slow way."""
    return np.asarray(np.unpackbits(codes[:, None] ^ codes[None], axis=2).sum(axis=2), np.int64)


@given(st.integers(0, 1000), st.integers(1, 31))
def test_the_pairs_are_those_that_comparing_each_with_each_finds(seed: int, bits: int) -> None:
    codes = near_codes(seed)
    found = [
        (min(a, b), max(a, b), d)
        for one, other, differ in pairs_within(codes, bits)
        for a, b, d in zip(one.tolist(), other.tolist(), differ.tolist(), strict=True)
    ]
    slow = differences(codes)
    expected = {(a, b, int(slow[a, b])) for a, b in zip(*np.nonzero(np.triu(slow <= bits, 1)), strict=True)}
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_parts_longer_than_a_number_lose_no_pair() -> None:
    random = np.random.default_rng(0)
    codes = random.integers(0, 256, (50, 32), np.uint8)  # 256 bits: two parts of 128
    codes[1] = codes[0]
    codes[1, 31] ^= 1
    assert [tuple(map(int, (*one, *other, *bits))) for one, other, bits in pairs_within(codes, 1)] == [(0, 1, 1)]


@given(st.integers(0, 1000), st.integers(0, 8))
def test_every_picture_is_near_to_the_one_that_stands_for_it_and_those_are_far_from_each_other(
    seed: int, within: int
) -> None:
    codes = near_codes(seed)
    codes = codes[np.random.default_rng(seed).integers(len(codes), size=300)]  # some of them equal
    quality = np.random.default_rng(seed + 1).integers(0, 5, 300).astype(float)
    groups = group(codes, quality, within)
    slow = differences(codes)
    assert np.array_equal(groups.distance, slow[np.arange(300), groups.center])
    assert groups.distance.max() <= within
    assert groups.kept[groups.center].all()
    kept = np.flatnonzero(groups.kept)
    assert slow[np.ix_(kept, kept)][~np.eye(len(kept), dtype=bool)].min(initial=99) > within
    assert (quality[groups.center] >= quality).all()


def test_of_equal_codes_the_best_stands_and_of_equally_good_ones_the_first() -> None:
    codes = np.array([[1], [2], [1], [1], [2]], np.uint8)
    groups = group(codes, np.array([1.0, 5, 3, 3, 5]))
    assert groups.center.tolist() == [2, 1, 2, 2, 1]
    assert groups.kept.tolist() == [False, True, True, False, False]
    assert not groups.distance.any()


def test_a_chain_is_no_group() -> None:
    chain = np.array([[0b0], [0b1], [0b11], [0b111]], np.uint8)
    groups = group(chain, np.array([4.0, 3, 2, 1]), within=1)
    assert groups.center.tolist() == [0, 0, 2, 2]
    assert groups.distance.tolist() == [0, 1, 0, 1]


def test_no_pictures_are_no_groups() -> None:
    groups = group(np.empty((0, 16), np.uint8), np.empty(0), within=3)
    assert len(groups.center) == len(groups.kept) == 0


def test_a_distance_beyond_the_code_is_refused() -> None:
    with pytest.raises(UsageError, match="`within` must be 0 to 127 bits, not 128"):
        group(np.zeros((2, 16), np.uint8), np.zeros(2), within=128)


def test_a_hundred_thousand_codes_take_a_second_and_no_table_of_pairs() -> None:
    random = np.random.default_rng(0)
    codes = random.integers(0, 256, (100_000, 16), np.uint8)
    codes[50_000:50_100] = codes[:100] ^ np.packbits(np.eye(128, dtype=bool)[:100], axis=1)
    groups = group(codes, np.zeros(len(codes)), within=2)
    assert np.flatnonzero(~groups.kept).tolist() == list(range(50_000, 50_100))
