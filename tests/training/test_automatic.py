"""What is chosen where a recipe leaves something open: the rules at their borders, and the runs that come of them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tests.training.toys import TOY, discs
from torch import nn

import dcgan
from dcgan.choices import NETS, PRESETS
from dcgan.cli import app
from dcgan.data.cache import open_pictures
from dcgan.errors import RunError
from dcgan.training.automatic import (
    FEW_PICTURES,
    GPU_CHANNELS,
    LEAST_IMAGES,
    MOST_IMAGES,
    MOST_PASSES,
    NARROW_CHANNELS,
    SHORT,
    Choices,
    choose,
    choose_for,
    two_digits,
)
from dcgan.training.distributed import Ranks, check_suits
from dcgan.training.lengths import LENGTHS
from dcgan.training.logger import read_events
from dcgan.training.presets import preset
from dcgan.training.rate import measure_rate
from dcgan.training.recipe import USUAL, Recipe
from dcgan.training.run import resume, train
from dcgan.training.run_folder import read_run
from dcgan.training.state import TrainingState

OPEN = ("base_channels", "batch_size", "augment")
ON_CPU = Recipe(size=64, channels=3, device="cpu")
MANY = 100_000  # pictures
OPEN_TOY = replace(TOY, base_channels=None, batch_size=None, augment=None, images=None, about_minutes=0.001)


def never(_: Recipe) -> float:
    raise AssertionError("measured, though nothing depends on it")


def at(*speeds: float) -> Callable[[Recipe], float]:
    """A machine that trains so many images a second: with the usual nets and, if given, with narrow ones."""
    return lambda recipe: speeds[-1] if recipe.base_channels == NARROW_CHANNELS else speeds[0]


def chosen(choices: Choices) -> dict[str, object]:
    return {one.name: one.value for one in choices.chosen}


def open_settings(recipe: Recipe) -> list[str]:
    return [name for name in OPEN if getattr(recipe, name) is None]


# ---- the rules


def test_thousands_of_pictures_of_64x64_on_a_cpu_get_what_was_the_default_for_an_hour() -> None:
    choices = choose(ON_CPU, 10_000, at(236))
    assert choices.recipe == replace(
        ON_CPU, base_channels=32, batch_size=64, augment="translation", images=850_000, about_minutes=None
    )
    assert chosen(choices) == {"batch_size": 64, "augment": "translation", "base_channels": 32, "images": 850_000}
    assert str(choices.chosen[-1]) == "`images` 850,000: an hour here, at 236 images a second"
    assert choices.rate == 236
    assert all(one.why for one in choices.chosen)


@pytest.mark.parametrize(("pictures", "size"), [(2, 16), (255, 16), (256, 32), (511, 32), (512, 64), (1_000_000, 64)])
def test_a_set_fills_eight_mini_batches_down_to_one_of_16(pictures: int, size: int) -> None:
    assert choose(replace(ON_CPU, images=9), pictures, never).recipe.batch_size == size


@pytest.mark.parametrize(
    ("device", "length", "pictures", "size"),
    [
        ("cpu", {"minutes": SHORT}, MANY, 32),
        ("cpu", {"about_minutes": 2.0}, MANY, 32),
        ("cpu", {"about_minutes": 60.0, "minutes": 3.0}, MANY, 32),
        ("cpu", {"minutes": SHORT}, 255, 16),
        ("cpu", {"minutes": 5.1}, MANY, 64),
        ("cpu", {"images": 9}, MANY, 64),
        ("cpu", {}, MANY, 64),
        ("cuda", {"minutes": SHORT}, MANY, 64),
    ],
)
def test_a_few_minutes_on_a_cpu_get_small_mini_batches(
    device: str, length: dict[str, float], pictures: int, size: int
) -> None:
    assert choose(replace(ON_CPU, device=device).changed(length), pictures, at(100)).recipe.batch_size == size


@pytest.mark.parametrize(
    ("ranks", "pictures", "size"), [(1, 9, 16), (2, 9, 16), (3, 9, 18), (3, MANY, 66), (48, 9, 96)]
)
def test_ranks_share_a_mini_batch_that_was_chosen_for_them(ranks: int, pictures: int, size: int) -> None:
    recipe = choose(replace(ON_CPU, images=9), pictures, never, ranks=ranks).recipe
    assert recipe.batch_size == size
    check_suits(recipe, Ranks(0, ranks))
    check_suits(ON_CPU, Ranks(0, ranks))  # what is open can still be made to suit


@pytest.mark.parametrize(
    ("channels", "spectrograms", "few"),
    [
        (3, False, "color,translation,cutout"),
        (1, False, "translation,cutout"),
        (4, False, "translation,cutout"),
        (1, True, "translation,cutout"),
        (3, True, "translation,cutout"),
    ],
)
def test_few_pictures_are_changed_more_and_their_colors_only_where_there_are_some(
    channels: int, spectrograms: bool, few: str
) -> None:
    recipe = replace(ON_CPU, channels=channels, images=9)
    for pictures, augment in ((2, few), (FEW_PICTURES - 1, few), (FEW_PICTURES, "translation")):
        assert choose(recipe, pictures, never, spectrograms=spectrograms).recipe.augment == augment


@pytest.mark.parametrize(
    ("device", "size", "length", "speeds", "width"),
    [
        ("cpu", 64, {}, (1, 2), 32),  # however slow: wide enough for pictures of this size
        ("cpu", 127, {}, (1, 2), 32),
        ("cpu", 128, {}, (27.7, 80), NARROW_CHANNELS),  # 99,720 an hour
        ("cpu", 128, {}, (27.8, 80), 32),  # 100,080
        ("cpu", 128, {"minutes": 30.0}, (50, 90), NARROW_CHANNELS),
        ("cpu", 128, {"minutes": 60.0}, (50, 90), 32),
        ("cpu", 128, {"about_minutes": 240.0}, (10, 30), 32),
        ("cpu", 128, {"about_minutes": 240.0, "minutes": 30.0}, (10, 30), NARROW_CHANNELS),
        ("cuda", 64, {}, (1,), GPU_CHANNELS),
        ("cuda:1", 256, {}, (1,), GPU_CHANNELS),
        ("mps", 64, {}, (1,), GPU_CHANNELS),
    ],
)
def test_a_gpu_gets_wide_nets_and_large_pictures_on_a_slow_cpu_narrow_ones(
    device: str, size: int, length: dict[str, float], speeds: tuple[float, ...], width: int
) -> None:
    recipe = replace(ON_CPU, device=device, size=size).changed(length)
    assert choose(recipe, MANY, at(*speeds)).recipe.base_channels == width


def test_narrow_nets_come_with_their_reason_and_their_own_speed() -> None:
    choices = choose(replace(ON_CPU, size=256), MANY, at(10, 30))
    why = {one.name: one.why for one in choices.chosen}
    assert why["base_channels"] == "with 32 this machine would see only 36,000 images of 256x256 in 60 min"
    assert (choices.recipe.images, choices.rate) == (110_000, 30)


@pytest.mark.parametrize(
    ("pictures", "speed", "images", "why"),
    [
        (MANY, 27.5, 100_000, "the least that dcgan chooses, 61 min here, at 28 images a second"),
        (MANY, 30, 110_000, "an hour here, at 30 images a second"),
        (MANY, 820, 3_000_000, "the most that dcgan chooses, 61 min here, at 820 images a second"),
        (MANY, 1e9, MOST_IMAGES, "the most that dcgan chooses"),
        (300, 236, 600_000, "2,000 passes over 300 pictures are enough"),
        (300, 100, 360_000, "an hour here, at 100 images a second"),
        (51, 1, LEAST_IMAGES, "the least that dcgan chooses"),
    ],
)
def test_the_length_is_an_hour_within_limits(pictures: int, speed: float, images: int, why: str) -> None:
    choices = choose(ON_CPU, pictures, at(speed))
    assert choices.recipe.images == images
    assert choices.chosen[-1].why.startswith(why)


@pytest.mark.parametrize("pictures", [2, 50])
def test_a_tiny_set_is_passed_over_so_often_whatever_the_speed(pictures: int) -> None:
    assert choose(ON_CPU, pictures, never).recipe.images == MOST_PASSES * pictures


@pytest.mark.parametrize(
    ("lengths", "kept"),
    [
        ({"about_minutes": 5.0}, {"images": 71_000}),  # 70,800: no limit where a time was asked for
        ({"about_minutes": 1e-6}, {"images": 1}),
        ({"about_minutes": 5.0, "images": 1_000}, {"images": 1_000}),
        ({"about_minutes": 5.0, "images": 100_000}, {"images": 71_000}),
        ({"about_minutes": 5.0, "epochs": 3.0, "minutes": 7.0}, {"images": 71_000, "epochs": 3.0, "minutes": 7.0}),
    ],
)
def test_about_so_many_minutes_become_images_beside_other_lengths(
    lengths: dict[str, float], kept: dict[str, float]
) -> None:
    recipe = choose(ON_CPU.changed(lengths), MANY, at(236)).recipe
    assert {name: getattr(recipe, name) for name in LENGTHS if getattr(recipe, name) is not None} == kept


@pytest.mark.parametrize(
    ("images", "why"),
    [
        (1_000, "they come before `about_minutes` 5, which are 71,000 images here, at 236 a second"),
        (100_000, "5 min here, at 236 images a second, which come before `images` 100,000"),
    ],
)
def test_of_minutes_and_images_together_it_is_said_which_end_the_run(images: int, why: str) -> None:
    chosen = choose(ON_CPU.changed({"about_minutes": 5.0, "images": images}), MANY, at(236)).chosen
    assert chosen[-1].why == why


@pytest.mark.parametrize(
    ("changes", "images"),
    [
        ({}, 80_000),  # 2,000 passes, not 4 hours
        ({"about_minutes": 241.0}, 3_400_000),  # asked for
    ],
)
def test_the_minutes_of_a_preset_are_no_more_than_the_passes_that_are_enough(
    changes: dict[str, float], images: int
) -> None:
    recipe = replace(preset("best").changed(changes), size=16, channels=3, device="cpu")
    assert choose(recipe, 40, at(236)).recipe.images == images


@pytest.mark.parametrize("length", [{"images": 9}, {"epochs": 2.0}, {"steps": 3}, {"minutes": 20.0}])
def test_a_length_that_is_given_stays_and_nothing_is_measured(length: dict[str, float]) -> None:
    recipe = ON_CPU.changed(length)
    found = choose(recipe, MANY, never).recipe
    assert {name: getattr(found, name) for name in LENGTHS} == {name: getattr(recipe, name) for name in LENGTHS}


@pytest.mark.parametrize(
    "given",
    [
        {"base_channels": 32, "batch_size": 64, "augment": "translation", "images": 1_000_000},  # the defaults of old
        {"base_channels": 7, "batch_size": 5, "augment": "none", "images": 3},
    ],
)
@pytest.mark.parametrize(("device", "size", "pictures"), [("cuda", 64, 3), ("cpu", 256, 3), ("cpu", 64, MANY)])
def test_what_a_recipe_says_is_never_changed(given: dict[str, object], device: str, size: int, pictures: int) -> None:
    recipe = replace(ON_CPU, device=device, size=size).changed(given)
    assert choose(recipe, pictures, never) == Choices(recipe, (), None)


@pytest.mark.parametrize("name", [name for name in PRESETS if name.startswith(("paper", "gan", "lapgan"))])
def test_presets_of_papers_are_whole(name: str) -> None:
    recipe = replace(preset(name), channels=3, size=32, device="cuda")
    assert open_settings(recipe) == []
    assert choose(recipe, 3, never) == Choices(recipe, (), None)


def test_quick_takes_five_minutes_and_best_some_hours_in_which_the_learning_rate_falls() -> None:
    on_cpu = {"size": 64, "channels": 3, "device": "cpu"}
    quick, best = (choose(preset(name).changed(on_cpu), MANY, at(100)).recipe for name in ("quick", "best"))
    assert quick.target_images(MANY) == 100 * 5 * 60
    assert (best.lr_schedule, best.target_images(MANY)) == ("linear", 1_400_000)
    assert quick.changed({"minutes": 3.0}).images is None
    assert preset("quick").changed({"images": 9}).about_minutes is None


@pytest.mark.parametrize("nets", [name for name in NETS if NETS.is_built_in(name) and "dcgan" not in name])
def test_other_nets_get_what_is_usual_and_a_length(nets: str) -> None:
    choices = choose(replace(ON_CPU, nets=nets, device="cuda"), 60, at(1e6))
    assert choices.recipe.definite == USUAL
    assert not open_settings(choices.recipe)
    assert chosen(choices) == {"images": 120_000}


def test_a_recipe_without_a_run_has_what_is_usual() -> None:
    assert (Recipe().definite, Recipe(batch_size=8).definite) == (USUAL, USUAL._replace(batch_size=8))
    laid_out = ON_CPU.architecture()
    assert laid_out == replace(ON_CPU, base_channels=32).architecture()


@pytest.mark.parametrize(("number", "rounded"), [(849_600, 850_000), (7, 7), (0.2, 0), (99.9, 100), (123.4, 120)])
def test_lengths_are_round_numbers(number: float, rounded: int) -> None:
    assert two_digits(number) == rounded


# ---- the speed


def test_measuring_leaves_no_trace() -> None:
    data = open_pictures(discs(), size=16)
    torch.manual_seed(3)
    threads = torch.get_num_threads()
    net = nn.Sequential(nn.Flatten(), nn.Linear(256, 8), nn.Dropout(0.3), nn.Linear(8, 1))
    generator = nn.Sequential(nn.Linear(4, 256), nn.Tanh(), nn.Unflatten(1, (1, 16, 16)))
    weights = {name: tensor.clone() for name, tensor in [*net.state_dict().items(), *generator.state_dict().items()]}
    random = torch.get_rng_state()
    for nets in (None, (generator, net)):
        assert 0 < measure_rate(replace(TOY, threads=2), data, nets=nets) < float("inf")
    assert torch.equal(torch.get_rng_state(), random)
    assert torch.get_num_threads() == threads
    for name, tensor in [*net.state_dict().items(), *generator.state_dict().items()]:
        assert torch.equal(tensor, weights[name])


def test_ranks_are_as_fast_as_all_their_shares_together(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def two_seconds(state: TrainingState, *_: object) -> float:
        sizes.append(state.recipe.definite.batch_size)
        return 2.0

    monkeypatch.setattr("dcgan.training.rate._seconds_each", two_seconds)
    data = open_pictures(discs(), size=16)
    assert measure_rate(replace(TOY, batch_size=12), data, Ranks(0, 3)) == 6.0
    assert set(sizes) == {4}


# ---- runs


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def at_1000_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcgan.training.automatic.measure_rate", lambda *_: 1000.0)


def weights(run: str) -> dict[str, torch.Tensor]:
    nets = (load_file(Path(run) / "model" / f"{net}.safetensors") for net in ("generator", "discriminator"))
    return {f"{number}.{name}": tensor for number, net in enumerate(nets) for name, tensor in net.items()}


def assert_equal_weights(first: str, second: str) -> None:
    ours, theirs = weights(first), weights(second)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []


@pytest.mark.usefixtures("at_1000_a_second")
def test_the_recipe_of_a_run_is_definite_and_resuming_it_is_exact() -> None:
    result = train(discs(), "whole", OPEN_TOY)
    recipe, card = read_run(Path("whole"))
    assert (recipe.base_channels, recipe.batch_size, recipe.augment) == (32, 16, "translation,cutout")
    assert (recipe.images, recipe.about_minutes) == (60, None)
    assert "about_minutes" not in Path("whole/recipe.toml").read_text()
    notes = [str(event["text"]) for event in read_events(Path("whole/events.jsonl")) if event["kind"] == "note"]
    assert notes == card["notes"]
    chosen = [note.split()[1] for note in notes if note.startswith("chose ")]
    assert chosen == ["`batch_size`", "`augment`", "`base_channels`", "`images`"]
    assert result.chosen == card["chosen"]
    assert set(result.chosen) == {"base_channels", "batch_size", "augment", "images"}
    train(discs(), "parts", OPEN_TOY.changed({"images": 32}))
    again = resume("parts", {"images": 60})
    assert set(again.chosen) == {"base_channels", "batch_size", "augment"}
    assert_equal_weights("whole", "parts")
    train(discs(), "given", recipe)  # all of it said, and nothing measured
    assert read_run(Path("given"))[1]["chosen"] == {}
    assert_equal_weights("whole", "given")


def test_a_run_that_was_measured_learns_what_one_learns_that_was_not() -> None:
    train(discs(), "measured", replace(TOY, images=None, about_minutes=0.001))
    images = read_run(Path("measured"))[0].images
    assert images is not None
    train(discs(), "given", replace(TOY, images=images))
    assert_equal_weights("measured", "given")


@pytest.mark.usefixtures("at_1000_a_second")
@pytest.mark.parametrize("schedule", ["constant", "linear"])
def test_about_minutes_of_a_resumed_run_are_its_length_in_all(schedule: Literal["constant", "linear"]) -> None:
    train(discs(), "run", replace(OPEN_TOY, lr_schedule=schedule))
    extended = resume("run", {"about_minutes": 0.002})
    recipe = read_run(Path("run"))[0]
    assert (recipe.images, recipe.about_minutes) == (120, None)
    assert extended.images == 128  # the first whole mini-batch beyond 120
    assert "`images` 120: 0 s here, at 1,000 images a second" in Path("run/events.jsonl").read_text()


@pytest.mark.usefixtures("at_1000_a_second")
def test_about_minutes_that_a_run_has_passed_are_refused() -> None:
    train(discs(), "run", OPEN_TOY)
    with pytest.raises(RunError, match="has seen 64 images already; the new length would end it at 30"):
        resume("run", {"about_minutes": 0.0005})


@pytest.mark.usefixtures("at_1000_a_second")
def test_a_linear_schedule_ends_where_the_chosen_length_does() -> None:
    train(discs(), "run", replace(OPEN_TOY, lr_schedule="linear", sheet_every=16))
    rates = [json.loads(line)["learning_rate"] for line in Path("run/metrics.jsonl").read_text().splitlines()]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == 0.0  # 64 images, the first whole mini-batch beyond 60


@pytest.mark.usefixtures("at_1000_a_second")
def test_a_dry_run_says_what_the_run_does(capsys: pytest.CaptureFixture[str]) -> None:
    np.save("discs.npy", discs()[..., 0])
    words = ["train", "discs.npy", "--size", "16", "--about-minutes", "0.001", "--threads", "1", "--device", "cpu"]
    app([*words, "--dry-run", "--json"])
    shown = json.loads(capsys.readouterr().out)
    app([*words, "--out", "run", "--json"])
    captured = capsys.readouterr()
    assert json.loads(captured.out)["chosen"] == shown["chosen"]
    assert shown["recipe"] == dict(read_run(Path("run"))[0].values())
    assert shown["images_per_second"] == 1000
    assert shown["target_images"] == 60
    line = "chose --images 60: 0 s here, at 1,000 images a second"
    assert line in captured.err
    app([*words, "--dry-run"])
    out = capsys.readouterr().out
    assert line in out
    assert "chose --batch-size 16: 24 pictures are few for mini-batches of 32" in out


@pytest.mark.usefixtures("at_1000_a_second")
def test_flags_recipe_files_and_presets_win_over_what_would_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    np.save("discs.npy", discs()[..., 0])
    Path("mine.toml").write_text("batch_size = 64\n")
    app(["train", "discs.npy", "--size", "16", "--recipe-file", "mine.toml", "--augment", "translation", "--dry-run",
         "--json", "--preset", "best", "--device", "cpu"])  # fmt: skip
    shown = json.loads(capsys.readouterr().out)
    assert set(shown["chosen"]) == {"images"}
    recipe = shown["recipe"]
    assert (recipe["base_channels"], recipe["batch_size"], recipe["augment"]) == (
        preset("best").base_channels,
        64,
        "translation",
    )


@pytest.mark.usefixtures("at_1000_a_second")
def test_a_model_to_begin_with_brings_its_width_and_the_rest_is_chosen() -> None:
    donor = train(discs(), "donor", TOY).run
    train(discs(), "run", OPEN_TOY, start_from=donor)
    recipe, card = read_run(Path("run"))
    assert (recipe.base_channels, recipe.batch_size) == (TOY.base_channels, 16)
    chosen = card["chosen"]
    assert isinstance(chosen, dict)
    assert set(chosen) == {"batch_size", "augment", "images"}


def test_nets_of_ones_own_are_measured_as_they_are_and_begin_as_they_were() -> None:
    def nets() -> tuple[nn.Module, nn.Module]:
        torch.manual_seed(0)
        hidden = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU())
        return (
            nn.Sequential(hidden, nn.Linear(8, 256), nn.Unflatten(1, (1, 16, 16))),
            nn.Sequential(nn.Flatten(), nn.Linear(256, 8), nn.Dropout(0.3), nn.Linear(8, 1)),
        )

    generator, discriminator = nets()
    train(discs(), "open", OPEN_TOY, generator=generator, discriminator=discriminator)
    recipe, card = read_run(Path("open"))
    assert not open_settings(recipe)
    chosen = card["chosen"]
    assert isinstance(chosen, dict)
    assert set(chosen) == {"batch_size", "augment", "images"}  # a width is none of theirs
    generator, discriminator = nets()
    train(discs(), "given", recipe, generator=generator, discriminator=discriminator)
    assert_equal_weights("open", "given")


def test_a_set_of_two_pictures_is_enough_to_choose_by() -> None:
    data = open_pictures(discs(2), size=16)
    choices = choose_for(replace(OPEN_TOY, about_minutes=None), data)
    assert not open_settings(choices.recipe)
    assert choices.recipe.images == 2 * MOST_PASSES


def test_training_from_python_leaves_it_to_dcgan() -> None:
    result = dcgan.train(discs(), "run", dcgan.Recipe(size=16, steps=1, device="cpu", base_channels=2))
    assert set(result.chosen) == {"batch_size", "augment"}
