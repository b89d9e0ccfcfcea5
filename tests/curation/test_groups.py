"""Codes of bits: which are equal or nearly so, and which picture stands for a group."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dcgan.curation.code_index import COMPARED, CodeIndex, Codes, Indices, cut_bits
from dcgan.curation.groups import group
from dcgan.errors import UsageError


def near_codes(seed: int, count: int = 100) -> Codes:
    """Codes of 32 bits about a few centers, so that many are near one another."""
    random = np.random.default_rng(seed)
    centers = random.integers(0, 256, (20, 4), np.uint8)
    flips = np.packbits(random.random((count, 32)) < 0.06, axis=1)
    return np.unique(centers[random.integers(20, size=count)] ^ flips, axis=0)


def differences(some: Codes, others: Codes) -> NDArray[np.int64]:
    """Each code beside each, the slow way."""
    return np.asarray(np.unpackbits(some[:, None] ^ others[None], axis=2).sum(axis=2), np.int64)


@given(st.integers(0, 1000), st.integers(0, 31))
def test_the_near_codes_are_those_that_comparing_each_with_each_finds(seed: int, bits: int) -> None:
    codes, queries = near_codes(seed), near_codes(seed)[::-3] ^ np.uint8(1)
    found = [*zip(*(some.tolist() for some in CodeIndex(codes, bits, nearest=1000).near(queries)), strict=True)]
    slow = differences(queries, codes)
    assert len(found) == len(set(found))
    assert set(found) == {(q, c, int(slow[q, c])) for q, c in zip(*np.nonzero(slow <= bits), strict=True)}


def test_parts_longer_than_a_number_lose_no_pair() -> None:
    codes = np.random.default_rng(0).integers(0, 256, (50, 32), np.uint8)  # 256 bits: two parts of 128
    query = codes[:1].copy()
    query[0, 31] ^= 1
    assert [some.tolist() for some in CodeIndex(codes, 1).near(query)] == [[0], [0], [1]]


def test_of_many_near_codes_those_that_differ_least_are_found() -> None:
    codes = np.packbits(np.tril(np.ones((16, 16), bool)), axis=1)  # 1 to 16 bits from nothing
    query, code, bits = CodeIndex(codes, 12, nearest=5).near(np.zeros((2, 2), np.uint8))
    assert query.tolist() == [0] * 5 + [1] * 5
    assert code.tolist() == [0, 1, 2, 3, 4] * 2
    assert bits.tolist() == [1, 2, 3, 4, 5] * 2


@given(st.integers(0, 1000), st.integers(0, 8))
def test_every_picture_is_near_to_the_one_that_stands_for_it_and_those_are_far_from_each_other(
    seed: int, within: int
) -> None:
    codes = near_codes(seed)
    codes = codes[np.random.default_rng(seed).integers(len(codes), size=300)]  # some of them equal
    quality = np.random.default_rng(seed + 1).integers(0, 5, 300).astype(float)
    groups = group(codes[:, None], quality, within)
    slow = differences(codes, codes)
    assert np.array_equal(groups.distance, slow[np.arange(300), groups.center])
    assert groups.distance.max() <= within
    assert groups.kept[groups.center].all()
    kept = np.flatnonzero(groups.kept)
    assert slow[np.ix_(kept, kept)][~np.eye(len(kept), dtype=bool)].min(initial=99) > within
    assert (quality[groups.center] >= quality).all()


def one_a_picture(*codes: int) -> Codes:
    return np.array(codes, np.uint8)[:, None, None]


def test_of_equal_codes_the_best_stands_and_of_equally_good_ones_the_first() -> None:
    groups = group(one_a_picture(1, 2, 1, 1, 2), np.array([1.0, 5, 3, 3, 5]))
    assert groups.center.tolist() == [2, 1, 2, 2, 1]
    assert groups.kept.tolist() == [False, True, True, False, False]
    assert not groups.distance.any()


def test_a_chain_is_no_group() -> None:
    groups = group(one_a_picture(0b0, 0b1, 0b11, 0b111), np.array([4.0, 3, 2, 1]), within=1)
    assert groups.center.tolist() == [0, 0, 2, 2]
    assert groups.distance.tolist() == [0, 1, 0, 1]


def test_a_picture_is_found_by_a_variation_of_another_whichever_is_the_better() -> None:
    codes = np.array(
        [[[0], [0b1111]], [[0b11110000], [0b11]], [[0b1110], [0b11000011]], [[0b11], [0b11000000]]], np.uint8
    )
    for quality in ([4.0, 3, 2, 1], [1.0, 2, 3, 4]):
        groups = group(codes, np.array(quality), within=1)
        first, second = np.flatnonzero(np.array(quality) > 2)
        pairs = {0: 2, 2: 0, 1: 3, 3: 1}
        assert {int(center) for center in groups.center} == {first, second}
        assert all(center in (row, pairs[row]) for row, center in enumerate(groups.center.tolist()))
        assert sorted(groups.distance.tolist()) == [0, 0, 0, 1]


def test_the_pictures_have_the_last_word() -> None:
    def even_with_even(some: Indices, others: Indices, variation: int) -> NDArray[np.bool_]:
        return np.asarray(some % 2 == others % 2)

    equal = group(one_a_picture(7, 7, 7, 7, 7), np.arange(5.0)[::-1], alike=even_with_even)
    assert equal.center.tolist() == [0, 1, 0, 1, 0]
    near = group(one_a_picture(0, 1, 2, 3), np.arange(4.0)[::-1], within=2, alike=even_with_even)
    assert near.center.tolist() == [0, 1, 0, 1]


def test_pictures_that_are_fixed_gather_others_and_are_not_gathered() -> None:
    codes = one_a_picture(1, 1, 0, 7, 1)
    fixed = np.array([False, False, True, True, True])
    groups = group(codes, np.array([9.0, 8, 1, 1, 1]), within=1, fixed=fixed)
    assert groups.center.tolist() == [4, 4, 2, 3, 4]
    assert group(codes, np.array([9.0, 8, 1, 1, 1]), within=2, fixed=fixed).center.tolist() == [4, 4, 2, 3, 4]


def test_many_pictures_of_one_code_that_are_not_alike_stay_alone_and_cost_no_table_of_pairs() -> None:
    asked = [0]

    def never(some: Indices, others: Indices, variation: int) -> NDArray[np.bool_]:
        asked[0] += len(some)
        return np.zeros(len(others), bool)

    groups = group(np.zeros((20_000, 1, 16), np.uint8), np.zeros(20_000), within=6, alike=never)
    assert groups.kept.all()
    assert asked[0] < 20 * 20_000


def test_a_code_is_compared_with_so_many_that_share_a_part_and_no_more() -> None:
    same = np.zeros((1000, 4), np.uint8)
    assert CodeIndex(same, 1, nearest=1000).near(same[:1])[1].tolist() == list(range(COMPARED))


def test_bits_that_depend_on_each_other_are_in_different_parts() -> None:
    bits = np.random.default_rng(0).random((5000, 16)) < 0.5
    codes = np.packbits(np.repeat(bits, 2, axis=1), axis=1)  # each bit is there twice
    cuts = cut_bits(codes, 2)
    assert np.array_equal(np.sort(np.concatenate(cuts)), np.arange(32))
    assert [len(np.unique(cut // 2)) for cut in cuts] == [16, 16]


@pytest.mark.parametrize("count", [1, 3, 17])
def test_bits_are_cut_into_parts_of_about_the_same_length(count: int) -> None:
    cuts = cut_bits(near_codes(0), count)
    assert np.array_equal(np.sort(np.concatenate(cuts)), np.arange(32))
    assert {len(cut) for cut in cuts} <= {32 // count, -(-32 // count)}
    assert [cut.tolist() for cut in cut_bits(near_codes(0)[:0], count)]  # of no codes, too


def test_no_pictures_are_no_groups() -> None:
    groups = group(np.empty((0, 3, 16), np.uint8), np.empty(0), within=3)
    assert len(groups.center) == len(groups.kept) == 0


def test_a_distance_beyond_the_code_is_refused() -> None:
    with pytest.raises(UsageError, match="`within` must be 0 to 127 bits, not 128"):
        group(np.zeros((2, 1, 16), np.uint8), np.zeros(2), within=128)


def test_a_hundred_thousand_codes_take_a_second_and_no_table_of_pairs() -> None:
    codes = np.random.default_rng(0).integers(0, 256, (100_000, 1, 16), np.uint8)
    codes[50_000:50_100, 0] = codes[:100, 0] ^ np.packbits(np.eye(128, dtype=bool)[:100], axis=1)
    groups = group(codes, np.zeros(len(codes)), within=2)
    assert np.flatnonzero(~groups.kept).tolist() == list(range(50_000, 50_100))
