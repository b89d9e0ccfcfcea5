"""In the browser a seed names the z that it names in Python."""

from hashlib import blake2b
from typing import Literal

import numpy as np
import pytest
from tests.export.page_scripts import evaluate, needs_node

from dcgan.latent.interpolation import between
from dcgan.randomness import latents_from_seeds

pytestmark = needs_node
SEEDS = [*range(60), 2**31, 2**32 + 5, 2**53 - 1]


@pytest.mark.parametrize(
    ("distribution", "latent_dim", "classes"),
    [("uniform", 100, 0), ("normal", 500, 0), ("normal", 25, 10), ("uniform", 23, 3), ("normal", 1003, 1000)],
)
def test_every_number_of_z_is_the_same(distribution: str, latent_dim: int, classes: int) -> None:
    nets = f"{{latentDim: {latent_dim}, classes: {classes}, distribution: '{distribution}'}}"
    found = evaluate(f"{SEEDS}.map((seed) => [...latents(seed, {nets})])", "latents.js")
    assert np.array_equal(np.array(found), latents_from_seeds(SEEDS, latent_dim, distribution, classes))


def test_the_tail_of_the_normal_distribution_is_among_them() -> None:
    z = latents_from_seeds(SEEDS, 500, "normal")  # as above
    assert np.abs(z).max() > 3.6541528853610088  # where the tail begins


@pytest.mark.parametrize("count", [0, 14, 127, 128])
def test_the_hash_is_blake2b(count: int) -> None:
    message = bytes(range(count))
    words = evaluate(f"blake2b(Uint8Array.from({[*message]})).map(String)", "latents.js")
    digest = blake2b(message, digest_size=16).digest()
    assert [int(word) for word in words] == [*np.frombuffer(digest, "<u8")]


@pytest.mark.parametrize("distribution", ["uniform", "normal"])
def test_a_walk_takes_the_same_way(distribution: Literal["uniform", "normal"]) -> None:
    nets = f"{{latentDim: 9, classes: 0, distribution: '{distribution}'}}"
    fractions = [0, 0.25, 0.7, 1]
    call = f"{fractions}.map((t) => [...between(latents(1, {nets}), latents(2, {nets}), t, {nets})])"
    first, second = latents_from_seeds([1, 2], 9, distribution)
    expected = between(first, second, np.array(fractions), distribution)
    np.testing.assert_allclose(evaluate(call, "latents.js"), expected, atol=1e-6)


def test_on_the_way_the_label_changes_once() -> None:
    nets = "{latentDim: 5, classes: 3, distribution: 'normal'}"
    call = "[0, 0.4, 0.6, 1].map((t) => [...between(Float32Array.of(1, 2, 1, 0, 0), Float32Array.of(2, 1, 0, 0, 1), t, "
    found = np.array(evaluate(f"{call}{nets})])", "latents.js"))
    assert found[:, 2:].tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 1], [0, 0, 1]]
    np.testing.assert_allclose(np.linalg.norm(found[:, :2], axis=1), 5**0.5, rtol=1e-6)
