"""From a source of pictures to a packed set, on all cores and in flat memory."""

import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import ImageColor

from dcgan.data.decode import Decoded, DecodeOptions
from dcgan.data.items import Source
from dcgan.data.packed import INDEX
from dcgan.data.packed_writer import Origin, PackedSetWriter, check_free, write_packed_set
from dcgan.data.sources import PictureSource, open_source
from dcgan.data.workers import decode_all
from dcgan.errors import SourceError
from dcgan.types import OnProgress

"""Called with the number of pictures done and of all, None while unknown."""

_EXAMPLES = 3  # names kept for each reason
MOST_WORKERS = 256


@dataclass(frozen=True, kw_only=True)
class PrepareOptions:
    """What the pictures of a packed set are made with.

    Raises:
        SourceError: A value is out of its range; the message names the flag and the range.
    """

    size: int = 64
    """Side of the square pictures in pixels, 8 to 1024."""
    channels: int = 3
    """1 (gray), 3 (RGB) or 4 (RGBA)."""
    background: str = "white"
    """Color behind transparent pictures: a name or #rrggbb. With 4 channels transparency is kept instead."""
    min_size: int = 0
    """Refuse pictures whose shorter side has fewer pixels; 0: enlarge them."""
    limit: int = 0
    """Stop when so many pictures are used; 0: take all."""

    def __post_init__(self) -> None:
        if not 8 <= self.size <= 1024:
            raise SourceError(f"--size is {self.size}; it must be from 8 to 1024 pixels")
        if self.channels not in (1, 3, 4):
            raise SourceError(f"--channels is {self.channels}; it must be 1 (gray), 3 (RGB) or 4 (RGBA)")
        for flag, value in (("--min-size", self.min_size), ("--limit", self.limit)):
            if value < 0:
                raise SourceError(f"{flag} is {value}; it must be 0 (off) or more")
        self.decoding()

    def decoding(self) -> DecodeOptions:
        """The part that concerns a single picture."""
        try:
            red, green, blue = ImageColor.getrgb(self.background)[:3]
        except ValueError as error:
            raise SourceError(f"--background is {self.background!r}; it must be a color's name or #rrggbb") from error
        return DecodeOptions(self.size, self.channels, (red, green, blue), self.min_size)


@dataclass(frozen=True)
class PrepareReport:
    """What became of a source."""

    path: Path
    """The packed set."""
    index: Path
    """Its list of every picture seen, used or refused."""
    used: int
    refused: Mapping[str, int]
    """How many were refused, by reason."""
    examples: Mapping[str, tuple[str, ...]]
    """Names of some refused pictures, by reason."""
    skipped: Mapping[str, int]
    """How many files were passed over because they are no pictures and do not claim to be, by kind."""
    seconds: float


def prepare(
    source: PictureSource,
    out: str | Path,
    options: PrepareOptions | None = None,
    on_progress: OnProgress | None = None,
    *,
    workers: int = 0,
    overwrite: bool = False,
) -> PrepareReport:
    """Make a packed set at `out` of a source of pictures.

    The same source and options give the same `pixels.npy` to the byte, on any number of workers. If it fails or is
    stopped, nothing is left at `out`, or what was there before.

    Args:
        source: A folder, an archive, an array file, a name such as "drawn-faces:5000", or a Python object: an array, a
            list of PIL pictures, a data set, a `Source`; `dcgan.data.cache.open_pictures` has the details.
        out: Folder to make.
        options: Size, channels and the like; by default 64 × 64 RGB.
        on_progress: Called with how far it is, a few times a second at most.
        workers: How many processes decode; 0: one for each core.
        overwrite: Replace the packed set at `out`.

    Raises:
        SourceError: The source cannot be read, or none of its pictures can be used.
        PackedSetError: `out` exists, or cannot be written, for example because the disk is full.
    """
    began = time.monotonic()
    options = options or PrepareOptions()
    if not 0 <= workers <= MOST_WORKERS:
        raise SourceError(f"--workers is {workers}; it must be 0 (one for each core) to {MOST_WORKERS}")
    out = Path(out)
    check_free(out, overwrite)
    opened = open_source(source, options.size)
    with write_packed_set(out, size=options.size, channels=options.channels, overwrite=overwrite) as writer:
        examples = _fill(writer, opened, options, on_progress, workers)
        if not writer.count:
            raise SourceError(_none_usable(opened, writer.refused, examples))
        writer.finish(opened.description, asdict(options), opened.skipped)
    names = {reason: tuple(some) for reason, some in examples.items()}
    seconds = time.monotonic() - began
    return PrepareReport(out, out / INDEX, writer.count, dict(writer.refused), names, dict(opened.skipped), seconds)


def _fill(
    writer: PackedSetWriter, source: Source, options: PrepareOptions, on_progress: OnProgress | None, workers: int
) -> dict[str, list[str]]:
    """Decode the source into the writer; some names of refused pictures, by reason."""
    examples: dict[str, list[str]] = {}
    total = source.total if not options.limit else min(source.total, options.limit)
    shown_at = 0.0
    with closing(decode_all(source, options.decoding(), workers)) as results:
        for done, (item, (result, sha256)) in enumerate(results, 1):
            if isinstance(result, Decoded):
                writer.add(result.pixels, item, Origin(result.width, result.height, result.box, sha256))
            else:
                writer.refuse(item, result, Origin(result.width, result.height, None, sha256))
                some = examples.setdefault(str(result.reason), [])
                if len(some) < _EXAMPLES:
                    some.append(item.name)
            if on_progress and time.monotonic() - shown_at > 0.1:
                shown_at = time.monotonic()
                on_progress(done, max(total, done))
            if options.limit and writer.count == options.limit:
                break
    if on_progress:
        seen = writer.count + writer.refused.total()
        on_progress(seen, seen)
    return examples


def _none_usable(source: Source, refused: Counter[str], examples: Mapping[str, list[str]]) -> str:
    reasons = ", ".join(f"{count} {reason} ({examples[reason][0]})" for reason, count in refused.most_common())
    return f"{source.description}: none of {refused.total()} pictures can be used: {reasons}"
