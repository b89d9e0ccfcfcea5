"""An encoder guesses z, and says for which model it was trained."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tests.latent.test_own_nets import MODEL as OWN_NETS
from tests.toy_model import toy_model

from dcgan.errors import LatentError, ModelError, UsageError
from dcgan.latent import encoder as room
from dcgan.latent.encoder import Encoder, load_encoder, train_encoder
from dcgan.latent.files import write_latents
from dcgan.model import Model

MODELS = {"uniform": toy_model("uniform"), "normal": toy_model("normal", channels=1)}
MODEL = MODELS["uniform"]
LEAST = 1280  # samples
each_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())


@pytest.fixture(scope="module")
def trained() -> Encoder:
    return train_encoder(MODEL, images=4 * LEAST)


def difference(model: Model, encoder: Encoder, seeds: range) -> float:
    """The mean squared difference of images between samples and what is drawn from the guesses."""
    pixels = model.sample(seeds)
    drawn = model.generate(encoder.encode(model, pixels))
    return float(np.square(pixels / 127.5 - drawn / 127.5).mean())


@each_model
def test_guesses_are_much_nearer_than_random_z(model: Model) -> None:
    encoder = train_encoder(model, images=2 * LEAST)
    z = model.latents(range(1000, 1200))
    random = np.abs(z - model.latents(range(200))).mean()
    assert np.abs(z - encoder.encode(model, model.generate(z))).mean() < 0.6 * random


def test_training_longer_makes_the_error_smaller(trained: Encoder) -> None:
    assert trained.error < 0.5 * train_encoder(MODEL, images=LEAST).error


def test_the_error_is_that_on_samples_it_has_not_seen(trained: Encoder) -> None:
    assert trained.error == pytest.approx(difference(MODEL, trained, range(1000, 1200)), rel=0.3)


def test_the_error_is_that_of_guesses_moved_to_where_samples_lie() -> None:
    model = MODELS["normal"]
    encoder = train_encoder(model, images=LEAST)
    z = next(room._samples(model, 0, 2**40 + room._STATISTICS_BATCHES)).numpy()  # those that it was measured on
    drawn = model.generate(z)
    again = model.generate(encoder.encode(model, drawn))
    assert encoder.error == pytest.approx(np.square(drawn / 127.5 - again / 127.5).mean(), rel=0.02)


def test_guesses_lie_where_samples_do() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 3), dtype=np.uint8)
    uniform = train_encoder(MODEL, images=LEAST).encode(MODEL, noise)
    assert uniform.shape == (40, 6)
    assert uniform.dtype == np.float32
    assert np.abs(uniform).max() <= 1
    model = MODELS["normal"]
    normal = train_encoder(model, images=LEAST).encode(model, noise[..., :1])
    assert np.linalg.norm(normal, axis=1) == pytest.approx(np.full(40, 6**0.5), rel=1e-5)


def test_a_guess_depends_on_its_picture_alone(trained: Encoder) -> None:
    pixels = MODEL.sample(range(40))
    z = trained.encode(MODEL, pixels)
    for row in (0, 17, 39):
        assert np.array_equal(trained.encode(MODEL, pixels[row : row + 1])[0], z[row])


def test_the_same_seed_makes_the_same_encoder() -> None:
    first, again, other = (train_encoder(MODEL, images=LEAST, seed=seed) for seed in (1, 1, 2))
    tensors = first.net.state_dict()
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in again.net.state_dict().items())
    assert first.error == again.error
    assert not all(torch.equal(tensor, tensors[name]) for name, tensor in other.net.state_dict().items())


@each_model
def test_the_model_stays_as_it_is(model: Model) -> None:
    def state() -> list[object]:
        nets = (model.generator, model.discriminator)
        tensors = [tensor.clone().numpy().tobytes() for net in nets for tensor in net.state_dict().values()]
        return [tensors, [(one.requires_grad, one.grad) for net in nets for one in net.parameters()], model.identity]

    before = state()
    train_encoder(model, images=LEAST)
    assert state() == before
    assert not model.generator.training


def test_progress_reaches_its_total() -> None:
    calls: list[tuple[int, int | None]] = []
    train_encoder(MODEL, images=LEAST, on_progress=lambda *call: calls.append(call))
    assert [done for done, _ in calls] == list(range(64, LEAST + 1, 64))
    assert {total for _, total in calls} == {LEAST}


def test_what_was_saved_guesses_the_same_to_the_bit(trained: Encoder, tmp_path: Path) -> None:
    trained.save(tmp_path / "encoder.safetensors")
    loaded = load_encoder(tmp_path / "encoder.safetensors", MODEL)
    assert (loaded.model, loaded.error) == (MODEL.identity, trained.error)
    pixels = MODEL.sample(range(20))
    assert np.array_equal(loaded.encode(MODEL, pixels), trained.encode(MODEL, pixels))


def test_an_encoder_of_another_model_is_refused(trained: Encoder, tmp_path: Path) -> None:
    other = toy_model()
    trained.save(tmp_path / "encoder.safetensors")
    with pytest.raises(LatentError, match=rf"another model \({MODEL.identity}; this one is {other.identity}\)"):
        load_encoder(tmp_path / "encoder.safetensors", other)
    with pytest.raises(LatentError, match="this is an encoder for another model"):
        trained.encode(other, other.sample([1]))


def write_z(path: Path) -> None:
    write_latents(path, MODEL, MODEL.latents([1]), MODEL.sample([1]))


def write_other_tensors(path: Path) -> None:
    save_file({"z": torch.zeros(3)}, path)


FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (Path.mkdir, "cannot be read as an encoder: it is a folder"),
    "an empty file": (lambda path: path.write_bytes(b""), "cannot be read as an encoder"),
    "text": (lambda path: path.write_text("hello, this is text"), "cannot be read as an encoder"),
    "latent vectors": (write_z, "cannot be read as an encoder"),
    "other tensors": (write_other_tensors, "is not an encoder; make one with `dcgan train-encoder`"),
}


@pytest.mark.parametrize(("write", "message"), FILES.values(), ids=FILES.keys())
def test_other_files_are_refused(write: Callable[[Path], object], message: str, tmp_path: Path) -> None:
    write(tmp_path / "encoder.safetensors")
    with pytest.raises(LatentError, match=message) as caught:
        load_encoder(tmp_path / "encoder.safetensors", MODEL)
    assert "encoder.safetensors" in str(caught.value)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(LatentError, match=r"nowhere\.safetensors cannot be read as an encoder: .*[Nn]o such file"):
        load_encoder(tmp_path / "nowhere.safetensors", MODEL)


def test_a_file_that_was_cut_off_is_refused(trained: Encoder, tmp_path: Path) -> None:
    path = tmp_path / "encoder.safetensors"
    trained.save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(LatentError, match="cannot be read as an encoder"):
        load_encoder(path, MODEL)


def about(model: str) -> dict[str, str]:
    return {"dcgan-encoder": json.dumps({"model": model, "error": 0.1})}


Tensors = dict[str, torch.Tensor]
DAMAGES: dict[str, Callable[[Tensors], Tensors]] = {
    "a tensor is missing": lambda tensors: dict(list(tensors.items())[1:]),
    "one too many": lambda tensors: tensors | {"more": torch.zeros(2)},
    "of another shape": lambda tensors: tensors | {"head.bias": torch.zeros(5)},
    "not finite": lambda tensors: tensors | {"head.bias": torch.full((6,), torch.nan)},
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damaged_tensors_are_refused(trained: Encoder, damage: Callable[[Tensors], Tensors], tmp_path: Path) -> None:
    path = tmp_path / "encoder.safetensors"
    trained.save(path)
    save_file(damage(load_file(path)), path, about(MODEL.identity))
    with pytest.raises(LatentError, match=r"encoder\.safetensors is damaged: it(s tensors are not| holds values)"):
        load_encoder(path, MODEL)


@pytest.mark.parametrize("text", ["no JSON", "[]", "{}", '{"model": "m", "error": "small"}', "[" * 10_000])
def test_what_it_says_of_itself_may_be_damaged(trained: Encoder, tmp_path: Path, text: str) -> None:
    path = tmp_path / "encoder.safetensors"
    trained.save(path)
    save_file(load_file(path), path, {"dcgan-encoder": text})
    with pytest.raises(LatentError, match="is damaged: its description cannot be read"):
        load_encoder(path, MODEL)


def test_a_long_name_of_another_model_is_cut(trained: Encoder, tmp_path: Path) -> None:
    path = tmp_path / "encoder.safetensors"
    trained.save(path)
    save_file(load_file(path), path, about("x" * 100_000))
    with pytest.raises(LatentError, match="is an encoder for another model") as caught:
        load_encoder(path, MODEL)
    assert len(str(caught.value)) < 500


def test_files_of_one_encoder_are_the_same_to_the_byte(trained: Encoder, tmp_path: Path) -> None:
    for name in ("one", "other"):
        trained.save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    with safe_open(tmp_path / "one", "pt") as file:
        assert len(file.metadata()) == 1  # whose order is by chance


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"images": LEAST - 1}, "`images` must be 1,280 or more, not 1279"),
        ({"seed": -1}, "`seed` must be 0 to"),
        ({"seed": 2**63}, "`seed` must be 0 to"),
        ({"images": "3"}, "`images` must be a whole number, 1,280 or more, not '3'"),
    ],
)
def test_values_out_of_range_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        train_encoder(MODEL, **values)


def test_nets_of_your_own_have_no_encoder(trained: Encoder, tmp_path: Path) -> None:
    trained.save(tmp_path / "encoder.safetensors")
    with pytest.raises(ModelError, match="your own"):
        train_encoder(OWN_NETS)
    with pytest.raises(ModelError, match="your own"):
        load_encoder(tmp_path / "encoder.safetensors", OWN_NETS)


def test_a_broken_generator_is_an_error() -> None:
    broken = toy_model("uniform")
    with torch.no_grad():
        broken.nets.generator.convolutions[-1].weight.fill_(torch.nan)  # type: ignore[operator]
    with pytest.raises(ModelError, match="are not numbers"):
        train_encoder(replace(broken), images=LEAST)
