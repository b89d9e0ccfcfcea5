"""The paper's auto-encoder: copies have the same code or nearly so, other pictures have another."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.curation.scenes import again, scenes

from dcgan.curation.autoencoder import (
    BITS,
    Autoencoder,
    Encoder,
    load_autoencoder,
    save_autoencoder,
    train_autoencoder,
)
from dcgan.curation.code_index import Codes
from dcgan.curation.variations import VARIATIONS, vary
from dcgan.errors import PackedSetError
from dcgan.types import Pixels

PICTURES = scenes(1500)
SEEN: list[tuple[int, int | None]] = []


@pytest.fixture(scope="module")
def net() -> Autoencoder:
    torch.set_num_threads(1)
    return train_autoencoder(PICTURES, steps=200, on_progress=lambda done, total: SEEN.append((done, total)))


@pytest.fixture(scope="module")
def encode(net: Autoencoder) -> Encoder:
    return Encoder(net)


def differ(one: Codes, other: Codes) -> NDArray[np.int64]:
    return np.asarray(np.unpackbits(one ^ other, axis=1).sum(axis=1), np.int64)


def varied(pixels: Pixels, variation: str) -> Pixels:
    planes = torch.from_numpy(pixels.transpose(0, 3, 1, 2).copy()).float()
    return vary(planes, variation).round().byte().permute(0, 2, 3, 1).contiguous().numpy()


def test_the_net_has_the_shapes_of_the_paper(net: Autoencoder) -> None:
    assert [tuple(layer.weight.shape) for layer in (net.encoder, net.decoder)] == [(128, 3072), (3072, 128)]
    assert SEEN[-1] == (200, 200)


def test_copies_have_nearly_the_same_code_and_other_pictures_have_not(encode: Encoder) -> None:
    codes = encode(PICTURES)[:, 0]
    assert codes.shape == (1500, BITS // 8)
    jpegs = np.stack([again(picture, "JPEG", quality=90, subsampling=0) for picture in PICTURES[:200]])
    darker = (PICTURES[:200] * 0.85).astype(np.uint8)
    for copies in (jpegs, darker):
        assert (differ(encode(copies)[:, 0], codes[:200]) <= 6).mean() > 0.95
    others = differ(codes, np.roll(codes, 1, axis=0))
    assert (others <= 6).mean() < 0.01
    assert np.median(others) > 16


@pytest.mark.parametrize("number", range(len(VARIATIONS)), ids=VARIATIONS)
def test_the_code_of_a_variation_is_nearly_that_of_the_picture_so_changed(encode: Encoder, number: int) -> None:
    changed = encode(varied(PICTURES[:200], VARIATIONS[number]))[:, 0]
    assert np.median(differ(encode(PICTURES[:200])[:, number], changed)) <= 2


def test_a_picture_has_one_code_whatever_is_encoded_beside_it(encode: Encoder) -> None:
    codes = encode(PICTURES)
    assert np.array_equal(encode(PICTURES[700:701]), codes[700:701])
    assert np.array_equal(encode(PICTURES[::-1]), codes[::-1])


def test_the_same_seed_trains_the_same_net() -> None:
    one, same, other = (train_autoencoder(PICTURES[:300], seed=seed, steps=3) for seed in (0, 0, 1))
    assert torch.equal(one.encoder.weight, same.encoder.weight)
    assert one.identity == same.identity != other.identity


def test_few_and_flat_pictures_will_do() -> None:
    flat = np.full((5, 32, 32, 3), 200, np.uint8)
    net = train_autoencoder(flat, steps=5)
    assert len(np.unique(Encoder(net)(flat)[:, 0], axis=0)) == 1


def test_a_net_is_read_as_it_was_written(net: Autoencoder, tmp_path: Path) -> None:
    save_autoencoder(net, tmp_path / "net.safetensors")
    assert load_autoencoder(tmp_path / "net.safetensors").identity == net.identity


@pytest.mark.parametrize("content", [b"", b"no net at all", (8).to_bytes(8, "little") + b"{}      "])
def test_a_damaged_net_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "net.safetensors").write_bytes(content)
    with pytest.raises(PackedSetError, match=r"net\.safetensors is damaged"):
        load_autoencoder(tmp_path / "net.safetensors")
