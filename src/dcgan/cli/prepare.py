"""`dcgan prepare`: pictures become a packed set."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar, say
from dcgan.errors import DcganError

if TYPE_CHECKING:
    from dcgan.data.prepare import PrepareReport


def prepare(
    source: str,
    out: Path,
    /,
    *,
    size: int = 64,
    channels: int = 3,
    background: str = "white",
    min_size: int = 0,
    limit: int = 0,
    workers: int = 0,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Turn a source of pictures into a packed set, ready for training.

    Pictures are turned upright, the shorter side is resized to the size asked for, and the center square is kept. What
    cannot be used is left out and listed with its reason, in OUT/refused.csv and OUT/index.parquet.

    For example:

    - `dcgan prepare drawn-faces:5000 faces`
    - `dcgan prepare photos/ packed --size 64`
    - `dcgan prepare photos.zip packed --size 128 --min-size 128 --overwrite`
    - `dcgan prepare train-images-idx3-ubyte.gz mnist --size 32 --channels 1`

    Args:
        source: A folder, .zip, .tar (.gz, .xz, .bz2), .npy, .npz, IDX file (MNIST), or drawn-faces[:COUNT]. If all
            pictures of a folder or archive lie in sub-folders, these are the labels.
        out: Folder to make.
        size: Side of the square pictures in pixels, 8 to 1024.
        channels: 1 (gray), 3 (RGB) or 4 (RGBA).
        background: Color behind transparent pictures, a name or #rrggbb; with 4 channels they stay transparent.
        min_size: Refuse pictures whose shorter side has fewer pixels; 0 enlarges them.
        limit: Stop when so many pictures are used; 0 takes all.
        workers: Processes that decode; 0 is one for each core. The result does not depend on it.
        overwrite: Replace the packed set that is at OUT.
        as_json: Answer with one line of JSON.
    """
    if not source:
        raise DcganError("SOURCE is empty; name a folder, an archive or an array file")

    from dcgan.data.prepare import PrepareOptions
    from dcgan.data.prepare import prepare as prepare_source

    options = PrepareOptions(size=size, channels=channels, background=background, min_size=min_size, limit=limit)
    with progress_bar("preparing") as bar:
        report = prepare_source(source, out, options, bar, workers=workers, overwrite=overwrite)
    _tell_refused(report)
    refused = sum(report.refused.values())
    text = f"{report.used:,} pictures used, {refused:,} refused: {out}"
    facts = {"path": out, "used": report.used, "refused": report.refused, "skipped": report.skipped}
    answer(text, facts | {"index": report.index, "seconds": round(report.seconds, 2)}, as_json)


def _tell_refused(report: "PrepareReport") -> None:
    """Show on stderr what was left out and why."""
    if report.skipped:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(report.skipped.items()))
        say(f"not pictures, passed over: {kinds}")
    if not report.refused:
        return
    from rich.table import Table

    from dcgan.cli.console import stderr

    table = Table("refused", "because", "for example", box=None, pad_edge=False)
    for reason, count in sorted(report.refused.items(), key=lambda entry: -entry[1]):
        table.add_row(f"{count:,}", reason, ", ".join(repr(name) for name in report.examples[reason]))
    stderr.print(table)
    say(f"the full list: {report.index} (status = refused), or {report.path / 'refused.csv'}")
