"""Weights in the form of the authors' release, against an independent reading of what Theano computed with them."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dcgan.cli import app
from dcgan.errors import ModelError, UsageError
from dcgan.loading import load
from dcgan.release_import import import_release

Array = NDArray[np.float64]

WIDTH, Z, SIZE = 2, 5, 16  # two stages: 16 -> 8 -> 4


def released(folder: Path) -> dict[str, list[Array]]:
    """Write a small pair of nets in the true form: numbered arrays, (in, out) matrices, a gain and a bias a norm."""
    random = np.random.default_rng(0)

    def draw(*shape: int) -> Array:
        return random.normal(0, 0.3, shape).astype(np.float32).astype(np.float64)

    def norm(features: int) -> list[Array]:
        return [1 + draw(features), draw(features)]

    units = 2 * WIDTH * 4 * 4
    nets = {
        "gen": [draw(Z, units), *norm(units), draw(2 * WIDTH, WIDTH, 5, 5), *norm(WIDTH), draw(WIDTH, 3, 5, 5)],
        "discrim": [draw(WIDTH, 3, 5, 5), draw(2 * WIDTH, WIDTH, 5, 5), *norm(2 * WIDTH), draw(units, 1)],
    }
    folder.mkdir()
    for net, arrays in nets.items():
        for number, array in enumerate(arrays, 1):
            np.save(folder / f"200_{net}_params.jl_{number:02}.npy", array.astype(np.float32))
        (folder / f"200_{net}_params.jl").write_bytes(b"\x80\x02a joblib pickle that nobody reads")
    return nets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "svhn_unsup_all_conv_dcgan_100z_gaussian_lr_0.0005_64mb"


@pytest.fixture
def nets(folder: Path) -> dict[str, list[Array]]:
    return released(folder)


def batch_norm(x: Array, gain: Array, bias: Array) -> Array:
    axes = (0,) if x.ndim == 2 else (0, 2, 3)
    shape = (1, -1) if x.ndim == 2 else (1, -1, 1, 1)
    x = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-8)
    scaled: Array = x * gain.reshape(shape) + bias.reshape(shape)
    return scaled


def theano_convolution(x: Array, kernel: Array, stride: int = 2) -> Array:
    """A true convolution (the kernel runs backwards) with a zero border of half the kernel, term by term.

    y[o, i, j] = sum over c, a, b of x[c, s i + r - a, s j + r - b] kernel[o, c, a, b], r the half of the kernel's side
    """
    side, reach = x.shape[2] // stride, kernel.shape[2] // 2
    y = np.zeros((len(x), len(kernel), side, side))
    for a in range(kernel.shape[2]):
        for b in range(kernel.shape[2]):
            for i in range(side):
                for j in range(side):
                    row, column = stride * i + reach - a, stride * j + reach - b
                    if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                        y[:, :, i, j] += x[:, :, row, column] @ kernel[:, :, a, b].T
    return y


def theano_deconvolution(y: Array, kernel: Array) -> Array:
    """The gradient of that convolution by its input, which is how the released code goes up a size."""
    side = 2 * y.shape[2]
    x = np.zeros((len(y), kernel.shape[1], side, side))
    for a in range(5):
        for b in range(5):
            for i in range(y.shape[2]):
                for j in range(y.shape[3]):
                    row, column = 2 * i + 2 - a, 2 * j + 2 - b
                    if 0 <= row < side and 0 <= column < side:
                        x[:, :, row, column] += y[:, :, i, j] @ kernel[:, :, a, b]
    return x


def test_the_generator_draws_what_the_released_one_drew(folder: Path, nets: dict[str, list[Array]]) -> None:
    stem, stem_gain, stem_bias, kernel, gain, bias, last = nets["gen"]
    z = np.random.default_rng(1).normal(size=(6, Z))
    h = np.maximum(batch_norm(z @ stem, stem_gain, stem_bias), 0).reshape(6, 2 * WIDTH, 4, 4)
    h = np.maximum(batch_norm(theano_deconvolution(h, kernel), gain, bias), 0)
    expected = np.tanh(theano_deconvolution(h, last))
    generator = import_release(folder).generator.train()  # normalized by the batch, as released
    np.testing.assert_allclose(generator(torch.tensor(z, dtype=torch.float32)).detach(), expected, atol=1e-4)


def test_the_discriminator_judges_as_the_released_one_did(folder: Path, nets: dict[str, list[Array]]) -> None:
    first, kernel, gain, bias, head = nets["discrim"]
    images = np.random.default_rng(2).uniform(-1, 1, (6, 3, SIZE, SIZE))
    h = theano_convolution(images, first)
    h = np.where(h > 0, h, 0.2 * h)
    h = batch_norm(theano_convolution(h, kernel), gain, bias)
    h = np.where(h > 0, h, 0.2 * h)
    expected = (h.reshape(6, -1) @ head)[:, 0]
    discriminator = import_release(folder).discriminator.train()
    np.testing.assert_allclose(discriminator(torch.tensor(images, dtype=torch.float32)).detach(), expected, atol=1e-4)


@pytest.mark.usefixtures("nets")
def test_the_import_is_a_model_with_fixed_statistics_that_survives_saving(folder: Path, tmp_path: Path) -> None:
    model = import_release(folder)
    assert (model.architecture.size, model.architecture.latent_distribution, model.architecture.latent_dim) == (
        SIZE,
        "normal",
        Z,
    )
    assert not model.nets.generator.training
    model.save(tmp_path / "model")
    drawn = load(tmp_path / "model").sample(range(8))
    assert np.array_equal(drawn, model.sample(range(8)))
    assert drawn.std() > 10


def test_without_gaussian_in_its_name_z_is_uniform(tmp_path: Path) -> None:
    released(tmp_path / "faces")
    assert import_release(tmp_path / "faces").architecture.latent_distribution == "uniform"


def file(folder: Path, net: str, number: int) -> Path:
    return folder / f"200_{net}_params.jl_{number:02}.npy"


def remove(files: Iterable[Path]) -> None:
    for path in files:
        path.unlink()


@pytest.mark.usefixtures("nets")
@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda f: file(f, "gen", 4).unlink(), "lacks arrays 04 of gen_params"),
        (lambda f: file(f, "gen", 1).unlink(), "gen_params 01 is missing"),
        (lambda f: file(f, "discrim", 5).unlink(), "lacks arrays 05 of discrim_params"),
        (lambda f: remove(f.glob("*_discrim_*")), r"no \*_discrim_params"),
        (lambda f: file(f, "gen", 7).write_bytes(b"\x93NUMPY"), "is not an array"),
        (lambda f: file(f, "gen", 7).write_bytes(b""), "is not an array"),
        (lambda f: file(f, "gen", 7).write_bytes(b"PK\x03\x04 damaged"), "is not an array"),
        (lambda f: np.save(file(f, "gen", 7), np.float32(3)), "has shape"),
        (lambda f: np.save(file(f, "gen", 4), np.float32(3)), "has shape"),
        (lambda f: np.save(file(f, "gen", 7), np.array([{}], object)), "is not an array"),
        (lambda f: np.save(file(f, "gen", 7), np.zeros((2, 3, 4, 4), np.float32)), "has shape"),
        (lambda f: np.save(file(f, "gen", 2), np.zeros(3, np.float32)), "has shape"),
        (lambda f: np.save(file(f, "gen", 2), np.array(["text"])), "is not an array"),
        (lambda f: np.save(file(f, "gen", 1), np.zeros(3, np.float32)), "odd shapes"),
        (lambda f: np.save(file(f, "discrim", 1), np.zeros((2, 3, 9, 9), np.float32)), "none of the paper's nets"),
        (lambda f: np.save(file(f, "discrim", 2), np.zeros(3, np.float32)), "."),
        (lambda f: np.save(file(f, "gen", 2), np.full(64, np.nan, np.float32)), "not finite"),
    ],
)
def test_a_folder_that_is_not_whole_is_an_error_that_names_it(
    damage: Callable[[Path], object], expected: str, folder: Path
) -> None:
    damage(folder)
    with pytest.raises(ModelError, match=expected) as caught:
        import_release(folder)
    assert folder.name in str(caught.value)


def test_of_a_pair_in_part_the_discriminators_first_layers_are_imported(tmp_path: Path) -> None:
    folder, random = tmp_path / "imagenet", np.random.default_rng(0)
    folder.mkdir()
    kernels = {1: (4, 3, 3, 3), 2: (4, 4, 3, 3), 5: (8, 4, 3, 3)}  # of the third only the kernel was released
    arrays = {number: random.normal(0, 0.1, shape) for number, shape in kernels.items()}
    arrays |= {3: np.ones(4), 4: np.zeros(4), 9: np.ones(8)}
    for number, array in arrays.items():
        np.save(folder / f"30_discrim_params.jl_{number:02}.npy", array.astype(np.float32))
    np.save(folder / "30_gen_params.jl_02.npy", np.ones(4, np.float32))
    model = import_release(folder)
    assert [(layer.out_channels, layer.stride) for layer in model.architecture.discriminator] == [(4, 1), (4, 2)]
    images = random.uniform(-1, 1, (2, 3, 32, 32))
    h = theano_convolution(images, arrays[1], stride=1)
    h = batch_norm(theano_convolution(np.where(h > 0, h, 0.2 * h), arrays[2]), arrays[3], arrays[4])
    maps = model.nets.discriminator.train().activations(torch.tensor(images, dtype=torch.float32))
    np.testing.assert_allclose(maps[-1].detach(), np.where(h > 0, h, 0.2 * h), atol=1e-4)
    assert "untrained" in model.details


def test_first_layers_of_odd_shapes_are_an_error(tmp_path: Path) -> None:
    np.save(tmp_path / "30_discrim_params.jl_01.npy", np.ones((4, 3, 3, 3), np.float32))
    np.save(tmp_path / "30_gen_params.jl_02.npy", np.ones(4, np.float32))
    for number in (2, 3, 4):
        np.save(tmp_path / f"30_discrim_params.jl_{number:02}.npy", np.float32(1))
    with pytest.raises(ModelError, match="has shape"):
        import_release(tmp_path)


def test_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no folder"):
        import_release(tmp_path / "nowhere")


def test_a_model_is_not_imported_again(nets: dict[str, list[Array]], folder: Path, tmp_path: Path) -> None:
    import_release(folder).save(tmp_path / "model")
    with pytest.raises(ModelError, match="is a model of dcgan already: use it as it is"):
        import_release(tmp_path / "model")


def test_a_model_that_comes_with_dcgan_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="faces is a model that comes with dcgan already: use it by its name"):
        app(["import", "faces", "--out", "model"])
