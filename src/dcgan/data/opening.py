"""Opening a picture: what an item carries, recognized by content and handed to Pillow; or the reason why not."""

import hashlib
import io
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple, TypeVar

import numpy as np
from PIL import Image

from dcgan.data import formats
from dcgan.data.decode_errors import SkipError, explain, native_messages
from dcgan.data.items import Content, Reason, Skipped, Stored
from dcgan.types import Pixels

T = TypeVar("T")

MAX_BYTES = 1 << 29
"""Larger files are skipped unread: no photograph has half a gigabyte."""

_PILLOW_FORMATS = tuple(name.upper() for name in formats.READ)
_PILLOW_NAMES = {"AVIF": ("AVIF",), "HEIC": ("HEIF",), "JPEG XL": ("JXL",)}  # of the optional ones


class Digest(NamedTuple):
    """What is known of content without decoding it."""

    sha256: str
    """Of the file's bytes, or of the pixels where the source is an array."""
    bytes: int | None
    """Length of the file; None for an array."""


def read_and(
    content: Content, of_file: Callable[[bytes], T | Skipped], of_pixels: Callable[[Pixels], T | Skipped]
) -> tuple[T | Skipped, Digest | None]:
    """Have one of the two functions work on what an item carries, the bytes of a file or pixels (H, W, C).

    Returns:
        What the function returns, or why the content cannot be read; and the digest of what was read.
    """
    try:
        if isinstance(content, Path):
            content = _read(content)
        elif isinstance(content, Stored):
            content = content.read()
        if isinstance(content, Skipped):
            return content, None
        if isinstance(content, bytes):
            return of_file(content), Digest(hashlib.sha256(content).hexdigest(), len(content))
        return of_pixels(content), Digest(hash_pixels(content), None)
    except MemoryError:
        return Skipped(Reason.BOMB, "needs more memory than there is"), None


def hash_pixels(pixels: Pixels) -> str:
    """SHA-256 of pixels (H, W, C)."""
    return hashlib.sha256(np.ascontiguousarray(pixels).data).hexdigest()


def open_and(data: bytes, act: Callable[[Image.Image], T]) -> T | Skipped:
    """Have `act` work on the picture in `data`, which is open and not loaded; never raises."""
    if not data:
        return Skipped(Reason.EMPTY)
    format_name = formats.sniff(data[: formats.HEAD_BYTES])
    if format_name is None:
        return Skipped(Reason.NOT_A_PICTURE, f"begins with {data[:12]!r}")
    if format_name in formats.OPTIONAL and not has_decoder(format_name):
        return Skipped(Reason.UNSUPPORTED, f"{format_name} needs the extra: pip install 'dcgan[formats]'")
    if format_name not in (*formats.READ, *formats.OPTIONAL):
        return Skipped(Reason.UNSUPPORTED, f"{format_name}; convert it to one of {', '.join(formats.READ)}")
    with native_messages(if_=format_name == "TIFF") as messages:
        result = _try(data, format_name, act)
    if isinstance(result, Skipped) and messages:
        return replace(result, detail=f"{result.detail} ({'; '.join(messages)})")
    return result


def _try(data: bytes, format_name: str, act: Callable[[Image.Image], T]) -> T | Skipped:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of much that it copes with
            with Image.open(io.BytesIO(data), formats=_PILLOW_NAMES.get(format_name, _PILLOW_FORMATS)) as picture:
                return act(picture)
    except SkipError as error:
        return error.skipped
    except Exception as error:  # Pillow raises OSError, ValueError, SyntaxError, struct.error, EOFError, and others
        return explain(error, data, format_name)


@cache
def has_decoder(format_name: str) -> bool:
    """Whether Pillow decodes an optional format here: by itself, or by a package that is installed."""
    try:
        match format_name:
            case "HEIC":
                import pillow_heif

                pillow_heif.register_heif_opener()
            case "JPEG XL":
                import pillow_jxl  # noqa: F401  registers itself
    except ImportError:
        return False
    Image.init()
    return set(_PILLOW_NAMES[format_name]) <= set(Image.OPEN)


def _read(file: Path) -> bytes | Skipped:
    try:
        status = file.stat()
        if not S_ISREG(status.st_mode):  # a pipe would never end
            return Skipped(Reason.UNREADABLE, "a folder, pipe, socket or device")
        if status.st_size > MAX_BYTES:
            size = f"a file of {status.st_size >> 20} MB; at most {MAX_BYTES >> 20} MB are read"
            return Skipped(Reason.UNSUPPORTED, size)
        return file.read_bytes()
    except OSError as error:
        return Skipped(Reason.UNREADABLE, error.strerror or str(error))
    except ValueError as error:  # no name of a file has a null byte
        return Skipped(Reason.UNREADABLE, str(error))
