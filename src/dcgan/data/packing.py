"""From a source to the rows of a packed set: on the cores of this machine, or on all machines of a cluster.

On a cluster each call takes a part of the source and writes a packed set of its own, beside the pictures that are there
already; they become the shards of the whole. So the pictures need not pass through one machine, but all machines must
share the storage with the source and the result.
"""

import shutil
import socket
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Protocol, Self, TypeVar
from uuid import uuid4

from dcgan.cluster import Engine, check_engine, map_on_cluster
from dcgan.data.items import Item, PartedSource, Skipped, Source, held_bytes
from dcgan.data.opening import Digest
from dcgan.data.packed import PackedSet
from dcgan.data.packed_writer import PackedSetWriter, write_packed_set
from dcgan.data.workers import Job, work_on_all
from dcgan.errors import DcganError, SourceError, UsageError
from dcgan.types import OnProgress

T = TypeVar("T")

MAX_WORKERS = 256
FEWEST, MOST = 1024, 8192
"""Items of a shard, at least and at most."""
_SHARDS = 256  # of a set between these
_SHARD_BYTES = 128 << 20  # of content, where this machine has to read it
_MOST_PART_ITEMS = 65536  # of an archive that another machine reads as a whole
_SECONDS_BETWEEN_PROGRESS = 0.1


@dataclass(frozen=True)
class Workforce:
    """What does the work.

    Raises:
        UsageError: `workers` is out of its range, or there is no such engine.
        DcganError: Ray is not installed, or no cluster answers.
    """

    workers: int = 0
    """Processes of this machine, 0 to 256; 0: one for each core."""
    engine: Engine = "local"
    """What does it: this machine, or a cluster, which uses all its cores."""

    def __post_init__(self) -> None:
        if not 0 <= self.workers <= MAX_WORKERS:
            raise UsageError(f"`workers` must be 0 (one for each core) to {MAX_WORKERS}, not {self.workers}")
        check_engine(self.engine)


class Packing(Protocol[T]):
    """What is done with each picture of a source, and how its result is written. It remembers what it saw.

    It is pickled on its way to other machines, and back.
    """

    @property
    def job(self) -> Job[T]:
        """The work on a picture, which is done in other processes."""

    def write(self, writer: PackedSetWriter, item: Item, result: T | Skipped, digest: Digest | None) -> None:
        """Write the result of the next item."""

    def merge(self, later: Self) -> None:
        """Remember also what another one saw, of items that come later."""


def pack(
    writer: PackedSetWriter,
    source: Source,
    packing: Packing[T],
    on_progress: OnProgress | None = None,
    *,
    before: int = 0,
    workforce: Workforce,
    place: Path | None = None,
) -> int:
    """Work on all items of a source and write the results, in the order of the items; how many items there were.

    Args:
        writer: Of the packed set.
        source: Opened.
        packing: The work; it has seen nothing yet.
        on_progress: Called with (items done, items in all), at most ten times a second.
        before: How many items were done before, for `on_progress`.
        workforce: What does the work.
        place: A file or folder of the source that every machine of a cluster must see.

    Raises:
        SourceError: The source cannot be read.
        DcganError: The cluster fails, or a machine of it does not see the source or the result.
    """
    counts: Generator[int] = (
        _pack_here(writer, _read(source), packing, workforce.workers)
        if workforce.engine == "local"
        else _pack_on_cluster(writer, source, packing, place)
    )
    done, reported_at = before, 0.0
    with closing(counts):
        for count in counts:
            done += count
            if on_progress and time.monotonic() - reported_at > _SECONDS_BETWEEN_PROGRESS:
                reported_at = time.monotonic()
                on_progress(done, max(before + source.total, done))
    if on_progress:
        on_progress(done, done)
    return done - before


def _read(source: Source) -> Iterator[Item]:
    """The items of a source, whose errors are not those of writing.

    Raises:
        SourceError: Reading them fails.
    """
    try:
        yield from source
    except OSError as error:
        raise SourceError(f"{source.description} cannot be read: {error.strerror or error}") from error


def _pack_here(writer: PackedSetWriter, items: Iterable[Item], packing: Packing[T], workers: int) -> Generator[int]:
    with closing(work_on_all(items, packing.job, workers)) as results:
        for item, (result, digest) in results:
            packing.write(writer, item, result, digest)
            yield 1


def _pack_on_cluster(
    writer: PackedSetWriter, source: Source, packing: Packing[T], place: Path | None
) -> Generator[int]:
    out = writer.folder / "shards"
    out.mkdir()
    needed = [path.absolute() for path in (out, place) if path]
    shared = (packing, writer.size, writer.channels, needed)
    with closing(map_on_cluster(_pack_shard, ((shard,) for shard in shards_of(source)), shared)) as shards:
        for folder, count, packed in shards:
            writer.append(PackedSet.open(folder))
            packing.merge(packed)
            shutil.rmtree(folder)
            yield count
    shutil.rmtree(out)  # calls that were given up may have left something


def _pack_shard(
    items: Iterable[Item], packing: Packing[T], size: int, channels: int | None, needed: Sequence[Path]
) -> tuple[Path, int, Packing[T]]:
    """Make a packed set in a new folder of the first path needed; that folder, the number of items, and what was seen.

    This runs on another machine.
    """
    for path in needed:
        if not path.exists():
            raise DcganError(f"{socket.gethostname()} cannot see {path}: all machines of the cluster must share it")
    folder = needed[0] / uuid4().hex  # a call that is made again may overlap with one that was given up
    with write_packed_set(folder, size=size, channels=channels) as writer:
        count = sum(_pack_here(writer, items, packing, workers=1))
        writer.finish("a shard", {}, {})
    return folder, count, packing


def shards_of(source: Source) -> Iterator[Iterable[Item]]:
    """Cut a source: into lists of items where these only say where their content is, else into parts.

    An archive among others goes to another machine as a whole. What is in one archive alone is read here.
    """
    for part in source.parts if isinstance(source, PartedSource) else [source]:
        items = _read(part)
        first = next(items, None)
        if first is None:
            continue
        if part is not source and part.total <= _MOST_PART_ITEMS and held_bytes(first.content):
            yield part
            continue
        yield from _cut(chain([first], items), min(MOST, max(FEWEST, source.total // _SHARDS)))


def _cut(items: Iterator[Item], most: int) -> Iterator[list[Item]]:
    shard: list[Item] = []
    size = 0
    for item in items:
        shard.append(replace(item, attributes=dict(item.attributes)))
        size += held_bytes(item.content)
        if len(shard) == most or size >= _SHARD_BYTES:
            yield shard
            shard, size = [], 0
    if shard:
        yield shard
