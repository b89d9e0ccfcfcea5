"""LMDB environments of encoded pictures, as LSUN is distributed: a key and a picture, millions of times."""

import hashlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from filelock import FileLock

from dcgan.atomic_files import new_file
from dcgan.data.items import Item
from dcgan.data.kinds import Candidate, SourceKind, existing
from dcgan.data.lmdb_values import LmdbValue, open_environment
from dcgan.data.own_process import read_apart
from dcgan.data.picture_files import on_one_line
from dcgan.errors import SourceError
from dcgan.files import cache_folder, state_of

if TYPE_CHECKING:
    import lmdb

DATA_FILE = "data.mdb"
_MAGIC = b"\xde\xc0\xef\xbe"  # of the first page, behind its header of 16 bytes
_KEYS_AT_ONCE = 1 << 16
_LABEL = re.compile(r"(.+)_(?:train|val)_lmdb")  # bedroom_train_lmdb


class Lmdb:
    """The pictures of an LMDB environment in the order of its keys; the folder's name may be their label.

    Keys are listed without the pictures, once, and kept in the cache until the file changes.

    Raises:
        SourceError: It is cut off or damaged, holds nothing, or lmdb is not installed.
    """

    def __init__(self, path: Path) -> None:
        self.description = f"LMDB {path}"
        self.ignored: Mapping[str, int] = {}
        """Nothing is ignored."""
        if find_spec("lmdb") is None:
            raise SourceError(f"{path}: LMDB needs the extra: pip install 'dcgan[lmdb]'")
        self._path = str(path)
        self._keys = _keys(path)
        self._label = _label_of(path)
        if not len(self._keys):
            raise SourceError(f"{path} holds no pictures: it is empty")

    @property
    def total(self) -> int:
        """How many items it yields."""
        return len(self._keys)

    def __iter__(self) -> Iterator[Item]:
        for key in self._keys:
            data = key.as_py()
            name = on_one_line(data.decode("utf-8", "surrogateescape"))
            yield Item(name, LmdbValue(self._path, data), self._label)


def list_keys(path: str, out: str) -> None:
    """Write all keys of an environment into an Arrow file; in a process of its own, which a damaged one may crash."""
    import lmdb

    try:
        environment = open_environment(path)
        _check_whole(path, environment)
        field = pa.field("key", pa.binary())
        with environment.begin() as transaction, pa.ipc.new_file(out, pa.schema([field])) as writer:
            keys = transaction.cursor().iternext(keys=True, values=False)
            while batch := [key for key, _ in zip(keys, range(_KEYS_AT_ONCE), strict=False)]:
                writer.write_batch(pa.record_batch([pa.array(batch, pa.binary())], names=["key"]))
    except (lmdb.Error, OSError, ValueError) as error:
        sys.exit(str(error))


def _check_whole(path: str, environment: "lmdb.Environment") -> None:
    """Refuse a file that was cut off: reading behind its end would end the process."""
    file = Path(path) / DATA_FILE if Path(path).is_dir() else Path(path)
    pages, size = environment.info()["last_pgno"] + 1, environment.stat()["psize"]
    if file.stat().st_size < pages * size:
        raise ValueError(f"it was cut off: {file.stat().st_size:,} bytes of {pages * size:,}")


def _keys(path: Path) -> pa.ChunkedArray:
    """The keys, from the cache if it has them."""
    state = state_of(_data_file(path).resolve())
    kept = cache_folder() / "keys" / f"{path.name[:40]}-{hashlib.sha256(state).hexdigest()[:24]}.arrow"
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(kept.with_suffix(".lock")):
            if not kept.exists():
                with new_file(kept) as file:
                    _list_apart(path, file)
            with pa.memory_map(os.fspath(kept)) as file:
                return pa.ipc.open_file(file).read_all()["key"]
    except OSError as error:
        raise SourceError(f"{path}: its keys cannot be kept in {kept.parent}: {error.strerror or error}") from error


def _list_apart(path: Path, out: Path) -> None:
    read_apart(path, __name__, list_keys.__name__, out)


def _data_file(path: Path) -> Path:
    return path / DATA_FILE if path.is_dir() else path


def _label_of(path: Path) -> str | None:
    """The label in the name of the environment's folder, which may be given as "." or as the file in it."""
    place = Path(os.path.abspath(path))  # noqa: PTH100 - `resolve` would follow links, which may be named as LSUN is
    folder = place.parent if place.name == DATA_FILE else place
    named = _LABEL.fullmatch(folder.name)
    return on_one_line(named[1]) if named else None


def _recognizes(candidate: Candidate) -> bool:
    path = candidate.path
    if path is None:
        return False
    return (path / DATA_FILE).is_file() if path.is_dir() else candidate.head[16:20] == _MAGIC


LMDB = SourceKind(
    _recognizes,
    lambda candidate: Lmdb(existing(candidate)),
    lambda candidate: (_data_file(existing(candidate)),),
)
