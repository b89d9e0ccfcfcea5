"""`dcgan evaluate`: how good a model's pictures are."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar, warn
from dcgan.cli.sources import open_pictures
from dcgan.errors import DcganError

if TYPE_CHECKING:
    from dcgan.data.packed import PackedSet
    from dcgan.metrics.evaluate import Evaluation
    from dcgan.metrics.neighbors import Memorizing
    from dcgan.model import Model

FEW = 2048  # pictures below which a Fréchet distance of most extractors says little
SHOWN = 32  # drawn pictures on the sheet of neighbors


def evaluate(
    model: Path,
    source: str,
    /,
    *,
    extractor: str = "efficientnet-lite0",
    samples: int = 10_000,
    held_out: str | None = None,
    neighbors: Path | None = None,
    weights: Path | None = None,
    device: str = "cpu",
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Measure how near a model's pictures come to real ones: Fréchet and kernel distance, precision, recall, and more.

    Distances depend on the extractor and on the number of pictures: the answer names both. Compare with nothing else.

    For example:

    - `dcgan evaluate runs/photos photos/`
    - `dcgan evaluate runs/photos photos/ --extractor inception --samples 50000 --device cuda`
    - `dcgan evaluate runs/photos photos/ --held-out more-photos/ --neighbors neighbors.png`

    Args:
        model: A run, one of its checkpoints, or a model folder.
        source: Real pictures, as for `dcgan train`; usually those that the model was trained on.
        extractor: efficientnet-lite0 (offline), inception (that of published Fréchet distances), discriminator (the
            model's own) or pixels.
        samples: Pictures of each kind, at most.
        held_out: Real pictures that the model was not trained on: are drawn ones nearer to the training set than these?
        neighbors: Sheet to make of the most suspicious drawn pictures, each above its nearest training picture; needs
            --held-out.
        weights: File with the extractor's weights. Default: of the installed package, or downloaded.
        device: cpu, cuda, cuda:N, mps, or auto.
        as_json: Answer with one line of JSON.
    """
    if neighbors and not held_out:
        raise DcganError("--neighbors needs --held-out: pictures that are new show how near is near")

    from dcgan.device import resolve_device
    from dcgan.metrics.evaluate import evaluate as measure
    from dcgan.metrics.extractors import ExtractorOptions, build_extractor
    from dcgan.model import load

    device = resolve_device(device)
    loaded = load(model, device)
    data = open_pictures(source, loaded)
    others = open_pictures(held_out, loaded) if held_out else None
    built = build_extractor(extractor, ExtractorOptions(weights, loaded, device))
    with progress_bar("extracting features") as bar:
        result = measure(loaded, data, built, samples=samples, held_out=others, on_progress=bar)
    if result.pictures < FEW:
        warn(f"{result.pictures} pictures are few for a Fréchet distance; go by the kernel distance, which has no bias")
    if neighbors and result.memorizing:
        _show_neighbors(loaded, data, result.memorizing, neighbors)
    answer(_table(result, neighbors), {"model": model, "source": source, **_facts(result)}, as_json)


def _facts(result: "Evaluation") -> dict[str, object]:
    """The result for machines."""
    facts: dict[str, object] = {
        "extractor": result.extractor,
        "pictures": result.pictures,
        "frechet_distance": result.frechet,
        "kernel_distance": asdict(result.kernel),
        **asdict(result.neighborhoods),
        "one_nearest_neighbor": asdict(result.two_sample),
    }
    if result.memorizing:
        names = ("rate", "held_out_rate", "threshold")
        facts["memorizing"] = {name: getattr(result.memorizing, name) for name in names}
    return facts


def _table(result: "Evaluation", neighbors: Path | None) -> str:
    """The result for people."""
    kernel, near, told = result.kernel, result.neighborhoods, result.two_sample
    std = f" ± {1000 * kernel.std:.2f}" if kernel.subsets > 1 else ""  # one subset has none to show
    rows = [
        ("Fréchet distance", f"{result.frechet:.2f}", "0 is best; falls with the number of pictures"),
        (
            "kernel distance x 1000",
            f"{1000 * kernel.mean:.2f}{std}",
            f"0 is best; subsets: {kernel.subsets} of {kernel.size}",
        ),
        ("precision", f"{near.precision:.3f}", "share of drawn pictures among real ones, 0 to 1"),
        ("recall", f"{near.recall:.3f}", "share of real pictures among drawn ones, 0 to 1"),
        ("density", f"{near.density:.3f}", "about 1 for real pictures"),
        ("coverage", f"{near.coverage:.3f}", "0 to 1"),
        ("1-NN accuracy", f"{told.accuracy:.3f}", "telling drawn from real; 0.5 is best, 1 worst"),
    ]
    if result.memorizing:
        copies = result.memorizing
        meaning = f"of training pictures; among new real ones {copies.held_out_rate:.2%}"
        rows.append(("near copies", f"{copies.rate:.2%}", meaning))
    lines = [f"{name:<22}  {value:>16}  {meaning}" for name, value, meaning in rows]
    shown = [f"neighbors: {neighbors}"] if neighbors else []
    return "\n".join([*lines, f"{result.pictures:,} pictures of each kind; {result.extractor}", *shown])


def _show_neighbors(model: "Model", data: "PackedSet", memorizing: "Memorizing", path: Path) -> None:
    """Draw the pictures nearest to a training picture, each above that picture."""
    import numpy as np

    from dcgan.figures.sheets import save_picture, sheet

    columns = SHOWN // 2
    seeds = memorizing.neighbors.distance.argsort()[:SHOWN]
    drawn = model.sample(seeds.tolist())
    nearest = data.pixels[memorizing.neighbors.index[seeds]]
    rows = [part[start : start + columns] for start in range(0, SHOWN, columns) for part in (drawn, nearest)]
    save_picture(sheet(np.concatenate(rows), columns=columns), path)
