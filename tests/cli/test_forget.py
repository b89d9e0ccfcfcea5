"""The verb `forget`, on a small model."""

import json
from pathlib import Path

import pytest
from PIL import Image
from tests.toy_model import toy_model

from dcgan.cli import app
from dcgan.errors import DcganError
from dcgan.model import load


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model, and boxes on some of its samples."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").mkdir()
    toy_model().save(tmp_path / "model")
    rows = [f"{seed},{seed % 8},2,{seed % 8 + 6},9" for seed in range(20)]
    (tmp_path / "boxes.csv").write_text("\n".join(["seed,left,top,right,bottom", *rows]))
    return tmp_path


def test_a_model_comes_out_that_any_verb_takes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app(["forget", "model", "--boxes", "boxes.csv", "--out", "forgetful", "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert facts["boxes"] == 20
    assert facts["dropped"] == [place for place, weight in enumerate(facts["weights"]) if weight > 0]
    assert 0 <= facts["area"] <= 1
    assert load("forgetful").details["forgotten"]
    with Image.open("forgetful.png") as figure:
        assert figure.width > 500
    app(["sample", "forgetful", "--seeds", "0-3", "--out", "sheet.png"])
    app(["forget", "forgetful", "--boxes", "boxes.csv", "--out", "twice", "--figure", "t.png", "--scale", "0.5"])
    assert "dropped" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "say where the object is"),
        (["--boxes", "boxes.csv", "--detect", "glasses"], "say where the object is"),
        (["--boxes", "none.csv"], "cannot read the boxes none.csv"),
        (["--detect", "nose"], "no 'nose' to take off"),
        (["--boxes", "boxes.csv", "--layer", "9"], "--layer 9: the hidden layers"),
        (["--boxes", "boxes.csv", "--threshold", "1000"], "no map of layer"),
        (["--boxes", "boxes.csv", "--threshold", "nan"], "--threshold"),
        (["--boxes", "boxes.csv", "--scale", "1"], "--scale"),
        (["--boxes", "boxes.csv", "--figure", "f.txt"], "--figure f.txt"),
        (["--boxes", "boxes.csv", "--seed", "-1"], "--seed"),
    ],
)
def test_mistakes_are_named_and_nothing_is_made(home: Path, words: list[str], message: str) -> None:
    with pytest.raises(DcganError, match=message):
        app(["forget", "model", "--out", "forgetful", *words])
    assert not Path("forgetful").exists()


def test_a_folder_in_the_way_is_named(home: Path) -> None:
    with pytest.raises(DcganError, match="--out model exists"):
        app(["forget", "model", "--boxes", "boxes.csv", "--out", "model"])
