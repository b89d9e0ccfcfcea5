"""Recovering a truncated .zip, as a broken download leaves it: its directory is lost, but each member has a header."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from dcgan.data.formats import HEAD_BYTES
from dcgan.data.items import Reason, Skipped
from dcgan.data.opening import MAX_BYTES

_HEADER = struct.Struct("<4sHHHHHLLLHH")  # APPNOTE.TXT 4.3.7, "local file header"
_ENCRYPTED, _SIZES_FOLLOW, _UTF8 = 1 << 0, 1 << 3, 1 << 11
_STORED, _DEFLATED = 0, 8


@dataclass(frozen=True)
class Member:
    """One file inside the archive: its compressed bytes begin at `start`."""

    name: str
    flags: int
    method: int
    start: int
    size: int

    def head(self, file: BinaryIO) -> bytes:
        """The first bytes of the file."""
        content = self._content(file, HEAD_BYTES)
        return b"" if isinstance(content, Skipped) else content

    def read(self, file: BinaryIO) -> bytes | Skipped:
        """All of the file."""
        return self._content(file, MAX_BYTES)

    def _content(self, file: BinaryIO, limit: int) -> bytes | Skipped:
        if self.flags & _ENCRYPTED:
            return Skipped(Reason.ENCRYPTED, "unpack the archive with its password first")
        if self.method not in (_STORED, _DEFLATED):
            return Skipped(Reason.UNSUPPORTED, f"compression method {self.method}")
        if self.size > MAX_BYTES:
            return Skipped(Reason.UNSUPPORTED, f"a file of {self.size >> 20} MB; at most {MAX_BYTES >> 20} MB are read")
        file.seek(self.start)
        data = file.read(self.size)
        if len(data) < self.size:
            return Skipped(Reason.TRUNCATED, "the archive is truncated")
        if self.method == _STORED:
            return data[:limit]
        try:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, limit)
        except zlib.error as error:
            return Skipped(Reason.CORRUPT, str(error))


def recover_members(file: BinaryIO) -> Iterator[Member]:
    """The members of an archive from its beginning, as far as each header says where the next one starts."""
    while True:
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return
        signature, _, flags, method, _, _, _, size, _, name_size, extra_size = _HEADER.unpack(header)
        if signature != b"PK\3\4":
            return
        name = file.read(name_size).decode("utf-8" if flags & _UTF8 else "cp437", "backslashreplace")
        start = file.seek(extra_size, 1)
        if flags & _SIZES_FOLLOW:
            end = _end_of_deflated(file) if method == _DEFLATED else None
            if end is None:
                return
            size = end - start
        if not name.endswith("/"):
            yield Member(name, flags, method, start, size)
        file.seek(start + size)
        if flags & _SIZES_FOLLOW:  # after the data: a signature that may be missing, a checksum, two sizes
            file.seek(12 if file.read(4) == b"PK\7\10" else 8, 1)


def _end_of_deflated(file: BinaryIO) -> int | None:
    """Where the deflated data end that begin here; None if the file ends before."""
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    while not inflate.eof:
        data = file.read(1 << 16)
        if not data:
            return None
        try:
            while data and not inflate.eof:
                inflate.decompress(data, 1 << 20)
                data = inflate.unconsumed_tail
        except zlib.error:
            return None
    return file.tell() - len(inflate.unused_data)
