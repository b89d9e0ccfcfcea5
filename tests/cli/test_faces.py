"""The verb `faces`: a set, a sheet, a short answer, one line for machines."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from dcgan.cli import app
from dcgan.data.packed import PackedSet
from dcgan.errors import DcganError

PORTRAIT = Path(__file__).parents[1] / "curation" / "astronaut.jpg"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    shutil.copy(PORTRAIT, tmp_path / "photos")
    return tmp_path / "photos"


def test_it_makes_a_set_and_a_sheet_and_says_so(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "faces"
    app(["faces", str(photos), "--out", str(out), "--size", "32", "--margin", "0.5", "--no-align"])
    said = capsys.readouterr().out
    assert f"1 face of 1 picture: {out}" in said
    assert PackedSet.open(out).pixels.shape == (1, 32, 32, 3)
    with Image.open(out / "faces.png") as sheet:
        assert sheet.width >= 640


def test_overwrite_replaces_what_the_verb_made(photos: Path, tmp_path: Path) -> None:
    for _ in range(2):
        app(["faces", str(photos), "--out", str(tmp_path / "faces"), "--size", "32", "--overwrite"])
    assert len(PackedSet.open(tmp_path / "faces")) == 1


def test_json_counts_and_names_the_files(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(PORTRAIT, photos / "again.jpg")
    app(["faces", str(photos), "--out", str(tmp_path / "faces"), "--detector", "haar", "--max-faces", "1", "--json"])
    facts = json.loads(capsys.readouterr().out)
    assert (facts["pictures"], facts["faces"], facts["skipped"]) == (2, 2, {})
    assert Path(facts["sheet"]).is_file()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--min-face", "1"], "`min_face` must be 8"),
        (["--detector-model", "none.onnx"], "`detector_model` none.onnx: there is no such file"),
        (["--min-face", "200"], "1 too small"),
    ],
)
def test_wrong_use_is_refused_and_nothing_is_made(
    words: list[str], expected: str, photos: Path, tmp_path: Path
) -> None:
    with pytest.raises(DcganError, match=expected):
        app(["faces", str(photos), "--out", str(tmp_path / "faces"), *words])
    assert not (tmp_path / "faces").exists()
