"""Small picture files of every format, made in memory."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

from dcgan.data.decode import Decoded, DecodeOptions, decode


def photo(width: int = 60, height: int = 40, mode: str = "RGB") -> Image.Image:
    """Smooth colors and some noise, which compress as photographs do."""
    y, x = np.mgrid[0:height, 0:width]
    waves = np.stack([np.sin(x / 17 + y / 23 + shift) for shift in (0, 2, 4)], axis=-1)
    noise = np.random.default_rng(0).normal(0, 10, (height, width, 3))
    return Image.fromarray(np.clip(128 + 90 * waves + noise, 0, 255).astype(np.uint8)).convert(mode)


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    """The bytes of a file of this kind."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def png_chunk(kind: bytes, data: bytes, crc: int | None = None) -> bytes:
    """One part of a PNG."""
    checksum = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def png(width: int, height: int, data: bytes, *more: bytes) -> bytes:
    """A gray 8-bit PNG that claims to have width × height pixels, whatever `data` holds."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = (png_chunk(b"IHDR", header), *more, png_chunk(b"IDAT", zlib.compress(data, 9)), png_chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


JPEG = encoded(photo(), "JPEG", quality=90)
PNG = encoded(photo(), "PNG")
WEBP = encoded(photo(), "WEBP")
GIF = encoded(photo(), "GIF")
BMP = encoded(photo(), "BMP")
TIFF = encoded(photo(), "TIFF")
WHOLE = {"JPEG": JPEG, "PNG": PNG, "WEBP": WEBP, "GIF": GIF, "BMP": BMP, "TIFF": TIFF}


def used(data: bytes, options: DecodeOptions) -> Decoded:
    """What a picture that can be used decodes to."""
    result = decode(data, options)
    assert isinstance(result, Decoded), result
    return result
