"""What a source hands over: items with a name and content, or the reason why one cannot be used.

A new kind of source is one class with the four members of `Source` and one entry in `dcgan.data.sources`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from dcgan.types import Pixels

Box = tuple[int, int, int, int]  # left, top, right, bottom

_NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})


class Reason(StrEnum):
    """Why a picture was refused. The words are part of the packed set's format."""

    EMPTY = "empty file"
    NOT_A_PICTURE = "not a picture"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    BOMB = "decompression bomb"
    UNREADABLE = "unreadable"
    TOO_SMALL = "smaller than --min-size"
    ENCRYPTED = "encrypted"
    UNSUPPORTED = "unsupported"
    CRASHED = "crashed the decoder"


@dataclass(frozen=True)
class Refused:
    """A picture that cannot be used: the reason to count by, and what exactly was wrong for people to read."""

    reason: Reason
    detail: str = ""
    width: int | None = None
    """Of the original in pixels, where it became known."""
    height: int | None = None


Content = bytes | Path | Pixels | Refused
"""An encoded picture, a file for a worker to read, pixels (H, W, C) with 1 to 4 channels, or why there is none."""


@dataclass(frozen=True)
class Item:
    """One picture of a source, not decoded yet."""

    name: str
    """Where it lies in its source, for people: valid Unicode, parts joined by '/'."""
    content: Content
    label: str | None = None
    attributes: Mapping[str, str] = field(default_factory=lambda: _NO_ATTRIBUTES)


@runtime_checkable
class Source(Protocol):
    """Pictures in an order that is the same every time.

    The source is looked through when it is made, so that `skipped` and `total` are whole before the first item; it can
    be iterated more than once. Content is read as late as possible: no source holds all its pictures in memory.

    Raises:
        SourceError: On making it: there is nothing to read. The message says what was found instead.
    """

    @property
    def description(self) -> str:
        """What it is, for messages and the report of the packed set: "folder photos"."""

    @property
    def total(self) -> int:
        """How many items come, 1 or more."""

    @property
    def skipped(self) -> Mapping[str, int]:
        """How many files were passed over by kind: "hidden", ".txt". They never claimed to be pictures."""

    def __iter__(self) -> Iterator[Item]:
        """The items, in their order."""
