"""The verb `train`: recipes from flags, files and presets; stops, kills and resumes of real processes."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from tests.training.toys import TOY, discs

from dcgan.cli import app
from dcgan.cli.train import _next_run
from dcgan.cli.training_output import TrainingProgress
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.errors import DcganError, UsageError
from dcgan.files import sha256
from dcgan.training.callbacks import ProgressBar
from dcgan.training.lengths import length_of
from dcgan.training.recipe import Recipe
from dcgan.training.run_folder import read_run
from dcgan.training.state import TrainingState


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("discs")
    np.save(folder / "discs.npy", discs()[..., 0])
    prepare(folder / "discs.npy", folder / "packed", PrepareOptions(size=16, channels=1))
    return folder / "packed"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))


SMALL = ["--base-channels", "2", "--latent-dim", "4", "--batch-size", "4", "--images", "32", "--threads", "1"]
SMALL += ["--augment", "translation"]


def run_app(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[object, str]:
    status = app(list(map(str, words)))
    return status, capsys.readouterr().out


def recipe_of(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, object]:
    """What `--dry-run` says would be trained."""
    _, out = run_app(capsys, "train", *words, "--dry-run", "--json")
    recipe = json.loads(out)["recipe"]
    assert isinstance(recipe, dict)
    return recipe


def test_a_training_ends_with_a_sheet_and_the_next_commands(packed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run_app(capsys, "train", packed, "--out", "run", *SMALL)
    assert status == 0
    assert "finished after 32 images: run" in out
    assert "dcgan sample run" in out
    sheet = next(line.removeprefix("newest sheet: ") for line in out.splitlines() if line.startswith("newest sheet"))
    assert Path(sheet).is_file()


def test_json_is_one_line_for_machines(packed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out = run_app(capsys, "train", packed, "--out", "run", "--json", *SMALL)
    assert out.count("\n") == 1
    assert json.loads(out) == {
        "run": "run",
        "ending": "finished",
        "images": 32,
        "sheet": "run/sheets/0000000032.png",
        "best": None,
        "chosen": {},
        "resume": None,
    }


def test_without_out_runs_are_numbered(packed: Path) -> None:
    for _ in range(2):
        app(["train", str(packed), *SMALL])
    assert sorted(path.name for path in Path("runs").iterdir()) == ["packed-1", "packed-2"]


@pytest.mark.parametrize(
    ("source", "name"),
    [("photos/*.png", "photos-1"), ("{a,b}/x.npy", "x-1"), ("drawn-faces:9", "drawn-faces-1"), ("a b.tar.gz", "a b-1")],
)
def test_a_run_is_named_after_its_source_without_the_signs_of_patterns(
    source: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with _next_run(source) as run:
        assert run == Path("runs") / name


def test_trainings_that_begin_at_once_have_runs_of_their_own_and_none_that_fails_leaves_one() -> None:
    with _next_run("packed") as first, _next_run("packed") as second:
        assert (first.name, second.name) == ("packed-1", "packed-2")
        (first / "run.json").touch()
    assert [path.name for path in Path("runs").iterdir()] == ["packed-1"]


def test_a_dry_run_trains_nothing(packed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run_app(capsys, "train", packed, "--dry-run", *SMALL)
    assert status == 0
    assert "pictures: 24" in out
    assert "base_channels = 2" in out
    assert re.search(r"time: about \d+ s on cpu, [\d,]+ images a second", out)
    assert list(Path().iterdir()) == []


def test_flags_win_over_the_file_and_the_file_over_the_preset(packed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.toml").write_text('preset = "paper-svhn-32"\nlr = 0.001\nbase_channels = 5\nsize = 16\nchannels = 1\n')
    recipe = recipe_of(capsys, packed, "--recipe-file", "mine.toml", "--base-channels", "7")
    assert recipe["base_channels"] == 7  # of the flag
    assert recipe["lr"] == 0.001  # of the file
    assert recipe["latent_distribution"] == "normal"  # of the preset that the file names
    assert recipe["epochs"] == 200
    named = recipe_of(capsys, packed, "--recipe-file", "mine.toml", "--preset", "paper-64")
    assert (named["latent_distribution"], named["lr"], named["size"]) == ("uniform", 0.001, 16)


def test_a_length_on_the_command_line_replaces_that_of_the_preset(
    packed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = recipe_of(capsys, packed, "--preset", "paper-64", "--size", 16, "--channels", 1, "--minutes", 3)
    assert (recipe["minutes"], recipe["epochs"]) == (3, None)


def test_the_recipe_of_a_run_is_a_recipe_file(packed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app(["train", str(packed), "--out", "run", *SMALL, "--seed", "9"])
    capsys.readouterr()
    recipe = recipe_of(capsys, packed, "--recipe-file", "run/recipe.toml")
    assert recipe == dict(read_run(Path("run"))[0].values())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--recipe-file", "none.toml"], "none.toml"),
        (["--recipe-file", "high.toml"], "high.toml: lr must be above 0 and at most 1, not 5"),
        (["--preset", "paper-65"], "paper-64"),
        (["--size", "8"], "`size`"),
        (["--lr", "nan"], "`lr`"),
        (["--device", "tpu"], "`device`"),
        (["--device", "cuda:77"], "`device`"),
        (["--size", "32"], "`size` 32"),
        (["--preset", "paper-64"], "preset paper-64"),
        (["--evaluate-every", "1.5"], "--evaluate-every must be a whole number, not 1.5"),
    ],
)
def test_a_recipe_that_does_not_work_is_refused_before_anything_is_made(
    words: list[str], expected: str, packed: Path
) -> None:
    Path("high.toml").write_text("lr = 5\n")
    with pytest.raises(DcganError, match=expected):
        app(["train", str(packed), "--out", "run", *words])
    assert not Path("run").exists()


def test_each_sheet_is_told_with_its_kernel_distance_as_evaluate_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    with TrainingProgress() as progress:
        progress.on_sheet(
            {"images": 640, "images_per_second": 99.5, "kernel_distance": 0.05174}, Path("0000000640.png")
        )
    assert "kernel distance x 1000 51.74  0000000640.png" in capsys.readouterr().err


def shown(words: Mapping[str, object], steps: Sequence[tuple[int, int]], *, terminal: bool) -> str:
    """What a bar shows of a session that has come to (images, target) by steps of half a second."""
    output = io.StringIO()
    console = Console(file=output, force_terminal=terminal, width=80)
    state = TrainingState(TOY.changed({"channels": 3, "device": "cpu", **words}))
    with pytest.MonkeyPatch.context() as patch, ProgressBar(console) as bar:
        now = time.monotonic()
        patch.setattr(time, "monotonic", lambda: now)
        bar.on_start(state, 24)
        for number, (images, target) in enumerate(steps, 1):
            patch.setattr(time, "monotonic", lambda now=now + number / 2: now)
            state.progress.images = images
            bar.on_step(state, target)
            if images % 5000 == 0:
                bar.on_sheet({"images": images, "images_per_second": 1000, "d_real": 0.75}, Path("sheet.png"))
    return output.getvalue()


def test_without_a_terminal_the_first_line_comes_at_once_and_then_one_a_minute() -> None:
    lines = shown({"minutes": 2}, [(500 * n, 120_000 + n) for n in range(1, 200)], terminal=False).splitlines()
    assert lines[0] == "training on 24 pictures, for 2 minutes, on cpu"
    progress = [line for line in lines if " of " in line]
    assert progress[0] == "    10,000 of 120,020 images  1,000/s  2 min left"
    assert len(progress) == 2  # after ten seconds, and a minute later
    assert "D(x) 0.75" in lines[1]


@pytest.mark.parametrize(
    ("lengths", "rate", "words"),
    [
        ({}, None, "1,000,000 images"),
        ({"images": 2_000_000}, None, "2,000,000 images"),
        ({"minutes": 2.5}, None, "2.5 minutes"),
        ({"images": 1000, "minutes": 10.0}, None, "1,000 images or 10 minutes, whichever comes first"),
        ({"images": 1000, "minutes": 10.0}, 5.0, "1,000 images, which come before 10 minutes"),
        ({"images": 1000, "minutes": 10.0}, 1.5, "10 minutes, which come before 1,000 images"),
        ({"images": 1000, "epochs": 30.0}, None, "30 epochs, which come before 1,000 images"),
        ({"images": 1000, "epochs": 70.0, "steps": 99}, 5.0, "99 steps, which come before 1,000 images and 70 epochs"),
    ],
)
def test_of_several_lengths_it_is_said_which_ends_the_run(
    lengths: dict[str, float], rate: float | None, words: str
) -> None:
    recipe = replace(Recipe(batch_size=8), **lengths)  # type: ignore[arg-type]  # it checks them
    assert length_of(recipe, 24, rate) == words


def test_a_dry_run_says_which_length_ends_the_run(packed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--images", "100", "--minutes", "60", "--threads", "1", "--device", "cpu"]
    app(["train", str(packed), "--dry-run", *flags])
    assert "\nlength: 100 images, which come before 60 minutes\n" in capsys.readouterr().out


def test_in_80_columns_the_bar_stays_beside_the_metrics_though_its_end_is_an_estimate() -> None:
    text = shown({"minutes": 2}, [(1000 * n, 120_000 + n) for n in range(1, 20)], terminal=True)
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", text).splitlines()
    bar, note = lines[-2:]
    assert re.fullmatch(r"training [━╸╺ ]+ 19000/120019 [\d,]+/s \S+ \d+:\d+:\d+ *", bar)
    assert note.startswith("D(x) 0.75  sheet.png")


def test_a_checkpoint_to_keep_is_named_in_one_way() -> None:
    with pytest.raises(UsageError, match="`best` and `images`"):
        app(["keep", "run", "--name", "good", "--best", "--images", "64"])


@pytest.mark.parametrize("line", ["sise = 64", 'size = "64"', "lr = [1]", "size = 7"])
def test_a_recipe_file_with_a_slip_is_an_error(line: str, packed: Path) -> None:
    Path("mine.toml").write_text(line)
    with pytest.raises(DcganError, match=line[:2]):
        app(["train", str(packed), "--recipe-file", "mine.toml"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train"], "name either a SOURCE"),
        (["train", "x", "--resume", "y"], "name either a SOURCE"),
        (["train", "--resume", "y", "--out", "z"], "--out does not go with --resume"),
        (["train", "--resume", "y", "--dry-run"], "--dry-run does not go with --resume"),
        (["train", "--resume", "y", "--from", "faces"], "--from does not go with --resume"),
        (["train", "--resume", "y", "--recipe-file", "z.toml"], "--recipe-file does not go with --resume"),
    ],
)
def test_a_source_or_a_run_to_go_on_with_must_be_named(words: list[str], message: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dcgan.training.run_folder.read_run", lambda _: (TOY, {}))
        with pytest.raises(UsageError, match=message):
            app(words)


def test_a_training_begins_with_a_model_whose_nets_win_over_the_preset(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--from", "faces", "--preset", "paper-64", "--freeze-discriminator", "2", "--batch-size", "4"]
    recipe = recipe_of(capsys, "drawn-faces:40", *words)
    assert (recipe["size"], recipe["base_channels"], recipe["kernel_size"]) == (32, 64, 4)
    assert (recipe["lr"], recipe["freeze_discriminator"]) == (2e-4, 2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--base-channels", "32"], "`base_channels` 32 does not go .* a model with `base_channels` 64"),
        (["--recipe-file", "mine.toml"], "`size` 64 does not go .* a model with `size` 32"),
    ],
)
def test_a_flag_that_lays_out_other_nets_than_the_model_to_begin_with_is_refused(
    words: list[str], message: str
) -> None:
    Path("mine.toml").write_text("size = 64")
    with pytest.raises(UsageError, match=message):
        app(["train", "drawn-faces:40", "--from", "faces", *words])


def start(*words: object) -> subprocess.Popen[str]:
    """A training in a process of its own, as a user starts it."""
    return subprocess.Popen(
        [sys.executable, "-m", "dcgan", "train", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_images(run: Path, images: int, process: subprocess.Popen[str]) -> None:
    """Wait until a checkpoint of so many images is there."""
    deadline = time.monotonic() + 120
    while max((int(path.name) for path in (run / "checkpoints").glob("[0-9]*")), default=-1) < images:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def digests(run: Path) -> dict[str, str]:
    return {path.name: sha256(path) for path in (run / "model").glob("*.safetensors")}


LONG = [
    *("--base-channels", "2", "--latent-dim", "4", "--batch-size", "16", "--threads", "1"),
    *("--images", "1024", "--checkpoint-every", "64", "--sheet-every", "512"),
]


@pytest.fixture(scope="module")
def whole(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a run without interruption ends with."""
    run = tmp_path_factory.mktemp("whole") / "run"
    assert app(["train", str(packed), "--out", str(run), *LONG]) == 0
    return digests(run)


def test_signals_save_and_tell_how_to_go_on_and_nothing_is_lost(packed: Path, whole: dict[str, str]) -> None:
    words: list[object] = [packed, "--out", "run", *LONG]
    for images, number in ((80, signal.SIGINT), (240, signal.SIGTERM), (400, signal.SIGHUP)):
        process = start(*words)
        wait_for_images(Path("run"), images, process)
        process.send_signal(number)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 128 + number
        assert "Go on with: dcgan train --resume run" in out
        assert "Traceback" not in err
        words = ["--resume", "run"]
    assert app(["train", "--resume", "run"]) == 0
    assert digests(Path("run")) == whole


def test_after_kills_a_run_ends_with_the_very_weights_of_one_that_was_not_killed(
    packed: Path, whole: dict[str, str]
) -> None:
    words: list[object] = [packed, "--out", "run", *LONG]
    for images in (128, 320, 512):
        process = start(*words)
        wait_for_images(Path("run"), images, process)
        process.kill()
        process.communicate()
        words = ["--resume", "run"]
    assert app(["train", "--resume", "run"]) == 0
    assert digests(Path("run")) == whole
    assert not list(Path("run").rglob(".*partial*"))


def test_the_users_own_mistake_is_one_line_and_status_1() -> None:
    process = start("nowhere/", "--out", "run")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert out == ""
    assert "error: " in err
    assert "nowhere" in err
    assert "Traceback" not in err
    assert not os.path.lexists("run")


def test_a_reader_of_the_messages_who_goes_away_does_not_end_the_training(packed: Path) -> None:
    words = [packed, "--out", "run", *SMALL, "--sheet-every", "4"]
    with start(*words) as process:
        assert process.stderr is not None
        process.stderr.close()
        assert process.wait(timeout=120) == 0
    assert read_run(Path("run"))[0].images == 32


@pytest.mark.parametrize("words", [["prepare", "x", "z" * 300], ["train", "x", "--out", "z" * 300]])
def test_a_name_too_long_is_no_traceback(words: list[str]) -> None:
    np.save("x", discs()[..., 0])
    words = [word.replace("x", "x.npy") if word == "x" else word for word in words]
    result = subprocess.run([sys.executable, "-m", "dcgan", *words], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "File name too long" in result.stderr
    assert "Traceback" not in result.stderr
