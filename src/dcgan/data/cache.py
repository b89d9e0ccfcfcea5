"""Packed sets of raw sources, made once and kept: `dcgan train photos/` prepares only the first time."""

import hashlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from shutil import rmtree
from typing import TypeGuard

import numpy as np
from filelock import FileLock

import dcgan
from dcgan.atomic_files import remove_partial
from dcgan.cluster import Engine
from dcgan.data.formats import OPTIONAL
from dcgan.data.items import Content, Item, Source
from dcgan.data.joined import is_pattern
from dcgan.data.kinds import Candidate, are_paths
from dcgan.data.opening import has_decoder
from dcgan.data.packed import PackedSet, is_packed_set
from dcgan.data.packed_files import FORMAT
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.sources import PictureSource, open_source, source_files
from dcgan.errors import PackedSetError
from dcgan.files import cache_folder, state_of
from dcgan.progress import notebook_bar
from dcgan.sound.spectrogram import SoundFormat
from dcgan.types import OnProgress

_PICTURES_PER_PROGRESS = 1024
VERIFIED = 2**30
"""Bytes: a packed set up to this size, a second's work, is compared with its fingerprint before it is used."""
DAYS_UNUSED = 30
"""Packed sets of Python objects that nobody opened for so long are removed when the next one is made."""


@notebook_bar("preparing")
def open_pictures(
    source: PictureSource,
    *,
    size: int | None = None,
    channels: int | None = None,
    sound: SoundFormat | None = None,
    fps: float | None = None,
    engine: Engine = "local",
    on_progress: OnProgress | None = None,
) -> PackedSet:
    """The pictures of any source as a packed set, prepared first if that was not done before.

    A packed set is opened where it is. All others are prepared once and kept in `cache_folder()`: those of files until
    a file is added, removed or changed; those of Python objects by their content, so that the same array gives the same
    packed set in the next process too, until nobody opens it for `DAYS_UNUSED` days. Several processes may ask for the
    same source at once.

    Args:
        source: A path to a packed set, folder, archive or array file; a name such as "drawn-faces:5000"; a `PackedSet`;
            an array (N, H, W), (N, H, W, C) or (N, C, H, W), or of films (N, T, H, W, C), (N, T, C, H, W) or
            (N, T, H, W), uint8 or floats in [0, 1], or a tuple of it and its labels (N,); a list of PIL pictures; a
            `torch.utils.data.Dataset` or other sequence of pictures or (picture, label); or an object with the members
            of `dcgan.data.items.Source`.
        size: Side of the square pictures in pixels, 8 to 1024. A packed set must have this size; with None it may have
            any, and other sources get 64, or several packed sets of one size and the same channels their own.
        channels: 1 (gray), 3 (RGB) or 4 (RGBA), in the same way; with None other sources get 1 if all their pictures
            are stored in gray, else 3.
        sound: What a clip of sound is, of a model that has learned from sounds: a packed set must be of such clips, and
            recordings are cut into them.
        fps: Frames to take of a second of a video, above 0 and at most 1000; with None one. A packed set that was made
            of videos must have so many.
        engine: What prepares them: "ray" is all machines of a Ray cluster, which must share the cache too; as for
            `prepare`.
        on_progress: Called with (pictures done, pictures in all): first while a Python object is read to find out
            whether it was prepared before, then while it is prepared.

    Raises:
        SourceError: The source cannot be read, or holds no usable picture.
        PackedSetError: The packed set is broken, or its size, channels or frames a second are not those asked for.
        UsageError: `size`, `channels` or `fps` is out of its range.
        DcganError: The cluster fails.

    Example:
        >>> open_pictures(np.random.rand(100, 32, 32, 3), size=32).pixels.shape
        (100, 32, 32, 3)
    """
    if isinstance(source, PackedSet):
        return _fitting(source, size, channels, sound, fps)
    if isinstance(source, str | Path) and is_packed_set(source):
        return _fitting(PackedSet.open(source), size, channels, sound, fps)
    options = PrepareOptions(size=size, channels=channels)
    if sound:
        options = replace(options, rate=sound.rate, seconds=sound.seconds)
    if fps is not None:
        options = replace(options, fps=fps)
    if _is_paths(source):
        path = cache_folder() / _path_key(source, options)
        return _prepared(source, path, options, engine, on_progress)
    opened = open_source(source, options)
    path = cache_folder() / "python" / _content_key(opened, options, on_progress)
    packed = _prepared(opened, path, options, engine, on_progress)
    os.utime(path)  # it was used today
    return packed


def source_name(source: PictureSource) -> str:
    """What a source is called in a run's card and in messages: its absolute path, or what kind of object it is."""
    if isinstance(source, PackedSet):
        return str(source.path.resolve())
    if is_pattern(source):
        return str(Path(str(source)).absolute())
    if isinstance(source, str | Path):
        path = Candidate(source).path
        return str(path.resolve() if path else source)
    return open_source(source).description


def _prepared(
    source: PictureSource, path: Path, options: PrepareOptions, engine: Engine, on_progress: OnProgress | None
) -> PackedSet:
    packed = _open_whole(path)
    if packed is not None:
        return packed
    with _alone(path):
        packed = _open_whole(path)  # another process may have made it while we waited
        if packed is None:
            rmtree(path, ignore_errors=True)
            if not _is_paths(source):
                _remove_unused(path.parent)
            prepare(source, path, options, on_progress, engine=engine)
            packed = PackedSet.open(path)
    return packed


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from making the same packed set, and remove what one that was killed left behind."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock")):
            remove_partial(path.parent, path.name)
            yield
    except OSError as error:
        raise PackedSetError(f"cannot write to {path.parent}: {error}; set DCGAN_CACHE to another folder") from error
    except PackedSetError as error:
        if isinstance(error.__cause__, OSError):
            raise PackedSetError(f"{error}; set DCGAN_CACHE to another folder") from error
        raise


def _open_whole(path: Path) -> PackedSet | None:
    """A packed set that is there already and whole."""
    try:
        packed = PackedSet.open(path)
        if packed.pixels.nbytes <= VERIFIED:
            packed.verify()
    except PackedSetError:
        return None
    return packed


def _remove_unused(folder: Path) -> None:
    """Remove packed sets of Python objects, each with its lock, that were not opened for `DAYS_UNUSED` days."""
    for packed in folder.iterdir():
        if is_packed_set(packed) and packed.stat().st_mtime < time.time() - DAYS_UNUSED * 24 * 3600:
            rmtree(packed, ignore_errors=True)
            packed.with_name(f".{packed.name}.lock").unlink(missing_ok=True)


def _fitting(
    packed: PackedSet, size: int | None, channels: int | None, sound: SoundFormat | None, fps: float | None
) -> PackedSet:
    if sound not in (None, packed.sound):
        raise PackedSetError(
            f"{packed.path} has {packed.sound or 'pictures'}, and {sound} are needed here: prepare the recordings with "
            "that `rate` and `seconds`"
        )
    for parameter, actual, expected in (("size", packed.size, size), ("channels", packed.channels, channels)):
        if expected not in (None, actual):
            raise PackedSetError(
                f"{packed.path} has pictures with {parameter} {actual}, and {parameter} {expected} is needed here: "
                f"name the pictures themselves, or prepare them again with `{parameter}` {expected}"
            )
    if None not in (fps, packed.fps) and fps != packed.fps:
        raise PackedSetError(
            f"{packed.path} has {packed.fps:g} frames a second of its videos, and {fps:g} are needed here: "
            f"name the videos themselves, or prepare them again with `fps` {fps:g}"
        )
    return packed


def _is_paths(source: PictureSource) -> TypeGuard[str | Path | Sequence[str | Path]]:
    """Whether a source is a path, or a list of paths."""
    return isinstance(source, str | Path) or are_paths(source)


def _path_key(source: str | Path | Sequence[str | Path], options: PrepareOptions) -> str:
    """Names the packed set: another source, a changed file or other options give another name."""
    digest = _digest_of(options)
    parts = [source] if isinstance(source, str | Path) else source
    files = list(source_files(source, options))
    for file in files:
        digest.update(os.fsencode(os.path.abspath(file)))  # noqa: PTH100 - of a link its own name, which may be a label
        digest.update(state_of(file.resolve()) + bytes([os.access(file, os.R_OK)]))
    for part in parts:
        path = Candidate(part).path
        digest.update(os.fsencode(path.resolve() if path else part) + b"\0")
    if not files:
        digest.update(dcgan.__version__.encode())
    name = str(parts[0]).partition(":")[0]
    return f"{Path(name).resolve().name[:40]}-{digest.hexdigest()[:24]}"


def _content_key(source: Source, options: PrepareOptions, on_progress: OnProgress | None) -> str:
    """Names the packed set of a Python object, by the options and by every picture, name, label and attribute."""
    digest = _digest_of(options)
    for done, item in enumerate(source):
        if on_progress and done and done % _PICTURES_PER_PROGRESS == 0:
            on_progress(done, source.total)
        digest.update(json.dumps([item.name, item.label, sorted(item.attributes.items())]).encode())
        digest.update(_content_bytes(item))
    kind = source.description.split()[0].replace(os.sep, "-")[:40]
    return f"{kind}-{digest.hexdigest()[:24]}"


def _content_bytes(item: Item) -> bytes | memoryview:
    content: Content = item.content
    if isinstance(content, bytes):
        return content
    if isinstance(content, Path):
        return state_of(content)
    if isinstance(content, np.ndarray):
        return f"{content.shape}".encode() + content.tobytes()
    return repr(content).encode()


def _digest_of(options: PrepareOptions) -> "hashlib._Hash":
    decoders = [name for name in OPTIONAL if has_decoder(name)]  # what one lacks is skipped
    return hashlib.sha256(json.dumps([FORMAT, asdict(options), decoders], sort_keys=True).encode())
