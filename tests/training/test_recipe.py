from dataclasses import fields
from pathlib import Path

import pytest

from dcgan.errors import RecipeError
from dcgan.training.presets import PRESETS, preset
from dcgan.training.recipe import Recipe, read_toml


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
    sized = recipe.changed({"size": recipe.size or 64, "channels": recipe.channels or 3})
    assert sized.architecture().latent_dim == recipe.latent_dim


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
    with pytest.raises(RecipeError, match="paper-64"):
        preset("paper-65")


@pytest.mark.parametrize(
    ("name", "value", "range_"),
    [
        ("size", 8, "--size must be 16 to 256 pixels, not 8"),
        ("channels", 2, "--channels must be 1, 3 or 4, not 2"),
        ("base_channels", 0, "--base-channels must be 1 to 1024, not 0"),
        ("batch_size", 1, "--batch-size must be 2 to 65536 pictures, not 1"),
        ("lr", 0.0, "--lr must be above 0 and at most 1, not 0.0"),
        ("lr", float("nan"), "--lr must be above 0"),
        ("images", 0, "--images must be more than 0, and finite, not 0"),
        ("minutes", float("inf"), "--minutes must be more than 0, and finite"),
        ("epochs", float("inf"), "--epochs must be more than 0, and finite"),
        ("minutes", -1.0, "--minutes must be more than 0"),
        ("keep", 0, "--keep must be 1 or more"),
        ("checkpoint_every", 0, "--checkpoint-every must be 1 or more"),
        ("seed", -1, "--seed must be 0 to"),
        ("device", "tpu", "--device must be auto, cpu, cuda, cuda:N or mps, not tpu"),
        ("kernel_size", 7, "--kernel-size must be 3 to 5, not 7"),
    ],
)
def test_a_value_out_of_range_is_named_with_its_flag_and_range(name: str, value: object, range_: str) -> None:
    with pytest.raises(RecipeError, match=range_):
        Recipe().changed({name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("sise", 64), ("size", "64"), ("lr", "fast"), ("keep", 1.5), ("seed", True)]
)
def test_an_unknown_name_or_a_wrong_type_is_refused(name: str, value: object) -> None:
    with pytest.raises(RecipeError, match=name):
        Recipe().changed({name: value})


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
    ],
)
def test_of_several_lengths_the_first_to_be_reached_counts(lengths: dict[str, float], target: int | None) -> None:
    assert Recipe().changed(lengths).target_images(1000) == target


def test_every_field_is_explained_for_the_help_page() -> None:
    text = Path(__import__("inspect").getsourcefile(Recipe) or "").read_text()
    for field in fields(Recipe):
        _, _, after = text.partition(f"\n    {field.name}: ")
        assert after.split("\n")[1].strip().startswith('"""'), field.name


@pytest.mark.parametrize("content", ["size = [", "\x00", "size = "])
def test_a_damaged_recipe_file_is_an_error_with_its_path(content: str, tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(content)
    with pytest.raises(RecipeError, match=r"r\.toml"):
        read_toml(tmp_path / "r.toml")
