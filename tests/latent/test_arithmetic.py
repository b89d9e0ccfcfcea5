"""Sums of concepts, and moving along an axis."""

import numpy as np
import pytest
from tests.toy_model import toy_model

from dcgan.latent.arithmetic import add_pictures, arithmetic
from dcgan.latent.concepts import concept_of_axis, concept_of_seeds
from dcgan.latent.formula import parse_formula
from dcgan.latent.turn import axis_between, turn

MODEL = toy_model("uniform")
KNOWN = {
    "a": concept_of_seeds("a", [1, 2, 3], MODEL),
    "b": concept_of_seeds("b", [4, 5, 6], MODEL),
    "up": concept_of_axis("up", np.array([1, 0, 0, 0, 0, -1], np.float32)),
}


def mean(*seeds: int) -> np.ndarray:
    return np.asarray(MODEL.latents(seeds).mean(axis=0))


def test_y_is_the_sum_of_means_and_stands_first() -> None:
    result = arithmetic(MODEL, parse_formula("a - 2 * b"), KNOWN)
    y = mean(1, 2, 3) - 2 * mean(4, 5, 6)
    assert result.z[0] == pytest.approx(y, abs=1e-6)
    assert result.z.shape == (9, 6)
    assert np.abs(result.z[1:] - y).max() <= 0.25 + 1e-6
    assert np.abs(result.z[1:] - y).max() > 0.2
    assert np.array_equal(result.pixels[:1], MODEL.generate(result.z[:1]))


def test_neighbors_are_those_of_their_seed() -> None:
    sums = [arithmetic(MODEL, parse_formula("a"), KNOWN, neighbors=3, seed=seed).z for seed in (5, 5, 6)]
    assert np.array_equal(sums[0], sums[1])
    assert not np.array_equal(sums[0], sums[2])


def test_examples_means_and_the_sum_in_pixel_space_are_shown() -> None:
    result = arithmetic(MODEL, parse_formula("a - b"), KNOWN)
    assert np.array_equal(result.examples[0], MODEL.sample([1, 2, 3]))
    assert np.array_equal(result.means, MODEL.generate(np.stack([mean(1, 2, 3), mean(4, 5, 6)])))
    a, b = (MODEL.sample(seeds).mean(axis=0) / 127.5 - 1 for seeds in ([1, 2, 3], [4, 5, 6]))
    assert result.in_pixel_space is not None
    assert result.in_pixel_space == pytest.approx(((a - b).clip(-1, 1) + 1) * 127.5, abs=0.51)


def test_pictures_add_up_by_hand() -> None:
    black, white, gray = (np.full((1, 1, 1, 1), level, np.uint8) for level in (0, 255, 102))
    assert add_pictures((1, -1, 1), [white, white, gray]).tolist() == [[[102]]]
    assert add_pictures((1, 1), [white, white]).tolist() == [[[255]]]
    assert add_pictures((1, -1), [black, white]).tolist() == [[[0]]]
    assert add_pictures((1,), [np.concatenate([black, white])]).tolist() == [[[128]]]


def test_an_axis_moves_the_sum_and_has_no_pictures() -> None:
    result = arithmetic(MODEL, parse_formula("a + 2 * up"), KNOWN, neighbors=0)
    assert result.z == pytest.approx(mean(1, 2, 3)[None] + np.array([[2, 0, 0, 0, 0, -2]], np.float32), abs=1e-6)
    assert [len(examples) for examples in result.examples] == [3, 0]
    assert result.in_pixel_space is None


def test_the_middle_of_a_turn_is_the_sample_itself() -> None:
    z = MODEL.latents([7, 8])
    axis = axis_between(KNOWN["a"], KNOWN["b"])
    assert axis == pytest.approx(mean(4, 5, 6) - mean(1, 2, 3), abs=1e-6)
    turned = turn(MODEL, z, axis, np.array([-1.0, 0, 0.5]))
    assert turned.z[:, 1] == pytest.approx(z)
    assert turned.z[:, 2] == pytest.approx(z + axis / 2, abs=1e-6)
    assert np.array_equal(turned.pixels[:, 1], MODEL.generate(z))
    assert turned.pixels.shape == (2, 3, 16, 16, 3)
