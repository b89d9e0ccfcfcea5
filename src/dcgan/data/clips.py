"""Clips of films: which pictures of a packed set are frames that follow each other, as their names tell it.

A film is what shares the folder part of the name, everything before the last "/". So the frames of a video are one, the
pictures of a folder, and the frames of a row of an array; names without a folder are one film together. Within a film
frames stand in the natural order of their names: "frame2" before "frame10".
"""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dcgan.data.clip_pixels import Clips
from dcgan.data.packed import PackedSet
from dcgan.errors import PackedSetError, UsageError
from dcgan.words import counted

_LONGEST_NUMBER = 512  # digits that are compared as a number


@dataclass(frozen=True)
class FilmCount:
    """What a packed set has in films.

    Attributes:
        films: Films with a frame or more.
        frames: Frames in all of them.
        clips: Clips in all of them.
        too_short: Films without a clip.
        longest: Most frames that follow each other without a break.
    """

    films: int
    frames: int
    clips: int
    too_short: int
    longest: int

    def __str__(self) -> str:
        films = f"{counted(self.clips, 'clip')} of {counted(self.films, 'film')}"
        verb = "is" if self.too_short == 1 else "are"
        return films + (f"; {counted(self.too_short, 'film')} {verb} too short" * bool(self.too_short))


def clips_of(packed: PackedSet, frames: int, shorter: str = "") -> PackedSet:
    """The clips of so many consecutive frames of a packed set, as pictures with the channels of all their frames.

    A clip begins at every frame that has `frames` - 1 followers in the same film, so clips overlap. No frame follows
    where one was skipped (truncated, corrupt, a duplicate), or where the original's width or height changes.

    Args:
        packed: Its pictures are the frames.
        frames: Of a clip, 1 or more.
        shorter: How a caller may ask for fewer frames, for the error that says that no film has so many.

    Returns:
        The set with `pixels` (N, H, W, frames * C), `Clips` that are read as they are asked for: film by film, the
        channels of a clip's first frame first; with the labels (N,) of the first frames, `frames` and `film_count`.

    Raises:
        UsageError: `frames` is less than 1.
        PackedSetError: No film has so many consecutive frames; or the pictures are spectrograms, clips already, or
            chosen at random.

    Example:
        >>> packed = dcgan.open_pictures("videos", fps=10)
        >>> clips_of(packed, 5).pixels[:16].shape
        (16, 64, 64, 15)
    """
    return find_films(packed).clips(frames, shorter)


def film_of_each(packed: PackedSet) -> NDArray[np.int64]:
    """Which film each picture or clip of a packed set is of: (N,), the same number for those of one film.

    Raises:
        PackedSetError: The index cannot be read.
    """
    return _film_and_frame(packed.used("name")["name"])[0]


def film_names(packed: PackedSet) -> list[str]:
    """What the film of each picture or clip of a packed set is called: "walk/a.mp4".

    Raises:
        PackedSetError: The index cannot be read.
    """
    whole = Path(packed.source).name  # the film of names without a folder
    return [name.rpartition("/")[0] or whole for name in packed.names]


@dataclass(frozen=True, eq=False)
class Films:
    """The films of a packed set: every picture of its source, film by film, each in the order of time."""

    packed: PackedSet
    """Its pictures are the frames."""
    rows: NDArray[np.int64]
    """(K,) of the pixels; -1 for what was skipped."""
    films: NDArray[np.int64]
    """(K,) which film it is of, counted from 0."""
    follows: NDArray[np.bool_]
    """(K,) whether it continues the frame before it."""

    @cached_property
    def followers(self) -> NDArray[np.int64]:
        """(K,) how many frames come without a break from each on, itself among them; 0 for what was skipped."""
        breaks = np.flatnonzero(~self.follows)
        lengths = np.diff(np.append(breaks, len(self.rows)))
        ends = np.repeat(breaks + lengths, lengths)
        return np.where(self.rows >= 0, ends - np.arange(len(self.rows)), 0)

    def starts(self, frames: int) -> NDArray[np.int64]:
        """(N,) positions at which a clip of so many frames begins.

        Raises:
            UsageError: `frames` is less than 1.
        """
        if frames < 1:
            raise UsageError(f"`frames` must be 1 or more, not {frames}")
        return np.flatnonzero(self.followers >= frames)

    def count(self, frames: int) -> FilmCount:
        """How many films there are, and how many clips of so many consecutive frames.

        Raises:
            UsageError: `frames` is less than 1.
        """
        films = np.unique(self.films[self.rows >= 0])
        starts = self.starts(frames)
        too_short = len(films) - len(np.unique(self.films[starts]))
        return FilmCount(
            len(films), int((self.rows >= 0).sum()), len(starts), too_short, int(self.followers.max(initial=0))
        )

    def clips(self, frames: int, shorter: str = "") -> PackedSet:
        """The clips of so many consecutive frames, as `clips_of` describes them.

        Raises:
            UsageError: `frames` is less than 1.
            PackedSetError: No film has so many consecutive frames.
        """
        count = self.count(frames)
        if not count.clips:
            raise PackedSetError(
                f"{self.packed.source} has no clip of {counted(frames, 'frame')}: of {counted(count.films, 'film')} "
                f"with {counted(count.frames, 'frame')} the longest has {count.longest:,} without a break. Put the "
                "frames of each film in a folder of its own, or prepare videos with more frames a second"
                + (f", or {shorter}" if shorter else "")
            )
        clips = Clips(self.packed.pixels, self.rows, self.starts(frames), frames)
        labels = self.packed.labels[clips.rows(slice(None))[:, 0]]
        return replace(self.packed, pixels=clips, labels=labels, frames=frames, film_count=count)


def find_films(packed: PackedSet) -> Films:
    """The films of a packed set.

    Raises:
        PackedSetError: The pictures are spectrograms, clips already, or chosen at random; or the index cannot be read.
    """
    if isinstance(packed.pixels, Clips):
        raise PackedSetError(f"the pictures are clips of {packed.frames} frames already: take {packed.path} itself")
    if packed.sound:
        raise PackedSetError(f"{packed.source} has recordings, and no frames of films")
    _check_whole(packed)
    index = packed.index("row", "name", "width", "height")
    films, frame_names = _film_and_frame(index["name"])
    keys = {"film": pa.array(films), "number": natural_keys(frame_names), "frame": frame_names}
    order = pc.sort_indices(pa.table(keys), [(key, "ascending") for key in keys])
    taken = index.select(["row", "width", "height"]).take(order)
    rows, width, height = (np.asarray(pc.fill_null(taken[name], -1)) for name in ("row", "width", "height"))
    films = films[order]
    same = [(column[1:] == column[:-1]) for column in (films, width, height)]
    follows = np.zeros(len(rows), bool)
    follows[1:] = np.logical_and.reduce([*same, rows[1:] >= 0, rows[:-1] >= 0])
    return Films(packed, rows, films, follows)


def _film_and_frame(names: pa.ChunkedArray) -> tuple[NDArray[np.int64], pa.LargeStringArray]:
    """Which film each picture is of, counted from 0, and what it is called in it."""
    whole = names.cast(pa.large_string()).combine_chunks()
    parts = pc.extract_regex(whole, r"(?s)^(?P<film>.*/)?(?P<frame>[^/]*)$")
    films = np.asarray(pc.struct_field(parts, "film").dictionary_encode().indices)
    return films.astype(np.int64), pc.struct_field(parts, "frame")


def _check_whole(packed: PackedSet) -> None:
    """Refuse sets of which frames are missing at random.

    Raises:
        PackedSetError: Its pictures were chosen from those of a source.
    """
    if packed.chosen:
        raise PackedSetError(
            f"{packed.path} is {packed.chosen}, so that frames are missing between its frames: prepare all of a "
            "source, and put the films to test with in a folder of their own"
        )


def natural_keys(names: pa.LargeStringArray) -> pa.LargeStringArray:
    """Texts that sort as the numbers in names count: each number with zeros before it, all equally long."""
    digits = 1
    while digits < _LONGEST_NUMBER and pc.any(pc.match_substring_regex(names, f"[0-9]{{{digits + 1}}}")).as_py():
        digits *= 2
    padded = pc.replace_substring_regex(names, "([0-9]+)", rf"{'0' * digits}\1")
    return pc.replace_substring_regex(padded, f"[0-9]*([0-9]{{{digits}}})", r"\1")
