"""What a source yields: items with a name and content, or the reason why one cannot be used."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, runtime_checkable

import numpy as np

from dcgan.sound.spectrogram import SoundFormat
from dcgan.types import Pixels

Box = tuple[int, int, int, int]  # left, top, right, bottom

_NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})


class Reason(StrEnum):
    """Why a picture was skipped. The words are part of the packed set's format."""

    EMPTY = "empty file"
    NOT_A_PICTURE = "not a picture"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    NOT_A_SOUND = "not a sound"
    NOT_A_VIDEO = "not a video"
    SILENT = "silent"
    CLIPPED = "clipped"
    BOMB = "decompression bomb"
    UNREADABLE = "unreadable"
    TOO_SMALL = "too small"
    ENCRYPTED = "encrypted"
    UNSUPPORTED = "unsupported"
    CRASHED = "crashed the decoder"
    DUPLICATE = "duplicate"
    NO_FACE = "no face"
    DOUBTFUL = "doubtful"
    BLURRED = "blurred"
    CUT_OFF = "cut off"
    MORE_FACES = "more faces"


@dataclass(frozen=True)
class Skipped:
    """Stands for a picture that cannot be used."""

    reason: Reason
    """To count by."""
    detail: str = ""
    """What exactly was wrong, for people."""
    width: int | None = None
    """Of the original in pixels, where it is known."""
    height: int | None = None

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})" if self.detail else str(self.reason)


@runtime_checkable
class Stored(Protocol):
    """An encoded picture that a worker reads for itself, such as a value in a database. It is pickled on its way."""

    def read(self) -> "bytes | Skipped":
        """The picture, or why it cannot be read; never raises."""


Content = bytes | Path | Stored | Pixels | Skipped
"""An encoded picture, a file or a stored picture for a worker to read, pixels (H, W, C) with 1 to 4 channels, or why
there is none."""


@dataclass(frozen=True)
class Item:
    """One picture of a source, not decoded yet."""

    name: str
    """Identifies it within its source: valid Unicode, parts joined by "/"."""
    content: Content
    label: str | None = None
    attributes: Mapping[str, str] = field(default_factory=lambda: _NO_ATTRIBUTES)


@runtime_checkable
class Source(Protocol):
    """Pictures in an order that is the same every time.

    A source is listed when it is made, so that `ignored` and `total` are known before the first item. It can be
    iterated more than once. Content is read as late as possible: no source holds all its pictures in memory.

    Raises:
        SourceError: On making it: it holds no picture. The message says what it holds instead.
    """

    @property
    def description(self) -> str:
        """What it is, for messages and the description of the packed set: "folder photos"."""

    @property
    def total(self) -> int:
        """How many items it yields, 1 or more."""

    @property
    def ignored(self) -> Mapping[str, int]:
        """How many files were ignored because they do not claim to be pictures, by kind: "hidden", ".txt"."""

    def __iter__(self) -> Iterator[Item]:
        """The items, in their order."""


class WrappedSource:
    """What sources have in common that change the items of another one."""

    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def description(self) -> str:
        """What it is."""
        return self._source.description

    @property
    def total(self) -> int:
        """How many items it yields."""
        return self._source.total

    @property
    def ignored(self) -> Mapping[str, int]:
        """How many files were ignored, by kind."""
        return self._source.ignored

    @property
    def sound(self) -> SoundFormat | None:
        """What a clip of sound is, if the pictures are spectrograms."""
        return sound_of(self._source)

    @property
    def fps(self) -> float | None:
        """Frames that are taken of a second, if there are videos in it."""
        return fps_of(self._source)

    @property
    def chosen(self) -> str:
        """How its pictures were chosen at random from those of another."""
        return chosen_of(self._source)

    @property
    def shape(self) -> tuple[int, int] | None:
        """The size and the channels of its pictures, if a packed set has made them alike."""
        return shape_of(self._source)


@runtime_checkable
class PartedSource(Source, Protocol):
    """A source of sources."""

    @property
    def parts(self) -> "Iterable[Source]":
        """Sources whose items, one source after the other, are those of the whole. They can be pickled."""


def sound_of(source: Source) -> SoundFormat | None:
    """What a clip of sound is, if the pictures of a source are spectrograms; sources of sounds have it as `sound`.

    Raises:
        SourceError: It has several sources in it, of different clips.
    """
    sound: SoundFormat | None = getattr(source, "sound", None)
    return sound


def fps_of(source: Source) -> float | None:
    """Frames that are taken of a second, if there are videos in a source; sources of videos have it as `fps`."""
    fps: float | None = getattr(source, "fps", None)
    return fps


def chosen_of(source: Source) -> str:
    """How the pictures of a source were chosen at random from those of another, for messages; "" if they were not.

    Sources of packed sets have it as `chosen`.
    """
    chosen: str = getattr(source, "chosen", "")
    return chosen


def shape_of(source: Source) -> tuple[int, int] | None:
    """The size and the channels of all pictures of a source; sources of packed sets have it as `shape`."""
    shape: tuple[int, int] | None = getattr(source, "shape", None)
    return shape


def noun_for(sound: SoundFormat | None, fps: float | None) -> str:
    """What a picture is called in messages: the "clip" of a recording, the "frame" of a video, else "picture"."""
    return "clip" if sound else "frame" if fps else "picture"


def held_bytes(content: Content) -> int:
    """How much of it is in memory; 0 where it only says where a picture is."""
    if isinstance(content, bytes):
        return len(content)
    return content.nbytes if isinstance(content, np.ndarray) else 0
