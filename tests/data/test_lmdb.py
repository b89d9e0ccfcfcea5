"""LMDB environments, as LSUN is distributed."""

import os
import subprocess
import sys
from pathlib import Path

import lmdb
import pytest
from tests.data.pictures import JPEG, PNG

from dcgan.data import lmdb_files
from dcgan.data.items import Skipped
from dcgan.data.lmdb_values import LmdbValue
from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.sources import open_source
from dcgan.errors import SourceError
from dcgan.files import cache_folder

SMALL = PrepareOptions(size=16)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))


def write(path: Path, values: dict[bytes, bytes], *, subdir: bool = True) -> Path:
    with (
        lmdb.open(str(path), map_size=1 << 24, subdir=subdir, lock=False) as environment,
        environment.begin(write=True) as transaction,
    ):
        for key, value in values.items():
            transaction.put(key, value)
    return path


def three(tmp_path: Path) -> Path:
    return write(tmp_path / "bedroom_train_lmdb", {b"c": PNG, b"a": JPEG, b"b": b"no picture"})


def test_each_value_is_a_picture_and_the_folder_names_the_label(tmp_path: Path) -> None:
    source = open_source(three(tmp_path))
    assert source.total == 3
    assert [(item.name, item.label) for item in source] == [(key, "bedroom") for key in "abc"]
    report = prepare(tmp_path / "bedroom_train_lmdb", tmp_path / "packed", SMALL)
    assert (report.used, report.skipped) == (2, {"not a picture": 1})
    packed = PackedSet.open(tmp_path / "packed")
    assert packed.names == ["a", "c"]
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a").write_bytes(JPEG)
    (folder / "c").write_bytes(PNG)
    prepare(folder, tmp_path / "same", SMALL)
    assert (PackedSet.open(tmp_path / "same").pixels[:] == packed.pixels[:]).all()


@pytest.mark.parametrize(
    "name", [".", "../bedroom_train_lmdb", "data.mdb", "../linked_val_lmdb", "../linked_val_lmdb/data.mdb"]
)
def test_the_label_is_the_same_however_the_folder_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(three(tmp_path))
    (tmp_path / "linked_val_lmdb").symlink_to("bedroom_train_lmdb")
    expected = "linked" if "linked" in name else "bedroom"
    assert {item.label for item in open_source(name)} == {expected}


def test_a_file_of_its_own_is_taken_by_its_content(tmp_path: Path) -> None:
    source = open_source(write(tmp_path / "pictures.mdb", {b"a": JPEG}, subdir=False))
    assert [(item.name, item.label) for item in source] == [("a", None)]


def test_keys_are_listed_once_and_again_when_the_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = []
    list_apart = lmdb_files._list_apart

    def counting(path: Path, out: Path) -> None:
        listed.append(path)
        list_apart(path, out)

    monkeypatch.setattr(lmdb_files, "_list_apart", counting)
    path = three(tmp_path)
    for _ in range(2):
        assert open_source(path).total == 3
    assert len(listed) == 1
    put_by_another_process(path)
    assert open_source(path).total == 4
    assert len(listed) == 2
    assert len(list((cache_folder() / "keys").glob("*.arrow"))) == 2


def put_by_another_process(path: Path) -> None:
    """LMDB allows an environment to be open only once in each process."""
    code = f"""
import lmdb
with lmdb.open({str(path)!r}, map_size=1 << 24) as environment, environment.begin(write=True) as transaction:
    transaction.put(b"d", b"x")
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_names_may_be_any_bytes(tmp_path: Path) -> None:
    names = [item.name for item in open_source(write(tmp_path / "x", {b"a/b": JPEG, b"\xff\n": JPEG}))]
    assert names == ["a/b", "\\xff\\x0a"]


def test_while_another_process_writes_it_can_be_read(tmp_path: Path) -> None:
    path = three(tmp_path)
    code = f"""
import lmdb, sys
environment = lmdb.open({str(path)!r})
transaction = environment.begin(write=True)
print("locked", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        assert prepare(path, tmp_path / "packed", SMALL).used == 2
        assert writer.stdin is not None
        writer.stdin.close()


def test_what_was_cut_off_or_is_empty_or_no_environment_is_refused_in_one_line(tmp_path: Path) -> None:
    many = {str(number).encode(): JPEG + bytes(9000) for number in range(50)}
    cut = write(tmp_path / "cut", many)
    os.truncate(cut / "data.mdb", 100_000)
    with pytest.raises(SourceError, match=r"cut cannot be read: it was cut off: 100,000 bytes of \d{3},\d{3}$"):
        open_source(cut)
    with pytest.raises(SourceError, match="holds no pictures"):
        open_source(write(tmp_path / "empty", {}))
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "data.mdb").write_bytes(bytes(8192))
    with pytest.raises(SourceError, match=r"none cannot be read: .*MDB_INVALID"):
        open_source(tmp_path / "none")


def test_a_picture_that_went_away_is_skipped(tmp_path: Path) -> None:
    path = three(tmp_path)
    result = LmdbValue(str(path), b"d").read()
    assert isinstance(result, Skipped)
    assert "no longer there" in result.detail


def test_without_lmdb_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lmdb_files, "find_spec", lambda _: None)
    with pytest.raises(SourceError, match=r"pip install 'dcgan\[lmdb\]'"):
        open_source(three(tmp_path))
