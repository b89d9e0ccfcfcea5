"""Films of many frames: H.264 in .mp4, or .gif and .webp; frame by frame, whole or not at all."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from importlib.util import find_spec
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcgan.atomic_files import new_file
from dcgan.errors import DcganError
from dcgan.figures.sheets import on_white, sheet
from dcgan.types import OnProgress, Pixels

Frame = NDArray[np.uint8]  # (H, W, 3)

_ANIMATIONS: dict[str, dict[str, int]] = {
    ".gif": {"disposal": 1},
    ".webp": {"quality": 85, "method": 4},
}
_MOST = 100_000  # frames of an animation: so many durations, in whole hundredths, that add up to the rate asked for
VIDEOS = (".mp4", *_ANIMATIONS)
_SIDE = 512  # pixels; frames are enlarged until they are at least so wide


def write_video(frames: Iterable[Frame], path: Path, frames_per_second: float) -> None:
    """Write a film; of .gif and .webp, one that begins anew when it is over.

    Args:
        frames: (H, W, 3) each, uint8, all of one even size.
        path: Where to: .mp4 (H.264, 4:2:0), .gif or .webp.
        frames_per_second: 1 to 100; .gif counts in hundredths, so frames may last unequally.

    Raises:
        DcganError: The suffix is none of these, there is no frame, or the extra "video" is not installed.
        OSError: The file cannot be written.
    """
    if path.suffix.lower() not in VIDEOS:
        raise DcganError(f"cannot make a film as {path.suffix or 'a file without a suffix'}: use {', '.join(VIDEOS)}")
    if not 1 <= frames_per_second <= 100:
        raise DcganError(f"a film has 1 to 100 frames a second, not {frames_per_second:g}")
    coming = iter(frames)
    first = next(coming, None)
    if first is None:
        raise DcganError("a film needs a frame")
    write = _write_mp4 if path.suffix.lower() == ".mp4" else _write_animation
    with new_file(path) as partial:
        try:
            write(chain([first], coming), partial, frames_per_second)
        except OverflowError as error:  # of Pillow, which lengthens a frame that stands still
            raise DcganError(
                f"the film stands still for longer than the 655 seconds that a frame of {path.suffix} can last: make "
                "it shorter, or write a .webp or an .mp4"
            ) from error


def frame_of(picture: Image.Image) -> Frame:
    """A picture as a frame: RGB, on white, without the last row or column where there is an odd number of them."""
    frame = np.asarray(on_white(picture))
    return frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2]


def film_frames(groups: Iterable[Pixels], total: int, on_progress: OnProgress | None = None) -> Iterator[Frame]:
    """Each group of pictures as one frame of a film: RGB, 512 pixels wide or a little more, both sides even.

    Args:
        groups: (N, H, W, C) each, uint8: the pictures beside each other in a frame.
        total: How many groups there are.
        on_progress: Called with (frames made, in all).
    """
    for done, pixels in enumerate(groups, 1):
        columns = int(np.ceil(np.sqrt(len(pixels))))
        scale = max(1, -(-_SIDE // (columns * pixels.shape[2])))
        yield frame_of(sheet(pixels, columns, gap=0, scale=scale))
        if on_progress:
            on_progress(done, total)


def check_video(path: Path) -> None:
    """Refuse, before any work, a film that cannot be encoded here.

    Raises:
        DcganError: It is an .mp4, and the extra "video" is not installed.
    """
    if path.suffix.lower() == ".mp4" and find_spec("av") is None:
        raise DcganError("films as .mp4 need the extra: pip install 'dcgan[video]'; or take .gif or .webp")


def _write_mp4(frames: Iterator[Frame], path: Path, frames_per_second: float) -> None:
    check_video(path)
    import av

    rate = Fraction(frames_per_second).limit_denominator(1000)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "16", "preset": "medium"})
        stream.pix_fmt = "yuv420p"  # what every player shows
        for index, frame in enumerate(frames):
            if index == 0:
                stream.height, stream.width = frame.shape[:2]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())


def _write_animation(frames: Iterator[Frame], path: Path, frames_per_second: float) -> None:
    """By Pillow, which lengthens a frame where the next ones are the same."""
    first = Image.fromarray(next(frames))
    ends = [round(100 * index / frames_per_second) for index in range(_MOST)]  # hundredths of a second
    with path.open("wb") as file:
        first.save(
            file,
            "GIF" if path.suffix.lower() == ".gif" else "WEBP",
            save_all=True,
            append_images=(Image.fromarray(frame) for frame in frames),
            duration=[10 * (end - start) for start, end in pairwise(ends)],
            loop=0,
            **_ANIMATIONS[path.suffix.lower()],
        )
