"""The pictures of a packed set as a source."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dcgan.data.clip_pixels import Clips
from dcgan.data.items import Item, Reason, Skipped
from dcgan.data.packed import PackedSet
from dcgan.data.prepare_options import PrepareOptions
from dcgan.errors import PackedSetError
from dcgan.sound.spectrogram import SoundFormat


class PackedPictures:
    """The pictures of a packed set as a source, to take a part of them or to make them smaller.

    Those that were skipped when it was made are listed again, with the same reasons: frames of films are missing there.

    Args:
        packed: The set.
        options: What its pictures are made into.

    Raises:
        PackedSetError: The set is one of clips, which are no pictures; or its recordings or videos were cut otherwise
            than the options say.
    """

    def __init__(self, packed: PackedSet, options: PrepareOptions) -> None:
        if isinstance(packed.pixels, Clips):
            raise PackedSetError(
                f"clips of {packed.frames} frames cannot be a source of pictures: name {packed.path} instead"
            )
        _check_cut_alike(packed, options)
        self._packed = packed
        self.total = len(packed) + packed.skipped
        """How many items it yields."""
        self.description = f"packed set {packed.path}"
        self.ignored: Mapping[str, int] = {}
        """Nothing is ignored."""
        self.sound = packed.sound
        """What a clip of sound is, if the pictures are spectrograms."""
        self.fps = packed.fps
        """Frames that were taken of a second, if there are videos among its source."""
        self.chosen = packed.chosen
        """How its pictures were chosen at random from those of its source."""
        self.shape = packed.size, packed.channels
        """The size and the channels of its pictures."""

    def __iter__(self) -> Iterator[Item]:
        for batch in self._packed.index_batches():
            for row in batch.to_pylist():
                content = np.asarray(self._packed.pixels[row["row"]]) if row["row"] >= 0 else skipped_again(row)
                yield Item(row["name"], content, row["label"], dict(row["attributes"] or ()))


def _check_cut_alike(packed: PackedSet, options: PrepareOptions) -> None:
    if sound := packed.sound:
        asked = SoundFormat(options.rate or sound.rate, options.seconds or sound.seconds)
        if (asked.rate, asked.hop(packed.size)) != (sound.rate, sound.hop(packed.size)):
            raise PackedSetError(
                f"{packed.path} has {sound}, and no {asked}: name the recordings themselves, or leave `rate` and "
                "`seconds` out"
            )
    if packed.fps and options.fps not in (PrepareOptions.fps, packed.fps):
        raise PackedSetError(
            f"{packed.path} has {packed.fps:g} frames a second of its videos, not {options.fps:g}: name the videos "
            "themselves, or leave `fps` out"
        )


def skipped_again(row: Mapping[str, Any]) -> Skipped:
    """Why a picture was not used, by its row in the index of a packed set."""
    known = row["reason"] in [*Reason]
    reason = Reason(row["reason"]) if known else Reason.UNREADABLE  # a word of another version
    return Skipped(reason, row["detail"] or "", row["width"], row["height"])
