"""The verb `dedup`: a set, a list, a sheet, a short answer, one line for machines."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from PIL import Image
from tests.curation.scenes import scenes

from dcgan.cli import app
from dcgan.data.packed import PackedSet
from dcgan.errors import DcganError


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("dedup")
    (home / "photos").mkdir()
    for number, pixels in enumerate(scenes(12)):
        Image.fromarray(pixels).save(home / "photos" / f"{number:02}.png")
    shutil.copy(home / "photos" / "03.png", home / "photos" / "copy.png")
    return home


@pytest.fixture(autouse=True)
def cache(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(home / "cache"))
    torch.set_num_threads(1)


def test_it_makes_a_set_and_a_sheet_and_says_so(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app(["dedup", str(home / "photos"), "--out", str(tmp_path / "unique"), "--size", "32"])
    said = capsys.readouterr().out
    assert "12 of 13 pictures kept, 1 near duplicate left out" in said
    assert f"review: {tmp_path / 'unique' / 'groups.png'}" in said
    with Image.open(tmp_path / "unique" / "groups.png") as sheet:
        assert sheet.width == 1100
    assert len(PackedSet.open(tmp_path / "unique")) == 12


def test_json_has_the_numbers_and_the_files(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "unique"
    for number in ("03", "04"):
        (home / number).mkdir()
        shutil.copy(home / "photos" / f"{number}.png", home / number)
    words = ["--against", str(home / "03"), "--against", str(home / "04")]
    app(["dedup", str(home / "photos"), "--out", str(out), *words, "--size", "32", "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert (facts["pictures"], facts["kept"], facts["exact"], facts["groups"]) == (13, 10, 3, 2)
    assert list(facts["in_others"].values()) == [2, 1]
    assert Path(facts["review"]).is_file()
    assert Path(facts["groups_file"]).is_file()


def test_overwrite_replaces_what_the_verb_made(home: Path, tmp_path: Path) -> None:
    for _ in range(2):
        app(["dedup", str(home / "photos"), "--out", str(tmp_path / "unique"), "--size", "32", "--overwrite"])
    assert len(PackedSet.open(tmp_path / "unique")) == 12


def test_wrong_use_is_refused_and_nothing_is_made(home: Path, tmp_path: Path) -> None:
    for words, expected in (
        (["--within", "99"], "`within` must be 0 to 16"),
        (["--against", str(tmp_path / "none")], "none"),
        (["--theme", "light", "--similarity", "2"], "`similarity` must be -1 to 1"),
    ):
        with pytest.raises(DcganError, match=expected):
            app(["dedup", str(home / "photos"), "--out", str(tmp_path / "out"), *words])
    assert not (tmp_path / "out").exists()


def test_ctrl_c_leaves_nothing_half_made_and_says_so(home: Path, tmp_path: Path) -> None:
    (home / "many").mkdir()  # so that seconds of work are left once they are prepared
    for number, pixels in enumerate(scenes(100)):
        Image.fromarray(pixels).save(home / "many" / f"{number:02}.png")
    command = [sys.executable, "-m", "dcgan", "dedup", str(home / "many"), "--out", str(tmp_path / "out")]
    environment = {**os.environ, "DCGAN_CACHE": str(home / "another cache")}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    while not any((home / "another cache").glob("many-*/dataset.json")) and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130
    assert "out was not made; the same command begins anew" in said
    assert not list(tmp_path.iterdir())
