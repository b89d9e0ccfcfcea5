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
from dcgan.data.packed_writer import Origin, PackedSetWriter, check_free, write_packed_set
from dcgan.data.picture_files import on_one_line
from dcgan.data.prepare_report import PrepareReport
from dcgan.data.sources import PictureSource, open_source
from dcgan.data.workers import decode_all
from dcgan.errors import SourceError, UsageError
from dcgan.progress import notebook_bar
from dcgan.types import OnProgress

_EXAMPLES_PER_REASON = 3
_SECONDS_BETWEEN_PROGRESS = 0.1
MAX_WORKERS = 256


@dataclass(frozen=True, kw_only=True)
class PrepareOptions:
    """What the pictures of a packed set are made with.

    Raises:
        UsageError: A value is out of its range; the message names the parameter and the range.
    """

    size: int = 64
    """Side of the square pictures in pixels, 8 to 1024."""
    channels: int = 3
    """1 (gray), 3 (RGB) or 4 (RGBA)."""
    background: str = "white"
    """Color behind transparent pictures: a name or #rrggbb. With 4 channels transparency is kept instead."""
    min_size: int = 0
    """Skip pictures whose shorter side has fewer pixels; 0: enlarge them."""
    limit: int = 0
    """Stop when this many pictures are used; 0: take all."""

    def __post_init__(self) -> None:
        if not 8 <= self.size <= 1024:
            raise UsageError(f"`size` must be 8 to 1024 pixels, not {self.size}")
        if self.channels not in (1, 3, 4):
            raise UsageError(f"`channels` must be 1 (gray), 3 (RGB) or 4 (RGBA), not {self.channels}")
        for parameter, value in (("min_size", self.min_size), ("limit", self.limit)):
            if value < 0:
                raise UsageError(f"`{parameter}` must be 0 (off) or more, not {value}")
        self.decoding()

    def decoding(self) -> DecodeOptions:
        """The options that concern a single picture."""
        try:
            red, green, blue = ImageColor.getrgb(self.background)[:3]
        except ValueError as error:
            raise UsageError(f"`background` must be a color's name or #rrggbb, not {self.background!r}") from error
        return DecodeOptions(self.size, self.channels, (red, green, blue), self.min_size)


@notebook_bar("preparing")
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
    stopped, `out` is as it was before.

    Args:
        source: A folder, an archive, an array file, a name such as "drawn-faces:5000", or a Python object: an array, a
            list of PIL pictures, a data set, a `Source`; `dcgan.data.cache.open_pictures` has the details.
        out: Folder to make.
        options: Size, channels and so on; by default 64 × 64 RGB.
        on_progress: Called with (pictures done, pictures in all), at most ten times a second.
        workers: How many processes decode; 0: one for each core.
        overwrite: Replace the packed set at `out`.

    Raises:
        SourceError: The source cannot be read, or none of its pictures can be used.
        PackedSetError: `out` exists, or cannot be written, for example because the disk is full.
        UsageError: `workers` is out of its range.
    """
    began = time.monotonic()
    options = options or PrepareOptions()
    if not 0 <= workers <= MAX_WORKERS:
        raise UsageError(f"`workers` must be 0 (one for each core) to {MAX_WORKERS}, not {workers}")
    out = Path(out)
    check_free(out, overwrite)
    opened = open_source(source, options.size)
    with write_packed_set(out, size=options.size, channels=options.channels, overwrite=overwrite) as writer:
        examples = _fill(writer, opened, options, on_progress, workers)
        if not writer.count:
            raise SourceError(_explain_none_used(opened, writer.skipped, examples))
        writer.finish(opened.description, asdict(options), opened.ignored)
    return PrepareReport(
        path=out,
        used=writer.count,
        skipped=dict(writer.skipped),
        examples={reason: tuple(names) for reason, names in examples.items()},
        ignored=dict(opened.ignored),
        seconds=time.monotonic() - began,
    )


def _fill(
    writer: PackedSetWriter, source: Source, options: PrepareOptions, on_progress: OnProgress | None, workers: int
) -> dict[str, list[str]]:
    """Decode the source into the writer; returns the names of some skipped pictures, by reason."""
    examples: dict[str, list[str]] = {}
    total = source.total if not options.limit else min(source.total, options.limit)
    reported_at = 0.0
    with closing(decode_all(source, options.decoding(), workers)) as results:
        for done, (item, (result, sha256)) in enumerate(results, 1):
            if isinstance(result, Decoded):
                writer.add(result.pixels, item, Origin(result.width, result.height, result.crop_box, sha256))
            else:
                writer.skip(item, result, Origin(result.width, result.height, None, sha256))
                names = examples.setdefault(str(result.reason), [])
                if len(names) < _EXAMPLES_PER_REASON:
                    names.append(item.name)
            if on_progress and time.monotonic() - reported_at > _SECONDS_BETWEEN_PROGRESS:
                reported_at = time.monotonic()
                on_progress(done, max(total, done))
            if options.limit and writer.count == options.limit:
                break
    if on_progress:
        done = writer.count + writer.skipped.total()
        on_progress(done, done)
    return examples


def _explain_none_used(source: Source, skipped: Counter[str], examples: Mapping[str, list[str]]) -> str:
    reasons = ", ".join(
        f"{count} {reason} ({on_one_line(examples[reason][0])})" for reason, count in skipped.most_common()
    )
    return f"{source.description}: none of {skipped.total()} pictures can be used: {reasons}"
