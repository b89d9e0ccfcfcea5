"""A discriminator's features beside baselines, judged on the same splits with each number of labels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from dcgan.choices import BASELINES
from dcgan.data.packed import PackedSet
from dcgan.data.sources import PictureSource
from dcgan.errors import SourceError, UsageError
from dcgan.features.extract import GRID, on_device
from dcgan.features.extractor import check_flip
from dcgan.model import Model
from dcgan.model_pictures import open_for
from dcgan.probing.baselines.baseline import CENTROIDS, BuildContext, FeatureBaseline, TrialScores
from dcgan.probing.protocol import REPEATS, TRIALS, ProbeOptions
from dcgan.probing.results import ProbeResults
from dcgan.probing.results_file import about_of, merge_results, save_results
from dcgan.probing.splits import Splits, check_labeled, group_noun, groups_of, split
from dcgan.progress import notebook_bar
from dcgan.randomness import check_seed
from dcgan.types import OnPhase, OnProgress
from dcgan.words import counted, plural, some_of

TEST_SHARE = 0.2  # of the source that is scored where there are no other pictures

LabelsPerClass = int | Literal["all"]


@notebook_bar("probing")
def probe(
    model: Model,
    source: PictureSource,
    *,
    test: PictureSource | None = None,
    baselines: Sequence[str] = ("random", "pixels"),
    labels_per_class: LabelsPerClass | Sequence[LabelsPerClass] = "all",
    C: Sequence[float] | None = None,
    repeats: int = REPEATS,
    validation: float = 0.1,
    layers: Iterable[int] | None = None,
    grid: int = GRID,
    standardize: bool = False,
    horizontal_flip: bool = False,
    centroids: int = CENTROIDS,
    trials: int = TRIALS,
    trainings: int = 1,
    seed: int = 0,
    file: str | Path | None = None,
    device: str = "auto",
    on_progress: OnProgress | None = None,
    on_phase: OnPhase | None = None,
) -> ProbeResults:
    """Judge a discriminator's features by a linear SVM, beside baselines on the same splits (paper sections 5.1, 5.2).

    Each baseline and number of labels has its own C, chosen on validation pictures (`validation_curve`).

    Args:
        model: Whose discriminator.
        source: Labeled pictures to learn from, or of a model that predicts frames films, whose clips are pictures:
            whatever `open_pictures` takes.
        test: Labeled pictures to score on; None holds out a fifth of the source, of films whole ones.
        baselines: Names in `dcgan.choices.BASELINES`; "dcgan", the model itself, is always the first.
        labels_per_class: Labels of each class to learn from, or "all"; one or several.
        C: Values of C to choose from. None starts with those of the paper's released code, and the range grows until
            accuracy falls on both sides of the best.
        repeats: Random subsets of so many labels that are scored; the paper's ± is over 100.
        validation: Share of the source, without what is scored, that only chooses.
        layers: Convolutional layers of the discriminator, from 0; None takes all.
        grid: Side of the grid that each map is max-pooled to.
        standardize: Bring each feature to mean 0 and variance 1, which the paper does not.
        horizontal_flip: Take the mean of the features of a picture and of its mirror image, for all baselines.
        centroids: Of the baselines kmeans and learned-rf.
        trials: Of the random search of the baselines supervised and finetuned.
        trainings: Draws of labels that the best trial is trained on and scored.
        seed: Names splits, subsets of labels and every other random number.
        file: JSON to keep results in as they come; what it has already is not measured again.
        device: Where nets compute: "auto", "cpu", "cuda", "cuda:1" or "mps".
        on_progress: Called with (done, in all) of each part of the work.
        on_phase: Called with the name of each part as it begins.

    Raises:
        UsageError: A parameter is out of its range or would change nothing, or a class has too few pictures.
        ModelError: The discriminator is no DCGAN's.
        SourceError: Pictures have no labels, or those to score on are the same or have other classes.
        DcganError: The file is of another probe, or cannot be read or written.

    Example:
        >>> results = probe(dcgan.load("runs/photos"), "labeled/", baselines=["kmeans"], labels_per_class=[10, "all"])
        >>> results.find("kmeans", 10).mean
        0.61
    """
    counts = [labels_per_class] if isinstance(labels_per_class, int | np.integer | str) else labels_per_class
    options = ProbeOptions(
        tuple(dict.fromkeys(_count(count) for count in counts)),
        None if C is None else tuple(map(float, C)),
        validation,
        repeats,
        standardize,
        bool(horizontal_flip),
        trials,
        trainings,
    )
    check_seed(seed)
    if centroids < 1:
        raise UsageError(f"`centroids` must be 1 or more, not {centroids}")
    names = tuple(dict.fromkeys(("dcgan", *baselines)))
    if unknown := [name for name in names if name not in BASELINES]:
        raise UsageError(f"`baselines` must be some of {', '.join(BASELINES.names)}, not {', '.join(unknown)}")
    judged = on_device(model, device)
    check_flip(model, horizontal_flip=horizontal_flip)
    _check_baselines(model, names, options)
    train = open_for(model, source)
    scored = None if test is None else open_for(model, test)
    _check_labels(train, scored)
    splits = split_pictures(train, scored, options, seed)
    context = BuildContext(
        judged,
        train,
        None if layers is None else tuple(layers),
        grid,
        centroids,
        seed,
        on_progress,
        on_phase,
    )
    return compare(names, context, splits, options, None if file is None else Path(file))


def compare(
    names: Iterable[str], context: BuildContext, splits: Splits, options: ProbeOptions, file: Path | None = None
) -> ProbeResults:
    """Judge baselines; with a file, what it has already is not measured again.

    Args:
        names: Of baselines.
        context: The model and the pictures to learn from.
        splits: Which pictures do what.
        options: How.
        file: JSON to go on with, or to make; written after each result, and after each trial of a net.

    Raises:
        DcganError: The file is of another probe, or cannot be read or written.
    """
    baselines = {name: BASELINES[name] for name in names}
    settings = {name: baseline.settings(context, options) for name, baseline in baselines.items()}
    results = ProbeResults(about_of(context, splits, options), settings)
    if file is not None:
        merge_results(file, results)
    for name, baseline in baselines.items():
        missing = tuple(count for count in options.labels_per_class if results.find(name, count) is None)
        if not missing:
            continue
        log = _Log(name, results, file)
        for result in baseline.probe(name, context, splits, replace(options, labels_per_class=missing), log):
            if results.find(name, result.labels_per_class) is None:  # another process may have been quicker
                results.probed.setdefault(name, []).append(result)
            if file is not None:
                save_results(file, results)
    return results


def split_pictures(train: PackedSet, test: PackedSet | None, options: ProbeOptions, seed: int) -> Splits:
    """Which pictures do what: a fifth is scored where there is no `test`, then a share of the rest only chooses.

    Whole films and whole recordings are scored, or only choose: clips of one are alike.

    Raises:
        UsageError: A class has too few pictures left to learn from.
    """
    rows, groups = np.arange(len(train)), groups_of(train)
    scored: PackedSet | np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    if test is None:
        scored, rows = split(train.labels, TEST_SHARE, seed, groups)
    else:
        scored = test
    parts = split(train.labels[rows], options.validation, seed, groups[rows])
    validation, fitted = (rows[part] for part in parts)
    classes = len(train.label_names)
    counts, left = (np.bincount(labels, minlength=classes) for labels in (train.labels, train.labels[fitted]))
    needed = max((count for count in options.labels_per_class if count is not None), default=1)
    for name, have, few in zip(train.label_names, counts, left, strict=True):
        if few < needed:
            more = plural(group_noun(train))
            held_out = "some" if group_noun(train) == train.noun else more
            raise UsageError(
                f"`source`: {name} has {counted(int(have), train.noun)}; once {held_out} are held out, {few} "
                f"are left to learn from, fewer than {needed}: add {more}, leave the class out, or ask for fewer "
                "`labels_per_class`"
            )
    return Splits(fitted, validation, scored)


@dataclass(frozen=True)
class _Log:
    """Keeps the trials of one baseline."""

    name: str
    results: ProbeResults
    file: Path | None

    def known(self, labels_per_class: int | None) -> TrialScores:
        return self.results.unfinished.get(self.name, {}).get(labels_per_class, {})

    def keep(self, labels_per_class: int | None, scores: TrialScores) -> None:
        self.results.unfinished.setdefault(self.name, {})[labels_per_class] = dict(scores)
        if self.file is not None:
            save_results(self.file, self.results)


def _count(count: LabelsPerClass) -> int | None:
    if isinstance(count, int | np.integer):
        return int(count)
    if count == "all":
        return None
    raise UsageError(f"`labels_per_class` must be numbers from 1, or all, not {count}")


def _check_baselines(model: Model, names: Sequence[str], options: ProbeOptions) -> None:
    """Refuse baselines that clips, or mirror images, are nothing for."""
    nets = [name for name in names if not isinstance(BASELINES[name], FeatureBaseline)]
    if options.horizontal_flip and nets:
        raise UsageError(
            f"`horizontal_flip` averages features, and `baselines` {', '.join(nets)} have none: leave it out, or these"
        )
    if model.frames == 1:
        return
    fit = [name for name in BASELINES if getattr(BASELINES[name], "clips", False)]
    if unfit := [name for name in names if name not in fit]:
        raise UsageError(
            f"`baselines` {', '.join(unfit)} learn from still pictures, and this model judges clips of {model.frames} "
            f"frames: use some of {', '.join(name for name in fit if name != 'dcgan')}"
        )


def _check_labels(train: PackedSet, test: PackedSet | None) -> None:
    check_labeled(train)
    if test is not None and test.fingerprint == train.fingerprint:
        raise SourceError(
            "`test` has the pictures that the SVM learns from; name other pictures, or leave "
            "`test` out, and a fifth is held out. For CIFAR-10's folder name its test batch"
        )
    if test is not None and test.label_names != train.label_names:
        theirs = some_of(test.label_names) if test.label_names else "it has none"
        raise SourceError(f"`test` has other labels than the pictures that are learned from: {theirs}")
    if test is not None:
        check_labeled(test, "test")
