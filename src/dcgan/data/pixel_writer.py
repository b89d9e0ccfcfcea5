"""Writing pictures into an array file that grows."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dcgan.types import Pixels

_AT_ONCE = 1024  # pictures that are read or written again


class PixelWriter:
    """An .npy file (N, H, W, C), uint8, of pictures that come one by one; N is written at the end.

    Args:
        path: The file to make.
        shape: (H, W, C).
    """

    def __init__(self, path: Path, shape: tuple[int, int, int]) -> None:
        self.path = path
        """The file."""
        self._shape = shape
        self._count = 0
        self._file = path.open("wb")
        self._header_bytes = self._write_header()

    def write(self, pixels: Pixels) -> memoryview:
        """Append pictures (..., H, W, C); what is written."""
        data = np.ascontiguousarray(pixels).data
        self._file.write(data)
        self._count += len(pixels) if pixels.ndim == 4 else 1
        return data

    def finish(self) -> None:
        """Complete the file."""
        self._file.seek(0)
        if self._write_header() != self._header_bytes:
            raise ValueError("this numpy does not pad .npy headers for a growing first axis")
        self.close()

    def close(self) -> None:
        """Leave it as it is."""
        self._file.close()

    def _write_header(self) -> int:
        """Write the .npy header for the current count; its length, which numpy pads to be the same for any count."""
        header = {"descr": "|u1", "fortran_order": False, "shape": (self._count, *self._shape)}
        np.lib.format.write_array_header_1_0(self._file, header)
        return self._file.tell()


def blocks(pixels: Pixels) -> Iterator[Pixels]:
    """Some pictures at a time, in memory."""
    for start in range(0, len(pixels), _AT_ONCE):
        yield np.ascontiguousarray(pixels[start : start + _AT_ONCE])
