"""Films: animations from the sheets of a training, or from the pictures of a walk."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from PIL import Image, ImageDraw

from dcgan.atomic_files import write_atomic
from dcgan.errors import DcganError
from dcgan.figures.fonts import typeset
from dcgan.figures.sheets import WHITE, on_white

_FORMATS: dict[str, tuple[str, dict[str, object]]] = {  # how Pillow writes each suffix
    ".webp": ("WEBP", {"quality": 85, "method": 4}),
    ".gif": ("GIF", {"disposal": 1}),
    ".apng": ("PNG", {}),
    ".png": ("PNG", {}),
}
_INK = (60, 60, 60)  # of captions, RGB

T = TypeVar("T")


def evenly(items: Sequence[T], most: int) -> list[T]:
    """At most `most` items, 2 or more, at even distances; the first and the last are always among them."""
    if most < 2:
        raise ValueError(f"{most} items cannot hold the first and the last")
    if len(items) <= most:
        return list(items)
    return [items[round(index * (len(items) - 1) / (most - 1))] for index in range(most)]


def film(
    frames: Sequence[Path | Image.Image],
    path: Path,
    *,
    captions: Sequence[str] | None = None,
    seconds_per_frame: float = 0.15,
    hold_last: float = 2.0,
    max_side: int = 768,
    max_frames: int = 120,
) -> None:
    """Write an endless animation, whole or not at all. Frames that look like the one before lengthen that one.

    Every frame gets the size of the last one, within `max_side`, and lies on white where it is transparent.

    Args:
        frames: Pictures, or files of pictures, which are read one by one; in memory are at most `max_frames` of the
            film's size.
        path: Where to; the suffix is .webp, .gif (256 colors a frame), .apng or .png (both are animated PNG).
        captions: A line of text to stand under each frame, such as "12,800 images"; as many as frames.
        seconds_per_frame: How long each frame stays, 0.01 to 600 seconds.
        hold_last: How long the last one stays, in seconds.
        max_side: Frames are brought down until neither side has more pixels than this; the caption comes on top.
        max_frames: Of more frames, so many are taken at even distances, with the first and the last.

    Raises:
        DcganError: The suffix is not known, a frame cannot be read, or the film cannot be written.
        ValueError: There is no frame, captions and frames do not match, or a number is out of range.
    """
    if path.suffix.lower() not in _FORMATS:
        raise DcganError(f"cannot make a film as {path.suffix or 'a file without a suffix'}: use {', '.join(_FORMATS)}")
    if not frames:
        raise ValueError("a film needs a frame")
    if captions is not None and len(captions) != len(frames):
        raise ValueError(f"{len(captions)} captions for {len(frames)} frames")
    if not (0.01 <= seconds_per_frame <= 600 and 0.01 <= hold_last <= 600 and max_side >= 1):
        raise ValueError(f"seconds {seconds_per_frame}, {hold_last} or side {max_side} out of range")
    lines: Sequence[str | None] = captions if captions is not None else [None] * len(frames)
    titled = evenly(list(zip(frames, lines, strict=True)), max_frames)
    shown = list(_uniform(titled, max_side))
    milliseconds = [round(1000 * seconds_per_frame)] * (len(shown) - 1) + [round(1000 * hold_last)]
    name, options = _FORMATS[path.suffix.lower()]
    content = io.BytesIO()
    if len(shown) == 1:
        shown[0].save(content, name, **options)
    else:
        shown[0].save(content, name, save_all=True, append_images=shown[1:], duration=milliseconds, loop=0, **options)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, content.getvalue())
    except OSError as error:
        raise DcganError(f"cannot write {path}: {error.strerror or error}") from error


def _uniform(frames: Sequence[tuple[Path | Image.Image, str | None]], max_side: int) -> Iterator[Image.Image]:
    """Every frame in RGB, in the same size, with its caption."""
    width, height = _opened(frames[-1][0]).size
    shrink = min(1.0, max_side / max(width, height))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    for frame, caption in frames:
        picture = on_white(_opened(frame))
        if picture.size != size:
            picture = picture.resize(size, Image.Resampling.LANCZOS)
        yield picture if caption is None else _captioned(picture, caption)


def _opened(frame: Path | Image.Image) -> Image.Image:
    if isinstance(frame, Image.Image):
        return frame
    try:
        with Image.open(frame) as picture:
            picture.load()
            return picture
    except (OSError, ValueError, SyntaxError) as error:  # what Pillow raises for files that are no whole picture
        raise DcganError(f"cannot read the frame {frame}: {error}") from error


def _captioned(picture: Image.Image, caption: str) -> Image.Image:
    """The picture with a white band below that holds one centered line."""
    height = max(11, picture.width // 28)
    (line, font), band = typeset(caption, height), 2 * height
    framed = Image.new("RGB", (picture.width, picture.height + band), WHITE)
    framed.paste(picture)
    middle = (picture.width / 2, picture.height + band / 2)
    ImageDraw.Draw(framed).text(middle, line, fill=_INK, font=font, anchor="mm")
    return framed
