"""`dcgan dedup`: a set without near duplicates."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar, warn
from dcgan.cli.flags import AsJson, EngineName, Overwrite, ThemeName
from dcgan.cli.outputs import chosen_theme, told_when_stopped
from dcgan.cli.sources import PICTURES_HELP
from dcgan.files import GROUPS_SHEET_FILE


def dedup(
    *source: Annotated[str, Parameter(name="SOURCE", required=True, help=PICTURES_HELP)],
    out: Path,
    against: Annotated[list[str] | None, Parameter(negative="")] = None,
    within: int = 6,
    similarity: float = 0.9,
    size: int | None = None,
    channels: int | None = None,
    seed: int = 0,
    engine: EngineName = "local",
    theme: ThemeName = "light",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Make a packed set without near duplicates: copies of other size, compression, brightness or crop.

    Of each group, the picture with the most pixels is kept, or the one with the largest file if several have as many
    pixels. Nothing in SOURCE is deleted. OUT/groups.parquet lists all groups, and OUT/groups.png shows the most
    doubtful ones: if they are not duplicates, raise --similarity. Copies that are turned are not found.

    For example:

    - `dcgan dedup photos/ --out unique`
    - `dcgan dedup photos/ --out unique --size 128 --within 8`
    - `dcgan dedup train/ --against test/ --out train-unique`
    - `dcgan dedup new-photos/ --against unique --out unique-2`
    - `dcgan dedup packed --out unique --similarity 0.98 --json`

    Args:
        out: Folder of the packed set to make.
        against: Another source; pictures that it has already are left out as well. May be given several times. A set
            that `dcgan dedup` made is not encoded again.
        within: Number of bits, of 128, in which the codes of near duplicates may differ, 0 to 16.
        similarity: Smallest correlation that the details of near duplicates may have, at 32x32. With -1 only the codes
            count, as in the paper.
        size: Side of the pictures in pixels. Default: 64, or that of a packed set.
        channels: 1, 3 or 4. Default: those of the pictures.
        seed: Seed of the training of the de-duplication net.
    """
    from dcgan.curation.deduplicate import deduplicate
    from dcgan.figures.sheets import save_picture

    colors = chosen_theme(theme)
    with told_when_stopped(out), progress_bar("preparing") as bar:
        found = deduplicate(
            list(source) if len(source) > 1 else source[0],
            out,
            size=size,
            channels=channels,
            within=within,
            similarity=similarity,
            against=against or (),
            seed=seed,
            engine=engine,
            overwrite=overwrite,
            on_progress=bar,
            on_phase=bar.phase,
        )
    if found.noun != "picture":
        warn(f"{found.noun}s are compared as pictures: those that follow each other or sound alike are near duplicates")
    review = out / GROUPS_SHEET_FILE
    save_picture(found.figure(colors), review)
    answer(f"{found}\nreview: {review}", {**found.facts(), "review": review}, as_json)
