"""A training that begins with another model: its weights and layout, frozen layers that nothing moves, exact resume."""

import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.toy_model import toy_model
from tests.training.toys import TOY, discs
from torch import nn

from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.errors import ModelError, PackedSetError, RecipeError, UsageError
from dcgan.files import sha256
from dcgan.loading import load
from dcgan.model import Model
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.families import untrained_nets
from dcgan.sound.spectrogram import SoundFormat
from dcgan.sound.wav import write_wav
from dcgan.training.batches import ImageLoader
from dcgan.training.checkpoint import list_checkpoints
from dcgan.training.comparison import compare
from dcgan.training.presets import preset
from dcgan.training.recipe import Recipe
from dcgan.training.recipe_checks import check_all_read
from dcgan.training.run import resume, train
from dcgan.training.run_folder import read_run
from dcgan.training.snapshots import Snapshots
from dcgan.training.state import TrainingState
from dcgan.training.step import train_step
from dcgan.training.transfer import START, net_settings, with_nets_of

ON = Recipe(batch_size=4, images=32, sheet_every=16, checkpoint_every=16, device="cpu", precision="float32", threads=1)
"""A recipe that says nothing of the nets."""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def donor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose nets are laid out like those of no preset."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DCGAN_CACHE", str(tmp_path_factory.mktemp("cache")))
        return train(discs(), tmp_path_factory.mktemp("runs") / "donor", replace(TOY, images=32)).run


def others() -> np.ndarray:
    """Pictures unlike the donor's."""
    return 255 - discs(16)


def tensors(net: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in net.state_dict().items()}


def differing(net: nn.Module, other: nn.Module) -> set[str]:
    """Names of the tensors that two nets do not share."""
    expected = tensors(other)
    return {name for name, tensor in tensors(net).items() if not torch.equal(tensor, expected[name])}


def first(run: Path) -> Model:
    """The model at the beginning of a run."""
    return load(run / "checkpoints" / f"{0:010}", "cpu")


def learned(model: Model) -> set[str]:
    """Names of the weights of a model, without batch norm's statistics, which belong to the pictures."""
    return {name for net in (model.generator, model.discriminator) for name, _ in net.named_parameters()}


def test_a_run_begins_with_the_weights_of_the_model_and_with_nets_laid_out_like_its_own(
    donor: Path, tmp_path: Path
) -> None:
    run = train(others(), tmp_path / "run", replace(ON, keep=9), start_from=donor).run
    given, begun = load(donor, "cpu"), first(run)
    assert begun.interface == given.interface
    for net in ("generator", "discriminator"):
        assert not differing(getattr(begun, net), getattr(given, net)) & learned(given)
    assert differing(load(run, "cpu").generator, given.generator) & learned(given)


def test_the_averaged_generator_and_the_one_in_training_begin_alike(donor: Path) -> None:
    model = load(donor, "cpu")
    state = TrainingState(with_nets_of(model, ON))
    state.start_from_nets(model.generator, model.discriminator)
    for net in (state.generator, state.ema_generator):
        assert not differing(net, model.generator)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("updates", ["both", "alternate", "simultaneous"])
@pytest.mark.parametrize("normalization", ["batch", "spectral"])
def test_nothing_moves_frozen_layers(normalization: str, updates: str, optimizer: str) -> None:
    """Neither gradients nor weight decay, moments, statistics of the batch, or a new measurement for a model."""
    changes = {"normalization": normalization, "updates": updates, "optimizer": optimizer, "base_channels": 4}
    state = TrainingState(TOY.changed({**changes, "freeze_discriminator": 2, "weight_decay": 0.1, "r1_gamma": 1.0}))
    net, loader = state.discriminator, ImageLoader(discs(), state.device)
    assert isinstance(net, Discriminator)
    with torch.no_grad():
        for norm in net.norms.children():  # statistics that no mini-batch has
            for buffer in norm.buffers():
                buffer.fill_(2.5)
    before = tensors(net)
    for step in range(4):
        train_step(state, loader.batch(state.recipe, step))
    trained = Snapshots(state, loader).model().discriminator.state_dict()
    changed = {name for name, tensor in trained.items() if not torch.equal(tensor, before[name])}
    assert changed
    assert all(name.startswith("head.") for name in changed)


def test_frozen_batch_norm_normalizes_by_the_statistics_of_the_model_while_training() -> None:
    net = toy_model().nets.discriminator
    images, others = torch.rand(2, 8, 3, 16, 16).mul(2).sub(1).unbind()
    alone = net.activations(images)
    net.freeze(2)
    net.train()
    joined = net.activations(torch.cat([images, others / 3]))
    assert torch.equal(joined[1][:8], alone[1])  # whatever else is in the mini-batch
    statistics = tensors(net)["norms.0.running_mean"]
    net.eval().train()
    assert not net.norms[0].training
    assert torch.equal(tensors(net)["norms.0.running_mean"], statistics)


def test_a_resumed_run_ends_with_the_very_weights_and_needs_the_model_no_more(donor: Path, tmp_path: Path) -> None:
    model = shutil.copytree(donor / "model", tmp_path / "model")
    recipe = replace(ON, freeze_discriminator=1)
    train(others(), tmp_path / "whole", recipe, start_from=model)
    train(others(), tmp_path / "parts", replace(recipe, images=16), start_from=model)
    shutil.rmtree(model)
    resume(tmp_path / "parts", {"images": 32})
    whole, parts = (list_checkpoints(tmp_path / name)[-1].path for name in ("whole", "parts"))
    assert whole.name == parts.name
    for file in whole.glob("*.safetensors"):
        assert sha256(file) == sha256(parts / file.name)


def test_a_run_that_begins_with_a_model_of_sounds_finds_its_clips_again(donor: Path, tmp_path: Path) -> None:
    trained, format_ = load(donor), SoundFormat(8000, 0.5)
    hums = replace(trained, details={**trained.details, "sound": asdict(format_)})
    (tmp_path / "hums").mkdir()
    for number in range(3):
        sound = np.sin((number + 1) * np.arange(8 * format_.samples(16)) / 8).astype(np.float32)
        write_wav([sound], format_, tmp_path / "hums" / f"{number}.wav")
    run = train(tmp_path / "hums", tmp_path / "run", replace(ON, images=8), start_from=hums).run
    shutil.rmtree(tmp_path / "cache")
    assert resume(run, {"images": 16}).images == 16
    assert load(run).sound == format_


def test_a_run_that_was_killed_before_its_first_checkpoint_still_begins_with_the_model(
    donor: Path, tmp_path: Path
) -> None:
    run = train(others(), tmp_path / "run", ON, start_from=donor).run
    whole = sha256(run / "model" / "generator.safetensors")
    for made in ("checkpoints", "model", "tensorboard", "sheets"):
        shutil.rmtree(run / made)
    for made in ("metrics.jsonl", "events.jsonl"):
        (run / made).unlink()
    resume(run)
    assert sha256(run / "model" / "generator.safetensors") == whole


def test_the_run_and_its_models_say_what_they_began_with_without_a_path(donor: Path, tmp_path: Path) -> None:
    run = train(others(), tmp_path / "run", ON, start_from=donor).run
    start = {"model": f"{donor.parent.name}/donor", "identity": load(donor).identity, "images": 32}
    assert read_run(run)[1]["start"] == start
    assert load(run).details["start"] == start
    assert load(run / START).identity == start["identity"]
    assert "start" in compare(run, donor).differences
    assert f"{donor.parent.name}/donor" in (run / "report.html").read_text("utf-8")


def test_a_model_from_python_is_taken_too(tmp_path: Path) -> None:
    model = toy_model(channels=1)
    recipe = replace(ON, size=16, channels=1, base_channels=8, latent_dim=6, latent_distribution="normal")
    run = train(others(), tmp_path / "run", recipe, start_from=model).run
    assert read_run(run)[1]["start"] == {"model": "a model made in Python", "identity": model.identity, "images": 5}


def test_the_nets_come_from_the_model_and_all_else_from_the_recipe(donor: Path) -> None:
    recipe = with_nets_of(load(donor), preset("paper-64"))
    assert (recipe.size, recipe.base_channels, recipe.latent_dim, recipe.kernel_size) == (16, 2, 4, 3)
    assert (recipe.lr, recipe.updates, recipe.batch_size) == (2e-4, "alternate", 128)


def test_a_model_without_a_recipe_tells_what_its_nets_do() -> None:
    model = replace(toy_model(), details={})
    settings = net_settings(model)
    assert (settings["size"], settings["latent_dim"], settings["nets"]) == (16, 6, "dcgan")
    assert (settings["layout"], settings["base_channels"], settings["kernel_size"]) == ("strided", 8, 4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 32}, "`size` 32 does not go with `start_from`, a model with `size` 16"),
        ({"base_channels": 8}, "`base_channels` 8 .* `base_channels` 2: leave `base_channels` out"),
        ({"latent_dim": 50}, "`latent_dim` 50 .* `latent_dim` 4"),
        ({"freeze_discriminator": 3}, "`freeze_discriminator` must be 0 to 2, not 3"),
    ],
)
def test_what_does_not_go_with_the_model_is_refused_by_both_values_before_anything_is_made(
    changes: dict[str, object], message: str, donor: Path, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match=message):
        train(others(), tmp_path / "run", ON.changed(changes), start_from=donor)
    assert not (tmp_path / "run").exists()
    assert not (tmp_path / "cache").exists()


def test_a_packed_set_of_another_size_is_refused_with_the_remedy(donor: Path, tmp_path: Path) -> None:
    prepare(others(), tmp_path / "packed", PrepareOptions(size=32))
    with pytest.raises(PackedSetError, match=r"the model to begin with asks for 16.* again with `size`"):
        train(tmp_path / "packed", tmp_path / "run", ON, start_from=donor)


def test_nets_laid_out_otherwise_are_refused_though_no_setting_tells(tmp_path: Path) -> None:
    toy = toy_model(channels=1).architecture
    architecture = replace(toy, discriminator=(toy.discriminator[0], replace(toy.discriminator[1], out_channels=9)))
    model = Model(architecture, *untrained_nets(architecture, 0))
    with pytest.raises(RecipeError, match="differ in discriminator: name the `preset`"):
        train(others(), tmp_path / "run", Recipe(), start_from=model)


@pytest.mark.parametrize("name", ["paper-mnist-conditional", "gan-2014-mnist", "lapgan-cifar"])
def test_a_model_brings_no_setting_that_its_nets_do_not_read(name: str) -> None:
    recipe = preset(name).changed({"base_channels": 4, "classes": 3 if name.endswith("conditional") else None})
    nets = recipe.lay_out()
    model = Model(nets, *untrained_nets(nets, 0), {"recipe": recipe.values()})
    begun = with_nets_of(model, Recipe())
    check_all_read(begun)
    assert (begun.nets, begun.base_channels, begun.size) == (recipe.nets, 4, recipe.size)


@pytest.mark.parametrize("nets", ["conditional-dcgan", "lapgan", "gan-2014-mnist"])
def test_nets_without_such_layers_have_none_to_freeze(nets: str) -> None:
    with pytest.raises(RecipeError, match="`freeze_discriminator` changes nothing with `nets`"):
        check_all_read(Recipe(nets=nets, freeze_discriminator=1))


def test_frozen_layers_need_a_model_to_come_from(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"`freeze_discriminator` .* name that model with `start_from`"):
        train(others(), tmp_path / "run", replace(TOY, freeze_discriminator=1))


def test_nets_of_your_own_bring_their_own_weights(donor: Path, tmp_path: Path) -> None:
    generator, discriminator = nn.Linear(4, 4), nn.Linear(4, 1)
    with pytest.raises(UsageError, match="`start_from` does not go with nets of your own"):
        train(others(), tmp_path / "run", TOY, start_from=donor, generator=generator, discriminator=discriminator)
    own = replace(toy_model(), interface=TOY.interface())
    with pytest.raises(ModelError, match="hand them in as `generator` and `discriminator`"):
        train(others(), tmp_path / "run", TOY, start_from=own)


def test_frozen_weights_have_no_moments_in_a_checkpoint(donor: Path, tmp_path: Path) -> None:
    model = load(donor, "cpu")
    recipe = replace(with_nets_of(model, ON), freeze_discriminator=1)
    assert isinstance(TrainingState(recipe).discriminator, Discriminator)
    names = TrainingState(recipe).tensors()
    assert not [name for name in names if name.startswith("discriminator.convolutions.0")]
    assert [name for name in names if name.startswith("discriminator.convolutions.1")]
