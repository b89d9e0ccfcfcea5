"""Processes of the studio's own, and what is said of their end."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from dcgan.studio.child import said_by
from dcgan.studio.intake import Intakes
from dcgan.studio.uploads import Uploads


def said(folder: Path, source: str, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a module of this source says."""
    (folder / "child_of_a_test.py").write_text(source)
    monkeypatch.syspath_prepend(str(folder))

    async def listen() -> list[dict[str, Any]]:
        return [facts async for facts in said_by(folder, "child_of_a_test")]

    return asyncio.run(listen())


def test_a_process_that_is_killed_blames_the_pictures_and_one_that_fails_dcgan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (killed,) = said(tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", monkeypatch)
    assert "the pictures crashed the program that decodes them" in killed["error"]
    (failed,) = said(tmp_path, "raise RuntimeError('a mistake')", monkeypatch)
    assert "dcgan made a mistake" in failed["error"]


def test_a_look_for_which_no_process_can_be_started_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*_: object) -> None:
        raise OSError(24, "Too many open files")

    async def look() -> dict[str, object]:
        intakes = Intakes(tmp_path, Uploads(tmp_path))
        intake = intakes.begin("photos", 32)
        assert intake.task
        await intake.task
        return intake.facts()

    monkeypatch.setattr("dcgan.studio.intake.said_by", none_left)
    assert asyncio.run(look()) == {"error": "the pictures cannot be looked at: Too many open files"}


def test_uploads_that_two_looks_refuse_are_removed_once(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    name = uploads.new_set(10)
    file = tmp_path / name / "a.png"
    file.write_bytes(b"no picture")
    uploads.remove([file])
    uploads.remove([file])
    assert not file.exists()
