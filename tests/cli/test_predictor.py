"""A model that predicts frames in the verbs that are made for others: it works, or the answer names the remedy."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image
from tests.test_model_pictures import predictor
from tests.training.test_frame_prediction import PREDICTOR, moving_squares

from dcgan.cli import app
from dcgan.errors import DcganError
from dcgan.training.run import train

CLIPS = 6  # of a film


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Films of two directions, each a folder of frames, a model, and a run that has learned from them."""
    folder = tmp_path_factory.mktemp("predictor")
    for label, step in (("right", 1), ("left", -1)):
        for film, frames in enumerate(moving_squares(films=5)):
            (folder / "films" / label / str(film)).mkdir(parents=True)
            for number, frame in enumerate(frames[::step]):
                Image.fromarray(frame[..., 0]).save(folder / "films" / label / str(film) / f"{number}.png")
    (folder / "films" / "left" / "0" / "8.png").write_bytes(b"no picture")
    predictor().save(folder / "model")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DCGAN_CACHE", str(folder / "cache"))
        train(folder / "films", folder / "run", PREDICTOR)
    return folder


@pytest.fixture(autouse=True)
def here(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(folder / "cache"))
    monkeypatch.chdir(tmp_path)


DRAWS_NOTHING = "draws no pictures from z: use `dcgan predict-frames MODEL SOURCE`"
DRAWN = (
    " need a model that draws pictures from z, and this one predicts the next frame of a video: "
    "use `dcgan export MODEL --to pt2`"
)
NO_DCGAN = "needs the layers of a DCGAN, and the nets of this model are frame-predictor: "

REFUSED = {
    "sample": DRAWS_NOTHING,
    "walk": DRAWS_NOTHING,
    "walk --even perceptual": DRAWS_NOTHING,
    "walk --step-sizes steps.png": DRAWS_NOTHING,
    "arithmetic a+b": DRAWS_NOTHING,
    "turn --axis a": DRAWS_NOTHING,
    "concepts a:1,2": DRAWS_NOTHING,
    "concepts a:hat --source drawn-faces:20": DRAWS_NOTHING,
    "project FILMS": DRAWS_NOTHING,
    "inpaint FILMS --mask center --out filled": DRAWS_NOTHING,
    "neighbors FILMS": DRAWS_NOTHING,
    "evaluate FILMS": DRAWS_NOTHING,
    "export --to web --out page": "pages" + DRAWN,
    "forget --detect glasses --out plain": NO_DCGAN + "take a model with the nets dcgan",
    "inspect FILMS --out looks": NO_DCGAN + "take a model with the nets dcgan",
    "train-encoder": NO_DCGAN + "take a model with the nets dcgan",
    "export --to state-dict --out dict": NO_DCGAN + "write it as pt2",
    "export --to onnx --out onnx": "ONNX files" + DRAWN,
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_it_cannot_do_is_refused_with_the_remedy(words: str, folder: Path) -> None:
    verb, *others = words.split()
    with pytest.raises(DcganError) as caught:
        app([verb, str(folder / "model"), *(str(folder / "films") if one == "FILMS" else one for one in others)])
    assert REFUSED[words] in str(caught.value)
    assert [path for path in Path.cwd().rglob("*") if path.is_file()] == []


def test_features_are_those_of_clips(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app(["extract-features", str(folder / "model"), str(folder / "films"), "--out", "f.npy"])
    said = capsys.readouterr()
    assert f"features of each of {2 * 5 * CLIPS} clips: f.npy" in said.out
    assert "1 of 81 frames was skipped" in said.err


def test_films_that_are_too_short_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(folder / "films", "films")
    for number in range(2, 9):
        Path(f"films/right/1/{number}.png").unlink(missing_ok=True)
    app(["extract-features", str(folder / "model"), "films", "--out", "f.npy"])
    assert "1 film is too short, and not among them" in capsys.readouterr().err
    app(["predict-frames", str(folder / "model"), "films", "--steps", "1", "--out", "p.png"])
    assert "1 film left out: too few frames in a row" in capsys.readouterr().err


def test_motions_are_probed_and_classified(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, films = str(folder / "model"), str(folder / "films")
    app(["probe", model, films, "--labels-per-class", "2", "--repeats", "2", "--C", "0.1", "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert [row["baseline"] for row in facts["results"]] == ["dcgan", "random", "pixels"]
    app(["fit-classifier", model, films, "--out", "motions", "--C", "0.1"])
    assert f"fitted to {2 * 5 * CLIPS} clips of 2 classes: motions" in capsys.readouterr().out
    app(["classify", "motions", films, "--out", "labels.csv", "--review", "unsure.png"])
    said = capsys.readouterr().out
    assert f"of the {2 * 5 * CLIPS} clips that came with" in said
    assert re.search(r"films, each by the mean score of its clips: \d+ left, \d+ right", said)
    with Path("labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["name"] == "left/0/0.png"
    assert {row["label"] for row in rows} <= {"left", "right"}
    of_films = {(row["film"], row["film_label"]) for row in rows}
    assert sorted(film for film, _ in of_films) == [
        f"{way}/{number}" for way in ("left", "right") for number in range(5)
    ]
    with Image.open("unsure.png") as sheet:
        assert sheet.width > 4 * 3 * 64  # four clips of three frames beside each other


def test_baselines_of_still_pictures_are_refused(folder: Path) -> None:
    with pytest.raises(DcganError, match="kmeans learn from still pictures"):
        app(["probe", str(folder / "model"), str(folder / "films"), "--baselines", "kmeans"])


def test_it_is_exported_as_a_model_and_as_programs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app(["export", str(folder / "model"), "--out", "copy"])
    app(["export", str(folder / "model"), "--to", "pt2", "--out", "programs", "--json"])
    facts = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(facts["differences"]) == {"generator.pt2", "discriminator.pt2"}
    app(["extract-features", "copy", str(folder / "films"), "--out", "f.npy"])


def test_its_runs_are_kept_compared_and_begun_with(folder: Path) -> None:
    run = folder / "run"
    app(["keep", str(run), "--name", "good"])
    assert (run / "kept" / "good" / "model.json").is_file()
    flags = ["--steps", "1", "--device", "cpu", "--threads", "1", "--sheet-every", "8", "--batch-size", "4"]
    app(["train", str(folder / "films"), "--from", str(run), "--out", "next", *flags])
    app(["compare", str(run), "next"])
    assert Path("compare.html").is_file()
