"""Sources that are trained on directly: prepared once, again when something changed, and by one process at a time."""

import os
import subprocess
import sys
from pathlib import Path

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset, Features
from tests.data.pictures import JPEG, PNG

from dcgan.data import cache
from dcgan.data.cache import open_pictures
from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.errors import PackedSetError, SourceError

SMALL = PrepareOptions(size=8)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(JPEG)
    (tmp_path / "in" / "b.png").write_bytes(PNG)
    return tmp_path / "in"


def test_the_second_time_nothing_is_prepared(folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_pictures(folder, size=8)
    assert first.path.parent == home
    monkeypatch.setattr(cache, "prepare", None)
    assert open_pictures(str(folder), size=8).path == first.path


def test_progress_is_reported_only_when_something_is_prepared(folder: Path) -> None:
    reported: list[int] = []
    open_pictures(folder, size=8, on_progress=lambda done, _: reported.append(done))
    assert reported[-1] == 2
    reported.clear()
    open_pictures(folder, size=8, on_progress=lambda done, _: reported.append(done))
    assert reported == []


def test_other_options_make_another_set(folder: Path) -> None:
    paths = {open_pictures(folder, size=size, channels=channels).path for size, channels in ((8, 3), (16, 3), (8, 1))}
    assert len(paths) == 3


def test_an_added_changed_renamed_or_removed_picture_makes_another_set(folder: Path) -> None:
    seen = {open_pictures(folder, size=8).path}

    def is_new() -> bool:
        path = open_pictures(folder, size=8).path
        return path not in seen and not seen.add(path)  # type: ignore[func-returns-value]

    (folder / "c.jpg").write_bytes(JPEG)
    assert is_new()
    (folder / "c.jpg").write_bytes(PNG)
    assert is_new()
    before = (folder / "c.jpg").stat()
    (folder / "c.jpg").rename(folder / "d.jpg")
    assert is_new()
    (folder / "d.jpg").write_bytes(bytes(reversed(PNG)))
    os.utime(folder / "d.jpg", ns=(before.st_atime_ns, before.st_mtime_ns))  # as a tool that keeps times does
    assert is_new()
    (folder / "a.jpg").unlink()
    assert is_new()
    (folder / "notes.txt").write_text("not a picture")
    assert not is_new()


def test_a_link_that_is_renamed_labels_anew(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "cat").symlink_to(folder)
    assert open_pictures(tmp_path / "linked", size=8).label_names == ("cat",)
    (tmp_path / "linked" / "cat").rename(tmp_path / "linked" / "dog")
    assert open_pictures(tmp_path / "linked", size=8).label_names == ("dog",)


def test_what_was_skipped_is_read_once_it_can_be(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = open_pictures(folder, size=8)
    with monkeypatch.context() as context:
        context.setattr(cache, "has_decoder", lambda _: False)
        without_decoders = open_pictures(folder, size=8)
    with monkeypatch.context() as context:
        context.setattr(os, "access", lambda *_: False)
        not_allowed = open_pictures(folder, size=8)
    assert len({whole.path, without_decoders.path, not_allowed.path}) == 3


@pytest.mark.parametrize("kind", ["parquet", "saved"])
def test_a_picture_that_a_table_names_counts(folder: Path, tmp_path: Path, kind: str) -> None:
    rows = [{"image": {"bytes": None, "path": str(folder / name)}} for name in ("a.jpg", "b.png", "gone.png")]
    table = Dataset.from_list(rows, features=Features({"image": datasets.Image()})).data.table
    if kind == "parquet":
        pq.write_table(table, tmp_path / "saved")
    else:
        (tmp_path / "saved").mkdir()
        (tmp_path / "saved" / "state.json").write_text('{"_data_files": [{"filename": "data.arrow"}]}')
        with pa.ipc.new_stream(tmp_path / "saved" / "data.arrow", table.schema) as stream:
            stream.write_table(table)
    first = open_pictures(tmp_path / "saved", size=8)
    assert (len(first), first.skipped) == (2, 1)
    (folder / "gone.png").write_bytes(PNG)
    assert len(open_pictures(tmp_path / "saved", size=8)) == 3
    (folder / "a.jpg").write_bytes(b"no picture")
    assert len(open_pictures(tmp_path / "saved", size=8)) == 2


def test_a_local_data_set_of_hugging_face_is_kept_until_it_changes(tmp_path: Path) -> None:
    (tmp_path / "set" / "train").mkdir(parents=True)
    (tmp_path / "set" / "train" / "a.png").write_bytes(PNG)
    first = open_pictures(f"hf://{tmp_path}/set", size=8)
    assert open_pictures(f"hf://{tmp_path}/set", size=8).path == first.path
    (tmp_path / "set" / "train" / "b.jpg").write_bytes(JPEG)
    assert len(open_pictures(f"hf://{tmp_path}/set", size=8)) == 2


def test_files_are_sources_too_and_their_labels_count(tmp_path: Path) -> None:
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.write_bytes(bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 8, 0, 0, 0, 8]) + bytes(128))
    assert open_pictures(images, size=8).label_names == ()
    labels.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 3, 4]))
    assert open_pictures(images, size=8).label_names == ("3", "4")
    labels.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 3, 5]))
    os.utime(labels, ns=(1, 1))
    assert open_pictures(images, size=8).label_names == ("3", "5")


def test_a_packed_set_is_opened_where_it_is(folder: Path, tmp_path: Path, home: Path) -> None:
    prepare(folder, tmp_path / "packed", SMALL)
    for size in (None, 8):
        assert open_pictures(tmp_path / "packed", size=size).path == tmp_path / "packed"
    assert not home.exists()


@pytest.mark.parametrize(("size", "channels", "parameter"), [(16, None, "`size` 16"), (8, 1, "`channels` 1")])
def test_a_packed_set_that_is_not_as_asked_for_names_the_parameter(
    folder: Path, tmp_path: Path, size: int, channels: int | None, parameter: str
) -> None:
    prepare(folder, tmp_path / "packed", SMALL)
    with pytest.raises(PackedSetError, match=parameter):
        open_pictures(tmp_path / "packed", size=size, channels=channels)


def test_a_source_that_is_not_there_is_an_error(home: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        open_pictures("gone", size=8)
    assert not list(home.glob("gone*"))


def test_what_a_killed_process_left_behind_is_removed(folder: Path, home: Path) -> None:
    path = open_pictures(folder, size=8).path
    left = home / f".{path.name}.partial-12345678"
    left.mkdir()
    for file in path.iterdir():
        file.rename(left / file.name)
    path.rmdir()
    assert len(open_pictures(folder, size=8)) == 2
    assert not left.exists()


def test_a_full_disk_names_the_way_out(folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dcgan.data.packed_writer.PackedSetWriter.add", full)
    with pytest.raises(PackedSetError, match=r"No space left on device; set DCGAN_CACHE"):
        open_pictures(folder, size=8)


def test_a_cache_that_cannot_be_written_names_the_way_out(folder: Path, home: Path) -> None:
    home.write_text("a file is in the way")
    with pytest.raises(PackedSetError, match="DCGAN_CACHE"):
        open_pictures(folder, size=8)


def test_several_processes_may_ask_at_once(folder: Path, home: Path) -> None:
    for n in range(100):
        (folder / f"{n}.jpg").write_bytes(JPEG)
    code = "import sys; from dcgan.data.cache import open_pictures; print(len(open_pictures(sys.argv[1])))"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    processes = [
        subprocess.Popen([sys.executable, "-c", code, folder], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [process.communicate(timeout=60)[0] for process in processes] == ["102\n"] * 3
    (path,) = (path for path in home.iterdir() if path.is_dir())
    PackedSet.open(path).verify()


def test_drawn_faces_are_kept_by_their_name(home: Path) -> None:
    pytest.importorskip("dicebear", reason="the extra 'demo' is not installed")
    packed = open_pictures("drawn-faces:5", size=8)
    assert packed.path.name.startswith("drawn-faces-")
    assert np.array_equal(open_pictures("drawn-faces:5", size=8).pixels, packed.pixels)
    assert open_pictures("drawn-faces:6", size=8).path != packed.path
    assert packed.path.parent == home


def test_a_set_in_the_cache_that_was_damaged_is_made_again(folder: Path) -> None:
    first = open_pictures(folder, size=8)
    whole = np.array(first.pixels)
    pixels = first.path / "pixels.npy"
    for harmed in (pixels.read_bytes()[:100], bytes([*pixels.read_bytes()[:-1], 255 - pixels.read_bytes()[-1]])):
        pixels.write_bytes(harmed)
        again = open_pictures(folder, size=8)
        assert again.path == first.path
        assert np.array_equal(again.pixels, whole)
