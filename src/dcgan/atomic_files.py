"""Writing that a crash cannot spoil: beside, flushed to disk, renamed; and what killed processes left, cleared away."""

import errno
import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from glob import escape
from pathlib import Path
from uuid import uuid4

_PARTIAL, _REPLACED = "partial", "replaced"  # in hidden names, of what is being made and of what was in its place


@contextmanager
def new_file(path: Path, *, flush: bool = True) -> Iterator[Path]:
    """Yield a path beside `path`, of the same suffix; when the block ends well, flush the file to disk and rename it.

    A block that raises leaves nothing behind, and a file that is at `path` already as it was. Many small files are
    written sooner without `flush`, and flushed together afterwards (`flush_files`). A link stays, and what it names is
    replaced.

    Raises:
        OSError: The disk is full, or the file cannot be written.
    """
    path = path.resolve() if path.is_symlink() else path
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = _beside(path, path.suffix)
    try:
        yield partial
        if flush:
            _sync(partial)
        partial.replace(path)
        if flush:
            _sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def write_atomic(path: Path, content: bytes | str, *, flush: bool = True) -> None:
    """Replace `path` by `content` (text as UTF-8) in one step: a reader sees the old file or the new, never a half."""
    with new_file(path, flush=flush) as partial:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)


def flush_files(paths: Sequence[Path]) -> None:
    """Flush files that were written without, and their folders' lists of names, to disk."""
    for path in paths:
        _sync(path)
    for folder in {path.parent for path in paths}:
        _sync(folder)


def check_writable(path: Path) -> None:
    """Make the folder of `path`, and write and remove a file in it.

    Raises:
        OSError: A file cannot be written there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = _beside(path)
    try:
        partial.write_bytes(bytes(4096))  # a full disk takes an empty file
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yield an empty folder beside `path`; when the block ends well, flush its files to disk and rename it to `path`.

    A block that raises leaves nothing behind. `path` must not exist when the block ends, unless as an empty folder, or
    to be replaced with `overwrite`. A link to a folder stays, and the folder that it names is replaced.

    Raises:
        OSError: The disk is full, or `path` exists and holds something, or another disk is mounted there.
    """
    path = path.resolve() if path.is_symlink() else path
    if path.is_mount():
        raise OSError(errno.EBUSY, "a disk is mounted here: name a new folder in it", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = _beside(path)
    try:
        partial.mkdir()
        yield partial
        for file in partial.rglob("*"):
            _sync(file)
        _sync(partial)
        if overwrite and path.exists():
            replace_folder(path, partial)
        else:
            with suppress(FileNotFoundError):
                path.rmdir()
            partial.rename(path)
        _sync(path.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def temporary_folder(purpose: str) -> Iterator[Path]:
    """Yield a folder in the system's place for temporary files (TMPDIR), which is removed when the block ends.

    Folders for the same purpose that processes of this machine left when they were killed are removed as well.
    """
    place = Path(tempfile.gettempdir())
    _remove_orphans(place, f"dcgan-{purpose}")
    folder = place / f"dcgan-{purpose}-{_owner()}-{uuid4().hex[:8]}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def replace_folder(path: Path, new: Path) -> None:
    """Put the folder `new`, beside `path`, in its place: two renames, with the old folder kept until both are done.

    Of a process that is killed between them, the next that writes there puts the old folder back.
    """
    old = _beside(path, kind=_REPLACED)
    path.rename(old)
    try:
        new.rename(path)
    except BaseException:  # Ctrl-C too
        old.rename(path)
        shutil.rmtree(new, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


def remove_partial(folder: Path, name: str = "") -> None:
    """Remove what an earlier process that was killed half-way left inside `folder`: all, or only of the path `name`."""
    for kind in (_PARTIAL, _REPLACED):
        for left in folder.glob(f".{escape(name) if name else '*'}.{kind}-*"):
            _clear(left)


def _beside(path: Path, suffix: str = "", kind: str = _PARTIAL) -> Path:
    """A name for what is being made of `path`, or for what was there."""
    for made in (_PARTIAL, _REPLACED):
        _remove_orphans(path.parent.absolute(), f".*.{made}")
    return path.parent / f".{path.name}.{kind}-{_owner()}-{uuid4().hex[:8]}{suffix}"


def _owner() -> str:
    """Names this process among those of all machines that may share a disk."""
    machine = hashlib.sha256(platform.node().encode()).hexdigest()[:6]
    return f"{machine}-{os.getpid()}"


@lru_cache(maxsize=256)  # once is enough, and a folder may have a hundred thousand files
def _remove_orphans(folder: Path, prefix: str) -> None:
    """Clear away what processes of this machine that were killed left half-made in a folder."""
    machine, _ = _owner().split("-")
    for left in folder.glob(f"{prefix}-{machine}-*"):
        process = left.name.rpartition(f"-{machine}-")[2].partition("-")[0]
        if process.isdecimal() and not _is_alive(int(process)):
            _clear(left)


def _is_alive(process: int) -> bool:
    if os.name != "posix":  # elsewhere there is no question that does not end the process
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's
        return True
    return True


def _clear(left: Path) -> None:
    """Remove what was left behind; a folder whose place nothing has taken goes back there."""
    name, replaced, _ = left.name.removeprefix(".").rpartition(f".{_REPLACED}-")
    if replaced and not os.path.lexists(left.with_name(name)):
        with suppress(OSError):
            left.rename(left.with_name(name))
            return
    _remove(left)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _sync(path: Path) -> None:
    """Flush a file, or a folder's list of names, to disk."""
    if path.is_dir() and os.name != "posix":  # Windows cannot open a folder
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
