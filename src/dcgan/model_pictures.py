"""The pictures of a model: any source brought to what its nets take, whichever verb or function asks for them.

It is the one door: what a model's pictures are, their size, channels, sounds and frames, is read here and nowhere else.
It imports no torch, so that processes can prepare pictures before they load a model.
"""

from typing import Protocol

from dcgan.cluster import Engine
from dcgan.data.cache import open_pictures, source_name
from dcgan.data.clips import clips_of
from dcgan.data.packed import PackedSet
from dcgan.data.sources import PictureSource
from dcgan.errors import KindError, SourceError
from dcgan.sound.spectrogram import SoundFormat
from dcgan.types import OnProgress


class TakesPictures(Protocol):
    """What says which pictures it takes: a `dcgan.Model`, or what was read of its card."""

    @property
    def size(self) -> int:
        """Side of the square pictures, pixels."""

    @property
    def channels(self) -> int:
        """1 (gray), 3 (RGB) or 4 (RGBA), those of one frame of a clip."""

    @property
    def sound(self) -> SoundFormat | None:
        """What a clip of sound is, if the pictures are spectrograms."""

    @property
    def frames(self) -> int:
        """Frames of a clip; 1: still pictures."""

    @property
    def fps(self) -> float | None:
        """Frames to take of a second of a video; None of still pictures."""


def open_for(
    model: TakesPictures, source: PictureSource, *, engine: Engine = "local", on_progress: OnProgress | None = None
) -> PackedSet:
    """The pictures of any source as a model's discriminator takes them, prepared first if that was not done before.

    Of a model that predicts frames a picture is a clip: it is named and labeled as its first frame.

    Args:
        model: It fixes size, channels, the length and rate of clips of sound, and the frames of clips of films.
        source: Pictures, recordings or films: whatever `open_pictures` takes. A packed set must fit the model.
        engine: What prepares them: "ray" is all machines of a Ray cluster, as for `prepare`.
        on_progress: Called with (pictures done, pictures in all) while they are prepared.

    Returns:
        A packed set, with pixels (N, H, W, frames * C), uint8; frames is 1 of still pictures.

    Raises:
        SourceError: The source cannot be read, or holds no usable picture.
        PackedSetError: The packed set is broken or does not fit the model, or no film has as many consecutive frames.
        DcganError: The cluster fails.

    Example:
        >>> model = dcgan.load("runs/photos")
        >>> dcgan.open_for(model, "photos/").pixels.shape
        (5000, 64, 64, 3)
    """
    packed = open_frames(model, source, engine=engine, on_progress=on_progress)
    return packed if packed.frames == model.frames else clips_of(packed, model.frames)


def open_frames(
    model: TakesPictures, source: PictureSource, *, engine: Engine = "local", on_progress: OnProgress | None = None
) -> PackedSet:
    """The same without making clips of frames, for clips of another length than the model's."""
    try:
        packed = open_pictures(
            source,
            size=model.size,
            channels=model.channels,
            sound=model.sound,
            fps=model.fps,
            engine=engine,
            on_progress=on_progress,
        )
    except KindError as error:
        raise other_kind(model, source) from error
    if (packed.sound is None) != (model.sound is None):
        raise other_kind(model, source)
    return packed


def other_kind(model: TakesPictures, source: PictureSource) -> SourceError:
    """Why recordings are no pictures of a model that has learned from pictures, or the other way round."""
    learned, found = ("recordings", "pictures") if model.sound else ("pictures", "recordings")
    learned = "films" if model.frames > 1 else learned
    return SourceError(
        f"{source_name(source)} has {found}, and the model has learned from {learned}: give it {learned}"
    )
