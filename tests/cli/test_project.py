"""The verbs `project` and `train-encoder`, on a small model."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from cyclopts import CycloptsError
from PIL import Image
from tests.toy_model import toy_model

from dcgan.cli import app, explain
from dcgan.errors import DcganError
from dcgan.latent import encoder as encoder_room
from dcgan.latent import project as room
from dcgan.latent.project import ProjectOptions, project_in_parts
from dcgan.latent.projection import Projection
from dcgan.loading import load

QUICK = {"--steps": 20, "--starts": 2}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, pictures of its own and noise."""
    folder, model = tmp_path_factory.mktemp("project"), toy_model("uniform")
    model.save(folder / "model")
    noise = np.random.default_rng(0).integers(0, 256, (1, 16, 16, 3), dtype=np.uint8)
    for kind, pixels in (("pictures", np.concatenate([model.sample(range(3)), noise])), ("trained", model.sample([9]))):
        (folder / kind).mkdir()
        for number, picture in enumerate(pixels):
            Image.fromarray(picture).save(folder / kind / f"{number}.png")
    return folder


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DCGAN_CACHE", str(home / "cache"))


def project(home: Path, *words: object, pictures: str = "pictures") -> None:
    quick = [f"{flag}={value}" for flag, value in QUICK.items() if flag not in words]
    app(["project", str(home / "model"), str(home / pictures), *quick, *map(str, words)])


def test_by_default_the_z_are_written_and_errors_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(home)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "projected 4 pictures: projected.npz"
    assert lines[1].startswith("they differ in the median by ")
    assert "the best of 1,000 random z by " in lines[1]
    assert lines[2] == "out of the model's reach: 3.png"
    arrays, model = np.load("projected.npz"), load(home / "model")
    assert str(arrays["model"]) == model.identity
    assert np.array_equal(arrays["pixels"], model.generate(arrays["z"]))


def test_the_answer_for_programs_has_every_picture(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(home, "--out", "z.npz", "--out", "figure.png", "--json")
    facts = json.loads(capsys.readouterr().out)
    assert facts["out"] == ["z.npz", "figure.png"]
    assert [row["name"] for row in facts["pictures"]] == ["0.png", "1.png", "2.png", "3.png"]
    assert [row["in_reach"] for row in facts["pictures"]] == [True, True, True, False]
    assert all(row["error"] < row["random_error"] for row in facts["pictures"][:3])
    assert facts["reference_errors"] == []
    assert facts["memorization"] is None
    with Image.open("figure.png") as figure:
        assert figure.width > 4 * 64


def test_training_pictures_are_the_measure_where_they_are_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(home, "--reference", home / "trained", "--errors", "errors.png", "--json")
    facts = json.loads(capsys.readouterr().out)
    assert len(facts["reference_errors"]) == 1
    assert 0 <= facts["memorization"] <= 1
    with Image.open("errors.png") as chart:
        assert chart.width > 500
    project(home, "--reference", home / "trained", "--overwrite")
    assert "pictures that it was trained on: " in capsys.readouterr().out
    project(home, "--reference", home / "trained", "--references", 0, "--overwrite")
    assert "trained on" not in capsys.readouterr().out


def test_one_picture_has_no_median(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(home, pictures="pictures/0.png")
    out = capsys.readouterr().out
    assert out.startswith("projected 1 picture: projected.npz\nthey differ by ")


def test_a_search_can_be_filmed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["dcgan.cli.project"], "FILM_FRAMES", 12)
    project(home, "--out", "search.gif")
    with Image.open("search.gif") as film:
        assert getattr(film, "n_frames", 1) == 12
        assert film.width >= 512
        assert film.width == 2 * film.height  # of 2 x 2 pictures, each beside its search


def test_what_is_found_can_be_walked_between(home: Path) -> None:
    project(home, "--out", "found.npz")
    app(["walk", str(home / "model"), "--latents", "found.npz", "--frames", "3", "--out", "walk.npz"])
    found, walk = np.load("found.npz"), np.load("walk.npz")
    assert walk["z"][::3] == pytest.approx(found["z"][:-1])
    assert np.array_equal(walk["pixels"][0], found["pixels"][0])


def test_the_flags_of_the_search_reach_it(home: Path) -> None:
    words = {
        "plain": (),
        "feature_weight": ("--feature-weight", 0),
        "optimizer": ("--optimizer", "nesterov"),
        "lr": ("--lr", 0.01),
        "schedule": ("--schedule", "constant"),
        "seed": ("--seed", 5),
        "truncation": ("--truncation", 0.5),
    }
    found = {}
    for name, more in words.items():
        project(home, "--out", f"{name}.npz", *more, pictures="pictures/0.png")
        found[name] = np.load(f"{name}.npz")["z"].tobytes()
    assert len(set(found.values())) == len(words)


def test_an_encoder_is_trained_and_used(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app(["train-encoder", str(home / "model"), "--images", "1280"])
    out = capsys.readouterr().out
    assert out.startswith("trained an encoder on 1,280 samples: encoder.safetensors\n")
    assert "gray levels" in out
    project(home, "--out", "with.npz", "--encoder", "encoder.safetensors", "--starts", 1, "--steps", 1)
    project(home, "--out", "without.npz", "--starts", 1, "--steps", 1)
    assert not np.array_equal(np.load("with.npz")["z"], np.load("without.npz")["z"])


def test_an_encoders_answer_for_programs(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app(["train-encoder", str(home / "model"), "--images", "1280", "--out", "e.safetensors", "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert facts == {
        "out": "e.safetensors",
        "images": 1280,
        "error": facts["error"],
        "model": load(home / "model").identity,
    }
    assert 0 < facts["error"] < 128


def test_an_encoder_that_was_stopped_is_not_there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(encoder_room, "_measured", stop)
    with pytest.raises(KeyboardInterrupt, match=r"stopped: e\.safetensors was not made"):
        app(["train-encoder", str(home / "model"), "--images", "1280", "--out", "e.safetensors"])
    assert list(Path().iterdir()) == []


def test_when_it_is_stopped_what_is_found_is_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(room, "_PICTURES", 2)
    generate, calls = room.errors_of, 0

    def stop_at_the_second_part(*pixels: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return generate(*pixels)

    monkeypatch.setattr(room, "errors_of", stop_at_the_second_part)
    written = r"stopped: the first 2 of 4 pictures are in z\.npz, figure\.png, errors\.png"
    with pytest.raises(KeyboardInterrupt, match=written):
        project(home, "--out", "z.npz", "--out", "figure.png", "--errors", "errors.png")
    assert np.load("z.npz")["z"].shape == (2, 6)
    assert Path("figure.png").exists()
    assert capsys.readouterr().out == ""


def test_a_signal_to_end_keeps_what_is_found_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def one_part(*_: object, **__: object) -> Iterator[Projection]:
        yield next(project_in_parts(load(home / "model"), home / "trained", ProjectOptions(starts=1, steps=1)))
        raise SystemExit(143)

    monkeypatch.setattr(room, "project_in_parts", one_part)
    with pytest.raises(SystemExit) as caught:
        project(home, "--out", "z.npz")
    assert caught.value.code == 143
    assert np.load("z.npz")["z"].shape == (1, 6)


def test_when_it_is_stopped_at_once_nothing_is_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(room, "descend", stop)
    with pytest.raises(KeyboardInterrupt, match="stopped: nothing was written"):
        project(home)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--starts", "0"], "--starts must be 1 to 1,000, not 0"),
        (["--steps", "0"], "--steps must be 1 to 100,000, not 0"),
        (["--lr", "0"], "--lr must be above 0"),
        (["--truncation", "2"], "--truncation must be above 0"),
        (["--feature-weight", "-1"], "--feature-weight must be 0 to 1,000,000"),
        (["--optimizer", "sgd"], "--optimizer"),
        (["--seed", "-1"], "--seed must be 0 to"),
        (["--seed", "99999999999999999999"], "--seed must be 0 to"),
        (["--references", "-1"], "--references must be 0 to 10,000"),
        (["--out", "z.txt"], "--out z.txt: name a file that ends in"),
        (["--out", "z.npz", "--out", "z.npz"], "named twice"),
        (["--errors", "errors.npz"], "--errors errors.npz: name a file that ends in"),
        (["--errors", "errors.mp4"], "--errors errors.mp4: name a file that ends in"),
        (["--out", "same.png", "--errors", "same.png"], "--out and --errors name one file, same.png"),
        (["--out", "a.gif", "--fps", "60"], "a .gif shows 50 frames a second"),
        (["--reference", "nowhere"], "nowhere: no such file"),
        (["--encoder", "nowhere.safetensors"], "nowhere.safetensors cannot be read as an encoder"),
        (["--encoder", "/"], "/ cannot be read as an encoder: it is a folder"),
        (["--device", "tpu"], "--device"),
    ],
)
def test_mistakes_are_named_before_any_work(
    words: list[str], expected: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "descend", lambda *_, **__: pytest.fail("it searched"))
    with pytest.raises((DcganError, CycloptsError)) as caught:
        project(home, *words)
    assert expected in explain(caught.value, ["project", "m", "p"])[0]
    assert list(tmp_path.iterdir()) == []


def test_one_file_under_two_spellings_is_noticed(home: Path, tmp_path: Path) -> None:
    with pytest.raises(DcganError, match="--out and --errors name one file"):
        project(home, "--out", "same.png", "--errors", f"../{tmp_path.name}/same.png")


def test_files_that_exist_are_replaced_only_with_overwrite(home: Path) -> None:
    Path("projected.npz").write_text("mine")
    with pytest.raises(DcganError, match=r"--out projected\.npz exists"):
        project(home)
    assert Path("projected.npz").read_text() == "mine"


def test_pictures_of_another_models_packed_set_are_refused(home: Path) -> None:
    app(["prepare", str(home / "pictures"), "packed", "--size", "8"])
    with pytest.raises(DcganError, match="size 16 is needed"):
        app(["project", str(home / "model"), "packed"])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--images", "100"], "--images must be 1,280 or more"),
        (["--seed", "-1"], "--seed must be 0 to"),
        (["--out", "encoder.pt"], "--out encoder.pt: name a file that ends in .safetensors"),
    ],
)
def test_mistakes_with_an_encoder_are_named(words: list[str], expected: str, home: Path, tmp_path: Path) -> None:
    with pytest.raises(DcganError) as caught:
        app(["train-encoder", str(home / "model"), *words])
    assert expected in explain(caught.value, ["train-encoder", "m"])[0]
    assert list(tmp_path.iterdir()) == []
