"""The pictures of a packed set as a source."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dcgan.data.clip_pixels import Clips
from dcgan.data.items import Item, Reason, Skipped
from dcgan.data.packed import PackedSet
from dcgan.errors import PackedSetError


class PackedPictures:
    """The pictures of a packed set as a source, to take a part of them or to make them smaller.

    Those that were skipped when it was made are listed again, with the same reasons: frames of films are missing there.

    Raises:
        PackedSetError: The set is one of clips, which are no pictures.
    """

    def __init__(self, packed: PackedSet) -> None:
        if isinstance(packed.pixels, Clips):
            raise PackedSetError(f"clips of {packed.frames} frames are no source of pictures: name {packed.path}")
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

    def __iter__(self) -> Iterator[Item]:
        for batch in self._packed.index_batches():
            for row in batch.to_pylist():
                content = np.asarray(self._packed.pixels[row["row"]]) if row["row"] >= 0 else skipped_again(row)
                yield Item(row["name"], content, row["label"], dict(row["attributes"] or ()))


def skipped_again(row: Mapping[str, Any]) -> Skipped:
    """Why a picture was not used, by its row in the index of a packed set."""
    known = row["reason"] in [*Reason]
    reason = Reason(row["reason"]) if known else Reason.UNREADABLE  # a word of another version
    return Skipped(reason, row["detail"] or "", row["width"], row["height"])
