"""Videos: frames at an even rate are the pictures."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dcgan.data.items import Item, Reason, Skipped
from dcgan.data.kinds import Candidate, SourceKind, existing
from dcgan.data.picture_files import on_one_line
from dcgan.errors import SourceError
from dcgan.types import Pixels

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

_BRANDS = (b"iso", b"mp4", b"avc", b"M4V", b"qt ", b"3gp", b"das")  # MP4 and QuickTime, of whatever version


class Video:
    """Frames of a video, the first and then one every 1 / `fps` seconds, turned upright.

    Args:
        path: A file that FFmpeg reads.
        fps: Frames to take of each second, above 0; a video that has fewer gives those that it has.

    Raises:
        SourceError: It cannot be read or has no pictures, or PyAV is not installed.
    """

    def __init__(self, path: Path, fps: float) -> None:
        self.description = f"video {path}"
        self.ignored: Mapping[str, int] = {}
        """Nothing is ignored."""
        self._path, self._fps = path, fps
        if find_spec("av") is None:
            raise SourceError(f"{path}: videos need the extra: pip install 'dcgan[video]'")
        with _opened(path) as (container, stream):
            seconds = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
            seconds = seconds or (container.duration or 0) / 1e6
            rate = min(fps, float(stream.average_rate)) if stream.average_rate else fps
            self.total = max(1, round(seconds * rate))
            """How many items it yields, as its header has it."""

    def __iter__(self) -> Iterator[Item]:
        import av

        frames = 0
        try:
            with _opened(self._path) as (container, stream):
                for frame in container.decode(stream):
                    seconds = frame.time if frame.time is not None else frames / self._fps
                    if seconds * self._fps < frames - 1e-6:
                        continue
                    frames = int(seconds * self._fps + 1e-6) + 1
                    yield Item(f"{seconds:010.3f}", _upright(frame))
        except (av.FFmpegError, SourceError, OSError) as error:
            why = on_one_line(str(error))
            yield Item(self._path.name, Skipped(Reason.TRUNCATED, f"the video ends here: {why}"))


@contextmanager
def _opened(path: Path) -> "Iterator[tuple[InputContainer, VideoStream]]":
    import av

    try:
        container = av.open(str(path))
    except (av.FFmpegError, OSError) as error:
        raise SourceError(f"{path} cannot be read: {on_one_line(str(error))}") from error
    with container:
        if not container.streams.video:
            raise SourceError(f"{path} has no pictures: only sound, or its header was cut off")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        yield container, stream


def _upright(frame: "VideoFrame") -> Pixels:
    turned = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90) % 4)
    return np.ascontiguousarray(turned)


def _is_video(head: bytes) -> bool:
    if head[4:8] == b"ftyp":
        return head[8:11] in _BRANDS
    return head.startswith((b"\x1a\x45\xdf\xa3", b"FLV\x01")) or (head[:4] == b"RIFF" and head[8:12] == b"AVI ")


def _recognizes(candidate: Candidate) -> bool:
    return candidate.path is not None and candidate.path.is_file() and _is_video(candidate.head)


VIDEO = SourceKind(_recognizes, lambda candidate: Video(existing(candidate), candidate.options.fps))
