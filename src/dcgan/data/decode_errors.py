"""Why a picture could not be decoded: what Pillow and the libraries below it say, brought to one of our reasons."""

import io
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from PIL import Image, UnidentifiedImageError

from dcgan.data import formats
from dcgan.data.items import Reason, Skipped

_UNKNOWN = re.compile("unsupported|not supported|unknown|unrecognized|cannot handle|not available", re.IGNORECASE)
_LONGEST_MESSAGE = 300  # bytes of what a library prints


class SkipError(Exception):
    """Ends the decoding of a picture that cannot be used."""

    def __init__(self, skipped: Skipped) -> None:
        super().__init__(skipped.detail)
        self.skipped = skipped


def explain(error: Exception, data: bytes, format_name: str) -> Skipped:
    """The reason that stands for an error of the decoder; `format_name` is what `formats.sniff` says of `data`."""
    if isinstance(error, Image.DecompressionBombError):
        return Skipped(Reason.BOMB, str(error))
    if isinstance(error, MemoryError):
        return Skipped(Reason.BOMB, "needs more memory than there is")
    if isinstance(error, UnidentifiedImageError):
        return _why_unidentified(data, format_name)
    said = str(error).partition("\n")[0]
    detail = f"{format_name}: {said}" if said else f"{format_name}: {type(error).__name__}"
    if "Decompressed data too large" in detail or "Too much memory" in detail:
        return Skipped(Reason.BOMB, detail)
    if _UNKNOWN.search(detail):
        return Skipped(Reason.UNSUPPORTED, detail)
    return Skipped(Reason.TRUNCATED if "truncated" in detail.lower() else _how_broken(data, format_name), detail)


def _how_broken(data: bytes, format_name: str) -> Reason:
    return Reason.TRUNCATED if formats.is_truncated(data, format_name) else Reason.CORRUPT


def _why_unidentified(data: bytes, format_name: str) -> Skipped:
    """Pillow says only that it cannot identify a file; its reader of the format says why."""
    why: Exception | None = None
    try:
        Image.OPEN[format_name.upper()][0](io.BytesIO(data), "")
    except Exception as error:
        why = error
    reason = _how_broken(data, format_name)
    nameless = format_name == "TIFF" and str(why).isdecimal()  # the number of a compression that it does not know
    if reason == Reason.CORRUPT and (nameless or _UNKNOWN.search(str(why))):
        return Skipped(Reason.UNSUPPORTED, f"{format_name}: a kind that cannot be decoded: {why}")
    return Skipped(reason, f"{format_name}: its header is broken")


@contextmanager
def native_messages(*, if_: bool) -> Iterator[list[str]]:
    """What native libraries print on standard error within the block, by hundreds of lines: the first lines of it."""
    messages: list[str] = []
    with ExitStack() as stack:
        if if_:
            with suppress(OSError):  # there is no standard error
                stack.enter_context(_captured(messages))
        yield messages


@contextmanager
def _captured(messages: list[str]) -> Iterator[None]:
    stderr = os.dup(2)
    try:
        with tempfile.TemporaryFile() as file:
            os.dup2(file.fileno(), 2)
            try:
                yield
            finally:
                os.dup2(stderr, 2)
                file.seek(0)
                messages += file.read(_LONGEST_MESSAGE).decode("utf-8", "backslashreplace").splitlines()[:3]
    finally:
        os.close(stderr)
