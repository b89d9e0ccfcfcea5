"""A model on disk and in use: what is saved is what is loaded, a seed is a picture, and a broken folder is named."""

import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from tests.toy_model import toy_model
from torch import Tensor, nn

from dcgan.errors import ModelError, UsageError
from dcgan.files import sha256
from dcgan.loading import load
from dcgan.model import Model
from dcgan.model_folder import find
from dcgan.networks.architecture import Interface
from dcgan.networks.batch_norm import measure_statistics
from dcgan.networks.initialize import untrained_discriminator, untrained_generator
from dcgan.pixels import to_images, to_pixels
from dcgan.randomness import latents_from_seeds
from dcgan.training.recipe import Recipe

OWN = Interface(size=16, channels=1, latent_dim=6, latent_distribution="normal")


@pytest.fixture(scope="module")
def model() -> Model:
    return toy_model()


@pytest.fixture
def saved(model: Model, tmp_path: Path) -> Path:
    model.save(tmp_path / "model")
    return tmp_path / "model"


def levels_apart(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> int:
    return int(np.abs(first.astype(int) - second).max())


def test_what_is_saved_is_what_is_loaded(model: Model, saved: Path) -> None:
    loaded = load(saved)
    assert loaded.architecture == model.architecture
    assert loaded.details == model.details
    for name, net in (("generator", model.generator), ("discriminator", model.discriminator)):
        assert {key: value.tolist() for key, value in net.state_dict().items()} == {
            key: value.tolist() for key, value in getattr(loaded, name).state_dict().items()
        }
    assert np.array_equal(loaded.sample(range(9)), model.sample(range(9)))


def test_the_nets_are_plain_modules_of_the_promised_shapes(saved: Path) -> None:
    loaded = load(str(saved))
    images = loaded.generator(torch.zeros(5, 6))
    assert images.shape == (5, 3, 16, 16)
    assert images.abs().max() <= 1
    assert loaded.discriminator(images).shape == (5,)
    assert not loaded.generator.training
    loaded.generator(torch.zeros(5, 6)).sum().backward()  # gradients reach the weights
    assert all(parameter.grad is not None for parameter in loaded.generator.parameters())


@pytest.fixture(
    params=[(16, 8, "strided", 4), (48, 24, "pooled", 3), (33, 16, "strided", 5)],
    ids=lambda shape: f"{shape[0]}x{shape[0]}",
)
def wide(request: pytest.FixtureRequest) -> Model:
    """A model with fixed statistics whose sums are long enough to depend on their order."""
    size, base_channels, layout, kernel_size = request.param
    recipe = Recipe(size=size, channels=3, layout=layout, base_channels=base_channels, kernel_size=kernel_size)
    architecture = recipe.architecture()
    generator = untrained_generator(architecture, 0)
    z = latents_from_seeds(range(64), architecture.latent_dim, architecture.latent_distribution)
    measure_statistics(generator, [torch.from_numpy(z)])
    return Model(architecture, generator.eval(), untrained_discriminator(architecture, 0).eval())


def test_a_seed_is_the_same_picture_to_the_bit_whatever_is_generated_beside_it(wide: Model) -> None:
    expected = wide.sample(range(40))
    assert len(np.unique(expected)) > 60  # pictures worth comparing
    for count in (1, 2, 3, 5, 16, 17, 33):
        assert np.array_equal(wide.sample(range(count)), expected[:count]), count
    order = np.random.default_rng(0).permutation(40)
    assert np.array_equal(wide.sample(order.tolist()), expected[order])
    assert np.array_equal(wide.sample([31, 7, 7]), expected[[31, 7, 7]])
    assert not np.array_equal(expected[0], expected[1])


def test_a_seed_is_the_same_picture_to_the_bit_by_however_many_threads(wide: Model) -> None:
    threads = torch.get_num_threads()
    expected = wide.sample(range(20))
    try:
        for count in (1, 2, 3, 4):
            torch.set_num_threads(count)
            assert np.array_equal(wide.sample(range(20)), expected), count
    finally:
        torch.set_num_threads(threads)


def test_with_batch_statistics_a_picture_depends_on_its_neighbors(model: Model) -> None:
    full = model.sample(range(8), batch_statistics=True)
    assert levels_apart(full[:2], model.sample(range(2), batch_statistics=True)) > 10
    assert not model.generator.training


def test_with_batch_statistics_no_picture_is_normalized_by_itself_alone(model: Model) -> None:
    rest = model.sample(range(9), batch_statistics=True, batch_size=8)
    assert np.array_equal(rest, model.sample(range(9), batch_statistics=True, batch_size=9))
    with pytest.raises(UsageError, match="`batch_statistics` needs two pictures or more"):
        model.sample([0], batch_statistics=True)


@pytest.mark.parametrize("batch_size", [-3, 0, 1])
def test_batch_statistics_need_a_batch(model: Model, batch_size: int) -> None:
    with pytest.raises(UsageError, match=f"`batch_size` must be 2 or more with `batch_statistics`, not {batch_size}"):
        model.sample(range(4), batch_statistics=True, batch_size=batch_size)


def test_latent_vectors_may_be_a_tensor(model: Model) -> None:
    z = model.latents(range(3))
    assert np.array_equal(model.generate(torch.from_numpy(z)), model.generate(z))


def test_truncation_scales_the_latents(model: Model) -> None:
    assert model.latents([3], 0.5).tolist() == (model.latents([3]) * 0.5).tolist()
    far, near = model.sample(range(20)), model.sample(range(20), truncation=0.2)
    assert near.astype(float).std(axis=0).mean() < far.astype(float).std(axis=0).mean()
    for value in (0.0, 1.1, float("nan")):
        with pytest.raises(UsageError, match="truncation"):
            model.latents([0], value)


def test_no_seeds_are_no_pictures(model: Model) -> None:
    assert model.sample([]).shape == (0, 16, 16, 3)


def test_pixels_and_images_are_each_others_inverse() -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    images = to_images(torch.from_numpy(pixels))
    assert images.shape == (1, 1, 16, 16)
    assert (images.min().item(), images.max().item()) == (-1, 1)
    assert np.array_equal(to_pixels(images), pixels)


def test_values_beyond_the_range_become_black_and_white() -> None:
    assert to_pixels(torch.tensor([-3.0, 3.0]).reshape(1, 1, 1, 2)).ravel().tolist() == [0, 255]


def place(source: Path, target: Path, **facts: int) -> Path:
    shutil.copytree(source, target)
    card = json.loads((target / "model.json").read_text())
    (target / "model.json").write_text(json.dumps(card | facts))
    return target


def test_a_run_means_its_model_that_has_seen_most(saved: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    early = place(saved, run / "checkpoints" / "0000000100", images=100)
    assert find(run) == early
    late = place(saved, run / "checkpoints" / "0000000200", images=200)
    assert find(run) == late
    final = place(saved, run / "model", images=200)
    assert find(run) == final
    extended = place(saved, run / "checkpoints" / "0000000300", images=300)
    assert find(run) == extended
    again = place(saved, run / "checkpoints" / "0000000250-r1", images=250, rollbacks=1)
    assert find(run) == again  # what was rolled back is left behind, however far it went
    (again / "model.json").write_text("{")
    assert find(run) == extended
    assert find(early) == early


@pytest.mark.parametrize("made", [False, True])
def test_where_there_is_no_model_the_error_says_so(made: bool, tmp_path: Path) -> None:
    if made:
        (tmp_path / "x").mkdir()
    with pytest.raises(ModelError, match="no model at"):
        find(tmp_path / "x")


def edit(change: Callable[[dict[str, object]], object]) -> Callable[[Path], object]:
    """Change the card of a model."""

    def damage(folder: Path) -> None:
        card = json.loads((folder / "model.json").read_text())
        change(card)
        (folder / "model.json").write_text(json.dumps(card))

    return damage


def architecture(**values: object) -> Callable[[Path], object]:
    """Change its architecture."""

    def change(card: dict[str, object]) -> None:
        assert isinstance(card["architecture"], dict)
        card["architecture"].update(values)

    return edit(change)


def tensors(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], object]:
    """Change the generator's tensors, and the checksum with them, as somebody would who means it."""

    def damage(folder: Path) -> None:
        path = folder / "generator.safetensors"
        content = load_file(path)
        change(content)
        save_file(content, path)
        edit(lambda card: card["sha256"].update({path.name: sha256(path)}))(folder)  # type: ignore[attr-defined]

    return damage


def resealed(content: bytes) -> Callable[[Path], object]:
    """Put other bytes in the place of the generator's, with the right checksum."""

    def damage(folder: Path) -> None:
        path = folder / "generator.safetensors"
        path.write_bytes(content)
        edit(lambda card: card["sha256"].update({path.name: sha256(path)}))(folder)  # type: ignore[attr-defined]

    return damage


def overwrite(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def cut(folder: Path) -> None:
    path = folder / "generator.safetensors"
    path.write_bytes(path.read_bytes()[:-7])


def endless(folder: Path) -> None:
    (folder / "generator.safetensors").unlink()
    (folder / "generator.safetensors").symlink_to("/dev/zero")


CONV_LAYER = {"out_channels": 3, "kernel_size": 4, "stride": 2}

DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty card": (overwrite("model.json", b""), "damaged"),
    "cut card": (overwrite("model.json", b'{"format": 1, "arch'), "damaged"),
    "binary card": (overwrite("model.json", b"\xff\xfe\x00"), "damaged"),
    "deep card": (overwrite("model.json", b"[" * 100_000), "damaged"),
    "card of another kind": (overwrite("model.json", b"[1, 2]"), "not a model card"),
    "later format": (edit(lambda card: card.update(format=99)), "update dcgan"),
    "no format": (edit(lambda card: card.pop("format")), "not a model card"),
    "no architecture": (edit(lambda card: card.pop("architecture")), "architecture"),
    "architecture of an unknown part": (architecture(attention=True), "architecture"),
    "huge size": (architecture(size=10**9), "size must be 16 to 256"),
    "size as text": (architecture(size="64"), "architecture"),
    "size as a fraction": (architecture(size=16.0), "architecture"),
    "endless latents": (architecture(latent_dim=10**15), "latent_dim"),
    "no stages": (architecture(generator=[]), "architecture"),
    "a thousand stages": (architecture(discriminator=[CONV_LAYER] * 1000), "32 layers"),
    "stages of another kind": (architecture(generator=[3]), "architecture"),
    "stride of zero": (architecture(generator=[CONV_LAYER | {"stride": 0}]), "stride"),
    "epsilon that is no number": (architecture(batch_norm_eps=float("nan")), "batch_norm_eps"),
    "other nets": (architecture(generator=[CONV_LAYER]), "does not hold the tensors"),
    "no checksums": (edit(lambda card: card.pop("sha256")), "checksum"),
    "checksums of another kind": (edit(lambda card: card.update(sha256=[1])), "checksum"),
    "missing tensors": (lambda folder: (folder / "generator.safetensors").unlink(), "cannot read"),
    "cut tensors": (cut, "checksum"),
    "tensors without an end": (endless, "not a file"),
    "no safetensors": (resealed(b"x" * 100), "damaged"),
    "empty tensors": (resealed(b""), "damaged"),
    "a header longer than the file": (resealed((2**60).to_bytes(8, "little") + b"{}"), "damaged"),
    "a pickle": (resealed(b"\x80\x04cos\nsystem\n(S'echo'\ntR."), "damaged"),
    "a tensor too few": (tensors(lambda t: t.pop("stem.weight")), "does not hold the tensors"),
    "a tensor too many": (tensors(lambda t: t.update(more=torch.zeros(1))), "does not hold the tensors"),
    "another shape": (tensors(lambda t: t.update({"stem_norm.weight": torch.zeros(3)})), "stem_norm.weight should be"),
    "another type": (tensors(lambda t: t.update({"stem.weight": t["stem.weight"].double()})), "float32"),
    "not a number": (tensors(lambda t: t["stem.weight"].fill_(torch.nan)), "not finite"),
    "variances below 0": (tensors(lambda t: t["norms.0.running_var"].fill_(-1.0)), "variances below 0"),
    "infinite": (tensors(lambda t: t["norms.0.running_var"].fill_(torch.inf)), "not finite"),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_broken_or_hostile_folder_is_an_error_that_names_it(kind: str, saved: Path) -> None:
    damage, expected = DAMAGES[kind]
    damage(saved)
    with pytest.raises(ModelError, match=expected) as caught:
        load(saved)
    assert str(saved) in str(caught.value)


def test_half_precision_halves_the_files_and_moves_pictures_by_little(
    model: Model, saved: Path, tmp_path: Path
) -> None:
    model.save(tmp_path / "half", dtype="float16")
    half = load(tmp_path / "half")
    sizes = [(folder / "generator.safetensors").stat().st_size for folder in (tmp_path / "half", saved)]
    assert sizes[0] < 0.7 * sizes[1]
    assert {tensor.dtype for tensor in half.generator.state_dict().values()} == {torch.float32}
    assert 0 < np.abs(half.sample(range(8)).astype(int) - model.sample(range(8))).mean() < 2


def test_a_checkpoint_is_not_replaced_by_a_model(model: Model, saved: Path) -> None:
    (saved / "training.safetensors").write_bytes(b"what the run goes on from")
    with pytest.raises(ModelError, match="is a checkpoint, from which a training goes on; name another folder"):
        model.save(saved, overwrite=True)
    assert (saved / "training.safetensors").is_file()


def test_another_type_of_numbers_is_refused(model: Model, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`dtype` must be float32 or float16, not 'half'"):
        model.save(tmp_path / "out", dtype="half")  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_weights_beyond_half_precision_are_not_rounded(model: Model, tmp_path: Path) -> None:
    large = deepcopy(model.generator)
    with torch.no_grad():
        large.get_parameter("stem.weight").fill_(70_000)
    with pytest.raises(ModelError, match=r"stem\.weight holds weights beyond 65,504"):
        replace(model, generator=large).save(tmp_path / "half", dtype="float16")
    assert not (tmp_path / "half").exists()


def test_the_identity_is_that_of_the_pictures(model: Model, saved: Path) -> None:
    assert load(saved).identity == model.identity
    other = toy_model()
    with torch.no_grad():
        other.nets.generator.stem.weight[0, 0] += 1
    assert other.identity != model.identity


def test_a_model_that_comes_with_dcgan_is_called_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pixels = load("faces").sample([0])
    assert pixels.shape == (1, 32, 32, 3)
    with pytest.raises(ModelError, match="models that come with dcgan: faces"):
        load("faecs")


def test_a_folder_of_that_name_that_is_no_model_does_not_hide_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = load("faces").identity
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "me.jpg").write_bytes(b"a picture")
    assert load("faces").identity == shipped
    (tmp_path / "faces" / "run.json").write_text("{}")  # a run that has no checkpoint yet
    with pytest.raises(ModelError, match="neither a model"):
        load("faces")


def test_a_folder_of_that_name_goes_before_it(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model.save(tmp_path / "faces")
    assert load("faces").identity == model.identity


class OwnGenerator(nn.Module):
    """Nothing that dcgan knows: two linear layers with torch's own batch norm between them."""

    def __init__(self, inner: int = 8) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(6, inner), nn.BatchNorm1d(inner), nn.ReLU(), nn.Linear(inner, 16 * 16))

    def forward(self, z: Tensor) -> Tensor:
        images: Tensor = self.layers(z).tanh().view(-1, 1, 16, 16)
        return images


def own_discriminator() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(16 * 16, 1), nn.Flatten(0))


def test_nets_of_your_own_are_saved_and_handed_in_again(tmp_path: Path) -> None:
    model = Model(
        OWN,
        OwnGenerator().eval(),
        own_discriminator(),
        {"images": 3},
    )
    model.save(tmp_path / "own")
    assert "OwnGenerator" not in (tmp_path / "own" / "model.json").read_text()
    again = load(tmp_path / "own", generator=OwnGenerator(), discriminator=own_discriminator())
    assert np.array_equal(again.sample(range(5)), model.sample(range(5)))
    assert (again.size, again.channels, again.latent_dim, again.latent_distribution) == (16, 1, 6, "normal")


def test_nets_of_your_own_are_asked_for_and_have_to_fit(tmp_path: Path, saved: Path) -> None:
    Model(
        OWN,
        OwnGenerator().eval(),
        own_discriminator(),
    ).save(tmp_path / "own")
    with pytest.raises(ModelError, match="hand in nets of the classes that were trained"):
        load(tmp_path / "own")
    with pytest.raises(ModelError, match="should be float32"):
        load(tmp_path / "own", generator=OwnGenerator(inner=9), discriminator=own_discriminator())
    with pytest.raises(ModelError, match="leave `generator` and `discriminator` out"):
        load(saved, generator=OwnGenerator(), discriminator=own_discriminator())


def test_what_looks_into_layers_says_that_nets_of_your_own_will_not_do() -> None:
    model = Model(
        OWN,
        OwnGenerator().eval(),
        own_discriminator(),
    )
    with pytest.raises(ModelError, match="the nets of this model are your own"):
        _ = model.architecture


def test_samples_come_as_numpy_arrays_pictures_or_tensors(model: Model) -> None:
    pixels = model.sample([3, 4])
    assert [np.asarray(picture).tolist() for picture in model.sample([3, 4], output="pil")] == pixels.tolist()
    images = model.sample([3, 4], output="torch")
    assert images.shape == (2, 3, 16, 16)
    assert np.array_equal(to_pixels(images), pixels)
    with pytest.raises(UsageError, match="`output` must be numpy, pil or torch"):
        model.sample([3], output="jax")  # type: ignore[call-overload]


def test_a_model_is_not_overwritten_unless_it_is_asked_for(model: Model, saved: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="exists"):
        model.save(saved)
    before = (saved / "model.json").read_bytes()
    model.save(saved, dtype="float16", overwrite=True)
    assert (saved / "model.json").read_bytes() != before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear diary")
    with pytest.raises(ModelError, match="exists"):
        model.save(tmp_path / "mine", overwrite=True)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_notebook_shows_pictures_and_one_line(model: Model) -> None:
    assert 'src="data:image/png;base64,' in model._repr_html_()
    assert repr(model) == "Model(16x16, 3 channels, z normal (6), 5 images seen, on cpu)"


@pytest.mark.parametrize("number", [0, -5, True, 1, 99, "2"])
def test_a_card_of_another_format_is_refused(saved: Path, number: object) -> None:
    card = json.loads((saved / "model.json").read_text())
    (saved / "model.json").write_text(json.dumps(card | {"format": number}))
    with pytest.raises(ModelError, match=r"not a model card|model format"):
        load(saved)


@pytest.mark.parametrize("seeds", [[1.5], [-1], [2**63], "0-3"])
def test_what_is_no_seed_is_refused(model: Model, seeds: Any) -> None:
    with pytest.raises(UsageError, match="`seeds` must be whole numbers from 0 to"):
        model.sample(seeds)


@pytest.mark.parametrize("shape", [(6,), (2, 5), (2, 6, 1)])
def test_z_of_another_shape_is_refused(model: Model, shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="this model needs \\(N, 6\\)"):
        model.generate(np.zeros(shape, np.float32))


def test_z_that_is_no_number_is_refused(model: Model) -> None:
    with pytest.raises(UsageError, match="not numbers"):
        model.generate(np.full((2, 6), np.nan, np.float32))
