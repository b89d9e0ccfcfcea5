"""Videos: frames at an even rate are the pictures."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dcgan.data.folder import Folder, holds_only
from dcgan.data.formats import HEAD_BYTES, VIDEO_FILES
from dcgan.data.items import Item, Reason, Skipped, Source
from dcgan.data.kinds import Candidate, SourceKind, existing
from dcgan.data.picture_files import on_one_line
from dcgan.data.single_picture import SinglePicture
from dcgan.errors import SourceError
from dcgan.types import Pixels

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

_DEMUXERS = "mov,matroska,avi,flv,asf,mpeg,mpegts,mpegvideo,ogg"
"""FFmpeg's readers that may be tried: others read playlists, which name more files of this machine."""
_TS_PACKETS = ((0, 188), (4, 192))  # where the first begins, and how far it is to the next
_WITH_DURATION = ("mov", "matroska", "avi", "flv", "asf")  # whose headers have it; of others FFmpeg estimates it
_MISSING = 0.5, 0.1  # seconds, and share of a video, that its header may have more than there are frames


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
        self._path = path
        self.fps = fps
        """Frames that are taken of a second."""
        _check_installed(str(path))
        found = _inspect(path, fps)
        if isinstance(found, Skipped):
            raise SourceError(f"{path} cannot be used: {found}")
        self.total = found
        """How many items it yields, as its header has it."""

    def __iter__(self) -> Iterator[Item]:
        for seconds, content in _frames(self._path, self.fps):
            yield Item(self._path.name if seconds is None else f"{seconds:010.3f}", content)


class Videos:
    """The frames of several videos, one video after the other. Those that cannot be read are listed with their reasons.

    Args:
        files: The videos.
        fps: Frames to take of each second, as for `Video`.

    Raises:
        SourceError: PyAV is not installed.
    """

    def __init__(self, files: Source, fps: float) -> None:
        _check_installed(files.description)
        self.description = files.description
        self.ignored: Mapping[str, int] = files.ignored
        """How many files were ignored, by kind."""
        self.fps = fps
        """Frames that are taken of a second."""
        self._videos = [(item, _inspect_item(item, fps)) for item in files]

    @property
    def total(self) -> int:
        """How many items it yields, as the headers have it."""
        return sum(1 if isinstance(found, Skipped) else found for _, found in self._videos)

    def __iter__(self) -> Iterator[Item]:
        for item, found in self._videos:
            if isinstance(found, Skipped):
                yield Item(item.name, found, item.label)
                continue
            assert isinstance(item.content, Path)
            for seconds, content in _frames(item.content, self.fps):
                name = item.name if seconds is None else f"{item.name}/{seconds:010.3f}"
                yield Item(name, content, item.label)


def _check_installed(where: str) -> None:
    if find_spec("av") is None:
        raise SourceError(f"{where}: videos need the extra: pip install 'dcgan[video]'")


def _inspect_item(item: Item, fps: float) -> int | Skipped:
    if isinstance(item.content, Skipped):
        return item.content
    assert isinstance(item.content, Path)
    return _inspect(item.content, fps)


def _inspect(path: Path, fps: float) -> int | Skipped:
    """How many frames a video gives, as its header has it, or why it gives none."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        return Skipped(Reason.UNREADABLE, error.strerror or "")
    if not head:
        return Skipped(Reason.EMPTY)
    try:
        with _opened(path) as (container, stream):
            if stream is None:
                return Skipped(Reason.NOT_A_VIDEO, "has no pictures: only sound, or its header was cut off")
            seconds = _duration(stream) or (container.duration or 0) / 1e6
            rate = min(fps, float(stream.average_rate)) if stream.average_rate else fps
            return max(1, round(seconds * rate))
    except Exception as error:  # the boundary of FFmpeg: whatever it makes of a damaged or hostile file
        why = _why(error)
        if VIDEO_FILES.begins_one(head):
            return Skipped(Reason.CORRUPT, f"its header is damaged or was cut off: {why}")
        return Skipped(Reason.NOT_A_VIDEO, f"not recognized as {', '.join(VIDEO_FILES.read)}")


def _frames(path: Path, fps: float) -> Iterator[tuple[float | None, Pixels | Skipped]]:
    """Frames with their seconds from the first one. If the video breaks off, None and the reason come last."""
    taken, first, end, whole = 0, 0.0, 0.0, 0.0
    why = ""
    try:
        with _opened(path) as (container, stream):
            whole = _promised(container, stream)
            for frame in container.decode(stream) if stream else ():
                if not taken:
                    first = frame.time or 0.0
                if frame.time is not None:
                    end = frame.time - first + float(frame.duration * frame.time_base if frame.time_base else 0)
                seconds = frame.time - first if frame.time is not None else taken / fps
                if seconds * fps < taken - 1e-6:
                    continue
                pixels = _upright(frame)
                taken = int(seconds * fps + 1e-6) + 1
                yield seconds, pixels
    except Exception as error:  # the boundary of FFmpeg, as above
        why = f": {_why(error)}"
    if not taken:
        yield None, Skipped(Reason.CORRUPT, f"none of its frames can be decoded{why}")
    elif why:
        yield None, Skipped(Reason.TRUNCATED, f"the video ends here{why}")
    elif end and whole - end > max(_MISSING[0], _MISSING[1] * whole):
        yield None, Skipped(Reason.TRUNCATED, "the video ends here, earlier than its header says")


def _promised(container: "InputContainer", stream: "VideoStream | None") -> float:
    """Seconds that the pictures last if the file is whole; 0 if its header does not tell."""
    if stream is None or not container.format.name.startswith(_WITH_DURATION):
        return 0.0
    alone = len(container.streams) == 1  # else another stream may be the longest
    return _duration(stream) or ((container.duration or 0) / 1e6 if alone else 0.0)


def _duration(stream: "VideoStream") -> float:
    """Seconds, as the header has it of the stream; 0 if it does not."""
    return float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0


@contextmanager
def _opened(path: Path) -> "Iterator[tuple[InputContainer, VideoStream | None]]":
    """A video and its stream of pictures; a cover is none."""
    import av
    from av.stream import Disposition

    with av.open(str(path), options={"format_whitelist": _DEMUXERS}) as container:
        streams = [one for one in container.streams.video if not one.disposition & Disposition.attached_pic]
        if streams:
            streams[0].thread_type = "AUTO"
        yield container, streams[0] if streams else None


def _why(error: Exception) -> str:
    strerror = getattr(error, "strerror", None)  # without the path, which FFmpeg's errors end with
    return on_one_line((str(strerror or error) or type(error).__name__).splitlines()[0])


def _upright(frame: "VideoFrame") -> Pixels:
    turned = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90) % 4)
    return np.ascontiguousarray(turned)


def _is_transport_stream(head: bytes) -> bool:
    """Whether a file is MPEG-TS: packets of 188 bytes, in M2TS with 4 more before each."""
    return any(len(head) > step + start and head[start] == head[start + step] == 0x47 for start, step in _TS_PACKETS)


def _recognizes(candidate: Candidate) -> bool:
    path = candidate.path
    if path is None:
        return False
    if path.is_dir():
        return holds_only(path, VIDEO_FILES)
    return path.is_file() and (VIDEO_FILES.begins_one(candidate.head) or _is_transport_stream(candidate.head))


def _open(candidate: Candidate) -> Source:
    path, fps = existing(candidate), candidate.options.fps
    return Videos(Folder(path, VIDEO_FILES), fps) if path.is_dir() else Video(path, fps)


def video_files(candidate: Candidate) -> Source:
    """The files of a candidate that was recognized: those of a folder, or the one."""
    path = existing(candidate)
    return Folder(path, VIDEO_FILES) if path.is_dir() else SinglePicture(path, VIDEO_FILES.noun)


def _files(candidate: Candidate) -> Iterator[Path]:
    for item in video_files(candidate):
        if isinstance(item.content, Path):
            yield item.content


VIDEO = SourceKind(_recognizes, _open, _files)
