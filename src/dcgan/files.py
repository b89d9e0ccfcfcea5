"""Names of files and folders, what is in them, and whether one may be made."""

import errno
import hashlib
import json
import os
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import chain, count
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

PIXELS_FILE, INDEX_FILE, SKIPPED_FILE, DATASET_FILE = "pixels.npy", "index.parquet", "skipped.csv", "dataset.json"
"""What a packed set consists of; see `dcgan.data.packed`."""
GROUPS_FILE, NET_FILE, CODES_FILE = "groups.parquet", "autoencoder.safetensors", "codes.npy"
"""What one has beside these if near duplicates were left out; see `dcgan.curation.deduplicate`."""
GROUPS_SHEET_FILE, FACES_SHEET_FILE = "groups.png", "faces.png"
"""The sheets that the verbs `dedup` and `faces` put there."""
RUN_FILE = "run.json"
"""What makes a folder a run; see `dcgan.training.run_folder`."""
TRAINING_FILE = "training.safetensors"
"""What makes a model a checkpoint, from which a training goes on; see `dcgan.training.checkpoint`."""
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')  # in names of folders, on one system or another
_LONGEST_NAME = 200  # bytes of a folder's name


def parse_json(text: str | bytes) -> Any:  # as the parser itself
    """JSON of a stranger.

    Raises:
        ValueError: It is no JSON, nested too deeply, or has a number of thousands of digits.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def parse_toml(text: str) -> dict[str, Any]:
    """TOML of a stranger.

    Raises:
        ValueError: It is no TOML, nested too deeply, or has a number of thousands of digits.
    """
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def read_file(path: Path) -> bytes:
    """The content of a small file.

    Raises:
        OSError: It cannot be read, or may have no end.
    """
    _check_end(path)
    return path.read_bytes()


def cache_folder() -> Path:
    """Where what can be made again is kept: the folder named by DCGAN_CACHE, or else one in the user's cache."""
    named = os.environ.get("DCGAN_CACHE")
    return Path(named) if named else user_cache_path("dcgan") / "packed"


def state_of(file: Path) -> bytes:
    """What changes when the file is changed."""
    try:
        status = file.stat()
    except OSError:
        return b"\0%b\0unreadable" % os.fsencode(file)
    times = status.st_mtime_ns, status.st_ctime_ns  # of the content, which a program may set, and of any change
    return b"\0%b\0%d\0%d\0%d" % (os.fsencode(file), status.st_size, *times)


def distinct_names(paths: Sequence[Path]) -> list[str] | None:
    """The last folders of each path, as many as it takes to tell them apart; None where one is there twice."""
    parts = [path.resolve().parts for path in paths]
    for last in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-last:]) for part in parts]
        if len(set(names)) == len(names):
            return names
    return None


def folder_name(name: str) -> str:
    """What the folder of a name is called, on any system: "AC/DC" becomes "AC_DC"."""
    plain = _UNSAFE.sub("_", unicodedata.normalize("NFC", name)).strip(" .")
    return plain.encode()[:_LONGEST_NAME].decode(errors="ignore").strip(" .") or "unnamed"


def distinct_files(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Names for files in one folder: those that an earlier one or `taken` has, even as A for a, end in -2, -3, ..."""
    used, found = {name.casefold() for name in taken}, list[str]()
    for name in names:
        numbered = (f"{name}-{number}" for number in count(2))
        found.append(next(free for free in chain([name], numbered) if free.casefold() not in used))
        used.add(found[-1].casefold())
    return found


def why_taken(path: Path, mark: str, kind: str, *, overwrite: bool, reads: Sequence[Path] = ()) -> str | None:
    """Why no folder may be made at `path`; None if it may.

    What is there is replaced only with `overwrite`, and only by its like: a folder with the file `mark`.

    Args:
        path: Where the folder is to be.
        mark: A file that every folder of the kind has.
        kind: What it is called: "a model".
        overwrite: Whether to replace one.
        reads: What it is made from, which must not be replaced by it.
    """
    if read := next((one for one in reads if one.resolve().is_relative_to(path.resolve())), None):
        return f"{path} is where {read} is read from; name another folder"
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return None
    if (path / TRAINING_FILE).exists():
        return f"{path} is a checkpoint, from which a training goes on; name another folder"
    if not (path / mark).is_file():
        return f"{path} exists and is not {kind}; name another folder"
    return None if overwrite else f"{path} exists; name another folder, or replace it with `overwrite`"


def sha256(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal.

    Raises:
        OSError: It cannot be read, or may have no end.
    """
    _check_end(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_end(path: Path) -> None:
    """Refuse devices and pipes: reading one may never end."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OSError(errno.EINVAL, "it is not a file", str(path))
