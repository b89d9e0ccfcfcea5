"""The paper's auto-encoder: copies have the same code or nearly so, other pictures have another."""

import io

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageEnhance
from tests.data.pictures import encoded

from dcgan.curation.autoencoder import BITS, Autoencoder, encode, train_autoencoder
from dcgan.curation.codes import Codes
from dcgan.types import Pixels


def scenes(count: int) -> Pixels:
    """Smooth pictures with edges, all different."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[0:32, 0:32] / 32
    pictures = []
    for _ in range(count):
        waves = sum(
            random.normal(size=3) * np.sin(2 * np.pi * (x * a + y * b + c))[..., None]
            for a, b, c in random.uniform(-2, 2, (5, 3))
        )
        edge = (x * random.normal() + y * random.normal() > random.normal() / 2)[..., None] * random.normal(size=3)
        pictures.append(np.clip(128 + 40 * waves + 60 * edge, 0, 255).astype(np.uint8))
    return np.stack(pictures)


PICTURES = scenes(1500)
SEEN: list[tuple[int, int | None]] = []


@pytest.fixture(scope="module")
def net() -> Autoencoder:
    torch.set_num_threads(1)
    return train_autoencoder(PICTURES, steps=300, on_progress=lambda done, total: SEEN.append((done, total)))


def differ(one: Codes, other: Codes) -> NDArray[np.int64]:
    return np.asarray(np.unpackbits(one ^ other, axis=1).sum(axis=1), np.int64)


def test_the_net_has_the_shapes_of_the_paper(net: Autoencoder) -> None:
    assert [tuple(layer.weight.shape) for layer in (net.encoder, net.decoder)] == [(128, 3072), (3072, 128)]
    assert SEEN[-1] == (300, 300)


def test_copies_have_nearly_the_same_code_and_other_pictures_have_not(net: Autoencoder) -> None:
    codes = encode(net, PICTURES)
    assert codes.shape == (1500, BITS // 8)
    jpegs, brighter = [], []
    for picture in map(Image.fromarray, PICTURES[:200]):
        with Image.open(io.BytesIO(encoded(picture, "JPEG", quality=90, subsampling=0))) as jpeg:
            jpegs.append(np.asarray(jpeg))
        brighter.append(np.asarray(ImageEnhance.Brightness(picture).enhance(0.85)))
    for copies in (jpegs, brighter):
        assert (differ(encode(net, np.stack(copies)), codes[:200]) <= 4).mean() > 0.95
    others = differ(codes, np.roll(codes, 1, axis=0))
    assert (others <= 4).mean() < 0.01
    assert np.median(others) > 16


def test_a_picture_has_one_code_whatever_is_encoded_beside_it(net: Autoencoder) -> None:
    codes = encode(net, PICTURES)
    assert np.array_equal(encode(net, PICTURES[700:701]), codes[700:701])
    assert np.array_equal(encode(net, PICTURES[::-1]), codes[::-1])


def test_the_same_seed_trains_the_same_net() -> None:
    one, same, other = (train_autoencoder(PICTURES[:300], seed=seed, steps=3) for seed in (0, 0, 1))
    assert torch.equal(one.encoder.weight, same.encoder.weight)
    assert not torch.equal(one.encoder.weight, other.encoder.weight)


def test_few_and_flat_pictures_will_do() -> None:
    flat = np.full((5, 32, 32, 3), 200, np.uint8)
    net = train_autoencoder(flat, steps=5)
    assert len(np.unique(encode(net, flat), axis=0)) == 1
