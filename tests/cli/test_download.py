"""The verbs `find-names` and `download`: a short answer, one line for machines, and a stop that keeps what there is."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.curation.web_server import web_server

from dcgan.cli import app
from dcgan.errors import DcganError


def test_names_and_pictures_come_to_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with web_server() as web:
        people, photos = tmp_path / "people.csv", tmp_path / "photos"
        app(["find-names", "--out", str(people), "--endpoint", web.at("/sparql"), "--limit", "3", "--allow-private"])
        assert capsys.readouterr().out == f"3 names: {people}\n"
        (tmp_path / "list.csv").write_text(f"name,url\nAda,{web.at('/photos/1.jpg')}\nBo,{web.at('/page.jpg')}\n")
        words = [str(tmp_path / "list.csv"), "--out", str(photos), "--delay", "0", "--allow-private", "--json"]
        app(["download", *words])
    facts = json.loads(capsys.readouterr().out)
    assert facts["outcomes"] == {"downloaded": 1, "not a picture": 1}
    assert Path(facts["list_file"]).is_file()
    assert len(list((photos / "Ada").iterdir())) == 1


def test_wrong_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("url\nhttp://127.0.0.1/a.jpg\n")
    for words, expected in (
        (["download", str(tmp_path / "a.csv"), "--out", str(tmp_path / "a.csv")], "is a file; name a folder"),
        (["download", str(tmp_path / "a.csv"), "--out", str(tmp_path / "o"), "--retries", "99"], "`retries` must be"),
        (["find-names", "--out", str(tmp_path / "people.txt")], "name a file that ends in .csv"),
        (["find-names", "--out", str(tmp_path / "a.csv")], "exists"),
    ):
        with pytest.raises(DcganError, match=expected):
            app(words)


def test_ctrl_c_keeps_what_was_downloaded_and_says_so(tmp_path: Path) -> None:
    with web_server() as web:
        rows = "".join(f"{web.at(f'/photos/{number}.jpg')}\n" for number in range(500))
        (tmp_path / "a.csv").write_text("url\n" + rows)
        command = ["download", str(tmp_path / "a.csv"), "--out", str(tmp_path / "out"), "--delay", "0.05"]
        process = subprocess.Popen(
            [sys.executable, "-m", "dcgan", *command, "--allow-private"], stderr=subprocess.PIPE, text=True
        )
        while len(list((tmp_path / "out").glob("unnamed/*.jpg"))) < 3 and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130
    assert "what was downloaded is in" in said
    assert "the same command goes on" in said
    assert len((tmp_path / "out" / "downloads.jsonl").read_text().splitlines()) >= 3
