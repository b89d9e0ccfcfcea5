"""The verb `forget`, on a small model."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from PIL import Image
from tests.toy_model import toy_model

from dcgan.cli import app
from dcgan.errors import DcganError
from dcgan.loading import load


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model, and boxes on some of its samples."""
    monkeypatch.chdir(tmp_path)
    toy_model().save(tmp_path / "model")
    rows = [f"{seed},{seed % 8},2,{seed % 8 + 6},9" for seed in range(20)]
    (tmp_path / "boxes.csv").write_text("\n".join(["seed,left,top,right,bottom", *rows]))
    (tmp_path / "empty.json").write_text("[]")
    return tmp_path


def test_a_model_comes_out_that_any_verb_takes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app(["forget", "model", "--boxes", "boxes.csv", "--out", "forgetful", "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert facts["boxes"] == 20
    assert facts["dropped"] == [channel for channel, weight in enumerate(facts["weights"]) if weight > 0]
    assert 0 <= facts["roc_auc"] <= 1
    assert load("forgetful").details["forgotten"]
    with Image.open("forgetful.png") as figure:
        assert figure.width > 500
    assert facts["change"]["after"]["inside"] > 0
    app(["sample", "forgetful", "--seeds", "0-3", "--out", "sheet.png"])
    app(["forget", "forgetful", "--boxes", "boxes.csv", "--out", "twice", "--figure", "t.png", "--scale", "0.5"])
    assert "multiplied by 0.5" in capsys.readouterr().out


def test_a_control_drops_as_many_random_maps(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for control in ([], ["--control"]):
        app(["forget", "model", "--boxes", "boxes.csv", "--out", f"f{len(control)}", "--json", *control])
    alone, beside = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert [*beside["change"]] == ["after", "random maps"]
    assert beside["change"]["after"] == alone["change"]["after"] != beside["change"]["random maps"]
    with Image.open("f0.png") as two_rows, Image.open("f1.png") as three_rows:
        assert three_rows.height > two_rows.height + 60


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "say where the object is"),
        (["--annotate", "--detect", "glasses"], "say where the object is"),
        (["--annotate", "--boxes", "boxes.csv"], "--annotate saves boxes in a .json"),
        (["--annotate", "--boxes", "empty.json"], "not made by `annotate`"),
        (["--annotate", "--port", "99999"], "--port"),
        (["--annotate", "--layer", "9"], "`layer` 9"),
        (["--annotate", "--seeds", "0-9999"], "a page shows 2,000 samples"),
        (["--detect", "glasses", "--seeds", "abc"], "--seeds 'abc'"),
        (["--boxes", "boxes.csv", "--figure", "boxes.csv/f.png"], "cannot write --figure boxes.csv/f.png"),
        (["--boxes", "boxes.csv", "--detect", "glasses"], "say where the object is"),
        (["--boxes", "boxes.csv", "--seeds", "0-9"], "--seeds are the samples that --annotate shows"),
        (["--boxes", "none.csv"], "cannot read `boxes` none.csv"),
        (["--boxes", "empty.json"], "there are no boxes"),
        (["--detect", "nose"], "not 'nose'; draw boxes"),
        (["--boxes", "boxes.csv", "--layer", "9"], "`layer` 9: the hidden layers"),
        (["--boxes", "boxes.csv", "--threshold", "1000"], "no map of layer"),
        (["--boxes", "boxes.csv", "--threshold", "nan"], "`threshold`"),
        (["--boxes", "boxes.csv", "--scale", "1"], "`scale` must be -10 to less than 1"),
        (["--boxes", "boxes.csv", "--figure", "f.txt"], "--figure f.txt"),
        (["--boxes", "boxes.csv", "--seed", "-1"], "`seed` must be a whole number from 0"),
        (["--boxes", "boxes.csv", "--seed", str(2**64 - 1)], "`seed` must be a whole number from 0"),
    ],
)
def test_mistakes_are_named_and_nothing_is_made(home: Path, words: list[str], message: str) -> None:
    with pytest.raises(DcganError, match=message):
        app(["forget", "model", "--out", "forgetful", *words])
    assert not Path("forgetful").exists()


def test_a_folder_in_the_way_is_named(home: Path) -> None:
    with pytest.raises(DcganError, match="--out model exists"):
        app(["forget", "model", "--boxes", "boxes.csv", "--out", "model"])


@pytest.mark.parametrize(
    ("verb", "flag"),
    [("forget", "scale"), ("forget", "threshold"), ("insert", "strength"), ("insert", "threshold"), ("insert", "seed")],
)
def test_values_are_checked_before_boxes_are_looked_for(
    verb: str, flag: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dcgan.cli.box_flags.BoxFlags.boxes_on", lambda *_: pytest.fail("too early"))
    value = str(2**64 - 1) if flag == "seed" else "nan"
    with pytest.raises(DcganError, match=f"`{flag}` must be"):
        app([verb, "model", "--boxes", "boxes.csv", "--out", "new.png", f"--{flag}", value])


@pytest.mark.parametrize("words", [["--figure", "x.png"], ["--threshold", "0.2"], ["--scale", "0.5"], ["--control"]])
def test_without_a_model_to_make_flags_that_say_how_to_forget_are_refused(home: Path, words: list[str]) -> None:
    with pytest.raises(DcganError, match=f"{words[0]} says how to forget, and without --out nothing is forgotten"):
        app(["forget", "model", "--annotate", *words])


@contextmanager
def annotating(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The verb with --annotate in a process of its own, and the address of its page."""
    command = [sys.executable, "-m", "dcgan", "forget", "model", "--annotate", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/\S+", line)
        assert found, line
        yield process, found[0]
    finally:
        process.kill()


def draw_some(address: str, seeds: Iterable[int]) -> None:
    change = {"boxes": [{"left": 2, "top": 2, "right": 8, "bottom": 9}], "before": [[]]}
    for seed in seeds:
        urlopen(Request(f"{address}boxes/{seed}", json.dumps(change).encode(), method="PUT")).close()


def test_boxes_drawn_on_the_page_are_forgotten_when_it_is_done(home: Path) -> None:
    with annotating("--seeds", "0-9", "--boxes", "drawn.json", "--out", "forgetful") as (process, address):
        draw_some(address, range(10))
        urlopen(f"{address}done", b"").close()
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "10 boxes on 10 samples" in out
    assert load("forgetful").details["forgotten"]


def test_without_out_boxes_are_drawn_and_no_more(home: Path) -> None:
    with annotating("--seeds", "0-9", "--json") as (process, address):
        draw_some(address, [4])
        urlopen(f"{address}done", b"").close()
        out, _ = process.communicate(timeout=60)
    assert json.loads(out) == {"boxes": 1, "samples": 1, "file": "boxes.json"}


def test_ctrl_c_keeps_the_boxes(home: Path) -> None:
    with annotating("--out", "forgetful") as (process, address):
        draw_some(address, [4, 5])
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the boxes are saved in boxes.json" in err
    assert len(json.loads(Path("boxes.json").read_text())["boxes"]) == 2
    assert not Path("forgetful").exists()


def test_a_model_to_make_must_be_named(home: Path) -> None:
    with pytest.raises(DcganError, match="--out FOLDER"):
        app(["forget", "model", "--boxes", "boxes.csv"])
