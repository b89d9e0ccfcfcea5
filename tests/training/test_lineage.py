"""The nets before the DCGAN, and those that are given labels, go through the same loop and the same verbs."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.training.toys import TOY, discs

import dcgan
from dcgan.choices import NETS
from dcgan.cli import app
from dcgan.errors import ModelError, RecipeError, UsageError
from dcgan.loading import load
from dcgan.training.recipe import Recipe
from dcgan.training.run import resume, train

SGD = {"optimizer": "sgd", "lr": 0.01, "updates": "simultaneous", "momentum_ramp": 100}
FAMILIES: dict[str, dict[str, object]] = {
    "conditional-dcgan": {"updates": "alternate"},
    "gan-2014-mnist": SGD,
    "gan-2014-cifar": SGD,
    "gan-2014-cifar-conv": SGD | {"size": 32, "base_channels": 20},
    "lapgan": {"optimizer": "sgd", "lr": 0.01},
    "conditional-lapgan": {"updates": "alternate"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Discs in folders by two labels, of which one is darker."""
    folder = tmp_path_factory.mktemp("lineage")
    for label, divisor in (("bright", 1), ("dark", 3)):
        (folder / "discs" / label).mkdir(parents=True)
        for number, pixels in enumerate(discs(12)[..., 0] // divisor):
            Image.fromarray(pixels).save(folder / "discs" / label / f"{number}.png")
    return folder


@pytest.fixture(autouse=True)
def cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(folder / "cache"))


def recipe_of(nets: str) -> Recipe:
    return TOY.changed({"nets": nets, **FAMILIES[nets], "images": 24, "sheet_every": 8, "checkpoint_every": 8})


def run_of(folder: Path, nets: str) -> Path:
    """A run of these nets, trained once."""
    run = folder / nets
    if not run.exists():
        train(folder / "discs", run, recipe_of(nets))
    return run


def test_every_kind_of_nets_is_tested_here() -> None:
    assert {name for name in NETS if NETS.is_built_in(name)} == {"dcgan", *FAMILIES}


@pytest.mark.parametrize("nets", FAMILIES)
def test_a_resumed_run_ends_with_the_very_weights_of_one_that_was_not_interrupted(
    nets: str, folder: Path, tmp_path: Path
) -> None:
    train(folder / "discs", tmp_path / "parts", recipe_of(nets).changed({"images": 12}))
    resume(tmp_path / "parts", {"images": 24})
    whole, parts = load(run_of(folder, nets)), load(tmp_path / "parts")
    for first, second in ((whole.generator, parts.generator), (whole.discriminator, parts.discriminator)):
        expected = second.state_dict()
        assert [name for name, tensor in first.state_dict().items() if not torch.equal(tensor, expected[name])] == []


@pytest.mark.parametrize("nets", FAMILIES)
def test_it_is_sampled_walked_through_and_measured(
    nets: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = str(run_of(folder, nets))
    app(["sample", run, "--seeds", "0-3", "--out", str(tmp_path / "sheet.png")])
    app(["walk", run, "--seeds", "1,2,3", "--frames", "4", "--out", str(tmp_path / "walk.npz")])
    model = dcgan.load(run)
    assert (nets in repr(model), model.identity) == (True, dcgan.load(run).identity)
    walked = np.load(tmp_path / "walk.npz")
    assert walked["z"].shape == (8, model.latent_dim)
    capsys.readouterr()
    app(["evaluate", run, str(folder / "discs"), "--extractor", "pixels", "--samples", "16", "--json"])
    assert json.loads(capsys.readouterr().out)["pictures"] == 16


@pytest.mark.parametrize("nets", FAMILIES)
def test_what_looks_into_the_layers_of_a_dcgan_says_so(nets: str, folder: Path, tmp_path: Path) -> None:
    run = str(run_of(folder, nets))
    for words in (
        ["inspect", run, str(folder / "discs"), "--out", str(tmp_path / "look.png")],
        ["extract-features", run, str(folder / "discs"), "--out", str(tmp_path / "features.npy")],
        ["project", run, str(folder / "discs"), "--out", str(tmp_path / "found.npz")],
    ):
        with pytest.raises(ModelError, match=f"needs the layers of a DCGAN, and the nets of this model are {nets}"):
            app(words)
    with pytest.raises(UsageError, match="--step-sizes measures in the layers of a DCGAN"):
        app(["walk", run, "--out", str(tmp_path / "walk.png"), "--step-sizes", str(tmp_path / "steps.png")])


def test_a_conditional_model_draws_a_row_of_each(folder: Path, tmp_path: Path) -> None:
    run = run_of(folder, "conditional-dcgan")
    app(["sample", str(run), "--seeds", "3-7", "--out", str(tmp_path / "sheet.npz")])
    model, arrays = dcgan.load(run), np.load(tmp_path / "sheet.npz")
    assert model.labels == ("bright", "dark")
    assert arrays["seeds"].tolist() == [3, 4, 5, 6, 7] * 2
    assert arrays["z"][:, -2:].tolist() == [[1, 0]] * 5 + [[0, 1]] * 5
    assert np.array_equal(arrays["z"][:5, :-2], arrays["z"][5:, :-2])  # the same seeds
    assert np.array_equal(arrays["pixels"][5:], model.sample(range(3, 8), label="dark"))


def test_one_label_is_drawn_by_its_name_and_others_are_named(folder: Path, tmp_path: Path) -> None:
    run = str(run_of(folder, "conditional-dcgan"))
    app(["sample", run, "--seeds", "0-3", "--label", "dark", "--out", str(tmp_path / "dark.npz")])
    assert np.load(tmp_path / "dark.npz")["z"][:, -2:].tolist() == [[0, 1]] * 4
    with pytest.raises(UsageError, match=r"`label` 'dusk': this model has bright, dark"):
        app(["sample", run, "--label", "dusk", "--out", str(tmp_path / "dusk.npz")])
    plain = str(run_of(folder, "lapgan"))
    with pytest.raises(UsageError, match="`label` 'dark': the nets of this model take no label"):
        app(["sample", plain, "--label", "dark", "--out", str(tmp_path / "plain.npz")])


def test_a_folder_of_samples_is_a_labeled_source_again(folder: Path, tmp_path: Path) -> None:
    app(["sample", str(run_of(folder, "conditional-dcgan")), "--seeds", "0-2", "--out", str(tmp_path / "drawn")])
    drawn = dcgan.open_pictures(tmp_path / "drawn", size=16)
    assert (len(drawn), drawn.label_names) == (6, ("bright", "dark"))


def test_a_walk_holds_the_label(folder: Path) -> None:
    model = dcgan.load(run_of(folder, "conditional-dcgan"))
    held = dcgan.interpolate(model, [1, 2], 3, label="dark").z
    assert held[..., -2:].tolist() == [[[0, 1]] * 3]
    normal = replace(model, interface=replace(model.interface, latent_distribution="normal"))
    assert dcgan.interpolate(normal, [1, 2], 3, label="dark").z[..., -2:].tolist() == [[[0, 1]] * 3]


def test_truncation_leaves_the_label_alone(folder: Path) -> None:
    model = dcgan.load(run_of(folder, "conditional-dcgan"))
    whole, half = model.latents(range(3)), model.latents(range(3), truncation=0.5)
    assert np.array_equal(half[:, :-2], whole[:, :-2] / 2)
    assert np.array_equal(half[:, -2:], whole[:, -2:])


def test_the_training_sheet_has_a_row_for_each_label(folder: Path) -> None:
    run = run_of(folder, "conditional-dcgan")
    with Image.open(max((run / "sheets").iterdir())) as sheet:
        assert sheet.width > 3 * sheet.height  # 8 seeds of 2 labels


def test_a_lapgan_shows_each_level_of_its_chain(folder: Path, tmp_path: Path) -> None:
    run = str(run_of(folder, "lapgan"))
    app(["sample", run, "--seeds", "0-9", "--out", str(tmp_path / "s.png"), "--pyramid", str(tmp_path / "p.png")])
    with Image.open(tmp_path / "p.png") as figure:
        assert figure.height > 3 * figure.width  # eight rows of two levels
    drawn = dcgan.draw_pyramid(dcgan.load(run), range(3))
    assert [pixels.shape for pixels in drawn.levels] == [(3, 8, 8, 1), (3, 16, 16, 1)]
    assert np.array_equal(drawn.levels[-1], dcgan.load(run).sample(range(3)))
    other = str(run_of(folder, "gan-2014-mnist"))
    with pytest.raises(ModelError, match="a pyramid needs a LAPGAN; the nets of this model are gan-2014-mnist"):
        app(["sample", other, "--out", str(tmp_path / "o.png"), "--pyramid", str(tmp_path / "q.png")])
    assert not (tmp_path / "o.png").exists()


def test_pictures_without_labels_cannot_teach_conditional_nets(tmp_path: Path) -> None:
    np.save(tmp_path / "discs.npy", discs()[..., 0])
    with pytest.raises(RecipeError, match="need the label of each picture, and there are 0"):
        train(tmp_path / "discs.npy", tmp_path / "run", recipe_of("conditional-dcgan"))
    assert not (tmp_path / "run").exists()


def test_a_card_with_nets_that_nobody_knows_is_refused(folder: Path, tmp_path: Path) -> None:
    dcgan.load(run_of(folder, "lapgan")).save(tmp_path / "model")
    card = tmp_path / "model" / "model.json"
    known = json.loads(card.read_text())
    for changes, words in (
        ({"nets": "stylegan"}, "this dcgan has no nets 'stylegan'"),
        ({"nets": "gan-2014-mnist"}, "cannot be built"),
        ({"architecture": known["architecture"] | {"size": 128}}, "size must be one of these, not 128"),
        ({"architecture": known["architecture"] | {"base_dim": 4.0}}, "base_dim 4.0"),
        ({"architecture": known["architecture"] | {"maps": 10**9}}, "maps must be 1 to 1024"),
    ):
        card.write_text(json.dumps(known | changes))
        with pytest.raises(ModelError, match=words):
            load(tmp_path / "model")
