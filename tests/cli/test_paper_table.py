"""The verb `paper-table`: the paper's tables with our figures beside."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.toy_model import toy_model

from dcgan.cli import app
from dcgan.errors import DcganError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model, and pictures and others sorted into two folders each: dark and bright."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    toy_model().save(tmp_path / "model")
    random = np.random.default_rng(0)
    for folder, name, level, count in (
        ("pictures", "dark", 0, 130),
        ("pictures", "bright", 120, 130),
        ("others", "dark", 0, 20),
        ("others", "bright", 120, 20),
    ):
        (tmp_path / folder / name).mkdir(parents=True)
        for place in range(count):
            picture = random.integers(level, level + 135, (16, 16, 3)).astype(np.uint8)
            Image.fromarray(picture).save(tmp_path / folder / name / f"{place}.png")
    return tmp_path


def test_without_results_the_papers_figures_stand_alone(capsys: pytest.CaptureFixture[str]) -> None:
    app(["paper-table", "table-1"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split("  ")[0] == "CIFAR-10, accuracy in %"
    assert lines[-1].split() == ["DCGAN", "+", "L2-SVM", "82.8", "73.8", "±", "0.4"]


def test_what_was_measured_stands_beside_the_papers_and_the_rest_stays_empty(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["paper-table", "table-2", "model", "--data", "pictures", "--test", "others", "--out", "t.json"]
    app([*words, "--repeats", "2", "--baselines", "pixels"])
    printed = capsys.readouterr().out
    lines = {line.split("  ")[0]: line.split()[-4:] for line in printed.splitlines()}
    results = {row["baseline"]: row for row in json.loads(Path("t.json").read_text())["results"]}
    ours = f"{100 - 100 * results['dcgan']['accuracy']:.1f}"
    assert lines["DCGAN + L2-SVM"][1 if "±" in lines["DCGAN + L2-SVM"] else -1].startswith(ours)
    assert lines["K nearest neighbors"][-1] == "77.93"
    assert "pixels (not in the paper)" in lines
    app(["paper-table", "table-2", "--out", "t.json"])
    again = capsys.readouterr()
    assert again.out == printed
    assert "these results are of 2 classes, bright, dark: not of the table's set" in again.err
    app(["paper-table", "table-1", "--json"])
    published = json.loads(capsys.readouterr().out)["published"]
    assert published[-1] == {"method": "DCGAN + L2-SVM", "all labels": "82.8", "400 a class": "73.8 ± 0.4"}
    app(["paper-table", "table-1", "--out", "t.json"])
    assert "none of these results was measured with the table's numbers of labels" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["table-1", "model"], "--data and --test are needed"),
        (["table-1", "--data", "pictures"], "name a MODEL"),
        (["table-1", "--repeats", "5", "--C", "0.5"], "name a MODEL to measure with, or leave `repeats`, `C` out"),
        (["table-1", "--out", "missing.json"], "cannot read missing.json"),
        (["table-1", "model", "--data", "pictures", "--test", "others", "--repeats", "0"], "`repeats`"),
        (["table-1", "model", "--data", "pictures", "--test", "others", "--baselines", "x"], "not x"),
        (["table-1", "model", "--data", "pictures", "--test", "others", "--repeats", "1"], "fewer than 400"),
    ],
)
def test_mistakes_are_named(home: Path, words: list[str], message: str) -> None:
    with pytest.raises(DcganError, match=message):
        app(["paper-table", *words])
