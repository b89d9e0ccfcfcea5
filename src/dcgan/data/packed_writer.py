"""Writing a packed set: pictures are streamed to disk one by one, and the folder appears whole or not at all."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import dcgan
from dcgan.atomic_files import new_folder
from dcgan.data.index_writer import IndexWriter, Origin
from dcgan.data.items import Item, Skipped
from dcgan.data.packed import PackedSet, finish_fingerprint, is_packed_set
from dcgan.data.packed_files import FORMAT, SHARDED_FORMAT, shard_file
from dcgan.data.picture_files import is_hidden
from dcgan.data.pixel_writer import PixelWriter, blocks
from dcgan.errors import PackedSetError
from dcgan.files import (
    CODES_FILE,
    DATASET_FILE,
    FACES_SHEET_FILE,
    GROUPS_FILE,
    GROUPS_SHEET_FILE,
    INDEX_FILE,
    NET_FILE,
    PIXELS_FILE,
    SKIPPED_FILE,
)
from dcgan.sound.spectrogram import SoundFormat
from dcgan.types import Pixels

_OWN_FILES = (
    *(PIXELS_FILE, INDEX_FILE, SKIPPED_FILE, DATASET_FILE),
    *(GROUPS_FILE, NET_FILE, CODES_FILE, GROUPS_SHEET_FILE, FACES_SHEET_FILE),
)


class PackedSetWriter:
    """Takes pictures in order, and holds none of them: one by one, or shard by shard. Made by `write_packed_set`."""

    def __init__(
        self,
        folder: Path,
        size: int,
        channels: int | None,
        sound: SoundFormat | None,
        fps: float | None,
        files: ExitStack,
    ) -> None:
        self.folder = folder
        """Where the files are until the packed set is whole; more of them may be put there."""
        self._files = files
        self._sound, self._fps = sound, fps
        self._gray_until_color = channels is None
        self._shape = (size, size, channels or 1)
        self._digest = hashlib.sha256()
        self._index = IndexWriter(folder, files, has_clips=sound is not None)
        self._pixels: PixelWriter | None = None
        self._shards: list[int] = []  # how many pictures each has

    @property
    def size(self) -> int:
        """Side of the pictures in pixels."""
        return self._shape[0]

    @property
    def channels(self) -> int | None:
        """1, 3, 4, or None where it is not known yet."""
        return None if self._gray_until_color else self._shape[2]

    @property
    def count(self) -> int:
        """How many pictures are used."""
        return self._index.count

    @property
    def label_names(self) -> Mapping[str, int]:
        """The labels that the pictures have."""
        return self._index.label_names

    @property
    def skipped(self) -> Counter[str]:
        """How many pictures were skipped, by reason."""
        return self._index.skipped

    @property
    def skipped_labels(self) -> set[str]:
        """Labels of the pictures that were skipped."""
        return self._index.skipped_labels

    def add(self, pixels: Pixels, item: Item, origin: Origin | None = None) -> None:
        """Append `pixels` (H, W, C) uint8 with the name, label and attributes of `item`, not its content.

        Where the channels are those of the pictures, C may be 1 or 3, and what is gray becomes RGB if any has colors.
        """
        if self._gray_until_color and pixels.shape[2] == 3:
            self._turn_to_rgb()
        if self._shape[2] == 3 and pixels.shape[2] == 1:
            pixels = np.repeat(pixels, 3, axis=2)
        if pixels.shape != self._shape or pixels.dtype != np.uint8:
            raise ValueError(f"pixels are {pixels.dtype} {pixels.shape}, not uint8 {self._shape}")
        if self._pixels is None:
            self._pixels = self._begin(self.folder / PIXELS_FILE)
        self._digest.update(self._pixels.write(pixels))
        self._index.add(item, origin or Origin(), None)

    def skip(self, item: Item, skipped: Skipped, origin: Origin | None = None) -> None:
        """Record why `item` is not used."""
        self._index.add(item, origin or Origin(), skipped)

    def append(self, shard: PackedSet) -> None:
        """Take the pictures of a packed set on the same disk as the next shard; nothing of it is copied.

        A set that has shards has no pictures that were added one by one.
        """
        index = shard.index()
        if len(shard):
            if self._gray_until_color and shard.channels == 3:
                self._turn_to_rgb()
            file = (shard.path / PIXELS_FILE).rename(self.folder / shard_file(len(self._shards)))
            if self._shape[2] == 3 and shard.channels == 1:
                self._rewrite_as_rgb(file).finish()
            else:
                for block in blocks(np.asarray(shard.pixels)):
                    self._digest.update(block.data)
            self._shards.append(len(shard))
        self._index.append(index)

    def finish(self, source: str, options: Mapping[str, object], ignored: Mapping[str, int]) -> None:
        """Complete the files.

        Args:
            source: Its description.
            options: What the pictures were made with, kept for people.
            ignored: How many files were ignored, by kind.
        """
        if not self._shards:
            (self._pixels or self._begin(self.folder / PIXELS_FILE)).finish()
        names, labels = self._index.finish()
        description = {
            "format": "dcgan packed set",
            "version": SHARDED_FORMAT if self._shards else FORMAT,
            "size": self._shape[0],
            "channels": self._shape[2],
            "count": self.count,
            **({"shards": self._shards} if self._shards else {}),
            "skipped": dict(sorted(self.skipped.items())),
            "ignored": dict(sorted(ignored.items())),
            "label_names": names,
            **({"sound": asdict(self._sound)} if self._sound else {}),
            **({"fps": self._fps} if self._fps else {}),
            "source": source,
            "options": dict(options),
            "fingerprint": finish_fingerprint(self._digest, (self.count, *self._shape), labels, names),
            "dcgan_version": dcgan.__version__,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        text = json.dumps(description, indent=2, ensure_ascii=False) + "\n"
        (self.folder / DATASET_FILE).write_text(text, encoding="utf-8")

    def _begin(self, file: Path) -> PixelWriter:
        writer = PixelWriter(file, self._shape)
        self._files.callback(writer.close)
        return writer

    def _turn_to_rgb(self) -> None:
        """Write the pictures so far, all of them gray, once more: the first with colors has come."""
        self._gray_until_color = False
        self._shape = (self._shape[0], self._shape[0], 3)
        self._digest = hashlib.sha256()
        if self._pixels:
            self._pixels.finish()
            self._pixels = self._rewrite_as_rgb(self._pixels.path)
        for number in range(len(self._shards)):
            self._rewrite_as_rgb(self.folder / shard_file(number)).finish()

    def _rewrite_as_rgb(self, file: Path) -> PixelWriter:
        """Write a file of gray pictures once more; the writer of the new one."""
        gray = file.rename(file.with_name("gray.npy"))
        writer = self._begin(file)
        for block in blocks(np.load(gray, mmap_mode="r")):
            self._digest.update(writer.write(np.repeat(block, 3, axis=3)))
        gray.unlink()
        return writer


@contextmanager
def write_packed_set(
    path: Path,
    *,
    size: int,
    channels: int | None,
    sound: SoundFormat | None = None,
    fps: float | None = None,
    overwrite: bool = False,
) -> Iterator[PackedSetWriter]:
    """Yield a writer of a packed set at `path`, which appears there when the block ends well, whole or not at all.

    The block must end with `finish`.

    Args:
        path: Folder to make.
        size: Side of the square pictures in pixels.
        channels: 1 (gray), 3 (RGB), 4 (RGBA), or None: 1 if all pictures are gray, else 3.
        sound: What a clip of sound is, if the pictures are spectrograms.
        fps: Frames that were taken of a second, if there are frames of videos among them.
        overwrite: Replace the packed set at `path`, once the new one is whole; nothing but a packed set is replaced.

    Raises:
        PackedSetError: `path` exists already, or cannot be written: the disk is full, or writing there is not allowed.
    """
    check_free(path, overwrite)
    try:
        with new_folder(path, overwrite=overwrite) as folder, ExitStack() as files:
            yield PackedSetWriter(folder, size, channels, sound, fps, files)
    except OSError as error:
        raise PackedSetError(f"cannot write the packed set {path}: {error.strerror or error}") from error


def check_free(path: Path, overwrite: bool) -> None:
    """Check that a packed set may be written to `path`.

    Raises:
        PackedSetError: `path` holds something that may not be replaced, or lies in a file.
    """
    if blocked := next((one for one in path.parents if one.is_file()), None):
        raise PackedSetError(f"{path} cannot be made: {blocked} is a file, not a folder; name another folder")
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not is_packed_set(path):
        raise PackedSetError(f"{path} exists and is not a packed set: name another folder")
    if not overwrite:
        raise PackedSetError(f"{path} holds a packed set already: name another folder, or replace it with `overwrite`")
    if stranger := foreign_to(path):
        raise PackedSetError(
            f"{path} holds {stranger} beside a packed set, and would be replaced as a whole: name another folder, or "
            f"take {stranger} out of it"
        )


def foreign_to(path: Path) -> str | None:
    """The name of a file or folder in the folder of a packed set that is none of its own; None if there is none."""
    files = (*_OWN_FILES, *(shard.name for shard in path.glob("pixels-*.npy")))
    entries = (entry for entry in sorted(path.iterdir()) if entry.name not in files)
    return next((entry.name for entry in entries if entry.is_dir() or not is_hidden(entry.name)), None)
