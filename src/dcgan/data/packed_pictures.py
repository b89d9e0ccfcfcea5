"""The pictures of a packed set as a source."""

from collections.abc import Iterator, Mapping

import numpy as np

from dcgan.data.clip_pixels import Clips
from dcgan.data.items import Item
from dcgan.data.packed import PackedSet
from dcgan.errors import PackedSetError

_ROWS_AT_ONCE = 8192  # of the index as Python objects


class PackedPictures:
    """The pictures of a packed set as a source, to take a part of them or to make them smaller.

    Raises:
        PackedSetError: The set is one of clips, which are no pictures.
    """

    def __init__(self, packed: PackedSet) -> None:
        if isinstance(packed.pixels, Clips):
            raise PackedSetError(f"clips of {packed.frames} frames are no source of pictures: name {packed.path}")
        self._packed = packed
        self.total = len(packed)
        """How many items it yields."""
        self.description = f"packed set {packed.path}"
        self.ignored: Mapping[str, int] = {}
        """Nothing is ignored."""
        self.sound = packed.sound
        """What a clip of sound is, if the pictures are spectrograms."""
        self.fps = packed.fps
        """Frames that were taken of a second, if there are videos among its source."""

    def __iter__(self) -> Iterator[Item]:
        for batch in self._packed.used("name", "label", "attributes").to_batches(_ROWS_AT_ONCE):
            for row in batch.to_pylist():
                pixels = np.asarray(self._packed.pixels[row["row"]])
                yield Item(row["name"], pixels, row["label"], dict(row["attributes"] or ()))
