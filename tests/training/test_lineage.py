"""The nets before the DCGAN, and those that are given labels, go through the same loop and the same verbs."""

import json
import shutil
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
from dcgan.errors import ModelError, PackedSetError, RecipeError, UsageError
from dcgan.loading import load
from dcgan.training.presets import preset
from dcgan.training.recipe import Recipe
from dcgan.training.run import resume, train
from dcgan.training.run_folder import read_run

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
    elsewhere = {"dcgan", "frame-predictor"}
    assert {name for name in NETS if NETS.is_built_in(name)} == {*elsewhere, *FAMILIES}


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
    found = dcgan.nearest_pictures(model, folder / "discs", seeds=[1], nearest=2, extractor="pixels")
    assert found.searched == 24


@pytest.mark.parametrize("nets", FAMILIES)
def test_what_looks_into_the_layers_of_a_dcgan_says_so(nets: str, folder: Path) -> None:
    model = dcgan.load(run_of(folder, nets))
    with pytest.raises(
        ModelError, match=f"inspecting needs the layers .*, and the nets of this model are {nets}: take"
    ):
        dcgan.inspect(model, folder / "discs")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("inspect RUN nowhere --out OUT", "inspecting needs .*: take a model with the nets dcgan"),
        ("forget RUN --boxes boxes.json --out OUT", "changing what the generator's maps draw needs"),
        ("insert RUN --boxes boxes.json --out OUT.png", "changing what the generator's maps draw needs"),
        ("extract-features RUN nowhere --out OUT.npy", "taking features from the discriminator needs"),
        ("probe RUN nowhere", "taking features from the discriminator needs"),
        ("paper-table table-1 RUN --data nowhere --test nowhere", "taking features from the discriminator needs"),
        ("fit-classifier RUN nowhere --out OUT", "taking features from the discriminator needs"),
        ("train-encoder RUN --out OUT.safetensors", "training an encoder needs"),
        ("project RUN nowhere --out OUT.npz", "a `feature_weight` above 0 needs .*: use `feature_weight` 0"),
        (
            "project RUN nowhere --feature-weight 0 --encoder e.safetensors --out OUT.npz",
            "an `encoder` needs .*: leave it out",
        ),
        ("neighbors RUN nowhere --out OUT.png", "the `extractor` perceptual needs .* such as efficientnet-lite0"),
        ("evaluate RUN DISCS --samples 16 --extractor discriminator", "the `extractor` discriminator needs .* such as"),
        ("walk RUN --even perceptual --out OUT.png", "`even` perceptual needs .*: take `even` latent"),
        ("walk RUN --step-sizes steps.png --out OUT.png", "`step_sizes` needs .*: leave it out"),
    ],
)
def test_it_names_what_was_asked_for_and_what_to_do_before_any_set_is_prepared(
    words: str, message: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    known = {"RUN": str(run_of(folder, "conditional-dcgan")), "DISCS": str(folder / "discs")}
    with pytest.raises(ModelError, match=message):
        app([known.get(word, word) for word in words.split()])


def test_a_conditional_dcgan_is_sampled_with_the_statistics_of_the_batch(folder: Path) -> None:
    model = dcgan.load(run_of(folder, "conditional-dcgan"))
    drawn = model.sample(range(8), batch_statistics=True)
    assert np.array_equal(drawn, model.sample(range(8), batch_statistics=True))
    assert not np.array_equal(drawn, model.sample(range(8)))


def test_nets_without_batch_norm_have_no_statistics_of_a_batch(folder: Path) -> None:
    with pytest.raises(
        ModelError, match=r"`batch_statistics` needs dcgan's batch norm, .*\(its nets are lapgan\): leave"
    ):
        dcgan.load(run_of(folder, "lapgan")).sample(range(8), batch_statistics=True)


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
    with pytest.raises(ModelError, match="`pyramid` needs a LAPGAN, and the nets of this model are gan-2014-mnist"):
        app(["sample", other, "--out", str(tmp_path / "o.png"), "--pyramid", str(tmp_path / "q.png")])
    assert not (tmp_path / "o.png").exists()


def test_labels_that_are_others_than_those_of_the_start_are_told(folder: Path, tmp_path: Path) -> None:
    pixels, start = discs()[..., 0], run_of(folder, "conditional-dcgan")
    old = dcgan.load(start).labels
    for names, told in ((old, False), (("aa", "zz"), True)):
        source = [(picture, names[number % 2]) for number, picture in enumerate(pixels)]
        recipe = recipe_of("conditional-dcgan").changed({"images": 8})
        notes = read_run(train(source, tmp_path / names[0], recipe, start_from=start).run)[1]["notes"]
        assert isinstance(notes, list)
        assert any(f"aa for {old[0]}, zz for {old[1]}, by position" in str(note) for note in notes) == told


def test_pictures_without_labels_cannot_teach_conditional_nets(tmp_path: Path) -> None:
    np.save(tmp_path / "discs.npy", discs()[..., 0])
    with pytest.raises(
        RecipeError, match="need the label of each picture, and the pictures have no labels: give each label"
    ):
        train(tmp_path / "discs.npy", tmp_path / "run", recipe_of("conditional-dcgan"))
    assert not (tmp_path / "run").exists()


def test_what_lacks_of_the_labels_is_told(folder: Path, tmp_path: Path) -> None:
    pixels, labels = discs()[..., 0], np.arange(24) % 2
    for source, message in (
        ((pixels, np.zeros(24, int)), "all pictures have the same label: give each label a folder of its own"),
        (
            [(picture, None if number < 3 else number % 2) for number, picture in enumerate(pixels)],
            "3 of 24 have no label",
        ),
    ):
        with pytest.raises(RecipeError, match=message):
            train(source, tmp_path / "run", recipe_of("conditional-dcgan"))
    shutil.copytree(folder / "discs", tmp_path / "mixed")
    Image.fromarray(pixels[0]).save(tmp_path / "mixed" / "beside.png")
    with pytest.raises(RecipeError, match=r"the pictures have no labels: .* leave no picture beside those folders"):
        train(tmp_path / "mixed", tmp_path / "run", recipe_of("conditional-dcgan"))
    with pytest.raises(RecipeError, match="`classes` 3: the pictures have 2 labels; leave `classes` out"):
        train((pixels, labels), tmp_path / "run", recipe_of("conditional-dcgan").changed({"classes": 3}))


@pytest.mark.parametrize(
    ("nets", "size", "message"),
    [
        (
            "lapgan",
            48,
            "the nets lapgan cannot be built from these settings: `size` must be 16, 32 or 64 pixels, not 48",
        ),
        ("gan-2014-cifar-conv", None, "`size` must be 32 pixels, not 64"),  # which pictures are prepared in
    ],
)
def test_a_size_that_the_nets_cannot_have_is_refused_before_pictures_are_prepared(
    nets: str, size: int | None, message: str, tmp_path: Path
) -> None:
    words = [
        "train",
        "nowhere",
        "--out",
        str(tmp_path / "run"),
        "--nets",
        nets,
        *(["--size", str(size)] if size else []),
    ]
    for more in ([], ["--dry-run"]):
        with pytest.raises(RecipeError, match=message):
            app([*words, *more])


def test_a_flag_that_nothing_reads_is_refused_and_a_run_that_has_it_goes_on(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="`kernel_size` changes nothing with `nets` lapgan"):
        app(["train", "nowhere", "--out", str(tmp_path / "run"), "--nets", "lapgan", "--kernel-size", "5"])
    train(folder / "discs", tmp_path / "run", recipe_of("lapgan").changed({"images": 8}))
    recipe = tmp_path / "run" / "recipe.toml"
    recipe.write_text(recipe.read_text().replace("kernel_size = 4", "kernel_size = 5"))
    assert resume(tmp_path / "run", {"images": 16}).images == 16


def test_of_many_labels_the_first_ten_are_named(folder: Path) -> None:
    model = dcgan.load(run_of(folder, "conditional-dcgan"))
    many = replace(model, interface=replace(model.interface, classes=14, latent_dim=18))
    with pytest.raises(UsageError, match=r"`label` 'x': this model has 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 4 more$"):
        many.latents([1], label="x")


def test_a_card_with_nets_that_nobody_knows_is_refused(folder: Path, tmp_path: Path) -> None:
    dcgan.load(run_of(folder, "lapgan")).save(tmp_path / "model")
    card = tmp_path / "model" / "model.json"
    known = json.loads(card.read_text())
    for changes, words in (
        ({"nets": "stylegan"}, 'this dcgan has no nets "stylegan"'),
        ({"nets": None}, "this dcgan has no nets null"),
        ({"nets": ["lapgan"]}, r'this dcgan has no nets \["lapgan"\]'),
        ({"nets": "gan-2014-mnist"}, "cannot be built: its entries are not those of its nets"),
        ({"nets": "conditional-lapgan"}, "classes of the nets conditional-lapgan must be 2 or more, not 0"),
        ({"architecture": known["architecture"] | {"size": 128}}, "`size` must be 16, 32 or 64 pixels, not 128"),
        ({"architecture": known["architecture"] | {"base_dim": 4.0}}, "base_dim 4.0"),
        ({"architecture": known["architecture"] | {"maps": 10**9}}, r"maps \(`base_channels`\) must be 1 to 1024"),
    ):
        card.write_text(json.dumps(known | changes))
        with pytest.raises(ModelError, match=words):
            load(tmp_path / "model")


def test_a_card_whose_labels_are_not_those_of_its_nets_is_refused(folder: Path, tmp_path: Path) -> None:
    dcgan.load(run_of(folder, "conditional-lapgan")).save(tmp_path / "model")
    card = tmp_path / "model" / "model.json"
    known = json.loads(card.read_text())
    for labels in (["dark", "dark"], ["dark"], ["dark", 3], "ab"):
        card.write_text(json.dumps(known | {"labels": labels}))
        with pytest.raises(ModelError, match="is damaged: its labels must be 2 different names"):
            load(tmp_path / "model")
    card.write_text(json.dumps(known | {"nets": "lapgan"}))
    with pytest.raises(ModelError, match="classes of the nets lapgan must be 0, not 2"):
        load(tmp_path / "model")


def test_a_tensor_of_another_shape_is_named_with_both(folder: Path, tmp_path: Path) -> None:
    model = dcgan.load(run_of(folder, "gan-2014-mnist"))
    model.save(tmp_path / "model")
    card = tmp_path / "model" / "model.json"
    known = json.loads(card.read_text())
    card.write_text(json.dumps(known | {"architecture": known["architecture"] | {"latent_dim": 5}}))
    with pytest.raises(ModelError, match=r"first.weight should be float32, 10 x 5, or float16, not float32, 10 x 4$"):
        load(tmp_path / "model")


def test_a_report_names_its_nets(folder: Path) -> None:
    assert "The nets lapgan for 16×16 pictures" in (run_of(folder, "lapgan") / "report.html").read_text("utf-8")


def test_numbers_beyond_what_the_refiners_leave_are_refused_with_what_is_left() -> None:
    recipe = Recipe(nets="lapgan", size=64, channels=3, latent_dim=2817)
    with pytest.raises(RecipeError, match="`latent_dim` must be 1 to 2816, as refiners are given 5376 more"):
        recipe.lay_out()
    assert recipe.changed({"latent_dim": 2816}).lay_out().latent_dim == 8192


def test_a_size_that_comes_from_the_preset_is_refused_with_the_size_to_give(folder: Path, tmp_path: Path) -> None:
    packed = dcgan.prepare(folder / "discs", tmp_path / "packed", dcgan.PrepareOptions(size=16)).path
    with pytest.raises(
        PackedSetError, match=r"preset paper-mnist-conditional.*asks for 28; give `size` 16, or prepare"
    ):
        train(packed, tmp_path / "run", preset("paper-mnist-conditional"))
    with pytest.raises(PackedSetError, match="asks for 32; leave `size` out, or prepare"):
        train(packed, tmp_path / "run", Recipe(size=32))
