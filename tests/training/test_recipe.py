from dataclasses import fields
from pathlib import Path

import pytest

from dcgan.choices import LAYOUTS, NETS, PRESETS
from dcgan.errors import RecipeError, UsageError
from dcgan.training.presets import preset
from dcgan.training.recipe import Recipe, read_toml
from dcgan.training.recipe_checks import check_all_read, check_follows_preset
from dcgan.training.run import train


def test_a_recipe_survives_its_toml(tmp_path: Path) -> None:
    recipe = Recipe(size=48, lr=1e-4, minutes=3, updates="alternate")
    (tmp_path / "recipe.toml").write_text(recipe.to_toml())
    assert Recipe().changed(read_toml(tmp_path / "recipe.toml")) == recipe


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_survives_its_toml_and_builds_its_nets(name: str, tmp_path: Path) -> None:
    recipe = preset(name)
    assert recipe.preset == name
    (tmp_path / "recipe.toml").write_text(recipe.to_toml())
    assert Recipe().changed(read_toml(tmp_path / "recipe.toml")) == recipe
    classes = 10 if NETS[recipe.nets].conditional else None
    sized = recipe.changed({"size": recipe.size or 64, "channels": recipe.channels or 3, "classes": classes})
    nets = sized.lay_out()
    assert (nets.nets, nets.classes) == (recipe.nets, classes or 0)
    assert nets.noise_dim >= (recipe.latent_dim if NETS[recipe.nets].reads("latent_dim") else 0)


def test_the_paper_presets_have_the_figures_of_the_paper() -> None:
    paper, imagenet, svhn = preset("paper-64"), preset("paper-imagenet-32"), preset("paper-svhn-32")
    for recipe in (paper, imagenet, svhn):
        assert (recipe.beta1, recipe.weight_decay, recipe.updates, recipe.batch_norm_eps) == (
            0.5,
            1e-5,
            "alternate",
            1e-8,
        )
    assert (paper.size, paper.base_channels, paper.kernel_size, paper.batch_size, paper.lr) == (64, 128, 5, 128, 2e-4)
    assert (imagenet.size, imagenet.layout, imagenet.kernel_size, imagenet.latent_dim) == (32, "paired", 3, 256)
    assert (svhn.size, svhn.latent_distribution, svhn.batch_size, svhn.lr) == (32, "normal", 64, 5e-4)


def test_an_unknown_preset_is_answered_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="paper-64"):
        preset("paper-65")


@pytest.mark.parametrize(
    ("name", "value", "range_"),
    [
        ("size", 8, "`size` must be 16 to 256 pixels, not 8"),
        ("channels", 2, "`channels` must be 1, 3 or 4, not 2"),
        ("base_channels", 0, "`base_channels` must be 1 to 2048, not 0"),
        ("batch_size", 1, "`batch_size` must be 2 to 65536 pictures, not 1"),
        ("lr", 0.0, "`lr` must be above 0 and at most 1, not 0.0"),
        ("lr", float("nan"), "`lr` must be above 0"),
        ("images", 0, "`images` must be more than 0, and finite, not 0"),
        ("minutes", 1e307, "`minutes` must be above 0 and at most 10000000"),
        ("about_minutes", float("inf"), "`about_minutes` must be above 0 and at most 10000000"),
        ("epochs", float("inf"), "`epochs` must be above 0 and at most 1000000000"),
        ("minutes", -1.0, "`minutes` must be above 0"),
        ("keep", 0, "`keep` must be 1 or more"),
        ("checkpoint_every", 0, "`checkpoint_every` must be 1 or more"),
        ("seed", -1, "`seed` must be 0 to"),
        ("device", "tpu", "`device` must be auto, cpu, cuda, cuda:N or mps, not tpu"),
        ("kernel_size", 7, "`kernel_size` must be 3 to 5, not 7"),
    ],
)
def test_a_value_out_of_range_is_named_with_its_range(name: str, value: object, range_: str) -> None:
    with pytest.raises(RecipeError, match=range_):
        Recipe().changed({name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("sise", 64), ("size", "64"), ("lr", "fast"), ("keep", 1.5), ("seed", True)]
)
def test_an_unknown_name_or_a_wrong_type_is_refused(name: str, value: object) -> None:
    with pytest.raises(RecipeError, match=name):
        Recipe().changed({name: value})
    with pytest.raises((RecipeError, TypeError), match=name):
        Recipe(**{name: value})  # type: ignore[arg-type]


def test_a_wrong_type_is_answered_with_the_right_one_alone() -> None:
    with pytest.raises(RecipeError, match="`size` must be of type int, not '64'"):
        Recipe().changed({"size": "64"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"nets": "lapgan", "kernel_size": 5},
            "`kernel_size` changes nothing with `nets` lapgan: leave it out, or use `nets` dcgan or conditional-dcgan",
        ),
        (
            {"nets": "gan-2014-mnist", "normalization": "spectral"},
            "`nets` gan-2014-mnist: leave it out, .* dcgan or frame-",
        ),
        ({"nets": "conditional-dcgan", "layout": "paired"}, "`layout` changes nothing with `nets` conditional-dcgan"),
        ({"classes": 3}, "`nets` dcgan: leave it out, or use `nets` conditional-dcgan or conditional-lapgan"),
        ({"lr_hold": 0.5}, "`lr_schedule` constant: leave it out, or use `lr_schedule` linear or cosine"),
        ({"lr_schedule": "linear", "images": 9, "lr_half_life": 5}, "`lr_half_life` .* or use .* exponential"),
        ({"momentum": 0.9}, "`momentum` changes nothing with `optimizer` adam: .* `optimizer` sgd"),
        ({"optimizer": "sgd", "beta1": 0.9}, "`beta1` changes nothing with `optimizer` sgd: .* `optimizer` adam"),
        ({"evaluate_samples": 500}, "`evaluate_samples` changes nothing without `evaluate_every`: give both"),
        ({"evaluate_extractor": "pixels"}, "`evaluate_extractor` changes nothing without `evaluate_every`"),
        ({"optimizer": "sgd", "momentum": 0.9}, "`momentum` changes nothing without `momentum_ramp`: use `final_mom"),
    ],
)
def test_a_setting_that_was_changed_in_vain_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        check_all_read(Recipe().changed(changes))


def test_an_unknown_preset_is_refused_when_a_run_begins() -> None:
    with pytest.raises(UsageError, match=r"`preset` must be one of default, .*, not 'nonsense'"):
        check_all_read(Recipe(preset="nonsense"))


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "default"])
def test_the_name_of_a_preset_without_its_values_is_refused(name: str) -> None:
    with pytest.raises(RecipeError, match=rf"the preset {name} but has none .* begin with dcgan\.preset\('{name}'\)"):
        check_follows_preset(Recipe(preset=name))


@pytest.mark.parametrize("name", PRESETS)
def test_a_recipe_that_changes_values_of_a_preset_follows_it(name: str) -> None:
    for changes in ({}, {"lr": 1e-4}, {"images": 5000}, {"seed": 1, "about_minutes": 1.0}):
        check_follows_preset(preset(name).changed(changes))


def test_a_run_does_not_begin_with_the_name_of_a_preset_alone(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="`changed`"):
        train("drawn-faces:20", tmp_path / "run", Recipe(preset="paper-64", minutes=1))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", PRESETS)
def test_what_a_preset_brings_along_may_stay_with_other_nets_and_another_optimizer(name: str) -> None:
    for nets in NETS:
        for optimizer in ("adam", "sgd"):
            check_all_read(preset(name).changed({"nets": nets, "optimizer": optimizer, "lr_schedule": "constant"}))


@pytest.mark.parametrize("nets", [name for name in NETS if NETS.is_built_in(name)])
@pytest.mark.parametrize(
    "change", [{"layout": "paired"}, {"kernel_size": 5}, {"batch_norm_eps": 1e-3}, {"normalization": "spectral"}]
)
def test_nets_read_what_changes_their_layers_and_nothing_else(nets: str, change: dict[str, object]) -> None:
    recipe = Recipe(nets=nets, size=32, kernel_size=3).guessed()
    (name,) = change
    assert NETS[nets].reads(name) == (recipe.lay_out() != recipe.changed(change).lay_out())


def test_kernels_of_4_are_refused_where_the_nets_have_such_a_layout_alone() -> None:
    for layout in ("pooled", "paired"):
        with pytest.raises(RecipeError, match=f"must be 3 or 5 with `layout` {layout}, not 4; `layout` strided has 4"):
            Recipe(layout=layout, kernel_size=4)
    assert Recipe(layout="strided", kernel_size=4).kernel_size == 4
    assert preset("paper-imagenet-32").changed({"nets": "lapgan", "kernel_size": 4}).layout == "paired"


def test_a_whole_number_may_stand_for_a_float() -> None:
    assert Recipe().changed({"minutes": 3}).minutes == 3


def test_a_new_length_replaces_the_old_one() -> None:
    assert Recipe(images=100).changed({"minutes": 1.0}).images is None


@pytest.mark.parametrize(
    ("lengths", "target"),
    [
        ({}, 1_000_000),
        ({"images": 500}, 500),
        ({"epochs": 2.5}, 2500),
        ({"steps": 10}, 640),
        ({"images": 500, "steps": 10}, 500),
        ({"minutes": 1.0}, None),
        ({"minutes": 1.0, "images": 7}, 7),
        ({"epochs": 0.0001}, 1),
    ],
)
def test_of_several_lengths_the_first_to_be_reached_counts(lengths: dict[str, float], target: int | None) -> None:
    assert Recipe().changed(lengths).target_images(1000) == target


def test_less_than_an_epoch_is_an_end_for_the_learning_rate() -> None:
    assert Recipe(epochs=0.4, lr_schedule="linear").target_images(1000) == 400


def test_every_field_is_explained_for_the_help_page() -> None:
    for field in fields(Recipe):
        assert len(field.metadata["help"]) > 10, field.name


def test_the_range_of_a_field_is_in_its_help() -> None:
    help_of = {field.name: field.metadata["help"] for field in fields(Recipe)}
    assert help_of["lr"].endswith("Above 0 and at most 1.")
    assert help_of["size"].endswith("16 to 256 pixels.")


def test_a_choice_added_by_somebody_else_is_accepted_and_explained() -> None:
    if "third-party" not in LAYOUTS:
        LAYOUTS.add("third-party", LAYOUTS["strided"])
    recipe = Recipe(size=16, channels=1, layout="third-party")
    assert recipe.architecture() == Recipe(size=16, channels=1, layout="strided").architecture()
    help_of = {field.name: field.metadata["help"] for field in fields(Recipe)}
    assert "strided: one convolution for each halving" in help_of["layout"]
    assert "third-party" in help_of["layout"]
    with pytest.raises(RecipeError, match="`loss` must be nonsaturating, minimax, hinge"):
        Recipe(loss="wasserstein")


@pytest.mark.parametrize("content", ["size = [", "\x00", "size = "])
def test_a_damaged_recipe_file_is_an_error_with_its_path(content: str, tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(content)
    with pytest.raises(RecipeError, match=r"r\.toml"):
        read_toml(tmp_path / "r.toml")
