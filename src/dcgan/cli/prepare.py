"""`dcgan prepare` and `dcgan split`: pictures become packed sets."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar, say, warn
from dcgan.cli.flags import AsJson, EngineName, Overwrite, Workers
from dcgan.cli.outputs import told_when_stopped
from dcgan.cli.sources import PICTURES_HELP
from dcgan.data.prepare_options import PrepareOptions
from dcgan.errors import UsageError

if TYPE_CHECKING:
    from dcgan.data.prepare_report import PrepareReport

Pictures = Annotated[str, Parameter(help=PICTURES_HELP)]
More = Annotated[
    str,
    Parameter(name="OUT", required=True, help="Folder to make, named last. You can name several sources before it."),
]
Options = Annotated[PrepareOptions | None, Parameter(name="*")]


def prepare(
    source: Pictures,
    /,
    *out: More,
    options: Options = None,
    workers: Workers = 0,
    engine: EngineName = "local",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Turn a source of pictures into a packed set, ready for training.

    Pictures are turned upright, the shorter side is resized to --size, and the center square is kept. A picture that
    cannot be used is skipped, and listed with its reason in OUT/skipped.csv and OUT/index.parquet. Recordings are cut
    into clips, and the spectrogram of each is a picture.

    For example:

    - `dcgan prepare drawn-faces:5000 faces`
    - `dcgan prepare photos/ packed --size 64`
    - `dcgan prepare summer/ winter.zip packed --size 128`
    - `dcgan prepare bedroom_train_lmdb bedrooms --limit 300000`
    - `dcgan prepare film.mp4 frames --fps 0.5`
    - `dcgan prepare birds/ clips --rate 16000 --seconds 1`
    - `dcgan prepare photos.zip packed --size 128 --min-size 128 --overwrite`
    - `dcgan prepare train-images-idx3-ubyte.gz mnist --size 32 --limit 10000 --seed 1`

    Args:
        source: Where the pictures come from.
    """
    from dcgan.data import prepare as room

    sources, folder = _sources_and_out(source, out)
    with told_when_stopped(folder), progress_bar("preparing") as bar:
        report = room.prepare(sources, folder, options, bar, workers=workers, engine=engine, overwrite=overwrite)
    _warn_of_idle_fps(options, report)
    if report.details:
        say(report.details)
    answer(report.headline, report.to_dict(), as_json)


def split(
    source: Pictures,
    /,
    *out: More,
    train: float = 0.8,
    options: Options = None,
    workers: Workers = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Turn a source of pictures into two packed sets, OUT/train and OUT/test, that share no picture.

    Which picture goes where is chosen at random, and each label has the same share in both: train on one, and judge the
    model by the other, which it has never seen.

    For example:

    - `dcgan split drawn-faces:5000 faces`
    - `dcgan split photos/ photos-64 --train 0.9 --seed 1`
    - `dcgan split packed parts`

    Args:
        source: Where the pictures come from.
        train: The share for training, more than 0 and less than 1; the rest is for testing.
    """
    from dcgan.data import prepare as room

    sources, folder = _sources_and_out(source, out)
    with told_when_stopped(folder), progress_bar("splitting") as bar:
        report = room.split(sources, folder, options, bar, train=train, workers=workers, overwrite=overwrite)
    _warn_of_idle_fps(options, report.train)
    if report.details:
        say(report.details)
    answer(report.headline, report.to_dict(), as_json)


def _warn_of_idle_fps(options: PrepareOptions | None, report: "PrepareReport") -> None:
    if options and options.fps != PrepareOptions.fps and report.fps is None:
        warn(f"--fps {options.fps:g} changed nothing: there are no videos among the {report.noun}s")


def _sources_and_out(source: str, others: Sequence[str]) -> tuple[str | list[str], Path]:
    """As `cp` has them: the last is where to."""
    if not others:
        raise UsageError("name a SOURCE and then OUT, the folder to make")
    *more, out = others
    return [source, *more] if more else source, Path(out)
