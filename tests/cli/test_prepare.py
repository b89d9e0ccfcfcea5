"""The verb `prepare`: one short answer on stdout, the rest on stderr."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tests.data.pictures import JPEG

from dcgan.cli import app, explain
from dcgan.data.packed import PackedSet


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for name, data in (("a.jpg", JPEG), ("b.jpg", JPEG), ("empty.jpg", b""), ("two\nlines.jpg", b"?"), ("c.txt", b"?")):
        (tmp_path / "in" / name).write_bytes(data)
    return tmp_path / "in"


def test_the_answer_is_one_line_and_what_was_skipped_stands_on_stderr(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app(["prepare", str(folder), str(tmp_path / "out"), "--size", "16"])
    out, err = capsys.readouterr()
    assert out == f"2 of 4 pictures packed, 2 skipped: {tmp_path / 'out'}\n"
    assert "1 file ignored: 1 .txt" in err
    assert "empty file" in err
    assert "'two\\nlines.jpg'" in err
    assert f"All of them are listed in {tmp_path / 'out' / 'skipped.csv'}" in err
    assert PackedSet.open(tmp_path / "out").size == 16


def test_frames_a_second_of_pictures_are_warned_of(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app(["prepare", str(folder), str(tmp_path / "out"), "--size", "16", "--fps", "3"])
    app(["split", str(folder), str(tmp_path / "parts"), "--size", "16", "--train", "0.5", "--fps", "3"])
    assert capsys.readouterr().err.count("--fps 3 changed nothing: there are no videos among the pictures") == 2


def test_json_is_one_line_for_machines(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app(["prepare", str(folder), str(tmp_path / "out"), "--json"])
    out, _ = capsys.readouterr()
    facts = json.loads(out)
    assert out.count("\n") == 1
    assert facts.pop("seconds") >= 0
    assert facts == {
        "path": str(tmp_path / "out"),
        "index": str(tmp_path / "out" / "index.parquet"),
        "used": 2,
        "skipped": {"empty file": 1, "not a picture": 1},
        "ignored": {".txt": 1},
        "lost_labels": [],
    }


def test_every_flag_arrives(folder: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    flags = {"size": 8, "channels": 4, "background": "red", "min-size": 1, "limit": 1, "seed": 5, "max-expansion": 9}
    flags |= {"column": "picture", "fps": 2.5}
    words = [word for name, value in flags.items() for word in (f"--{name}", str(value))]
    for _ in range(2):
        app(["prepare", str(folder), out, *words, "--workers", "1", "--overwrite"])
    packed = PackedSet.open(tmp_path / "out")
    assert packed.pixels.shape == (1, 8, 8, 4)
    options = json.loads((packed.path / "dataset.json").read_text())["options"]
    of_sounds = {"rate": 0, "seconds": 0.0}  # which pictures do not take
    assert options == {name.replace("-", "_"): value for name, value in flags.items()} | of_sounds


def test_a_split_makes_two_sets_and_one_line(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("c.jpg", "d.jpg"):
        (folder / name).write_bytes(JPEG)
    (folder / "empty.jpg").unlink()
    (folder / "two\nlines.jpg").unlink()
    out = tmp_path / "out"
    app(["split", str(folder), str(out), "--size", "16", "--train", "0.75"])
    assert capsys.readouterr().out == f"3 pictures for training, 1 for testing: {out / 'train'}, {out / 'test'}\n"
    app(["split", str(folder), str(out), "--size", "16", "--train", "0.5", "--overwrite", "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert (facts["train"]["used"], facts["test"]["path"]) == (2, str(out / "test"))


def test_sigterm_ends_it_and_leaves_nothing_behind(tmp_path: Path) -> None:
    np.save(tmp_path / "many.npy", np.zeros((20_000, 8, 8), np.uint8))
    words = ["prepare", str(tmp_path / "many.npy"), str(tmp_path / "out"), "--size", "64"]
    process = subprocess.Popen([sys.executable, "-m", "dcgan", *words], stderr=subprocess.PIPE, text=True)
    while not list(tmp_path.glob(".out.partial-*")):
        assert process.poll() is None
        time.sleep(0.01)
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["many.npy"]


def test_ctrl_c_says_what_there_is_now(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dcgan.data.packing.work_on_all", stop)
    for verb in ("prepare", "split"):
        with pytest.raises(KeyboardInterrupt) as caught:
            app([verb, str(folder), str(tmp_path / "out")])
        message = f"stopped: {tmp_path / 'out'} was not made; the same command begins anew"
        assert explain(caught.value, [verb]) == (message, 130)
    (tmp_path / "out").mkdir()
    with pytest.raises(KeyboardInterrupt, match="is as it was before"):
        app(["prepare", str(folder), str(tmp_path / "out")])


def test_an_error_stands_alone_without_an_empty_bar(tmp_path: Path) -> None:
    words = ["prepare", str(tmp_path / "nowhere"), str(tmp_path / "out")]
    result = subprocess.run([sys.executable, "-m", "dcgan", *words], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
