"""The verb `insert`, on a small model."""

import json
from pathlib import Path

import pytest
from PIL import Image
from tests.toy_model import toy_model

from dcgan.cli import app
from dcgan.errors import DcganError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model, and boxes on half of the samples that were looked at."""
    monkeypatch.chdir(tmp_path)
    toy_model().save(tmp_path / "model")
    boxes = [{"seed": seed, "left": 2, "top": seed % 5, "right": 9, "bottom": seed % 5 + 7} for seed in range(20)]
    (tmp_path / "boxes.json").write_text(json.dumps({"boxes": boxes, "seeds": list(range(40))}))
    (tmp_path / "all.json").write_text(json.dumps(boxes))
    (tmp_path / "at.csv").write_text("seed,left,top,right,bottom\n77,0,0,8,8\n78,8,8,16,16\n")
    return tmp_path


def test_by_default_it_goes_where_it_usually_is(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app(["insert", "model", "--boxes", "boxes.json", "--out", "inserted.png", "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert facts["samples"] == list(range(20, 32))
    assert facts["change"]["inside"] > facts["change"]["outside"]
    with Image.open("inserted.png") as figure:
        assert figure.width > 500


def test_where_it_goes_can_be_said(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app(["insert", "model", "--boxes", "boxes.json", "--at", "at.csv", "--out", "inserted.png", "--strength", "2"])
    assert "on 2 samples: inserted.png" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "say where the object is"),
        (["--boxes", "all.json"], "name with `at` a file of boxes"),
        (["--boxes", "boxes.json", "--at", "none.csv"], "cannot read `at` none.csv"),
        (["--boxes", "boxes.json", "--strength", "0"], "`strength` must be above 0"),
        (["--boxes", "boxes.json", "--layer", "9"], "`layer` 9: the hidden layers"),
        (["--boxes", "boxes.json", "--threshold", "1000"], "no map of layer"),
        (["--boxes", "boxes.json", "--out", "x.txt"], "--out x.txt"),
    ],
)
def test_mistakes_are_named_and_nothing_is_made(home: Path, words: list[str], message: str) -> None:
    with pytest.raises(DcganError, match=message):
        app(["insert", "model", *([] if "--out" in words else ["--out", "inserted.png"]), *words])
    assert not Path("inserted.png").exists()
