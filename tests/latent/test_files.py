"""Latent vectors as files."""

from pathlib import Path

import numpy as np
import pytest
from tests.toy_model import toy_model

from dcgan.errors import LatentError
from dcgan.latent.files import read_latents, write_latents

MODEL = toy_model()


def test_what_was_written_is_generated_again(tmp_path: Path) -> None:
    z = MODEL.latents([3, 5]) * np.float32(0.7)
    write_latents(tmp_path / "z.npz", MODEL, z, MODEL.generate(z), [3, 5])
    assert np.array_equal(read_latents(tmp_path / "z.npz", MODEL), z)
    arrays = np.load(tmp_path / "z.npz")
    assert arrays["seeds"].tolist() == [3, 5]
    assert str(arrays["model"]) == MODEL.identity
    assert np.array_equal(arrays["pixels"], MODEL.generate(read_latents(tmp_path / "z.npz", MODEL)))


def test_computed_vectors_have_no_seeds(tmp_path: Path) -> None:
    z = MODEL.latents([1, 2])
    write_latents(tmp_path / "z.npz", MODEL, z, MODEL.generate(z))
    assert np.load(tmp_path / "z.npz")["seeds"].tolist() == [-1, -1]


def test_plain_arrays_will_do(tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", np.ones(6))  # one vector
    np.savez(tmp_path / "z.npz", z=np.ones((2, 6)))
    for name in ("z.npy", "z.npz"):
        assert read_latents(tmp_path / name, MODEL).dtype == np.float32


def test_latents_of_another_model_are_refused(tmp_path: Path) -> None:
    z = MODEL.latents([1])
    write_latents(tmp_path / "z.npz", MODEL, z, MODEL.generate(z))
    with pytest.raises(LatentError, match="another model"):
        read_latents(tmp_path / "z.npz", toy_model("uniform"))


@pytest.mark.parametrize(
    "z",
    [
        np.ones((2, 5)),
        np.ones(5),
        np.ones((0, 6)),
        np.full((1, 6), np.nan),
        np.full((1, 6), 1e300),
        np.ones((2, 6), int),
        np.ones((1, 6), complex),
    ],
)
def test_arrays_that_are_no_latents_of_the_model_are_refused(z: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", z)
    with pytest.raises(LatentError, match="z"):
        read_latents(tmp_path / "z.npy", MODEL)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"hello", b"\x93NUMPY"])
def test_files_that_are_no_arrays_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "z.npz").write_bytes(content)
    with pytest.raises(LatentError, match="cannot be read"):
        read_latents(tmp_path / "z.npz", MODEL)


def test_damaged_and_encrypted_archives_are_refused(tmp_path: Path) -> None:
    z = MODEL.latents(range(40))
    write_latents(tmp_path / "z.npz", MODEL, z, MODEL.generate(z))
    content = (tmp_path / "z.npz").read_bytes()
    damaged = content[:80] + bytes(byte ^ 255 for byte in content[80:140]) + content[140:]
    encrypted = bytearray(content)
    encrypted[6] |= 1  # of the first file, in its own header and in the directory
    encrypted[content.index(b"PK\x01\x02") + 8] |= 1
    for bad in (damaged, encrypted):
        (tmp_path / "z.npz").write_bytes(bad)
        with pytest.raises(LatentError, match=r"not a complete \.npz or \.npy"):
            read_latents(tmp_path / "z.npz", MODEL)


def test_pickles_are_not_opened(tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", np.array([{"code": 1}], object), allow_pickle=True)
    with pytest.raises(LatentError, match="cannot be read"):
        read_latents(tmp_path / "z.npy", MODEL)
    np.savez(tmp_path / "z.npz", z=np.array([{"code": 1}], object))
    with pytest.raises(LatentError, match="cannot be read"):
        read_latents(tmp_path / "z.npz", MODEL)


def test_an_archive_without_z_says_so(tmp_path: Path) -> None:
    np.savez(tmp_path / "z.npz", pixels=np.ones(3))
    with pytest.raises(LatentError, match="no array called z"):
        read_latents(tmp_path / "z.npz", MODEL)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(LatentError, match="No such file"):
        read_latents(tmp_path / "z.npz", MODEL)
