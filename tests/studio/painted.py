"""Pictures to paint on, and masks as files and as they ought to be."""

import hashlib
import struct
import zlib
from io import BytesIO

import numpy as np
from PIL import Image

from dcgan.types import Mask, Pixels

HOLE = np.zeros((6, 9), np.bool_)
HOLE[1:3, 2:7] = True
NONE = np.zeros((6, 9), np.bool_)


def pictures(*names: str, shape: tuple[int, ...] = (6, 9, 3)) -> dict[str, Pixels]:
    rng = np.random.default_rng(0)
    return {name: rng.integers(0, 256, shape, np.uint8) for name in names}


def png(mask: Mask, mode: str = "L") -> bytes:
    memory = BytesIO()
    Image.fromarray(mask.astype(np.uint8) * np.uint8(255)).convert(mode).save(memory, "PNG")
    return memory.getvalue()


def header(width: int, height: int) -> bytes:
    """A PNG of as many pixels as that, and a few bytes that would be they."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")


def digest(mask: Mask) -> str:
    return hashlib.sha256(bytes(mask.ravel().tolist())).hexdigest()


def covered(width: int, height: int, start: tuple[float, float], end: tuple[float, float], size: float) -> Mask:
    """Pixels (H, W) whose centers a round brush passes over, as seen at many places of its way."""
    y, x = np.mgrid[:height, :width] + 0.5
    share = np.linspace(0, 1, 20_001)[:, None, None]
    along = [a + share * (b - a) for a, b in zip(start, end, strict=True)]
    hit: Mask = (np.hypot(x - along[0], y - along[1]) <= size / 2).any(0)
    return hit
