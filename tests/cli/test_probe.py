"""The verbs `features` and `probe`, on a small model."""

import json
import shutil
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from tests.toy_model import toy_model

from dcgan.cli import app
from dcgan.cli.outputs import check_files
from dcgan.errors import DcganError
from dcgan.probing.baselines.supervised import train_classifier
from dcgan.probing.classifier import PENALTIES, load_classifier
from dcgan.probing.comparison import compare

MODEL = toy_model()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, and pictures and others sorted into two folders each by a square in a corner."""
    folder = tmp_path_factory.mktemp("probe")
    (folder / "model").mkdir()
    MODEL.save(folder / "model")
    random = np.random.default_rng(0)
    for name, (y, x) in {"left": (4, 1), "right": (4, 10)}.items():
        for kind, count in {"pictures": 60, "others": 20}.items():
            (folder / kind / name).mkdir(parents=True)
            for place in range(count):
                picture = random.integers(0, 120, (16, 16, 3)).astype(np.uint8)
                picture[y : y + 5, x : x + 5] += 110
                Image.fromarray(picture).save(folder / kind / name / f"{place}.png")
    return folder


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("dcgan.probing.baselines.supervised.SEEN", 500)


def run(home: Path, verb: str, *words: object) -> None:
    app([verb, str(home / "model"), str(home / "pictures"), *map(str, words)])


def test_all_ways_are_probed_on_the_same_splits(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    against = "random,pixels,kmeans,learned-rf,supervised,finetuned"
    small = ("--draws", 3, "--centroids", 8, "--trials", 1, "--penalties", "1e-3,1e-1")
    run(home, "probe", "--labels", "5,all", "--against", against, *small, "--confusion", "c.png", "--json")
    results = json.loads(capsys.readouterr().out)["results"]
    assert {(row["features"], row["labels_per_class"]) for row in results} == {
        (name, labels) for name in ("dcgan", *against.split(",")) for labels in ("5", "all")
    }
    accuracy = {(row["features"], row["labels_per_class"]): row["accuracy"] for row in results}
    assert min(accuracy["dcgan", "all"], accuracy["random", "all"], accuracy["pixels", "all"]) > 0.9
    linear = [row for row in results if row["labels_per_class"] == "5" and row["features"] in ("dcgan", "kmeans")]
    assert [row["draws"] for row in linear] == [3, 3]
    assert Path("c.png").exists()


def test_a_probe_goes_on_where_it_was_stopped(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("probe", "--draws", 2, "--penalties", "1e-3", "--out", "probe.json", "--labels", "4,6")
    with monkeypatch.context() as pressed:
        pressed.setattr("dcgan.probing.baselines.registry._Flat.extract", stopped)
        with pytest.raises(SystemExit, match="130"):
            run(home, *words, "--against", "pixels")
    assert "the same command goes on" in capsys.readouterr().err
    before = json.loads(Path("probe.json").read_text())["results"]
    assert [(row["features"], row["labels_per_class"]) for row in before] == [("dcgan", "4"), ("dcgan", "6")]
    monkeypatch.setattr("dcgan.features.extract.DiscriminatorExtractor.extract", stopped)
    run(home, *words, "--against", "pixels", "--json")
    results = json.loads(capsys.readouterr().out)["results"]
    assert results[:2] == before
    assert [row["features"] for row in results] == ["dcgan", "dcgan", "pixels", "pixels"]


def test_a_search_goes_on_with_its_trials(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = ("--labels", "5", "--draws", 2, "--penalties", "1e-3", "--trials", 3, "--against", "supervised")
    run(home, "probe", *small, "--json")
    whole = json.loads(capsys.readouterr().out)["results"]
    trained: list[int] = []

    def twice(*words: Any, **more: Any) -> Any:
        if len(trained) == 2:
            raise KeyboardInterrupt
        trained.append(len(trained))
        return train_classifier(*words, **more)

    with monkeypatch.context() as pressed:
        pressed.setattr("dcgan.probing.baselines.supervised.train_classifier", twice)
        with pytest.raises(SystemExit, match="130"):
            run(home, "probe", *small, "--out", "probe.json")
    (begun,) = json.loads(Path("probe.json").read_text())["begun"]
    assert list(begun["validation"]) == ["0", "1"]
    run(home, "probe", *small, "--out", "probe.json", "--json")
    assert json.loads(capsys.readouterr().out)["results"] == whole
    assert json.loads(Path("probe.json").read_text())["begun"] == []


def stopped(*_: object) -> None:
    raise KeyboardInterrupt


def test_results_of_another_probe_are_not_mixed_in(home: Path) -> None:
    words = ("probe", "--draws", 2, "--penalties", "1e-3", "--out", "probe.json", "--labels", "4", "--against", "none")
    run(home, *words)
    kept = Path("probe.json").read_text()
    with pytest.raises(DcganError, match=r"probe\.json has results of another probe .another seed."):
        run(home, *words, "--seed", 1)
    assert Path("probe.json").read_text() == kept
    Path("probe.json").write_text("{}")
    with pytest.raises(DcganError, match="is not what `dcgan probe --out` writes"):
        run(home, *words)


def test_another_way_is_added_with_settings_of_its_own(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("probe", "--draws", 2, "--penalties", "1e-3", "--out", "probe.json", "--labels", "4")
    run(home, *words, "--against", "none")
    run(home, *words, "--against", "kmeans", "--centroids", 5)
    run(home, *words, "--against", "pixels", "--json")
    results = json.loads(capsys.readouterr().out.splitlines()[-1])["results"]
    assert [row["features"] for row in results] == ["dcgan", "kmeans", "pixels"]
    with pytest.raises(DcganError, match=r"probe\.json has kmeans with centroids 5, not 6"):
        run(home, *words, "--against", "kmeans", "--centroids", 6)


def test_a_penalty_at_the_edge_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("probe", "--draws", 2, "--labels", "4", "--against", "none", "--penalties")
    run(home, *words, "1e-9,2e-9")
    assert "the best C is an outermost one of --penalties: dcgan with 4 labels" in capsys.readouterr().err
    run(home, *words, "1e-9")
    assert capsys.readouterr().err.count("--penalties") == 0  # there was nothing to choose from


def test_pictures_that_were_learned_are_not_tested_on(home: Path) -> None:
    with pytest.raises(DcganError, match=r"--test .* has the pictures of .* itself"):
        run(home, "probe", "--test", home / "pictures")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accuracies", []),
        ("accuracies", [float("nan")]),
        ("accuracies", [7]),
        ("accuracies", [[0.5, 0.5]]),
        ("labels_per_class", "-4"),
        ("features", "weird\n"),
        ("confusion", [[1]]),
        ("confusion", [[float("nan"), 1], [0, 1]]),
        ("penalty", float("nan")),
        ("penalty", 10**400),
        ("accuracies", [10**400]),
        ("labels_per_class", float("inf")),
        ("labels_per_class", 5.7),
        ("validation", {"1e-3": 7}),
    ],
)
def test_impossible_results_are_not_believed(home: Path, name: str, value: object) -> None:
    words = ("probe", "--draws", 2, "--penalties", "1e-3", "--out", "probe.json", "--labels", "4", "--against", "none")
    run(home, *words)
    content = json.loads(Path("probe.json").read_text())
    content["results"][0][name] = value
    Path("probe.json").write_text(json.dumps(content))
    with pytest.raises(DcganError, match="is not what `dcgan probe --out` writes"):
        run(home, *words)
    Path("probe.json").write_text("[" * 200_000)
    with pytest.raises(DcganError, match="is not what `dcgan probe --out` writes"):
        run(home, *words)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["probe", "--out", "a.svg", "--curve", "a.svg"], r"--out a\.svg: name a file"),
        (["probe", "--confusion", "file/c.png"], r"cannot write --confusion file/c\.png"),
        (["probe", "--curve", "file/c.svg"], r"cannot write --curve file/c\.svg"),
        (["probe", "--out", "file/p.json"], r"cannot write --out file/p\.json"),
        (["features", "--out", "file/f.npy"], r"cannot write --out file/f\.npy"),
        (["learn", "--out", "file/c"], "cannot write --out file/c"),
        (["learn", "--out", "c", "--grid", "0"], "--grid"),
    ],
)
def test_what_cannot_be_written_is_named_before_any_work(
    home: Path, words: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("file").write_text("no folder")
    monkeypatch.setattr("dcgan.features.extract.DiscriminatorExtractor.extract", stopped)
    with pytest.raises(DcganError, match=message):
        run(home, *words)


def test_one_file_cannot_be_two_outputs() -> None:
    with pytest.raises(DcganError, match="--confusion and --curve name one file"):
        check_files({"--confusion": (Path("a.svg"), [".svg"]), "--curve": (Path("x/../a.svg"), [".svg"])})


def test_what_another_process_adds_meanwhile_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("--draws", 2, "--penalties", "1e-3", "--out", "probe.json", "--labels", "4", "--against")

    def slow(name: str, *rest: Any) -> Any:
        found = list(compare(name, *rest))
        if name == "random":
            with monkeypatch.context() as other:
                other.setattr("dcgan.probing.results.compare", compare)
                run(home, "probe", *words, "pixels")
        return found

    monkeypatch.setattr("dcgan.probing.results.compare", slow)
    run(home, "probe", *words, "random")
    kept = json.loads(Path("probe.json").read_text())["results"]
    assert sorted(row["features"] for row in kept) == ["dcgan", "pixels", "random"]


def test_what_another_probe_wrote_meanwhile_is_not_mixed_in(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("probe", "--draws", 2, "--penalties", "1e-3", "--out", "probe.json", "--labels", "4", "--against", "none")

    def slow(*rest: Any) -> Any:
        found = list(compare(*rest))
        with monkeypatch.context() as other:
            other.setattr("dcgan.probing.results.compare", compare)
            run(home, *words, "--seed", 1)
        return found

    monkeypatch.setattr("dcgan.probing.results.compare", slow)
    with pytest.raises(DcganError, match=r"of another probe \(another seed\)"):
        run(home, *words)


def test_another_discriminator_is_another_probe(home: Path) -> None:
    words = ["--draws", "2", "--labels", "4", "--against", "none", "--out", "probe.json"]
    run(home, "probe", *words)
    net = deepcopy(MODEL.discriminator)
    torch.nn.init.zeros_(net.get_parameter("convolutions.0.weight")[0, 0, 0, 0])
    Path("other").mkdir()
    replace(MODEL, discriminator=net).save(Path("other"))
    with pytest.raises(DcganError, match=r"of another probe \(another model\)"):
        app(["probe", "other", str(home / "pictures"), *words])


def test_the_confusion_is_that_of_the_most_labels(home: Path) -> None:
    words = ("probe", "--draws", 2, "--penalties", "1e-3", "--against", "none", "--confusion")
    run(home, *words, "a.png", "--labels", "all,1,all")
    run(home, *words, "b.png", "--labels", "all")
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()


def test_a_full_temporary_folder_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dcgan.probing.comparison.write_features", full)
    with pytest.raises(DcganError, match="TMPDIR"):
        run(home, "probe", "--labels", "2", "--draws", 1, "--against", "none")


def test_the_learning_curve_has_a_line_for_each_way(home: Path) -> None:
    run(home, "probe", "--draws", 2, "--penalties", "1e-3", "--labels", "2,8,all", "--curve", "curve.svg")
    curve = Path("curve.svg").read_text()
    assert all(f">{name}<" in curve for name in ("dcgan", "random", "pixels"))
    assert curve.count('Z"') == 3  # and a band about each


def test_the_answer_says_what_it_rests_on(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("probe", "--draws", 2, "--penalties", "1e-3", "--labels", "4,all", "--against", "none", "--layers", "1")
    run(home, *words, "--json")
    facts = json.loads(capsys.readouterr().out)
    assert facts["labels"] == ["left", "right"]
    assert facts["settings"]["dcgan"]["layers"] == [1]
    few, every = facts["results"]
    assert few["spread"] >= 0
    assert every["spread"] is None
    run(home, *words, "--confusion", "c.png", "--curve", "c.svg")
    assert capsys.readouterr().out.splitlines()[-2:] == ["confusion: c.png", "learning curve: c.svg"]


def test_the_table_names_each_way(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(home, "probe", "--labels", "4", "--draws", 2, "--against", "none", "--test", home / "others")
    out = capsys.readouterr().out
    assert "dcgan: the discriminator's maps" in out
    assert "4 labels" in out


def test_features_are_written(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(home, "features", "--out", "f.npy", "--layers", "1", "--grid", 2, "--half", "--json")
    facts = json.loads(capsys.readouterr().out)
    features = np.load("f.npy")
    assert features.shape == (120, facts["features"]) == (120, 64)
    assert features.dtype == np.float16
    run(home, "features", "--out", "g.parquet", "--statistics", home / "pictures")
    assert Path("g.parquet").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["probe", "--labels", "some"], "--labels"),
        (["probe", "--labels", "0"], "--labels"),
        (["probe", "--labels", "1000"], "left has .* 1000 are wanted"),
        (["probe", "--validation", "0.999"], "left has .* 0 are left to learn from"),
        (["learn", "--out", "c", "--seed", "-1"], "--seed"),
        (["probe", "--against", "magic"], "--against magic: there are dcgan"),
        (["probe", "--penalties", "0"], "--penalties"),
        (["probe", "--penalties", "a"], "--penalties"),
        (["probe", "--validation", "1"], "--validation"),
        (["probe", "--layers", "x"], "--layers"),
        (["probe", "--curve", "c.png"], "--curve c.png"),
        (["probe", "--confusion", "c.txt"], "--confusion c.txt"),
        (["probe", "--trainings", "0"], "--trainings"),
        (["probe", "--layers", "7"], "--layers"),
        (["features", "--out", "f.csv"], "--out f.csv"),
        (["features", "--out", "f.npy", "--layers", "9"], "--layers.*layers 0 to 1"),
        (["features", "--out", "f.npy", "--grid", "0"], "--grid"),
    ],
)
def test_mistakes_are_named(home: Path, words: list[str], message: str) -> None:
    with pytest.raises(DcganError, match=message):
        run(home, words[0], *words[1:])


def test_a_source_without_labels_is_named(home: Path) -> None:
    with pytest.raises(DcganError, match="a folder of its own"):
        app(["probe", str(home / "model"), str(home / "pictures" / "left")])


def test_a_classifier_is_learned_once_and_labels_pictures(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(home, "learn", "--out", "classifier", "--json")
    facts = json.loads(capsys.readouterr().out)
    assert facts["accuracy"] > 0.9
    assert facts["penalty"] in PENALTIES
    words = [str(home / "pictures"), "--review", "unsure.png", "--json"]
    app(["classify", "classifier", *words, "--out", "labels.csv"])
    facts = json.loads(capsys.readouterr().out)
    assert facts["labels"] == {"left": 60, "right": 60}
    assert (facts["known"], facts["right"], facts["skipped"]) == (120, 120, 0)
    app(["classify", "classifier", *words, "--out", "labels.parquet"])
    rows = pq.read_table("labels.parquet").to_pylist()
    assert all(row["name"].startswith(row["label"]) and row["margin"] >= 0 for row in rows)
    assert Path("labels.csv").read_text().splitlines()[0] == '"name","label","score","second","margin"'
    assert len(Path("labels.csv").read_text().splitlines()) == 121
    assert Path("unsure.png").exists()
    with pytest.raises(DcganError, match="exists"):
        run(home, "learn", "--out", "classifier")


def test_labels_that_are_there_are_not_overwritten(home: Path) -> None:
    run(home, "learn", "--out", "classifier")
    Path("labels.csv").write_text("corrected by hand")
    with pytest.raises(DcganError, match=r"--out labels\.csv exists"):
        app(["classify", "classifier", str(home / "pictures")])
    assert Path("labels.csv").read_text() == "corrected by hand"


def test_how_many_got_the_label_of_their_folder_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(home, "learn", "--out", "classifier")
    for folder, content in {"left": "right", "right": "left", "elsewhere": "left"}.items():
        shutil.copytree(home / "others" / content, Path("mixed") / folder)
    app(["classify", "classifier", "mixed"])
    assert "0.0% of the 40 pictures that came with one of these labels" in capsys.readouterr().out


def test_a_loaded_classifier_says_what_the_learned_one_says(home: Path) -> None:
    run(home, "learn", "--out", "classifier", "--layers", "0,1", "--grid", 2)
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
        ("classifier.json", '{"format": 9}', "of another dcgan"),
        ("classifier.json", '{"format": 2}', "damaged"),
        ("machine.safetensors", "x", "checksum differs"),
        ("model/discriminator.safetensors", "x", "checksum differs"),
    ],
)
def test_a_damaged_classifier_is_named(home: Path, file: str, content: str, message: str) -> None:
    run(home, "learn", "--out", "classifier")
    (Path("classifier") / file).write_text(content)
    with pytest.raises(DcganError, match=message):
        app(["classify", "classifier", str(home / "pictures")])


def test_a_classifier_without_its_model_is_named(home: Path) -> None:
    run(home, "learn", "--out", "classifier")
    Path("classifier/model").rename("elsewhere")
    with pytest.raises(DcganError, match="its model/ is missing"):
        app(["classify", "classifier", str(home / "pictures")])


@pytest.mark.parametrize(
    ("field", "value"), [("penalty", 10**400), ("labels", ["a", "a"]), ("grid", 0), ("layers", [9])]
)
def test_an_impossible_classifier_is_named(home: Path, field: str, value: object) -> None:
    run(home, "learn", "--out", "classifier")
    card = json.loads(Path("classifier/classifier.json").read_text())
    Path("classifier/classifier.json").write_text(json.dumps({**card, field: value}))
    with pytest.raises(DcganError, match=r"classifier\.json (is damaged|does not fit)"):
        app(["classify", "classifier", str(home / "pictures")])


def test_names_of_strangers_do_not_drive_the_terminal(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(home, "learn", "--out", "classifier")
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
        app(["learn", str(home / "model"), "single", "--out", "c"])
    with pytest.raises(DcganError, match="left has 1 picture;"):
        app(["probe", str(home / "model"), "single"])


def test_what_is_no_classifier_is_named(home: Path) -> None:
    with pytest.raises(DcganError, match="is no classifier"):
        app(["classify", str(home / "model"), str(home / "pictures")])
    with pytest.raises(DcganError, match=r"--out x\.txt"):
        app(["classify", "c", str(home / "pictures"), "--out", "x.txt"])
    with pytest.raises(DcganError, match="two classes"):
        app(["learn", str(home / "model"), str(home / "pictures" / "left"), "--out", "c"])
