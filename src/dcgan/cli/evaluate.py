"""`dcgan evaluate`: how near generated pictures come to real ones."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from dcgan.choices import EXTRACTORS
from dcgan.cli.console import answer, as_flags, progress_bar, warn
from dcgan.cli.flags import AsJson, Device, Overwrite, choices_of
from dcgan.cli.outputs import check_files
from dcgan.errors import UsageError

Metrics = Annotated[
    tuple[str, ...],
    Parameter(
        help="What to measure, separated by commas: distances (Fréchet, kernel, precision and more, in the extractor's "
        "features), parzen (log-likelihood of the --held-out pictures, in pixels).",
        negative="",
        show_default=",".join,
    ),
]
EXTRACTOR_HELP = f"What distances are measured in: {choices_of(EXTRACTORS)}."


def evaluate(
    generated: str,
    real: str,
    /,
    *,
    metrics: Metrics = ("distances",),
    extractor: Annotated[str, Parameter(help=EXTRACTOR_HELP)] = "efficientnet-lite0",
    samples: int = 10_000,
    size: int | None = None,
    held_out: str | None = None,
    neighbors: Path | None = None,
    weights: Path | None = None,
    device: Device = "auto",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Measure how near generated pictures come to real ones: Fréchet and kernel distance, precision, recall, and more.

    Either side is a model or pictures: judge your own model, judge a folder of somebody else's samples, or compare two
    models. Distances depend on the extractor and on the number of pictures, which the answer names; compare only
    distances for which both are the same.

    The Parzen log-likelihood is the measure that GAN 2014 reports: the log-likelihood of held-out pictures under
    Gaussian kernels around the generated ones. A tenth of the held-out pictures, 1,000 at most, choose the width of the
    kernels, and the others are scored. It varies a lot, says little in high dimensions, and a good value does not mean
    good pictures.

    For example:

    - `dcgan evaluate runs/photos photos/`
    - `dcgan evaluate their-samples/ photos/ --size 64`
    - `dcgan evaluate runs/photos photos/ --extractor inception --samples 50000 --device cuda`
    - `dcgan evaluate runs/photos photos/ --samples 2000 --neighbors neighbors.png`
    - `dcgan evaluate runs/photos photos/train --held-out photos/test`
    - `dcgan evaluate runs/digits digits/train --held-out digits/test --metrics parzen`

    Args:
        generated: What to judge: a run, one of its checkpoints, a model folder, a model that comes with dcgan,
            hf://OWNER/NAME, or pictures, as for `dcgan prepare`.
        real: What to compare it with, given in the same form; usually the pictures that the model was trained on.
        samples: Largest number of pictures on each side, and of --held-out. Published Parzen log-likelihoods use
            10,000.
        size: Side in pixels at which the pictures are compared. Default: the size of a model or packed set on either
            side, or the one size that all pictures have.
        held_out: Real pictures that the model was not trained on: are generated ones nearer to the training set than
            these? The Parzen log-likelihood needs 100 or more.
        neighbors: Sheet to make of the most suspicious generated pictures, each above the real one that is nearest.
        weights: File with the extractor's weights. Default: those of the installed package, or a download.
    """
    from dcgan.figures.sheets import FORMATS, paired_sheet, save_picture
    from dcgan.metrics.evaluate import evaluate as measure

    check_files({"--neighbors": (neighbors, FORMATS)}, overwrite=overwrite)
    names = [name.strip() for text in metrics for name in text.split(",")]
    if neighbors and "distances" not in names:
        raise UsageError("--neighbors shows what is nearest by the extractor's features: add distances to --metrics")

    with progress_bar("evaluating") as bar:
        result = measure(
            generated,
            real,
            metrics=names,
            samples=samples,
            extractor=extractor,
            size=size,
            held_out=held_out,
            weights=weights,
            device=device,
            on_progress=bar,
        )
    for text in result.warnings:
        warn(as_flags(text))
    if neighbors and result.distances:
        save_picture(paired_sheet(*result.distances.closest), neighbors)
    written = f"\nneighbors: {neighbors}" if neighbors else ""
    answer(f"{result}{written}", result.facts(), as_json)
