"""Files are written whole or not at all."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dcgan.atomic_files import flush_files, new_folder, remove_partial, temporary_folder, write_atomic


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a", "old")
    write_atomic(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


def test_on_a_full_disk_the_old_file_stays_and_nothing_lies_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_atomic(tmp_path / "a", "old")
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_a_folder_appears_when_its_block_ends(tmp_path: Path) -> None:
    with new_folder(tmp_path / "deep" / "out") as folder:
        (folder / "a").write_text("1")
        assert not (tmp_path / "deep" / "out").exists()
    assert names(tmp_path / "deep" / "out") == ["a"]
    assert names(tmp_path / "deep") == ["out"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_folder_whose_block_fails_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    def fail() -> None:
        with new_folder(tmp_path / "out") as folder:
            (folder / "a").write_text("1")
            raise error

    with pytest.raises(error):
        fail()
    assert names(tmp_path) == []


def test_a_folder_that_holds_something_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("1")
    with pytest.raises(OSError, match="not empty"), new_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("1")
    assert names(tmp_path / "out") == ["mine"]
    assert names(tmp_path) == ["out"]


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".a.partial-0123abcd").write_text("half")
    (tmp_path / ".b.partial-0123abcd").mkdir()
    (tmp_path / ".b.partial-0123abcd" / "c").write_text("half")
    (tmp_path / "a").write_text("whole")
    remove_partial(tmp_path)
    assert names(tmp_path) == ["a"]


HALF = """
import sys
from pathlib import Path
from dcgan.atomic_files import new_file, new_folder, temporary_folder
home = Path(sys.argv[1])
with new_folder(home / "set") as folder, new_file(home / "film.mp4") as file, temporary_folder("probe") as features:
    for path in (folder / "pixels.npy", file, features / "train.npy"):
        path.write_text("half")
    print("ready", flush=True)
    sys.stdin.read()
"""


def half_made(home: Path) -> subprocess.Popen[bytes]:
    """A process in the middle of making a folder, a file and a temporary folder."""
    home.mkdir()
    environment = {**os.environ, "TMPDIR": str(home)}
    process = subprocess.Popen(
        [sys.executable, "-c", HALF, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )
    assert process.stdout is not None
    process.stdout.readline()
    assert len(names(home)) == 3
    return process


@pytest.mark.parametrize("killed", [True, False])
def test_the_next_removes_what_a_killed_process_left_and_leaves_what_a_living_one_makes(
    killed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    process = half_made(home)
    if killed:
        process.kill()
        process.wait()
    monkeypatch.setattr("tempfile.tempdir", str(home))
    write_atomic(home / "other", "whole")
    with temporary_folder("probe"):
        assert len(names(home)) == (2 if killed else 5)
    process.communicate()
    assert "other" in names(home)


REPLACED = """
import os, signal, sys
from pathlib import Path
from dcgan import atomic_files
home, rename = Path(sys.argv[1]), Path.rename
def rename_once(path, target):
    rename(path, target)
    os.kill(os.getpid(), signal.SIGKILL)
with atomic_files.new_folder(home / "set", overwrite=True) as folder:
    (folder / "new").write_text("new")
    Path.rename = rename_once
"""


def test_a_folder_that_a_killed_process_was_replacing_comes_back(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "set").mkdir(parents=True)
    (home / "set" / "mine").write_text("old")
    process = subprocess.run([sys.executable, "-c", REPLACED, str(home)], check=False)
    assert process.returncode == -signal.SIGKILL
    assert "set" not in names(home)
    write_atomic(home / "other", "whole")
    assert names(home) == ["other", "set"]
    assert (home / "set" / "mine").read_text() == "old"


def test_what_a_killed_process_had_replaced_goes(tmp_path: Path) -> None:
    (tmp_path / ".a.replaced-0123abcd").mkdir()
    (tmp_path / "a").write_text("new")
    remove_partial(tmp_path, "a")
    assert names(tmp_path) == ["a"]


def test_a_link_to_an_empty_folder_stays_one(tmp_path: Path) -> None:
    (tmp_path / "disk" / "empty").mkdir(parents=True)
    (tmp_path / "out").symlink_to(tmp_path / "disk" / "empty")
    with new_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("1")
    assert (tmp_path / "out").is_symlink()
    assert names(tmp_path / "disk" / "empty") == ["a"]


def test_a_link_to_a_file_stays_one(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "a.toml").write_text("old")
    (tmp_path / "link.toml").symlink_to(tmp_path / "disk" / "a.toml")
    write_atomic(tmp_path / "link.toml", "new")
    assert (tmp_path / "link.toml").is_symlink()
    assert (tmp_path / "disk" / "a.toml").read_text() == "new"


def test_a_place_where_a_disk_is_mounted_is_refused_before_the_work() -> None:
    with pytest.raises(OSError, match="a disk is mounted here: name a new folder in it"), new_folder(Path("/")):
        pytest.fail("the work began")


def test_many_files_are_flushed_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[Path] = []
    monkeypatch.setattr("dcgan.atomic_files._sync", flushed.append)
    files = [tmp_path / "a", tmp_path / "deep" / "b"]
    for file in files:
        write_atomic(file, "1", flush=False)
    assert not flushed
    flush_files(files)
    assert set(flushed) == {*files, tmp_path, tmp_path / "deep"}
