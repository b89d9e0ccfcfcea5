"""The verb `neighbors`: a figure, a short answer, one line for machines."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.training.toys import TOY, discs

from dcgan.cli import app
from dcgan.errors import DcganError
from dcgan.training.run import train


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("neighbors")
    np.save(home / "discs.npy", discs(40)[..., 0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DCGAN_CACHE", str(home / "cache"))
        train(home / "discs.npy", home / "run", TOY)
    return home


@pytest.fixture(autouse=True)
def cache(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(home / "cache"))


def neighbors(home: Path, *words: object) -> None:
    app(["neighbors", str(home / "run"), str(home / "discs.npy"), *map(str, words)])


def test_it_makes_a_figure_and_says_how_near(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    neighbors(home, "--seeds", "1,2", "--nearest", 3, "--out", tmp_path / "near.png")
    out = capsys.readouterr().out
    assert "times as far from the nearest of 40 pictures as those are from each other" in out
    assert f"neighbors: {tmp_path / 'near.png'}" in out
    with Image.open(tmp_path / "near.png") as figure:
        assert figure.width > 4 * 64


def test_json_names_the_neighbors_of_each_sample(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    neighbors(home, "--seeds", "7", "--nearest", 2, "--out", tmp_path / "near.webp", "--json")
    facts = json.loads(capsys.readouterr().out)
    assert (facts["source"], facts["searched"]) == (str(home / "discs.npy"), 40)
    (sample,) = facts["samples"]
    assert sample["sample"] == "7"
    first, second = sample["nearest"]
    assert first["name"].startswith("discs.npy[")
    assert 0 < first["distance"] <= second["distance"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--out", "near.txt"], "--out near.txt"),
        (["--nearest", "0"], "`nearest` must be 1 to 100"),
        (["--extractor", "vgg"], "`extractor` must be one of"),
        (["--seeds", "1", "--latents", "z.npz"], "leave one out"),
    ],
)
def test_wrong_use_is_refused(words: list[str], expected: str, home: Path) -> None:
    with pytest.raises(DcganError, match=expected):
        neighbors(home, *words)
