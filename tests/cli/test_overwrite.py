"""One rule for every verb: what is there is not replaced, unless --overwrite says so."""

from pathlib import Path

import pytest

from dcgan.cli import app
from dcgan.errors import DcganError

FACES = "drawn-faces:50"
FILES = [
    ("x.png", ["sample", "faces", "--out"]),
    ("x.npz", ["sample", "faces", "--out"]),
    ("x.mp4", ["walk", "faces", "--out"]),
    ("x.png", ["walk", "faces", "--out", "other.png", "--step-sizes"]),
    ("x.png", ["turn", "faces", "--from", "plain", "--to", "glasses", "--out"]),
    ("x.png", ["arithmetic", "faces", "hat", "--out"]),
    ("x.png", ["concepts", "faces", "--show", "0-9", "--sheet"]),
    ("x.png", ["neighbors", "faces", FACES, "--out"]),
    ("x.png", ["evaluate", "faces", FACES, "--neighbors"]),
    ("x.npy", ["extract-features", "faces", FACES, "--out"]),
    ("x.png", ["insert", "faces", "--detect", "glasses", "--out"]),
    ("x.png", ["forget", "faces", "--detect", "glasses", "--out", "folder", "--figure"]),
    ("x.png", ["forget", "faces", "--detect", "glasses", "--out", "x"]),  # the figure beside the model
    ("x.svg", ["probe", "faces", FACES, "--curve"]),
    ("x.png", ["probe", "faces", FACES, "--confusion"]),
    ("x.npz", ["project", "faces", FACES, "--out"]),
    ("x.png", ["project", "faces", FACES, "--errors"]),
    ("x.safetensors", ["train-encoder", "faces", "--out"]),
    ("x.gif", ["inpaint", "faces", FACES, "--mask", "center", "--out", "folder", "--film"]),
    ("x.csv", ["classify", "classifier", FACES, "--out"]),
    ("x.png", ["classify", "classifier", FACES, "--review"]),
]
FOLDERS = [
    ("model.json", ["export", "faces", "--out"]),
    ("export.json", ["export", "faces", "--to", "onnx", "--out"]),
    ("export.json", ["export", "faces", "--to", "web", "--out"]),
    ("model.json", ["import", "release", "--out"]),
    ("model.json", ["import", "netG.pth", "--out"]),
    ("model.json", ["forget", "faces", "--detect", "glasses", "--out"]),
    ("channels.csv", ["inspect", "faces", FACES, "--out"]),
    ("classifier.json", ["fit-classifier", "faces", FACES, "--out"]),
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("name", "words"), FILES)
def test_a_file_that_is_there_is_left_as_it_is(name: str, words: list[str]) -> None:
    Path(name).write_text("mine")
    with pytest.raises(DcganError, match=rf"{name} exists; name another file, or replace it with `overwrite`"):
        app([*words, name] if words[-1].startswith("--") else words)
    assert Path(name).read_text() == "mine"
    assert [path.name for path in Path().iterdir()] == [name]


@pytest.mark.parametrize(("mark", "words"), FOLDERS)
def test_a_folder_is_replaced_only_by_its_like_and_only_when_asked_to(mark: str, words: list[str]) -> None:
    Path("out").mkdir()
    Path("out", "diary.txt").write_text("mine")
    for more in ([], ["--overwrite"]):
        with pytest.raises(DcganError, match="out exists and is not"):
            app([*words, "out", *more])
    Path("out", mark).write_text("{}")
    with pytest.raises(DcganError, match="out exists; name another folder, or replace it with `overwrite`"):
        app([*words, "out"])
    assert sorted(path.name for path in Path("out").iterdir()) == sorted(["diary.txt", mark])


def test_asked_to_a_verb_replaces_the_file() -> None:
    Path("x.png").write_text("old")
    app(["sample", "faces", "--seeds", "1", "--out", "x.png", "--overwrite"])
    assert Path("x.png").read_bytes().startswith(b"\x89PNG")


def test_samples_are_added_to_a_folder_and_none_is_replaced() -> None:
    app(["sample", "faces", "--seeds", "1,2", "--out", "pictures"])
    app(["sample", "faces", "--seeds", "3", "--out", "pictures"])
    Path("pictures", "seed-000002.png").write_text("mine")
    with pytest.raises(DcganError, match="pictures holds 2 of these samples"):
        app(["sample", "faces", "--seeds", "2-4", "--out", "pictures"])
    assert Path("pictures", "seed-000002.png").read_text() == "mine"
    assert not Path("pictures", "seed-000004.png").exists()
    app(["sample", "faces", "--seeds", "2-4", "--out", "pictures", "--overwrite"])
    assert Path("pictures", "seed-000002.png").read_bytes().startswith(b"\x89PNG")
