"""`dcgan prepare`: pictures become a packed set."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar, say
from dcgan.cli.flags import AsJson, Switch, Workers
from dcgan.cli.sources import SOURCE_HELP


def prepare(
    source: Annotated[str, Parameter(help=SOURCE_HELP)],
    out: Path,
    /,
    *,
    size: int = 64,
    channels: int = 3,
    background: str = "white",
    min_size: int = 0,
    limit: int = 0,
    workers: Workers = 0,
    overwrite: Annotated[bool, Switch] = False,
    as_json: AsJson = False,
) -> None:
    """Turn a source of pictures into a packed set, ready for training.

    Pictures are turned upright, the shorter side is resized to --size, and the center square is kept. A picture that
    cannot be used is skipped, and listed with its reason in OUT/skipped.csv and OUT/index.parquet.

    For example:

    - `dcgan prepare drawn-faces:5000 faces`
    - `dcgan prepare photos/ packed --size 64`
    - `dcgan prepare photos.zip packed --size 128 --min-size 128 --overwrite`
    - `dcgan prepare train-images-idx3-ubyte.gz mnist --size 32 --channels 1`

    Args:
        source: Where the pictures come from.
        out: Folder to make.
        size: Side of the square pictures in pixels, 8 to 1024.
        channels: 1 (gray), 3 (RGB) or 4 (RGBA).
        background: Color behind transparent pictures, a name or #rrggbb; with 4 channels they stay transparent.
        min_size: Skip pictures whose shorter side has fewer pixels; 0 enlarges them.
        limit: Stop when this many pictures are used; 0 takes all.
        overwrite: Replace the packed set at OUT.
    """
    from dcgan.data import prepare as room

    options = room.PrepareOptions(size=size, channels=channels, background=background, min_size=min_size, limit=limit)
    with progress_bar("preparing") as bar:
        report = room.prepare(source, out, options, bar, workers=workers, overwrite=overwrite)
    if report.details:
        say(report.details)
    answer(report.headline, report.to_dict(), as_json)
