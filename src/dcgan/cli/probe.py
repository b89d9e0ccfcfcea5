"""`dcgan probe`: what a model's features are worth to a classifier, beside other ways."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar, warn
from dcgan.cli.extract_features import layers_of
from dcgan.cli.flags import need
from dcgan.cli.outputs import check_files, chosen_theme, open_model, writing
from dcgan.cli.sources import open_pictures
from dcgan.errors import DcganError

if TYPE_CHECKING:
    from dcgan.data.packed import PackedSet
    from dcgan.probing.baselines.registry import Wanted
    from dcgan.probing.comparison import Probing
    from dcgan.probing.results import Results

ALL = "all"
LARGEST = 1e6  # C; with greater ones the machine sees no more than rounding errors
RESULTS, CURVES = (".json",), (".svg",)
AsJson = Annotated[bool, Parameter(name="--json", negative="")]


def probe(
    model: Path,
    source: str,
    /,
    *,
    test: str | None = None,
    labels: str = "all",
    against: str = "random,pixels",
    out: Path | None = None,
    draws: int = 100,
    penalties: str | None = None,
    layers: str | None = None,
    grid: int = 4,
    standardize: Annotated[bool, Parameter(negative="")] = False,
    centroids: int = 1600,
    trials: int = 64,
    trainings: int = 1,
    validation: float = 0.1,
    confusion: Path | None = None,
    curve: Path | None = None,
    seed: int = 0,
    theme: str = "light",
    device: str = "cpu",
    as_json: AsJson = False,
) -> None:
    """Probe the discriminator's features by a linear SVM, as the paper does, beside other ways on the same splits.

    With all labels: C is chosen on a tenth of the pictures, which are held out, and scored on the test pictures. With
    so many labels of each class: C is chosen by ten draws, then 100 draws are scored: mean ± 1.96 standard deviations.

    For example:

    - `dcgan probe runs/photos labeled/ --labels 10,100,all --curve curve.svg`
    - `dcgan probe faces drawn-faces:2000 --labels 5,50 --draws 20 --against random,pixels`
    - `dcgan probe runs/imagenet cifar10/train --test cifar10/test --labels 400 --against kmeans --out probe.json`

    Args:
        model: A run, one of its checkpoints, a model folder, or a model that comes with dcgan: faces.
        source: Labeled pictures: a folder of folders, a packed set, drawn-faces.
        test: Labeled pictures to score on. Default: a fifth of the source.
        labels: Labels of each class to learn from: numbers, or all; several with commas.
        against: Other ways: random (the same net, untrained), kmeans (one layer), learned-rf (three layers of it, with
            learned receptive fields), exemplar (the same net, trained to tell single pictures apart), pixels,
            supervised (the same net, trained on the labels alone), finetuned (the net itself, trained on with the
            labels); or none.
        out: JSON to keep results in as they come. If it is there, what it has is not measured again.
        draws: Draws to score for each number of labels.
        penalties: Values of C to choose from, with commas. Default: those of the released code, 1e-4 to 1e-2.
        layers: Convolutional layers, from 0, such as 1,2. Default: all.
        grid: Side of the grid that each map is max-pooled to.
        standardize: Bring each feature to mean 0 and variance 1, which the paper does not.
        centroids: Of kmeans, and of each layer of learned-rf.
        trials: Of the random search for supervised and finetuned; the best on the validation pictures is scored.
        trainings: Draws that the best trial is trained on and scored.
        validation: Share of the source that only chooses.
        confusion: Figure to make of what was taken for what by the model's features, with the most labels: .png, .jpg
            or .webp.
        curve: Figure to make of accuracy over the number of labels, with bands of ±: .svg.
        seed: Names splits and draws.
        theme: light or dark.
        device: cpu, cuda, cuda:N, mps, or auto.
        as_json: Answer with one line of JSON.
    """
    from dcgan.figures.sheets import FORMATS
    from dcgan.probing.comparison import MEANINGS
    from dcgan.probing.protocol import name_count

    names = ways_of(against)
    counts = tuple(dict.fromkeys(_count(text.strip()) for text in labels.split(",")))
    probing = probing_of(counts, draws, penalties, trials, trainings, validation, standardize)
    check_files({"--out": (out, RESULTS), "--confusion": (confusion, FORMATS), "--curve": (curve, CURVES)})
    colors = chosen_theme(theme)
    wanted, tested = open_labeled(
        model, source, test, centroids=centroids, seed=seed, device=device, layers=layers_of(layers), grid=grid
    )
    results = gather_results(names, wanted, tested, probing, source, out)
    _warn_of_edges(results, names, probing.counts)
    rows = {f"{name}: {MEANINGS[name]}": [_cell(results, name, count) for count in probing.counts] for name in names}
    lines = [
        f"{'':<40}" + "".join(f"{name_count(count) + ' labels':>20}" for count in probing.counts),
        *(f"{meaning:<40}" + "".join(f"{cell:>20}" for cell in cells) for meaning, cells in rows.items()),
        "accuracy on the test pictures; ± 1.96 standard deviations over the draws",
    ]
    lines += [f"{what}: {file}" for what, file in (("confusion", confusion), ("learning curve", curve)) if file]
    facts = {"model": model, "source": source, "test": test, "labels": wanted.learned.label_names}
    answer("\n".join(lines), {**facts, "settings": results.settings, "results": results.rows()}, as_json)
    if confusion is not None:
        from dcgan.figures.confusion import draw_confusion
        from dcgan.figures.sheets import save_picture

        most = results.find("dcgan", max(probing.counts, key=lambda count: count or float("inf")))
        assert most is not None
        save_picture(draw_confusion(most.confusion, wanted.learned.label_names, colors), confusion)
    if curve is not None:
        from dcgan.figures.curves import page
        from dcgan.files import write_atomic

        with writing("--curve", curve):
            write_atomic(curve, page([_learning_curve(results, names, probing, wanted, tested)], colors))


def ways_of(text: str) -> list[str]:
    """The model's features and the ways that --against names.

    Raises:
        DcganError: One is unknown.
    """
    from dcgan.probing.comparison import MEANINGS

    names = ["dcgan", *(name.strip() for name in text.split(",") if name.strip() not in ("", "none", "dcgan"))]
    if unknown := [name for name in names if name not in MEANINGS]:
        raise DcganError(f"--against {', '.join(unknown)}: there are {', '.join(MEANINGS)}, and none")
    return names


def probing_of(
    counts: tuple[int | None, ...],
    draws: int,
    penalties: str | None,
    trials: int,
    trainings: int,
    validation: float,
    standardize: bool = False,
) -> "Probing":
    """How to probe, as the flags say.

    Raises:
        DcganError: A flag is out of range.
    """
    from dcgan.probing.comparison import Probing
    from dcgan.probing.protocol import PENALTIES

    need(0 < validation < 1, "--validation", "between 0 and 1", validation)
    for flag, number in (("--draws", draws), ("--trials", trials), ("--trainings", trainings)):
        need(number >= 1, flag, "1 or more", number)
    values = _penalties(penalties) if penalties else PENALTIES
    return Probing(counts, values, validation, draws, standardize, trials, trainings)


def open_labeled(
    model: Path,
    source: str,
    test: str | None,
    *,
    centroids: int,
    seed: int,
    device: str = "cpu",
    layers: tuple[int, ...] | None = None,
    grid: int = 4,
) -> "tuple[Wanted, PackedSet | None]":
    """The model with the pictures to learn from, and those to score on.

    Raises:
        DcganError: There are no classes to tell apart, the two sets have different ones, or a flag is out of range.
    """
    from dcgan.probing.baselines.registry import Wanted

    need(centroids >= 1, "--centroids", "1 or more", centroids)
    need(seed >= 0, "--seed", "0 or more", seed)
    loaded = open_model(model, device)
    learned = open_pictures(source, loaded)
    tested = open_pictures(test, loaded) if test else None
    if len(learned.label_names) < 2:
        raise DcganError(
            f"{source} has {'one label' if learned.label_names else 'no labels'}; give each class a folder of its own, "
            "and leave no picture beside those folders: with one, folders are no labels"
        )
    if tested is not None and tested.fingerprint == learned.fingerprint:
        raise DcganError(
            f"--test {test} has the pictures of {source} itself, which are known by heart; name others, or leave "
            "--test out: a fifth is held out then. Of a folder of CIFAR-10's: --test FOLDER/test_batch (.bin, .mat)"
        )
    if tested is not None and tested.label_names != learned.label_names:
        raise DcganError(f"--test {test} has other labels than {source}: {', '.join(tested.label_names[:9])}")
    return Wanted(loaded, learned, layers, grid, centroids, seed), tested


def gather_results(
    names: Sequence[str],
    wanted: "Wanted",
    tested: "PackedSet | None",
    probing: "Probing",
    source: str,
    out: Path | None,
) -> "Results":
    """Probe each way; a class with too few pictures is the user's slip."""
    from dcgan.probing.results import gather

    try:
        return gather(names, wanted, tested, probing, progress_bar, out)
    except ValueError as error:
        raise DcganError(f"{source}: {error}") from error
    except KeyboardInterrupt:
        if out is not None and out.exists():
            warn(f"{out} has what was measured, and the trials that were made; the same command goes on there")
        raise


def _count(text: str) -> int | None:
    if text != ALL and (not text.isdecimal() or int(text) < 1):
        raise DcganError(f"--labels: {text!r} is neither a number of labels nor all")
    return None if text == ALL else int(text)


def _penalties(text: str) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if not values or not all(0 < value <= LARGEST for value in values):
        raise DcganError(f"--penalties {text!r}: write numbers above 0, to {LARGEST:g}, with commas: 1e-4,1e-3")
    return values


def _cell(results: "Results", name: str, count: int | None) -> str:
    probed = results.find(name, count)
    assert probed is not None
    return f"{probed.percent()} %"


def _warn_of_edges(results: "Results", names: Sequence[str], counts: Sequence[int | None]) -> None:
    """Say where a value of C beyond those that were tried may be better."""
    from dcgan.probing.comparison import NETS
    from dcgan.probing.protocol import name_count

    outermost = [
        f"{name} with {name_count(count)} labels"
        for name in names
        for count in counts
        if name not in NETS and (probed := results.find(name, count)) is not None
        if len(probed.validation) > 1 and probed.penalty in (min(probed.validation), max(probed.validation))
    ]
    if outermost:
        warn(f"the best C is an outermost one of --penalties: {', '.join(outermost)}; one beyond may be better")


def _learning_curve(
    results: "Results", names: Sequence[str], probing: "Probing", wanted: "Wanted", test: "PackedSet | None"
) -> str:
    """Accuracy over labels of a class; all of them stand at their mean number."""
    from dcgan.figures.curves import curves
    from dcgan.probing.comparison import TESTED

    learned = len(wanted.learned) * (1 if test else 1 - TESTED) * (1 - probing.validation)
    every = learned / len(wanted.learned.label_names)
    numbers = sorted(probing.counts, key=lambda count: count or every)
    probed = {name: [one for count in numbers if (one := results.find(name, count)) is not None] for name in names}
    return curves(
        {name: [(one.labels_per_class or every, 100 * one.mean) for one in found] for name, found in probed.items()},
        "Accuracy on the test pictures",
        "labels of each class",
        "%",
        log_x=True,
        deviations={
            name: [100 * one.spread if len(one.accuracies) > 1 else math.nan for one in found]
            for name, found in probed.items()
        },
    )
