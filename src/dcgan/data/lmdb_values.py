"""One value of an LMDB environment, read by whichever process decodes it: quick to import, for every worker does."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dcgan.data.items import Reason, Skipped
from dcgan.data.opening import MAX_BYTES

if TYPE_CHECKING:
    import lmdb


@dataclass(frozen=True)
class LmdbValue:
    """One picture of an environment."""

    path: str
    key: bytes

    def read(self) -> bytes | Skipped:
        """The picture, or why it cannot be read."""
        import lmdb

        try:
            with open_environment(self.path).begin() as transaction:
                value = transaction.get(self.key)
        except lmdb.Error as error:
            return Skipped(Reason.CORRUPT, str(error))
        if value is None:
            return Skipped(Reason.UNREADABLE, "it is no longer there")
        if len(value) > MAX_BYTES:
            return Skipped(
                Reason.UNSUPPORTED, f"a picture of {len(value) >> 20} MB; at most {MAX_BYTES >> 20} MB are read"
            )
        return bytes(value)


@cache
def open_environment(path: str) -> "lmdb.Environment":
    """The environment at `path`, to be read: one in each process, which LMDB asks for."""
    import lmdb

    return lmdb.open(
        path, readonly=True, create=False, lock=False, readahead=False, subdir=Path(path).is_dir(), max_dbs=0
    )
