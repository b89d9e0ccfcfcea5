"""Several sources as one: a list of paths in Python, or a path with braces or stars, such as shards-{000..099}.tar."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from glob import glob, has_magic
from itertools import chain
from pathlib import Path

from dcgan.data.items import Item, PartedSource, Source, WrappedSource, chosen_of, fps_of, shape_of, sound_of
from dcgan.data.kinds import Candidate, SourceKind, are_paths
from dcgan.data.packed import is_packed_set
from dcgan.data.sounds import SOUNDS, Sounds, recordings
from dcgan.data.sources import find_kind, open_source, source_files
from dcgan.data.videos import VIDEO, Videos, video_files
from dcgan.errors import SourceError
from dcgan.files import distinct_names
from dcgan.sound.spectrogram import SoundFormat

_BRACES = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d+)\.\.(\d+)")
_NAMED = 3  # in the description
_MOST_PARTS = 100_000


class Joined:
    """The items of several sources, one source after the other; a name begins with that of its source.

    Labels are those that each source has by itself.

    Args:
        parts: The sources by what they are called, all different.
    """

    def __init__(self, parts: Mapping[str, Source]) -> None:
        self._parts = parts
        first = ", ".join(source.description for source in list(parts.values())[:_NAMED])
        more = f" and {len(parts) - _NAMED} more" if len(parts) > _NAMED else ""
        self.description = f"{first}{more}"

    @property
    def parts(self) -> Iterator[Source]:
        """The sources, one after the other."""
        for name, source in self._parts.items():
            for part in source.parts if isinstance(source, PartedSource) else [source]:
                yield Named(name, part)

    @property
    def total(self) -> int:
        """How many items it yields."""
        return sum(source.total for source in self._parts.values())

    @property
    def ignored(self) -> Mapping[str, int]:
        """How many files were ignored, by kind."""
        return sum((Counter(source.ignored) for source in self._parts.values()), Counter())

    @property
    def sound(self) -> SoundFormat | None:
        """What a clip of sound is, if the pictures are spectrograms."""
        formats = {name: sound_of(source) for name, source in self._parts.items()}
        if len(set(formats.values())) > 1:
            clips = ", ".join(f"{name} has {sound or 'pictures'}" for name, sound in list(formats.items())[:_NAMED])
            raise SourceError(
                f"{clips}: all sources must be of one kind; prepare sounds with the same `rate` and `seconds`"
            )
        return next(iter(formats.values()))

    @property
    def fps(self) -> float | None:
        """Frames that are taken of a second, if there are videos in it."""
        return next(filter(None, map(fps_of, self._parts.values())), None)

    @property
    def chosen(self) -> str:
        """How pictures of it were chosen at random from those of another."""
        return next(filter(None, map(chosen_of, self._parts.values())), "")

    @property
    def shape(self) -> tuple[int, int] | None:
        """The size and the channels of all pictures, if all sources are packed sets of the same."""
        shapes = {shape_of(source) for source in self._parts.values()}
        return shapes.pop() if len(shapes) == 1 else None

    def __iter__(self) -> Iterator[Item]:
        return chain.from_iterable(self.parts)


class Named(WrappedSource):
    """A source whose items' names begin with a name of it; a single picture has that name."""

    def __init__(self, name: str, source: Source) -> None:
        super().__init__(source)
        self._name = name

    def __iter__(self) -> Iterator[Item]:
        for item in self._source:
            is_itself = item.name == self._name.rpartition("/")[2]
            yield replace(item, name=self._name if is_itself else f"{self._name}/{item.name}")


def expand(pattern: str) -> list[str]:
    """The paths that a pattern stands for: {000..099} and {a,b} as a shell expands them, then * and ? and [...].

    Raises:
        SourceError: They are too many.
    """
    expanded = [pattern]
    while any(_BRACES.search(one) for one in expanded):
        expanded = [path for one in expanded for path in _expand_first(one)]
        if len(expanded) > _MOST_PARTS:
            raise SourceError(f"{pattern} stands for more than {_MOST_PARTS:,} paths")
    paths = (sorted(glob(one)) if has_magic(one) else [one] for one in expanded)  # noqa: PTH207 - of any root
    return list(chain.from_iterable(paths))


def _expand_first(pattern: str) -> Iterator[str]:
    braces = _BRACES.search(pattern)
    if braces is None:
        yield pattern
        return
    before, after = pattern[: braces.start()], pattern[braces.end() :]
    numbers = _RANGE.fullmatch(braces[1])
    if numbers is None:
        yield from (before + choice + after for choice in braces[1].split(","))
        return
    first, last = int(numbers[1]), int(numbers[2])
    if abs(last - first) >= _MOST_PARTS:
        raise SourceError(f"{pattern} stands for more than {_MOST_PARTS:,} paths")
    width = max(map(len, numbers.groups())) if any(text[0] == "0" for text in numbers.groups()) else 0
    step = 1 if first <= last else -1
    for number in range(first, last + step, step):
        yield f"{before}{number:0{width}}{after}"


def is_pattern(source: object) -> bool:
    """Whether a source is a path with braces or stars."""
    if not isinstance(source, str) or "://" in source or Candidate(source).path is not None:
        return False
    return bool(_BRACES.search(source)) or has_magic(source)


def _recognizes(candidate: Candidate) -> bool:
    return are_paths(candidate.given) or is_pattern(candidate.given)


def _paths(candidate: Candidate) -> Sequence[str | Path]:
    given = candidate.given
    if are_paths(given):
        return given
    paths = expand(str(given))
    if not paths:
        raise SourceError(f"{given}: there is no such file or folder")
    return paths


def _open(candidate: Candidate) -> Source:
    paths = _paths(candidate)
    names = distinct_names([Path(path) for path in paths])
    if names is None:
        raise SourceError(f"one of {', '.join(map(str, paths))} is named twice")
    options = candidate.options
    parts = {name: Candidate(path, options) for name, path in zip(names, paths, strict=True)}
    if _all_are(SOUNDS, parts.values()):  # together, so that all have clips of one rate and length
        return Sounds(Joined({name: recordings(part) for name, part in parts.items()}), options)
    if _all_are(VIDEO, parts.values()):
        return Videos(Joined({name: video_files(part) for name, part in parts.items()}), options.fps)
    return Joined({name: open_source(str(part.given), options) for name, part in parts.items()})


def _all_are(kind: SourceKind, parts: Iterable[Candidate]) -> bool:
    return all(not is_packed_set(str(part.given)) and find_kind(part) is kind for part in parts)


def _files(candidate: Candidate) -> Iterator[Path]:
    for path in _paths(candidate):
        yield from source_files(path, candidate.options)


JOINED = SourceKind(_recognizes, _open, _files)
