"""Walks, how different pictures look, and the test for memorization."""

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch
from tests.toy_model import toy_model

from dcgan.errors import UsageError
from dcgan.latent.perceptual import perceptual_distances
from dcgan.latent.walk import Distance, interpolate, measure_steps, random_keys, walk_latents
from dcgan.networks.architecture import LatentDistribution
from dcgan.pixels import to_images

MODEL = toy_model("uniform")
KEYS = MODEL.latents(range(4))


def test_a_walk_goes_from_key_to_key() -> None:
    walk = interpolate(MODEL, KEYS, 5)
    assert walk.z.shape == (3, 5, 6)
    assert walk.pixels.shape == (3, 5, 16, 16, 3)
    assert walk.z[:, 0] == pytest.approx(KEYS[:-1])
    assert walk.z[:, -1] == pytest.approx(KEYS[1:])
    assert np.array_equal(walk.pixels[1, 0], walk.pixels[0, -1])
    assert walk.z[0, 2] == pytest.approx((KEYS[0] + KEYS[1]) / 2)


def test_a_loop_comes_back() -> None:
    walk = interpolate(MODEL, KEYS, 3, loop=True)
    assert len(walk.z) == 4
    assert walk.z[-1, -1] == pytest.approx(KEYS[0])


@pytest.mark.parametrize("distribution", get_args(LatentDistribution))
def test_any_place_on_a_walk_is_the_one_that_the_walk_passes(distribution: LatentDistribution) -> None:
    model = toy_model(distribution)
    walk = interpolate(model, range(4), 5)
    places = np.array([0, 0.25, 1, 1.5, 2.75, 3])
    found = walk_latents(model, model.latents(range(4)), places)
    assert found == pytest.approx(walk.z[[0, 0, 1, 1, 2, 2], [0, 1, 0, 2, 3, 4]], abs=1e-6)


@pytest.mark.parametrize(("count", "place"), [(1, 0.0), (3, -0.1), (3, 2.1), (3, np.nan)])
def test_places_beyond_the_ends_of_a_walk_are_refused(count: int, place: float) -> None:
    with pytest.raises(UsageError, match=r"2 or more|0 to 2"):
        walk_latents(MODEL, KEYS[:count], np.array([place]))


def test_perceptually_even_steps_look_more_alike_than_steps_of_one_length() -> None:
    variation = {}  # standard deviation over mean
    for even in get_args(Distance):
        steps = measure_steps(MODEL, interpolate(MODEL, KEYS, 12, even=even)).steps
        variation[even] = (steps.std(axis=1) / steps.mean(axis=1)).mean()
    assert variation["perceptual"] < 0.7 * variation["latent"]


def test_the_distance_is_that_of_unit_features_at_each_position() -> None:
    pixels = MODEL.sample([1, 2])
    maps = MODEL.nets.discriminator.activations(to_images(torch.from_numpy(pixels)))
    layers = []
    for layer in maps:
        a, b = layer.detach().numpy().astype(np.float64)
        a, b = (m / np.linalg.norm(m, axis=0) for m in (a, b))
        layers.append(np.mean([[((a - b)[:, y, x] ** 2).sum() for x in range(a.shape[2])] for y in range(a.shape[1])]))
    assert perceptual_distances(MODEL, pixels[:1], pixels[1:])[0] == pytest.approx(np.sqrt(np.mean(layers)), rel=1e-5)


def test_a_picture_is_at_no_distance_from_itself_whatever_the_batch() -> None:
    pixels = MODEL.sample(range(100))
    assert perceptual_distances(MODEL, pixels, pixels).max() < 1e-6
    shifted = np.roll(pixels, 1, axis=0)
    assert perceptual_distances(MODEL, pixels, shifted)[70:] == pytest.approx(
        perceptual_distances(MODEL, pixels[70:], shifted[70:]), rel=1e-4
    )


def test_a_generator_that_memorized_two_pictures_jumps() -> None:
    walk = interpolate(MODEL, KEYS, 30)
    memorized = walk.pixels.copy()
    memorized[:, :4], memorized[:, 4:] = walk.pixels[:, :1], walk.pixels[:, -1:]
    smooth = measure_steps(MODEL, walk).largest
    jumping = measure_steps(MODEL, replace(walk, pixels=memorized)).largest
    assert smooth is not None
    assert jumping is not None
    assert (jumping > 2 * smooth).all()


def test_where_random_samples_look_alike_a_step_has_no_share() -> None:
    model = toy_model("uniform")
    for tensor in model.generator.parameters():
        torch.nn.init.zeros_(tensor)
    assert measure_steps(model, interpolate(model, KEYS, 3)).largest is None


def test_seeds_are_keys_too_and_name_the_rows() -> None:
    walk = interpolate(MODEL, range(4), 5, loop=True)
    assert np.array_equal(walk.z, interpolate(MODEL, KEYS, 5, loop=True).z)
    assert walk.labels == ("0 to 1", "1 to 2", "2 to 3", "3 to 0")
    assert interpolate(MODEL, KEYS[:2], 2).labels == ("#0 to #1",)


def test_nine_random_seeds_are_the_default() -> None:
    assert np.array_equal(interpolate(MODEL, frames=2, seed=3).z, interpolate(MODEL, random_keys(3), frames=2).z)
    assert len(set(random_keys())) == 9
    assert random_keys() != random_keys(1)


def test_a_film_shows_each_key_once_and_a_wall_is_evenly_ahead_on_the_loop() -> None:
    walk = interpolate(MODEL, [1, 2], 4, loop=True)
    pictures = walk.pixels[:, :-1].reshape(6, 16, 16, 3)
    frames = np.stack(list(walk.film(wall=2)))
    assert walk.film_length == len(frames) == 6
    assert np.array_equal(frames[:, 0], pictures)
    assert np.array_equal(frames[:, 1], np.roll(pictures, -3, axis=0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: interpolate(MODEL, KEYS[:1]), "2 or more samples, not 1"),
        (lambda: interpolate(MODEL, KEYS, 1), "`frames` must be 2 or more, not 1"),
        (lambda: interpolate(MODEL, KEYS, even="visual"), "`even` must be latent or perceptual, not 'visual'"),  # type: ignore[arg-type]
        (lambda: interpolate(MODEL, seed=-1), "`seed` must be a whole number from 0"),
        (lambda: interpolate(MODEL, seed=2**63), "`seed` must be a whole number from 0"),
        (lambda: interpolate(MODEL, [3, -1]), "seeds must be whole numbers from 0"),
        (lambda: interpolate(MODEL, np.ones((2, 5))), "needs floats of"),
        (lambda: list(interpolate(MODEL, KEYS, 3).film(wall=2)), "`wall` must be 1 or more, and 1 unless"),
    ],
)
def test_what_is_no_walk_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        call()


def test_a_walk_and_its_steps_show_themselves_in_a_notebook() -> None:
    walk = interpolate(MODEL, KEYS, 3)
    for result in (walk, measure_steps(MODEL, walk)):
        assert 'src="data:image/png;base64,' in result._repr_html_()
