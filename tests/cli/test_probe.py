"""The verbs `extract-features` and `probe`, on a small model."""

import json
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.cli.labeled_folders import MODEL, make_home

from dcgan.cli import app
from dcgan.cli.outputs import check_files
from dcgan.errors import DcganError
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.initialize import untrained_discriminator
from dcgan.probing.baselines.supervised import train_classifier


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
    monkeypatch.setattr("dcgan.probing.baselines.supervised.IMAGES_SEEN", 500)


def run(home: Path, verb: str, *words: object) -> None:
    app([verb, str(home / "model"), str(home / "pictures"), *map(str, words)])


def test_all_ways_are_probed_on_the_same_splits(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    baselines = "random,pixels,kmeans,learned-rf,supervised,finetuned"
    small = ("--repeats", 3, "--centroids", 8, "--trials", 1, "--C", "1e-3,1e-1")
    run(
        home, "probe", "--labels-per-class", "5,all", "--baselines", baselines, *small, "--confusion", "c.png", "--json"
    )
    results = json.loads(capsys.readouterr().out)["results"]
    assert {(row["baseline"], row["labels_per_class"]) for row in results} == {
        (name, labels) for name in ("dcgan", *baselines.split(",")) for labels in ("5", "all")
    }
    accuracy = {(row["baseline"], row["labels_per_class"]): row["accuracy"] for row in results}
    assert min(accuracy["dcgan", "all"], accuracy["random", "all"], accuracy["pixels", "all"]) > 0.9
    linear = [row for row in results if row["labels_per_class"] == "5" and row["baseline"] in ("dcgan", "kmeans")]
    assert [row["repeats"] for row in linear] == [3, 3]
    assert Path("c.png").exists()


def test_a_probe_goes_on_where_it_was_stopped(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("probe", "--repeats", 2, "--C", "1e-3", "--out", "probe.json", "--labels-per-class", "4,6")
    with monkeypatch.context() as pressed:
        pressed.setattr("dcgan.probing.baselines.pixels.PixelFeatures.extract", stopped)
        with pytest.raises(KeyboardInterrupt):
            run(home, *words, "--baselines", "pixels")
    assert "the same command goes on" in capsys.readouterr().err
    before = json.loads(Path("probe.json").read_text())["results"]
    assert [(row["baseline"], row["labels_per_class"]) for row in before] == [("dcgan", "4"), ("dcgan", "6")]
    monkeypatch.setattr("dcgan.features.extract.DiscriminatorExtractor.extract", stopped)
    run(home, *words, "--baselines", "pixels", "--json")
    results = json.loads(capsys.readouterr().out)["results"]
    assert results[:2] == before
    assert [row["baseline"] for row in results] == ["dcgan", "dcgan", "pixels", "pixels"]


def test_a_search_goes_on_with_its_trials(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = ("--labels-per-class", "5", "--repeats", 2, "--C", "1e-3", "--trials", 3, "--baselines", "supervised")
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
        with pytest.raises(KeyboardInterrupt):
            run(home, "probe", *small, "--out", "probe.json")
    (unfinished,) = json.loads(Path("probe.json").read_text())["unfinished"]
    assert list(unfinished["validation"]) == ["0", "1"]
    run(home, "probe", *small, "--out", "probe.json", "--json")
    assert json.loads(capsys.readouterr().out)["results"] == whole
    assert json.loads(Path("probe.json").read_text())["unfinished"] == []


def stopped(*_: object) -> None:
    raise KeyboardInterrupt


def test_results_of_another_probe_are_not_mixed_in(home: Path) -> None:
    words = (
        "probe",
        "--repeats",
        2,
        "--C",
        "1e-3",
        "--out",
        "probe.json",
        "--labels-per-class",
        "4",
        "--baselines",
        "none",
    )
    run(home, *words)
    kept = Path("probe.json").read_text()
    with pytest.raises(DcganError, match=r"probe\.json has results of another probe .another seed."):
        run(home, *words, "--seed", 1)
    assert Path("probe.json").read_text() == kept
    Path("probe.json").write_text("{}")
    with pytest.raises(DcganError, match="is not a file of results of a probe"):
        run(home, *words)


def test_another_way_is_added_with_settings_of_its_own(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("probe", "--repeats", 2, "--C", "1e-3", "--out", "probe.json", "--labels-per-class", "4")
    run(home, *words, "--baselines", "none")
    run(home, *words, "--baselines", "kmeans", "--centroids", 5)
    run(home, *words, "--baselines", "pixels", "--json")
    results = json.loads(capsys.readouterr().out.splitlines()[-1])["results"]
    assert [row["baseline"] for row in results] == ["dcgan", "kmeans", "pixels"]
    content = json.loads(Path("probe.json").read_text())
    del content["about"]["test_pictures"], content["about"]["shared_pictures"]  # of a file from before there were these
    Path("probe.json").write_text(json.dumps(content))
    run(home, *words, "--baselines", "random")
    with pytest.raises(DcganError, match=r"probe\.json has kmeans with `centroids` 5, not 6"):
        run(home, *words, "--baselines", "kmeans", "--centroids", 6)


def test_a_c_at_the_edge_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("probe", "--repeats", 2, "--labels-per-class", "4", "--baselines", "none", "--C")
    run(home, *words, "1e-9,2e-9")
    told = capsys.readouterr().err
    assert "dcgan with 4 labels has not fallen at the largest --C tried, 2e-09: a larger one may be better" in told
    run(home, *words, "1e-9")
    assert "--C" not in capsys.readouterr().err  # there was nothing to choose from


def test_results_of_an_older_dcgan_are_refused_with_a_remedy(home: Path) -> None:
    Path("probe.json").write_text('{"format": "dcgan probe 3"}')
    with pytest.raises(DcganError, match=r"probe\.json was written by another version of dcgan; probe again"):
        run(home, "probe", "--out", "probe.json")


def test_wrong_use_names_the_flag_and_exits_with_2(home: Path) -> None:
    words = [sys.executable, "-m", "dcgan", "probe", str(home / "model"), str(home / "pictures"), "--repeats", "0"]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "--repeats must be 1 or more, not 0" in result.stderr


def test_pictures_that_were_learned_are_not_tested_on(home: Path) -> None:
    with pytest.raises(DcganError, match=r"`test` has the pictures that the SVM learns from"):
        run(home, "probe", "--test", home / "pictures")


FIRST = ("probe", "--repeats", 2, "--C", "1e-3", "--labels-per-class", 4, "--baselines", "none", "--out", "probe.json")


@pytest.fixture(scope="module")
def probed(home: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a probe has written."""
    folder = tmp_path_factory.mktemp("probed")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("DCGAN_CACHE", str(home / "cache"))
        run(home, *FIRST)
    return (folder / "probe.json").read_text()


@pytest.mark.parametrize(("name", "value"), [("shared_pictures", "abc"), ("test_pictures", None)])
def test_counts_that_are_none_are_not_believed(home: Path, probed: str, name: str, value: object) -> None:
    content = json.loads(probed)
    content["about"] |= {"shared_pictures": 3, name: value}
    Path("probe.json").write_text(json.dumps(content))
    with pytest.raises(DcganError, match="is not a file of results of a probe"):
        app(["paper-table", "table-1", "--out", "probe.json"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accuracies", []),
        ("accuracies", [float("nan")]),
        ("accuracies", [7]),
        ("accuracies", [[0.5, 0.5]]),
        ("labels_per_class", "-4"),
        ("baseline", "weird\n"),
        ("confusion", [[1]]),
        ("confusion", [[float("nan"), 1], [0, 1]]),
        ("C", float("nan")),
        ("C", 10**400),
        ("accuracies", [10**400]),
        ("labels_per_class", float("inf")),
        ("labels_per_class", 5.7),
        ("validation", {"1e-3": 7}),
        ("validation", {"nan": 0.5}),
    ],
)
def test_impossible_results_are_not_believed(home: Path, probed: str, name: str, value: object) -> None:
    content = json.loads(probed)
    content["results"][0][name] = value
    Path("probe.json").write_text(json.dumps(content))
    with pytest.raises(DcganError, match="is not a file of results of a probe"):
        run(home, *FIRST)
    Path("probe.json").write_text("[" * 200_000)
    with pytest.raises(DcganError, match="is not a file of results of a probe"):
        run(home, *FIRST)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["probe", "--out", "a.svg", "--curve", "a.svg"], r"--out a\.svg: name a file"),
        (["probe", "--confusion", "file/c.png"], r"cannot write --confusion file/c\.png"),
        (["probe", "--curve", "file/c.svg"], r"cannot write --curve file/c\.svg"),
        (["probe", "--out", "file/p.json"], r"cannot write --out file/p\.json"),
        (["extract-features", "--out", "file/f.npy"], r"cannot write --out file/f\.npy"),
        (["fit-classifier", "--out", "file/c"], "cannot write --out file/c"),
        (["fit-classifier", "--out", "c", "--grid", "0"], "`grid`"),
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
    files = {"--confusion": (Path("a.svg"), [".svg"]), "--curve": (Path("x/../a.svg"), [".svg"])}
    with pytest.raises(DcganError, match="--confusion and --curve name one file"):
        check_files(files, overwrite=False)


def interfere(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Let `act` happen once, as another process would do it, while random weights are judged."""

    def build_and_act(*given: Any) -> Discriminator:
        monkeypatch.setattr("dcgan.probing.baselines.discriminator.untrained_discriminator", untrained_discriminator)
        act()
        return untrained_discriminator(*given)

    monkeypatch.setattr("dcgan.probing.baselines.discriminator.untrained_discriminator", build_and_act)


def test_what_another_process_adds_meanwhile_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("--repeats", 2, "--C", "1e-3", "--out", "probe.json", "--labels-per-class", "4", "--baselines")
    interfere(monkeypatch, lambda: run(home, "probe", *words, "pixels"))
    run(home, "probe", *words, "random")
    kept = json.loads(Path("probe.json").read_text())["results"]
    assert sorted(row["baseline"] for row in kept) == ["dcgan", "pixels", "random"]


def test_what_another_probe_wrote_meanwhile_is_not_mixed_in(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("probe", "--repeats", 2, "--C", "1e-3", "--labels-per-class", "4", "--out", "probe.json", "--baselines")

    def other() -> None:
        Path("probe.json").unlink()
        run(home, *words, "none", "--seed", 1)

    interfere(monkeypatch, other)
    with pytest.raises(DcganError, match=r"of another probe \(another seed\)"):
        run(home, *words, "random")


def test_another_discriminator_is_another_probe(home: Path) -> None:
    words = ["--repeats", "2", "--labels-per-class", "4", "--baselines", "none", "--out", "probe.json"]
    run(home, "probe", *words)
    net = deepcopy(MODEL.discriminator)
    torch.nn.init.zeros_(net.get_parameter("convolutions.0.weight")[0, 0, 0, 0])
    Path("other").mkdir()
    replace(MODEL, discriminator=net).write_into(Path("other"))
    with pytest.raises(DcganError, match=r"of another probe \(another model\)"):
        app(["probe", "other", str(home / "pictures"), *words])


def test_the_confusion_is_that_of_the_most_labels(home: Path) -> None:
    words = ("probe", "--repeats", 2, "--C", "1e-3", "--baselines", "none", "--confusion")
    run(home, *words, "a.png", "--labels-per-class", "all,1,all")
    run(home, *words, "b.png", "--labels-per-class", "all")
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()


def test_a_full_temporary_folder_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dcgan.probing.labeled_features.write_features", full)
    with pytest.raises(DcganError, match="TMPDIR"):
        run(home, "probe", "--labels-per-class", "2", "--repeats", 1, "--baselines", "none")


def test_the_learning_curve_has_a_line_for_each_way(home: Path) -> None:
    run(home, "probe", "--repeats", 2, "--C", "1e-3", "--labels-per-class", "2,8,all", "--curve", "curve.svg")
    curve = Path("curve.svg").read_text()
    assert all(f">{name}<" in curve for name in ("dcgan", "random", "pixels"))
    assert curve.count('Z"') == 3  # and a band about each


def test_the_answer_says_what_it_rests_on(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = (
        "probe",
        "--repeats",
        2,
        "--C",
        "1e-3",
        "--labels-per-class",
        "4,all",
        "--baselines",
        "none",
        "--layers",
        "1",
    )
    run(home, *words, "--json")
    facts = json.loads(capsys.readouterr().out)
    assert facts["labels"] == ["left", "right"]
    assert facts["settings"]["dcgan"]["layers"] == [1]
    few, every = facts["results"]
    assert few["interval"] >= 0
    assert every["interval"] is None
    run(home, *words, "--confusion", "c.png", "--curve", "c.svg")
    assert capsys.readouterr().out.splitlines()[-2:] == ["confusion: c.png", "learning curve: c.svg"]


def test_the_table_names_each_way(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(home, "probe", "--labels-per-class", "4", "--repeats", 2, "--baselines", "none", "--test", home / "others")
    out = capsys.readouterr().out
    assert "dcgan: the discriminator's maps" in out
    assert "4 labels" in out


def test_features_are_written(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(home, "extract-features", "--out", "f.npy", "--layers", "1", "--grid", 2, "--dtype", "float16", "--json")
    facts = json.loads(capsys.readouterr().out)
    features = np.load("f.npy")
    assert features.shape == (120, facts["features"]) == (120, 64)
    assert features.dtype == np.float16
    run(home, "extract-features", "--out", "g.parquet", "--statistics", home / "pictures")
    assert Path("g.parquet").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["probe", "--labels-per-class", "some"], "--labels-per-class"),
        (["probe", "--labels-per-class", "0"], "`labels_per_class`"),
        (["probe", "--labels-per-class", "1000"], "left has .* fewer than 1000"),
        (["probe", "--validation", "0.999"], "left has .* 0 are left to learn from"),
        (["fit-classifier", "--out", "c", "--seed", "-1"], "`seed`"),
        (["fit-classifier", "--out", "c", "--C", "0"], "`C` must be above 0"),
        (["probe", "--baselines", "magic"], "`baselines` must be some of dcgan, .*, not magic"),
        (["probe", "--C", "0"], "`C` must be above 0"),
        (["probe", "--C", "a"], "--C"),
        (["probe", "--validation", "1"], "`validation`"),
        (["probe", "--centroids", "0"], "`centroids`"),
        (["probe", "--layers", "x"], "--layers"),
        (["probe", "--curve", "c.png"], "--curve c.png"),
        (["probe", "--confusion", "c.txt"], "--confusion c.txt"),
        (["probe", "--trainings", "0"], "`trainings`"),
        (["probe", "--layers", "7"], "`layers`"),
        (["extract-features", "--out", "f.csv"], "--out f.csv"),
        (["extract-features", "--out", "f.npy", "--layers", "9"], "`layers` must be some of 0 to 1"),
        (["extract-features", "--out", "f.npy", "--grid", "0"], "`grid`"),
    ],
)
def test_mistakes_are_named(home: Path, words: list[str], message: str) -> None:
    with pytest.raises(DcganError, match=message):
        run(home, words[0], *words[1:])


def test_a_source_without_labels_is_named(home: Path) -> None:
    with pytest.raises(DcganError, match="a folder of its own"):
        app(["probe", str(home / "model"), str(home / "pictures" / "left")])
