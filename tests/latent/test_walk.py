"""Walks, how different pictures look, and the test for memorization."""

import numpy as np
import pytest
import torch
from tests.toy_model import toy_model

from dcgan.latent.perceptual import distances
from dcgan.latent.walk import measure_jumps, walk
from dcgan.model import to_images

MODEL = toy_model("uniform")
KEYS = MODEL.latents(range(4))


def test_a_walk_goes_from_key_to_key() -> None:
    walked = walk(MODEL, KEYS, 5)
    assert walked.z.shape == (3, 5, 6)
    assert walked.pixels.shape == (3, 5, 16, 16, 3)
    assert walked.z[:, 0] == pytest.approx(KEYS[:-1])
    assert walked.z[:, -1] == pytest.approx(KEYS[1:])
    assert np.array_equal(walked.pixels[1, 0], walked.pixels[0, -1])
    assert walked.z[0, 2] == pytest.approx((KEYS[0] + KEYS[1]) / 2)


def test_a_loop_comes_back() -> None:
    walked = walk(MODEL, KEYS, 3, loop=True)
    assert len(walked.z) == 4
    assert walked.z[-1, -1] == pytest.approx(KEYS[0])


def test_steps_spaced_as_seen_look_more_alike_than_steps_of_one_length() -> None:
    spreads = []
    for as_seen in (False, True):
        steps = measure_jumps(MODEL, walk(MODEL, KEYS, 12, as_seen=as_seen)).rows
        spreads.append((steps.std(axis=1) / steps.mean(axis=1)).mean())
    assert spreads[1] < 0.7 * spreads[0]


def test_the_distance_is_that_of_unit_features_at_each_place() -> None:
    pixels = MODEL.sample([1, 2])
    maps = MODEL.nets.discriminator.activations(to_images(torch.from_numpy(pixels)))
    layers = []
    for layer in maps:
        a, b = layer.detach().numpy().astype(np.float64)
        a, b = (m / np.linalg.norm(m, axis=0) for m in (a, b))
        layers.append(np.mean([[((a - b)[:, y, x] ** 2).sum() for x in range(a.shape[2])] for y in range(a.shape[1])]))
    assert distances(MODEL, pixels[:1], pixels[1:])[0] == pytest.approx(np.sqrt(np.mean(layers)), rel=1e-5)


def test_a_picture_is_at_no_distance_from_itself_whatever_the_batch() -> None:
    pixels = MODEL.sample(range(100))
    assert distances(MODEL, pixels, pixels).max() < 1e-6
    shifted = np.roll(pixels, 1, axis=0)
    assert distances(MODEL, pixels, shifted)[70:] == pytest.approx(
        distances(MODEL, pixels[70:], shifted[70:]), rel=1e-4
    )


def test_a_generator_that_knows_two_pictures_by_heart_jumps() -> None:
    walked = walk(MODEL, KEYS, 30)
    learned_by_heart = walked.pixels.copy()
    learned_by_heart[:, :4], learned_by_heart[:, 4:] = walked.pixels[:, :1], walked.pixels[:, -1:]
    smooth = measure_jumps(MODEL, walked).largest
    jumping = measure_jumps(MODEL, type(walked)(walked.z, learned_by_heart)).largest
    assert (jumping > 2 * smooth).all()


@pytest.mark.parametrize(("keys", "frames"), [(1, 5), (3, 1)])
def test_a_walk_needs_two_of_each(keys: int, frames: int) -> None:
    with pytest.raises(ValueError, match="2 of each"):
        walk(MODEL, KEYS[:keys], frames)
