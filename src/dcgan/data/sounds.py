"""Sounds: each clip of a recording is a picture, its spectrogram."""

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from dcgan.data.folder import Folder, holds_only
from dcgan.data.formats import HEAD_BYTES, SOUND_FILES
from dcgan.data.items import Item, Skipped, Source
from dcgan.data.kinds import Candidate, SourceKind, existing
from dcgan.data.picture_files import has_extension, on_one_line
from dcgan.data.prepare_options import LONGEST_CLIP, SHORTEST_CLIP, PrepareOptions
from dcgan.data.single_picture import SinglePicture
from dcgan.data.sound_files import Recording, inspect_sound, read_clip
from dcgan.errors import NoUsablePictureError, SourceError, UsageError
from dcgan.sound.spectrogram import SoundFormat, to_spectrogram

SHORTEST, LONGEST = 0.1, 4.0
"""Seconds of a clip between which a length is proposed."""
HIGHEST = 16_000
"""Hz that are proposed at most: a picture has few bands for more."""
_LEAST, _MOST = 8, 0.25  # samples and seconds from one column of a spectrogram to the next, at least and at most
_FIT = 90  # percent of the recordings that the proposed clip holds whole
_NUMBER = re.compile(r"#[0-9]+$")  # of a clip, at the end of its name


class Sounds:
    """The clips of recordings, one after the other; each recording has one or more.

    Args:
        files: The recordings.
        options: The rate and the length of clips, where they are given, and the size of the spectrograms.

    Raises:
        NoUsablePictureError: None of them can be read.
        SourceError: soundfile is not installed.
    """

    def __init__(self, files: Source, options: PrepareOptions) -> None:
        if find_spec("soundfile") is None:
            raise SourceError(f"{files.description}: sounds need the extra: pip install 'dcgan[audio]'")
        self.description = files.description
        self.ignored: Mapping[str, int] = files.ignored
        """How many files were ignored, by kind."""
        self._recordings = [(item, _inspect(item)) for item in files]
        usable = [found for _, found in self._recordings if isinstance(found, Recording)]
        if not usable:
            reasons = Counter(str(found) for _, found in self._recordings).most_common(3)
            why = ", ".join(f"{count} {on_one_line(reason)}" for reason, count in reasons)
            raise NoUsablePictureError(
                f"{files.description}: none of {len(self._recordings)} sounds can be read: {why}"
            )
        self._size = options.side
        self.sound = _propose(usable, options)
        """What a clip is."""

    @property
    def total(self) -> int:
        """How many items it yields."""
        return sum(self._clips(found) for _, found in self._recordings)

    def __iter__(self) -> Iterator[Item]:
        for item, found in self._recordings:
            if isinstance(found, Skipped):
                yield Item(item.name, found, item.label)
                continue
            assert isinstance(item.content, Path)
            clips = self._clips(found)
            for number in range(clips):
                name = f"{item.name}#{number + 1}" if clips > 1 else item.name
                clip = Clip(str(item.content), number * self.sound.seconds, self.sound, self._size)
                yield Item(name, clip, item.label)

    def _clips(self, found: Recording | Skipped) -> int:
        return max(1, round(found.seconds / self.sound.seconds)) if isinstance(found, Recording) else 1


@dataclass(frozen=True)
class Clip:
    """A clip of a recording; a worker reads it and computes its spectrogram."""

    path: str
    start: float
    """Seconds."""
    sound: SoundFormat
    size: int
    """Side of the spectrogram, pixels."""

    def read(self) -> bytes | Skipped:
        """The spectrogram as PNG, or why there is none."""
        sound = read_clip(Path(self.path), self.start, self.sound.seconds, self.sound.rate)
        if isinstance(sound, Skipped):
            return sound
        png = io.BytesIO()
        picture = to_spectrogram(sound, self.sound, self.size)
        Image.fromarray(picture[:, :, 0]).save(png, "PNG", compress_level=1)
        return png.getvalue()


def recording_of(clip: str) -> str:
    """The name of the recording that a clip of this name is of."""
    return _NUMBER.sub("", clip)


def _inspect(item: Item) -> Recording | Skipped:
    if isinstance(item.content, Skipped):
        return item.content
    assert isinstance(item.content, Path)
    return inspect_sound(item.content)


def _propose(recordings: list[Recording], options: PrepareOptions) -> SoundFormat:
    """The rate and the length of clips: those of the options, else what suits most recordings."""
    commonest = Counter(found.rate for found in recordings).most_common(1)[0][0]
    rate = options.rate or max(1000, min(HIGHEST, commonest))
    fitting = float(np.percentile([found.seconds for found in recordings], _FIT))
    seconds = options.seconds or min(LONGEST, max(SHORTEST, fitting))
    samples = round(rate * seconds)
    if samples < _LEAST * options.side:
        raise UsageError(
            f"clips of {seconds:g} seconds at {rate} Hz have {samples:,} samples, too few for `size` {options.side}: "
            f"take a `size` of {samples // _LEAST} or less, or more `seconds`"
        )
    if seconds > _MOST * options.side:
        raise UsageError(
            f"clips of {seconds:g} seconds are too long for `size` {options.side}: take `seconds` "
            f"{_MOST * options.side:g} or less, or a larger `size`"
        )
    hop = SoundFormat(rate, seconds).hop(options.side)  # a clip is a whole number of columns
    if hop * options.side > LONGEST_CLIP * rate:
        hop -= 1
    elif hop * options.side < SHORTEST_CLIP * rate:
        hop += 1
    return SoundFormat(rate, hop * options.side / rate)


def _is_sound(path: Path, head: bytes) -> bool:
    return has_extension(path.name, SOUND_FILES) or SOUND_FILES.begins_one(head)


def _recognizes(candidate: Candidate) -> bool:
    path = candidate.path
    if path is None:
        return False
    if path.is_dir():
        return holds_only(path, SOUND_FILES)
    return path.is_file() and _is_sound(path, candidate.head[:HEAD_BYTES])


def recordings(candidate: Candidate) -> Source:
    """The files of a candidate that was recognized: those of a folder, or the one."""
    path = existing(candidate)
    return Folder(path, SOUND_FILES) if path.is_dir() else SinglePicture(path, SOUND_FILES.noun)


def _files(candidate: Candidate) -> Iterator[Path]:
    for item in recordings(candidate):
        if isinstance(item.content, Path):
            yield item.content


SOUNDS = SourceKind(_recognizes, lambda candidate: Sounds(recordings(candidate), candidate.options), _files)
