"""Masks of what is missing of pictures, painted by hand, each saved in a file with each change."""

import hashlib
from collections.abc import Collection, Mapping
from io import BytesIO
from pathlib import Path
from threading import Lock

import numpy as np
from PIL import Image, UnidentifiedImageError

from dcgan.atomic_files import check_writable, write_atomic
from dcgan.data.whole_pictures import read_mask
from dcgan.errors import DcganError, UsageError
from dcgan.types import Mask, Pixels

LARGEST = 3 << 22
"""Bytes of a mask as PNG: a hundred million pixels of noise, one bit each."""
MISSING = 128
"""From this gray on a pixel of a mask's file is missing."""
THUMBNAIL = 160
"""Pixels of a thumbnail's longer side, at most."""
_PNG_HEAD = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


class MaskDrawing:
    """Pictures, and the mask of each.

    The mask of the picture NAME is in FOLDER/NAME.png: gray, of the picture's size, 255 (white) where the picture is
    missing and 0 where it is known. A picture of which nothing is missing has no file.

    Args:
        pictures: By name, in the order they are shown in: (H, W, C) uint8 of any size, with 1, 3 or 4 channels. A name
            is that of a file without its suffix.
        folder: Where masks are saved; it is made if need be. The work goes on with masks that are in it already.

    Raises:
        UsageError: There are no pictures, or one has another type or shape, or a name that no file can have.
        DcganError: A mask that is there cannot be read or has another size than its picture, or nothing can be saved
            in the folder.
    """

    def __init__(self, pictures: Mapping[str, Pixels], folder: Path) -> None:
        _check(pictures)
        self.folder = folder
        self.names = tuple(pictures)
        self._pictures = tuple(pictures.values())
        try:
            check_writable(self._path(0))
            self._saved = [_content_of(self._path(index)) for index in range(len(self.names))]
        except OSError as error:
            raise DcganError(f"cannot save masks in {folder}: {error.strerror or error}") from error
        self._masks = [
            np.zeros(size, np.bool_) if content is None else self._earlier(index)
            for index, (content, size) in enumerate(zip(self._saved, self.sizes, strict=True))
        ]
        self._lock = Lock()

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """Height and width of each picture, in pixels."""
        return tuple((picture.shape[0], picture.shape[1]) for picture in self._pictures)

    @property
    def missing(self) -> tuple[int, ...]:
        """How many pixels of each picture are missing."""
        with self._lock:  # or a file could be ahead
            return tuple(int(np.count_nonzero(mask)) for mask in self._masks)

    @property
    def masks(self) -> dict[str, Mask]:
        """The masks (H, W) by name, True where the picture is missing; only those of pictures that miss something."""
        with self._lock:
            return {name: mask.copy() for name, mask in zip(self.names, self._masks, strict=True) if mask.any()}

    def picture(self, index: int) -> bytes:
        """A picture as PNG.

        Raises:
            DcganError: There is no such picture.
        """
        return _png(self._image(index))

    def thumbnail(self, index: int) -> bytes:
        """A picture as PNG, made smaller if a side has more than `THUMBNAIL` pixels.

        Raises:
            DcganError: There is no such picture.
        """
        image = self._image(index)
        image.thumbnail((THUMBNAIL, THUMBNAIL))
        return _png(image)

    def mask(self, index: int) -> bytes:
        """The mask of a picture as PNG: gray, 255 where the picture is missing and 0 where it is known.

        Raises:
            DcganError: There is no such picture.
        """
        self._check_index(index)
        return _mask_png(self._masks[index])

    def set_mask(self, index: int, content: bytes, before: Collection[str] | None = None) -> None:
        """Put a mask in place of the one that was there before, and write its file, or remove it if all is known.

        Args:
            index: Of the picture.
            content: The mask as PNG of the picture's size; what is at least `MISSING` as gray is missing.
            before: What the page believes was there: the digest of the mask, or several guesses if an answer was lost.
                A digest is the SHA-256, in hexadecimal, of one byte a pixel, row by row: 1 for missing, 0 for known.
                None: whatever was there.

        Raises:
            DcganError: There is no such picture, the content is no PNG of its size or larger than `LARGEST`, another
                mask was there before, or the file was changed by another program. Then nothing changes.
            OSError: The file cannot be written; the mask stays as it was.
        """
        self._check_index(index)
        mask = parse_mask(content, self.sizes[index])
        with self._lock:
            if before is not None and _digest(self._masks[index]) not in (_digest(mask), *before):
                raise DcganError(f"the mask of {self.names[index]} was changed on another page; load this one again")
            self._write(index, mask)

    def end(self) -> None:
        """Make sure that all masks are in their files; one that was deleted meanwhile is written again.

        Raises:
            DcganError: A file was changed by another program.
            OSError: A file cannot be written.
        """
        with self._lock:
            for index, mask in enumerate(self._masks):
                if mask.any() and _content_of(self._path(index)) != self._saved[index]:
                    self._write(index, mask)

    def _path(self, index: int) -> Path:
        return self.folder / f"{self.names[index]}.png"

    def _check_index(self, index: int) -> None:
        if not 0 <= index < len(self.names):
            raise DcganError(f"no picture has the index {index}; the last is {len(self.names) - 1}")

    def _image(self, index: int) -> Image.Image:
        self._check_index(index)
        pixels = self._pictures[index]
        return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)

    def _earlier(self, index: int) -> Mask:
        """The mask in a file that is there already, read as every verb reads it."""
        path = self._path(index)
        try:
            mask = read_mask(path)
            _check_size(mask.shape, self.sizes[index])
        except DcganError as error:
            raise DcganError(f"{path} is in the way: {error}; move it away, or name another folder") from error
        return mask

    def _write(self, index: int, mask: Mask) -> None:
        path, content = self._path(index), _mask_png(mask) if mask.any() else None
        there = _content_of(path)
        if there not in (None, self._saved[index]):
            raise DcganError(
                f"another program changed {path}, so it was not overwritten; stop this command (Ctrl-C) and start it "
                "again"
            )
        if content is None:
            path.unlink(missing_ok=True)
        else:
            write_atomic(path, content)
        self._saved[index], self._masks[index] = content, mask


def _check(pictures: Mapping[str, Pixels]) -> None:
    if not pictures:
        raise UsageError("`pictures` has none")
    for name, picture in pictures.items():
        if not name or Path(name).name != name or "\0" in name:
            raise UsageError(f"`pictures` has {name!r}, which is not a file name")
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] not in (1, 3, 4) or not picture.size:
            raise UsageError(
                f"`pictures` must be (H, W, C) of uint8 with 1, 3 or 4 channels, not {picture.shape} of "
                f"{picture.dtype} as {name} is"
            )


def _content_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def parse_mask(content: bytes, size: tuple[int, int]) -> Mask:
    """The mask in a stranger's PNG, for a picture of a size (H, W): True from `MISSING` on.

    Nothing is decoded before the size in its header is found to be right.

    Raises:
        DcganError: It is no PNG, or has another size, or more bytes than `LARGEST`.
    """
    if len(content) > LARGEST:
        raise DcganError(f"a mask has {LARGEST} bytes at most, not {len(content)}")
    if not content.startswith(_PNG_HEAD):
        raise DcganError("the mask is not a PNG")
    width, height = (int.from_bytes(content[start : start + 4]) for start in (16, 20))
    _check_size((height, width), size)
    try:
        with Image.open(BytesIO(content), formats=["PNG"]) as image:
            _check_size((image.height, image.width), size)  # of another header after the first
            return np.asarray(image.convert("L")) >= MISSING
    except UnidentifiedImageError as error:  # its text names no file, but an object in memory
        raise DcganError("the mask is not a complete PNG") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DcganError(f"the mask cannot be read: {error}") from error


def _check_size(size: tuple[int, ...], expected: tuple[int, int]) -> None:
    if size != expected:
        raise DcganError(f"the mask has {size[1]} × {size[0]} pixels, and the picture {expected[1]} × {expected[0]}")


def _mask_png(mask: Mask) -> bytes:
    return _png(Image.fromarray(mask.astype(np.uint8) * np.uint8(255)))


def _png(image: Image.Image) -> bytes:
    memory = BytesIO()
    image.save(memory, "PNG", compress_level=1)  # it travels within this machine: speed counts, size does not
    return memory.getvalue()


def _digest(mask: Mask) -> str:
    return hashlib.sha256(np.ascontiguousarray(mask).view(np.uint8).data).hexdigest()
