"""`dcgan probe`: what a model's features are worth to a classifier, beside other features."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar
from dcgan.cli.features import layers_of
from dcgan.cli.outputs import chosen_theme, open_model
from dcgan.errors import DcganError

if TYPE_CHECKING:
    from dcgan.data.packed import PackedSet
    from dcgan.features.probe import Probed
    from dcgan.model import Model

ALL = "all"
SUPERVISED = "supervised"


def probe(
    model: Path,
    source: str,
    /,
    *,
    test: str | None = None,
    labels: str = "all",
    against: str = "random,pixels",
    draws: int = 100,
    penalties: str | None = None,
    layers: str | None = None,
    grid: int = 4,
    centroids: int = 1600,
    trials: int = 64,
    validation: float = 0.1,
    confusion: Path | None = None,
    seed: int = 0,
    theme: str = "light",
    device: str = "cpu",
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Probe the discriminator's features by a linear SVM, as the paper does, beside other features on the same splits.

    With all labels: C is chosen on a tenth of the pictures, which are held out, and scored on the test pictures. With
    so many labels of each class: C is chosen by ten draws, then 100 draws are scored: mean ± 1.96 standard deviations.

    For example:

    - `dcgan probe runs/photos labelled/ --labels 10,100,all`
    - `dcgan probe faces drawn-faces:2000 --labels 5,50 --draws 20 --against random,pixels`
    - `dcgan probe runs/imagenet cifar10/train --test cifar10/test --labels 400 --against kmeans,learned-rf,random`

    Args:
        model: A run, one of its checkpoints, a model folder, or a model that comes with dcgan: faces.
        source: Labelled pictures: a folder of folders, a packed set, drawn-faces.
        test: Labelled pictures to score on. Default: a fifth of the source.
        labels: Labels of each class to learn from: numbers, or all; several with commas.
        against: Other ways: random (the same net, untrained), kmeans (one layer), learned-rf (three layers of it, with
            learned receptive fields), pixels, supervised (the same net, trained on the labels alone); or none.
        draws: Draws to score for each number of labels.
        penalties: Values of C to choose from, with commas. Default: those of the released code, 1e-4 to 1e-2.
        layers: Convolutional layers, from 0, such as 1,2. Default: all.
        grid: Side of the grid that each map is max-pooled to.
        centroids: Of kmeans, and of each layer of learned-rf.
        trials: Of the random search for supervised, whose best on the validation pictures is scored.
        validation: Share of the source that only chooses C.
        confusion: Figure to make of what was taken for what by the model's features, with the most labels.
        seed: Names splits and draws.
        theme: light or dark.
        device: cpu, cuda, cuda:N, mps, or auto.
        as_json: Answer with one line of JSON.
    """
    from dcgan.features.compare import compare, compare_supervised
    from dcgan.features.probe import PENALTIES
    from dcgan.features.ways import WAYS, Wanted

    names = ["dcgan", *(name.strip() for name in against.split(",") if name.strip() not in ("", "none", "dcgan"))]
    if unknown := [name for name in names if name not in (*WAYS, SUPERVISED)]:
        raise DcganError(f"--against {', '.join(unknown)}: there are {', '.join(WAYS)}, {SUPERVISED}, and none")
    counts = [_count(text.strip()) for text in labels.split(",")]
    chosen = _penalties(penalties) if penalties else PENALTIES
    if not 0 < validation < 1 or draws < 1 or centroids < 1 or trials < 1 or seed < 0:
        raise DcganError(
            "--validation must lie between 0 and 1, --draws and --centroids be 1 or more, --seed 0 or more"
        )
    colours = chosen_theme(theme)
    which = layers_of(layers)
    loaded = open_model(model, device)
    learnt, tested = _open(loaded, source, test)
    if len(learnt.label_names) < 2:
        raise DcganError(f"{source} has {len(learnt.label_names)} label; give each class a folder of its own")
    if tested is not None and tested.label_names != learnt.label_names:
        raise DcganError(f"--test {test} has other labels than {source}: {', '.join(tested.label_names[:9])}")
    results: dict[str, list[Probed]] = {}
    for name in names:
        wanted = Wanted(loaded, learnt, which, grid, centroids, seed)
        try:
            if name == SUPERVISED:
                results[name] = compare_supervised(
                    wanted, tested, counts, progress_bar, validation=validation, trials=trials
                )
            else:
                results[name] = compare(
                    name, wanted, tested, counts, progress_bar, penalties=chosen, validation=validation, draws=draws
                )
        except ValueError as error:
            raise DcganError(f"{source}: {error}") from error
    if confusion is not None:
        from dcgan.figures.confusion import draw_confusion
        from dcgan.figures.sheets import save_picture

        save_picture(draw_confusion(results["dcgan"][-1].confusion, learnt.label_names, colours), confusion)
    answer(_table(results), {"model": model, "source": source, "results": _facts(results)}, as_json)


def _count(text: str) -> int | None:
    if text != ALL and (not text.isdecimal() or int(text) < 1):
        raise DcganError(f"--labels: {text!r} is neither a number of labels nor all")
    return None if text == ALL else int(text)


def _penalties(text: str) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if not values or not all(0 < value < float("inf") for value in values):
        raise DcganError(f"--penalties {text!r}: write numbers above 0 with commas, such as 1e-4,1e-3")
    return values


def _open(model: "Model", source: str, test: str | None) -> "tuple[PackedSet, PackedSet | None]":
    from dcgan.data.cache import cached
    from dcgan.data.prepare import PrepareOptions

    options = PrepareOptions(size=model.architecture.size, channels=model.architecture.channels)
    with progress_bar("preparing") as bar:
        return cached(source, options, bar), cached(test, options, bar) if test else None


def _named(count: int | None) -> str:
    return ALL if count is None else str(count)


def _facts(results: "dict[str, list[Probed]]") -> list[dict[str, object]]:
    return [
        {
            "features": name,
            "labels_per_class": _named(probed.labels_per_class),
            "accuracy": probed.mean,
            "spread": probed.spread,
            "draws": len(probed.accuracies),
            "penalty": probed.penalty,
            "validation": probed.validation,
            "confusion": probed.confusion.round(4).tolist(),
        }
        for name, found in results.items()
        for probed in found
    ]


def _table(results: "dict[str, list[Probed]]") -> str:
    from dcgan.features.ways import WAYS

    meanings = {**{name: way.meaning for name, way in WAYS.items()}, SUPERVISED: "the same net, on labels alone"}
    first = next(iter(results.values()))
    heads = "".join(f"{_named(probed.labels_per_class) + ' labels':>20}" for probed in first)
    lines = [f"{'features':<40}{heads}"]
    for name, found in results.items():
        cells = []
        for probed in found:
            spread = f" ± {100 * probed.spread:.1f}" if probed.spread else ""
            cells.append(f"{100 * probed.mean:.1f}{spread} %")
        lines.append(f"{f'{name}: {meanings[name]}':<40}" + "".join(f"{cell:>20}" for cell in cells))
    return "\n".join([*lines, "accuracy on the test pictures; ± 1.96 standard deviations over the draws"])
