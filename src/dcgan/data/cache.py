"""Packed sets of raw sources, made once and kept: `dcgan train photos/` prepares only the first time."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from glob import escape
from pathlib import Path
from shutil import rmtree

from filelock import FileLock
from platformdirs import user_cache_path

from dcgan.data.arrays import idx_labels
from dcgan.data.benchmark_sets import is_cifar_folder
from dcgan.data.folder import Folder
from dcgan.data.packed import FORMAT, PackedSet, is_packed_set
from dcgan.data.packed_writer import our_version
from dcgan.data.prepare import PrepareOptions, prepare
from dcgan.errors import PackedSetError
from dcgan.types import OnProgress


def cached(
    source: str | Path, options: PrepareOptions | None = None, on_progress: OnProgress | None = None
) -> PackedSet:
    """Open the packed set of a source, preparing it first if that was not done before.

    A packed set is opened where it is. Others are kept in the folder that the environment variable DCGAN_CACHE names,
    or else in the user's cache folder; files that were added, removed or changed since make a new one. Several
    processes may ask for the same source at once.

    Args:
        source: A packed set, or whatever `prepare` takes.
        options: What the pictures must be like. A packed set must have this size and number of channels; with None it
            may have any, and other sources get the defaults.
        on_progress: Called with how far the preparation is.

    Raises:
        SourceError: The source cannot be read, or holds no usable picture.
        PackedSetError: The packed set is broken, or its size or channels are not those asked for.
    """
    if is_packed_set(Path(source)):
        return _fitting(PackedSet.open(Path(source)), options)
    options = options or PrepareOptions()
    path = cache_folder() / _key(source, options)
    packed = _whole(path)
    if packed is None:
        with _alone(path):
            packed = _whole(path)  # another process may have made it while we waited
            if packed is None:
                rmtree(path, ignore_errors=True)
                prepare(source, path, options, on_progress)
                packed = PackedSet.open(path)
    return packed


def open_pictures(
    source: str | Path | PackedSet,
    *,
    size: int | None = None,
    channels: int | None = None,
    on_progress: OnProgress | None = None,
) -> PackedSet:
    """The pictures of a source as a packed set of this size and number of channels; see `cached`."""
    options = PrepareOptions(size=size or PrepareOptions.size, channels=channels or PrepareOptions.channels)
    if isinstance(source, PackedSet):
        return _fitting(source, options)
    return cached(source, options, on_progress)


def cache_folder() -> Path:
    """Where packed sets of raw sources are kept."""
    named = os.environ.get("DCGAN_CACHE")
    return Path(named) if named else user_cache_path("dcgan") / "packed"


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from making the same packed set, and remove what one that was killed left behind."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock")):
            for left in path.parent.glob(f".{escape(path.name)}.partial-*"):
                rmtree(left, ignore_errors=True)
            yield
    except OSError as error:
        raise PackedSetError(f"cannot write to {path.parent}: {error}; set DCGAN_CACHE to another folder") from error
    except PackedSetError as error:
        if isinstance(error.__cause__, OSError):
            raise PackedSetError(f"{error}; set DCGAN_CACHE to another folder") from error
        raise


def _whole(path: Path) -> PackedSet | None:
    try:
        return PackedSet.open(path)
    except PackedSetError:
        return None


def _fitting(packed: PackedSet, options: PrepareOptions | None) -> PackedSet:
    if options is None:
        return packed
    for flag, found, wanted in (("size", packed.size, options.size), ("channels", packed.channels, options.channels)):
        if found != wanted:
            raise PackedSetError(
                f"{packed.path} has pictures with {flag} {found}, and {wanted} is wanted here: name the pictures "
                f"themselves, or prepare them again with --{flag} {wanted}"
            )
    return packed


def _key(source: str | Path, options: PrepareOptions) -> str:
    """Names the packed set: another source, a changed file or other options give another name."""
    path = Path(source)
    digest = hashlib.sha256(json.dumps([FORMAT, asdict(options)], sort_keys=True).encode())
    if not path.exists():  # what is drawn may change with our version, or the source is missing, as `prepare` will tell
        digest.update(f"{source} {our_version()}".encode())
        return f"{str(source).partition(':')[0]}-{digest.hexdigest()[:24]}"
    path = path.resolve()
    digest.update(os.fsencode(path))
    for file in _files(path):
        status = file.stat()
        digest.update(b"\0%b\0%d\0%d" % (os.fsencode(file), status.st_size, status.st_mtime_ns))
    return f"{path.name[:40]}-{digest.hexdigest()[:24]}"


def _files(path: Path) -> Iterator[Path]:
    """The files that a packed set of `path` depends on, in a fixed order."""
    if is_cifar_folder(path):
        yield from sorted(file for file in path.iterdir() if file.is_file())
        return
    if path.is_dir():
        for item in Folder(path):
            if isinstance(item.content, Path):
                yield item.content
        return
    yield path
    labels = idx_labels(path)
    if labels is not None:
        yield labels
    if path.name.startswith(("data_batch", "test_batch")):
        yield from sorted(path.parent.glob("batches.meta*"))  # the names of CIFAR-10's classes
