"""The verbs `fit-classifier` and `classify`, on a small model."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.cli.labeled_folders import MODEL, make_home

from dcgan.cli import app
from dcgan.errors import DcganError
from dcgan.probing.classifier import fit_classifier, load_classifier


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, and pictures and others sorted into two folders each."""
    folder = tmp_path_factory.mktemp("probe")
    make_home(folder)
    return folder


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DCGAN_CACHE", str(home / "cache"))  # each source is prepared once


def run(home: Path, verb: str, *words: object) -> None:
    app([verb, str(home / "model"), str(home / "pictures"), *map(str, words)])


def test_a_classifier_is_fitted_once_and_labels_pictures(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(home, "fit-classifier", "--out", "classifier", "--json")
    facts = json.loads(capsys.readouterr().out)
    assert facts["accuracy"] > 0.9
    assert facts["C"] > 0
    words = [str(home / "pictures"), "--review", "unsure.png", "--json"]
    app(["classify", "classifier", *words, "--out", "labels.csv"])
    facts = json.loads(capsys.readouterr().out)
    assert facts["labels"] == {"left": 60, "right": 60}
    assert (facts["compared"], facts["agreed"], facts["skipped"]) == (120, 120, 0)
    app(["classify", "classifier", *words, "--out", "labels.parquet", "--overwrite"])
    rows = pq.read_table("labels.parquet").to_pylist()
    assert all(row["name"].startswith(row["label"]) and row["margin"] >= 0 for row in rows)
    assert Path("labels.csv").read_text().splitlines()[0] == '"name","label","score","second","margin"'
    assert len(Path("labels.csv").read_text().splitlines()) == 121
    assert Path("unsure.png").exists()
    with pytest.raises(DcganError, match="exists"):
        run(home, "fit-classifier", "--out", "classifier")


def test_with_a_flip_left_is_the_same_as_right(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(home, "fit-classifier", "--out", "classifier", "--horizontal-flip", "--json")
    assert json.loads(capsys.readouterr().out)["accuracy"] < 0.75
    loaded, pixels = load_classifier("classifier"), np.stack([MODEL.sample([seed])[0] for seed in range(4)])
    assert loaded.horizontal_flip
    assert loaded.scores(pixels[:, :, ::-1]) == pytest.approx(loaded.scores(pixels), abs=1e-4)


def test_a_classifier_of_before_there_was_a_flip_is_read(home: Path) -> None:
    run(home, "fit-classifier", "--out", "classifier")
    card = json.loads(Path("classifier/classifier.json").read_text())
    del card["horizontal_flip"]
    Path("classifier/classifier.json").write_text(json.dumps({**card, "format": 3}))
    assert not load_classifier("classifier").horizontal_flip


def test_labels_that_are_there_are_not_overwritten(home: Path) -> None:
    run(home, "fit-classifier", "--out", "classifier")
    Path("labels.csv").write_text("corrected by hand")
    with pytest.raises(DcganError, match=r"--out labels\.csv exists"):
        app(["classify", "classifier", str(home / "pictures")])
    assert Path("labels.csv").read_text() == "corrected by hand"


def test_how_many_got_the_label_of_their_folder_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(home, "fit-classifier", "--out", "classifier")
    for folder, content in {"left": "right", "right": "left", "elsewhere": "left"}.items():
        shutil.copytree(home / "others" / content, Path("mixed") / folder)
    app(["classify", "classifier", "mixed"])
    assert "0.0% of the 40 pictures that came with one of these labels" in capsys.readouterr().out


def test_a_loaded_classifier_says_what_the_fitted_one_says(home: Path) -> None:
    run(home, "fit-classifier", "--out", "classifier", "--layers", "0,1", "--grid", 2)
    loaded = load_classifier(Path("classifier"))
    pixels = MODEL.sample(range(20))
    scores = loaded.scores(pixels)
    loaded.save(Path("again"))
    assert np.array_equal(load_classifier(Path("again")).scores(pixels), scores)
    assert (loaded.layers, loaded.grid, loaded.names) == ((0, 1), 2, ("left", "right"))


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("classifier.json", "{", "damaged"),
        ("classifier.json", "[]", "damaged"),
        ("classifier.json", '{"format": 9}', "another version of dcgan"),
        ("classifier.json", '{"format": 4}', "damaged"),
        ("svm.safetensors", "x", "checksum differs"),
        ("model/discriminator.safetensors", "x", "checksum differs"),
    ],
)
def test_a_damaged_classifier_is_named(home: Path, file: str, content: str, message: str) -> None:
    run(home, "fit-classifier", "--out", "classifier")
    (Path("classifier") / file).write_text(content)
    with pytest.raises(DcganError, match=message):
        app(["classify", "classifier", str(home / "pictures")])


def test_a_classifier_without_its_model_is_named(home: Path) -> None:
    run(home, "fit-classifier", "--out", "classifier")
    Path("classifier/model").rename("elsewhere")
    with pytest.raises(DcganError, match="its model/ is missing"):
        app(["classify", "classifier", str(home / "pictures")])


@pytest.mark.parametrize(
    ("field", "value"), [("C", 10**400), ("labels", ["a", "a"]), ("grid", 0), ("layers", [9]), ("horizontal_flip", 1)]
)
def test_an_impossible_classifier_is_named(home: Path, field: str, value: object) -> None:
    run(home, "fit-classifier", "--out", "classifier")
    card = json.loads(Path("classifier/classifier.json").read_text())
    Path("classifier/classifier.json").write_text(json.dumps({**card, field: value}))
    with pytest.raises(DcganError, match=r"classifier\.json (is damaged|does not fit)"):
        app(["classify", "classifier", str(home / "pictures")])


def test_names_of_strangers_do_not_drive_the_terminal(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(home, "fit-classifier", "--out", "classifier")
    card = json.loads(Path("classifier/classifier.json").read_text())
    card["labels"] = ["\x1b[31mleft", "right"]
    Path("classifier/classifier.json").write_text(json.dumps(card))
    app(["classify", "classifier", str(home / "pictures")])
    out = capsys.readouterr().out
    assert "[31mleft" in out
    assert "\x1b" not in out


def test_classes_of_one_picture_are_named(home: Path) -> None:
    for name in ("left", "right"):
        (Path("single") / name).mkdir(parents=True)
        shutil.copy(home / "others" / name / "0.png", Path("single") / name)
    with pytest.raises(DcganError, match="no second picture of left"):
        app(["fit-classifier", str(home / "model"), "single", "--out", "c"])
    with pytest.raises(DcganError, match="left has 1 picture;"):
        app(["probe", str(home / "model"), "single"])


def test_what_is_no_classifier_is_named(home: Path) -> None:
    with pytest.raises(DcganError, match="is not a classifier"):
        app(["classify", str(home / "model"), str(home / "pictures")])
    with pytest.raises(DcganError, match=r"--out x\.txt"):
        app(["classify", "c", str(home / "pictures"), "--out", "x.txt"])
    with pytest.raises(DcganError, match="has no labels; give each class a folder"):
        app(["fit-classifier", str(home / "model"), str(home / "pictures" / "left"), "--out", "c"])


def test_from_python_it_predicts_arrays_and_classifies_sources(home: Path) -> None:
    phases: list[str] = []
    classifier = fit_classifier(MODEL, home / "pictures", device="cpu", on_phase=phases.append)
    assert "left, right" in classifier._repr_html_()
    assert phases == ["measuring statistics", "extracting", "choosing C", "fitting"]
    assert classifier.accuracy == classifier.validation[classifier.C] > 0.9
    assert classifier.ends is not None
    assert "open" not in classifier.ends
    predictions = classifier.classify(home / "others")
    assert predictions.counts == {"left": 20, "right": 20}
    assert predictions.agreement == (40, 40)
    assert classifier.predict(predictions.pixels[:]).tolist() == predictions.labels.tolist()
    least = predictions.least_confident(3)
    assert predictions.margins[least].tolist() == sorted(predictions.margins)[:3]
    assert np.array_equal(predictions.pixels_of(least[::-1]), predictions.pixels[least.tolist()[::-1]])
    assert "<td>20</td>" in predictions._repr_html_()
    fixed = fit_classifier(MODEL, home / "pictures", C=[1e-3], device="cpu")
    assert (fixed.C, fixed.warnings()) == (1e-3, [])
