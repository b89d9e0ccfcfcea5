"""Sheets and strips: grids and rows of small pictures, large enough to be looked at."""

import io
import math
from pathlib import Path

import numpy as np
from PIL import Image

from dcgan.atomic_files import write_atomic
from dcgan.errors import DcganError
from dcgan.types import Pixels

WHITE = (255, 255, 255)

FORMATS: dict[str, tuple[str, dict[str, object]]] = {  # how Pillow writes each suffix
    ".png": ("PNG", {"compress_level": 4}),  # `optimize` takes far longer for files that are hardly smaller
    ".jpg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".jpeg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".webp": ("WEBP", {"lossless": True}),
}
_VISIBLE = 64  # pixels; by default narrower tiles are enlarged until they have at least this width


def sheet(
    pixels: Pixels,
    columns: int | None = None,
    gap: int = 2,
    scale: int | None = None,
    background: tuple[int, int, int] = WHITE,
) -> Image.Image:
    """Lay pictures out in a grid, row by row.

    Args:
        pixels: (N, H, W, C) uint8, N of 1 or more, C of 1 (gray), 3 (RGB) or 4 (RGBA).
        columns: Pictures in a row. Default: the least that makes the grid no taller than wide, in pictures, or up to
            twice as many if they leave no cell empty.
        gap: Pixels between neighbors; there is none around the sheet.
        scale: How many times each picture is enlarged, pixel by pixel. Default: the least whole number that makes it
            64 pixels wide or more.
        background: RGB of gaps and empty cells. With 4 channels they are transparent instead.

    Returns:
        A picture of mode L, RGB or RGBA; RGB, too, for gray pictures on a colored background.

    Raises:
        ValueError: `pixels` is no such array, or a number is out of range.
    """
    _check(pixels)
    count, height, width, channels = pixels.shape
    columns = min(columns, count) if columns is not None else _columns(count)
    scale = scale if scale is not None else math.ceil(_VISIBLE / width)
    if columns < 1 or gap < 0 or scale < 1:
        raise ValueError(f"columns {columns}, gap {gap}, scale {scale}: at least 1, 0 and 1 are needed")
    if channels == 1 and len(set(background)) > 1:
        pixels, channels = pixels.repeat(3, axis=3), 3
    tiles = pixels.repeat(scale, axis=1).repeat(scale, axis=2)
    height, width = height * scale, width * scale
    rows = math.ceil(count / columns)
    empty = (*background, 0)[-channels:] if channels == 4 else background[:channels]
    canvas = np.empty((rows * (height + gap) - gap, columns * (width + gap) - gap, channels), np.uint8)
    canvas[:] = empty
    for index, tile in enumerate(tiles):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        canvas[top : top + height, left : left + width] = tile
    return Image.fromarray(canvas[..., 0] if channels == 1 else canvas)


def _columns(count: int) -> int:
    """How many pictures to put in a row: 64 -> 8, 10 -> 5, 3 -> 3, and 7, which no grid fits, -> 3."""
    least = math.ceil(math.sqrt(count))
    return next((columns for columns in range(least, 2 * least + 1) if count % columns == 0), least)


def first_row(image: Image.Image, size: int, gap: int = 2) -> Pixels:
    """The pictures (N, size, size, C) in the first row of a sheet, as they were before `sheet` laid them out.

    Args:
        image: The sheet of mode L or RGB.
        size: Side of the pictures in pixels; they were enlarged as by default.
        gap: Pixels between neighbors.
    """
    scale = math.ceil(_VISIBLE / size)
    pixels = np.asarray(image)
    pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
    step = size * scale + gap
    starts = range(0, image.width - gap, step)
    return np.stack([pixels[: size * scale : scale, left : left + size * scale : scale] for left in starts])


def strip(
    pixels: Pixels, gap: int = 2, scale: int | None = None, background: tuple[int, int, int] = WHITE
) -> Image.Image:
    """Lay pictures out in one row. The arguments are those of `sheet`."""
    return sheet(pixels, len(pixels), gap, scale, background)


def paired_sheet(above: Pixels, below: Pixels, columns: int = 16) -> Image.Image:
    """Lay out pairs of pictures, each of `above` over its partner of `below`: both (N, H, W, C), of one shape."""
    columns = min(columns, len(above))
    starts = range(0, len(above), columns)
    rows = [half[start : start + columns] for start in starts for half in (above, below)]
    rows[-2:] = (np.pad(row, ((0, columns - len(row)), *3 * ((0, 0),)), constant_values=255) for row in rows[-2:])
    return sheet(np.concatenate(rows), columns)


def picture_bytes(image: Image.Image, suffix: str) -> bytes:
    """Encode a picture as the format of a file suffix: .png, .jpg, .jpeg (quality 95, on white) or .webp (lossless).

    Raises:
        DcganError: The suffix is none of these, or the picture is too large for the format.
    """
    if suffix.lower() not in FORMATS:
        raise DcganError(f"cannot save a picture as {suffix or 'a file without a suffix'}: use {', '.join(FORMATS)}")
    name, options = FORMATS[suffix.lower()]
    if name == "JPEG" and image.mode == "RGBA":  # JPEG has no transparency
        image = on_white(image)
    content = io.BytesIO()
    try:
        image.save(content, name, **options)
    except (OSError, ValueError) as error:  # each format has a largest picture
        raise DcganError(
            f"{image.width} x {image.height} pixels are too many for {suffix} ({error}); use .png, or fewer pictures"
        ) from error
    return content.getvalue()


def on_white(image: Image.Image) -> Image.Image:
    """A picture as RGB, which lies on white where it is transparent."""
    if image.has_transparency_data:
        return Image.alpha_composite(Image.new("RGBA", image.size, WHITE), image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def save_picture(image: Image.Image, path: Path) -> None:
    """Write a picture in the format of the suffix of `path` (see `picture_bytes`), whole or not at all.

    Raises:
        DcganError: The suffix is not known, or the file cannot be written.
    """
    content = picture_bytes(image, path.suffix)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, content)
    except OSError as error:
        raise DcganError(f"cannot write {path}: {error.strerror or error}") from error


def _check(pixels: Pixels) -> None:
    if pixels.ndim != 4 or pixels.dtype != np.uint8 or pixels.shape[3] not in (1, 3, 4) or 0 in pixels.shape:
        raise ValueError(f"pixels are {pixels.dtype} {pixels.shape}, not uint8 (N, H, W, 1, 3 or 4)")
