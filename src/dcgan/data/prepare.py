"""From a source of pictures to a packed set, on all cores and in flat memory."""

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Self

from dcgan.atomic_files import new_folder
from dcgan.cluster import Engine
from dcgan.data.decode import Decoded, DecodeOptions
from dcgan.data.index_writer import Origin
from dcgan.data.items import Item, Reason, Skipped, Source, chosen_of, fps_of, noun_for, shape_of, sound_of
from dcgan.data.opening import Digest
from dcgan.data.packed import is_packed_set
from dcgan.data.packed_writer import PackedSetWriter, check_free, foreign_to, write_packed_set
from dcgan.data.packing import Workforce, pack
from dcgan.data.picture_files import on_one_line
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.prepare_report import PrepareReport, SplitReport
from dcgan.data.sources import PictureSource, open_source, place_of
from dcgan.data.subsets import LabeledItems
from dcgan.data.workers import Decoding
from dcgan.errors import KindError, NoUsablePictureError, PackedSetError, SourceError, UsageError
from dcgan.progress import notebook_bar
from dcgan.types import OnProgress
from dcgan.words import counted

SPLITS = ("train", "test")
"""Names of the two packed sets of a split."""
_EXAMPLES_PER_REASON = 3


class _Packing:
    """Pictures are decoded and cropped. The names of some that are skipped are remembered."""

    def __init__(self, options: DecodeOptions) -> None:
        self.job = Decoding(options)
        self.examples: dict[str, list[str]] = {}
        """By reason."""

    def write(self, writer: PackedSetWriter, item: Item, result: Decoded | Skipped, digest: Digest | None) -> None:
        """Add a picture, or list it as skipped."""
        known = digest or (None, None)
        if isinstance(result, Decoded):
            writer.add(result.pixels, item, Origin(result.width, result.height, result.crop_box, *known))
        else:
            writer.skip(item, result, Origin(result.width, result.height, None, *known))
            self._show(str(result.reason), [item.name])

    def merge(self, later: Self) -> None:
        """Remember its examples too."""
        for reason, names in later.examples.items():
            self._show(reason, names)

    def _show(self, reason: str, names: Sequence[str]) -> None:
        shown = self.examples.setdefault(reason, [])
        shown.extend(names[: _EXAMPLES_PER_REASON - len(shown)])


@notebook_bar("preparing")
def prepare(
    source: PictureSource,
    out: str | Path,
    options: PrepareOptions | None = None,
    on_progress: OnProgress | None = None,
    *,
    workers: int = 0,
    engine: Engine = "local",
    overwrite: bool = False,
) -> PrepareReport:
    """Make a packed set at `out` of a source of pictures.

    The same source and options give the same pictures to the byte, on any number of workers and with either engine. If
    it fails or is stopped, `out` is as it was before.

    Args:
        source: A folder, an archive, an array file, a name such as "drawn-faces:5000", or a Python object: an array, a
            list of PIL pictures, a data set, a `Source`; `dcgan.data.cache.open_pictures` has the details. A packed set
            is taken as it is, to make a smaller one of it.
        out: Folder to make.
        options: Size, channels and so on; by default those of a packed set, and 64 × 64, RGB or gray as the pictures
            are, for all others.
        on_progress: Called with (pictures done, pictures in all), at most ten times a second; with a limit, first while
            the pictures are listed.
        workers: How many processes decode; 0: one for each core. A cluster uses all its cores.
        engine: "ray" decodes on all machines of a Ray cluster, which must share the storage of the source and of `out`.
            The packed set then has shards.
        overwrite: Replace the packed set at `out`.

    Raises:
        SourceError: The source cannot be read.
        NoUsablePictureError: None of its pictures can be used.
        PackedSetError: `out` exists, or cannot be written, for example because the disk is full.
        UsageError: `workers` is out of its range, there is no such engine, or a `seed` has no `limit` to choose for.
        DcganError: Ray is not installed, no cluster answers, or one of its machines fails or does not see the files.
    """
    out, workforce = Path(out), Workforce(workers, engine)
    check_free(out, overwrite)
    if options and options.seed and not options.limit:
        raise UsageError("`seed` chooses the pictures of a `limit`: give a `limit`, or leave `seed` out")
    opened, options = _open(source, options or PrepareOptions())
    place = place_of(source, options) if engine == "ray" else None
    if not options.limit:
        return _pack(opened, out, options, on_progress, workforce, place, overwrite=overwrite)
    items = LabeledItems(opened, on_progress)
    chosen = items.choose(options.limit, options.seed)
    spare = items.without(chosen)
    part = chosen.subset()
    return _pack(
        part, out, options, on_progress, workforce, place, overwrite=overwrite, labels=items.labels, spare=spare
    )


@notebook_bar("splitting")
def split(
    source: PictureSource,
    out: str | Path,
    options: PrepareOptions | None = None,
    on_progress: OnProgress | None = None,
    *,
    train: float = 0.8,
    workers: int = 0,
    overwrite: bool = False,
) -> SplitReport:
    """Make two packed sets of a source, `out`/train and `out`/test, that have no picture in common.

    Which picture goes where is chosen at random by `options.seed`, and each label has the same share in both. If it
    fails or is stopped, `out` is as it was before.

    Args:
        source: A source of pictures or a packed set, as for `prepare`.
        out: Folder to make the two in.
        options: Size, channels and so on, as for `prepare`.
        on_progress: Called with (pictures done, pictures in all): first while the pictures are listed.
        train: The share for training, more than 0 and less than 1; the rest is for testing.
        workers: How many processes decode; 0: one for each core.
        overwrite: Replace the two packed sets in `out`.

    Raises:
        SourceError: The source cannot be read, or there are too few pictures for both.
        PackedSetError: `out` holds something, or cannot be written, for example because the disk is full.
        UsageError: `train` or `workers` is out of its range.

    Example:
        >>> parts = dcgan.split("photos/", "parts", dcgan.PrepareOptions(size=32), train=0.9)
        >>> dcgan.train(parts.train.path, "runs/photos")
    """
    out, workforce = Path(out), Workforce(workers)
    if not 0 < train < 1:
        raise UsageError(f"`train` must be more than 0 and less than 1, not {train:g}")
    _check_replaceable(out, overwrite)
    opened, options = _open(source, options or PrepareOptions())
    items = LabeledItems(opened, on_progress)
    if options.limit:
        items = items.choose(options.limit, options.seed)
    parts = dict(zip(SPLITS, items.split(train, options.seed), strict=True))
    empty = next((name for name, part in parts.items() if not len(part)), None)
    if empty:
        noun = "recording" if sound_of(opened) else noun_for(None, fps_of(opened))
        count = counted(items.groups, noun)
        raise SourceError(f"{opened.description}: {count} are too few to split: {empty} would get none")
    reports, done = [], 0
    try:
        with new_folder(out, overwrite=overwrite) as folder:
            for name, part in parts.items():
                on_part = on_progress and _shifted(on_progress, done, len(items))
                report = _pack(
                    part.subset(), folder / name, options, on_part, workforce, labels=items.labels, split=name
                )
                reports.append(replace(report, path=out / name))
                done += len(part)
    except OSError as error:
        raise PackedSetError(f"cannot write the packed sets in {out}: {error.strerror or error}") from error
    return SplitReport(*reports)


def _open(source: PictureSource, options: PrepareOptions) -> tuple[Source, PrepareOptions]:
    """A source, and the options with a definite size: pictures of a packed set keep what they have."""
    opened = open_source(source, options)
    size, channels = shape_of(opened) or (options.side, None)
    if options.size is not None:
        size = options.size
    return opened, replace(options, size=size, channels=options.channels or channels)


def _pack(
    source: Source,
    out: Path,
    options: PrepareOptions,
    on_progress: OnProgress | None,
    workforce: Workforce,
    place: Path | None = None,
    *,
    overwrite: bool = False,
    labels: Collection[str] = (),
    spare: LabeledItems | None = None,
    split: str | None = None,
) -> PrepareReport:
    """Make a packed set of an opened source.

    Args:
        source: The source, or a part of one.
        out: Folder to make.
        options: What the pictures are made with.
        on_progress: Called with (pictures done, pictures in all).
        workforce: What does it.
        place: Where the source is, if every machine of a cluster must see it.
        overwrite: Replace a packed set at `out`.
        labels: Those of the whole source, of which `source` is a part.
        spare: Taken instead of pictures that cannot be used.
        split: Which part of a split it is.
    """
    began = time.monotonic()
    seen = _Packing(options.decoding())
    sound, fps = sound_of(source), fps_of(source)
    if sound is None and (options.rate or options.seconds):
        raise KindError(f"{source.description} has pictures, not sounds: leave `rate` and `seconds` out")
    if sound and options.channels not in (None, 1):
        raise KindError(
            f"{source.description} has recordings, whose spectrograms are gray: they cannot have `channels` "
            f"{options.channels}"
        )
    with write_packed_set(
        out, size=options.side, channels=options.channels, sound=sound, fps=fps, overwrite=overwrite
    ) as writer:
        part, done = source, 0
        while True:
            packing = _Packing(options.decoding())
            done += pack(writer, part, packing, on_progress, before=done, workforce=workforce, place=place)
            seen.merge(packing)
            missing = source.total - writer.count
            if not spare or not missing:
                break
            more = spare.choose(missing, options.seed)
            spare, part = spare.without(more), more.subset()
        if not writer.count:
            raise NoUsablePictureError(_explain_none_used(source, options, writer.skipped, seen.examples))
        chosen = chosen_of(source)
        made_with = asdict(options) | ({"split": split} if split else {}) | ({"chosen": chosen} if chosen else {})
        writer.finish(source.description, made_with, source.ignored)
    return PrepareReport(
        path=out,
        used=writer.count,
        skipped=dict(writer.skipped),
        examples={reason: tuple(names) for reason, names in seen.examples.items()},
        ignored=dict(source.ignored),
        lost_labels=tuple(sorted(writer.skipped_labels.union(labels) - writer.label_names.keys())),
        sound=sound,
        fps=fps,
        seconds=time.monotonic() - began,
    )


def _check_replaceable(out: Path, overwrite: bool) -> None:
    """Check that two packed sets may be written into `out`.

    Raises:
        PackedSetError: `out` holds something that may not be replaced.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not out.is_dir() or not all(entry.name in SPLITS and _is_plain(entry) for entry in out.iterdir()):
        raise PackedSetError(f"{out} exists and holds more than the packed sets of a split: name another folder")
    if not overwrite:
        raise PackedSetError(f"{out} holds a split set already: name another folder, or replace it with `overwrite`")


def _is_plain(path: Path) -> bool:
    """Whether a folder is a packed set, and nothing more."""
    return is_packed_set(path) and foreign_to(path) is None


def _shifted(on_progress: OnProgress, before: int, total: int) -> OnProgress:
    """The progress of a part as that of all."""
    return lambda done, _: on_progress(before + done, total)


def _explain_none_used(
    source: Source, options: PrepareOptions, skipped: Counter[str], examples: Mapping[str, list[str]]
) -> str:
    reasons = ", ".join(
        f"{count} {reason} ({on_one_line(examples[reason][0])})" for reason, count in skipped.most_common()
    )
    noun = noun_for(sound_of(source), fps_of(source))
    too_small = noun != "clip" and skipped[Reason.TOO_SMALL] == max(skipped.values(), default=None)
    remedy = (
        f"; `min_size` {options.min_size} skipped most of them: use a smaller one"
        if options.min_size and too_small
        else ""
    )
    return f"{source.description}: none of {skipped.total()} {noun}s can be used: {reasons}{remedy}"
