"""`dcgan compare`: runs side by side."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from dcgan.cli.console import answer
from dcgan.cli.flags import AsJson, Overwrite
from dcgan.cli.outputs import check_files, writing


def compare(
    *runs: Annotated[Path, Parameter(help="Two run folders or more; they may still be training.")],
    x_axis: Literal["images", "minutes"] = "images",
    out: Path = Path("compare.html"),
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Compare runs: how their recipes and results differ, with their sheets and curves side by side.

    For example:

    - `dcgan compare runs/slow runs/fast --out compare.html`
    - `dcgan compare runs/* --x-axis minutes --overwrite`
    - `dcgan compare runs/slow runs/fast --json`

    Args:
        x_axis: What curves and sheets are compared over: images seen, or minutes of training, which is fairer where
            nets or mini-batches differ in size.
        out: The page (.html): one file, with the pictures in it.
    """
    from dcgan.training.comparison import compare

    check_files({"--out": (out, (".html", ".htm"))}, overwrite=overwrite)
    comparison = compare(*runs, x_axis=x_axis)
    with writing("--out", out):
        comparison.write(out)
    answer(f"{comparison}\ncompared: {out}", {"out": out, **comparison.facts()}, as_json)
