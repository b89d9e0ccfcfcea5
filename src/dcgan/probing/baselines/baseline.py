"""What every baseline is: something that is fitted to pictures, then judged on the same splits as the others.

To add one, write a function from a `BuildContext` to a `FeatureExtractor`, wrap it as a `FeatureBaseline`, and name it
in `dcgan.choices.BASELINES`, or in another package as an entry point of the group "dcgan.baselines".
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dcgan.atomic_files import temporary_folder
from dcgan.data.packed import PackedSet
from dcgan.features.extract import GRID
from dcgan.features.extractor import FeatureExtractor, flipping
from dcgan.model import Model
from dcgan.probing.labeled_features import extract_to_disk, standardize
from dcgan.probing.protocol import ProbeOptions, ProbeResult, labels_named, probe_all, probe_few
from dcgan.probing.splits import Splits
from dcgan.types import OnPhase, OnProgress

CENTROIDS = 1600

TrialScores = Mapping[int, float]
"""Accuracy on the validation pictures by the number of a trial."""


@dataclass(frozen=True)
class BuildContext:
    """What baselines are made from.

    Attributes:
        model: Whose discriminator is judged, on the device where to compute.
        train: Pictures to learn from; only the labels of `Splits.learn` may be used.
        layers: Of the discriminator, from 0; None for all.
        grid: Side of the grid that each map is max-pooled to.
        centroids: Of K-means.
        seed: Names every random number.
        on_progress: Called with (done, in all) of the part that `phase` has named.
        on_phase: Called with the name of each part.
    """

    model: Model
    train: PackedSet
    layers: tuple[int, ...] | None = None
    grid: int = GRID
    centroids: int = CENTROIDS
    seed: int = 0
    on_progress: OnProgress | None = None
    on_phase: OnPhase | None = None

    def phase(self, name: str) -> None:
        """Begin a part of the work."""
        if self.on_phase:
            self.on_phase(name)


class TrialLog(Protocol):
    """Where the trials of long searches are kept, so that they can go on."""

    def known(self, labels_per_class: int | None) -> TrialScores:
        """Trials that were made before, with so many labels of each class."""

    def keep(self, labels_per_class: int | None, scores: TrialScores) -> None:
        """Keep all trials so far."""


class Baseline(Protocol):
    """What a probe can judge: a `FeatureBaseline`, a `NetBaseline`, or a class of your own.

    It takes clips for pictures, too, if it has an attribute `clips` that is true.
    """

    def settings(self, context: BuildContext, options: ProbeOptions) -> Mapping[str, object]:
        """What its results depend on, beside model, pictures, splits and seed, in values that JSON has."""

    def probe(
        self,
        name: str,
        context: BuildContext,
        splits: Splits,
        options: ProbeOptions,
        trials: TrialLog,
    ) -> Iterator[ProbeResult]:
        """Judge it with each of `options.labels_per_class`, in their order.

        Args:
            name: Its name, for phases.
            context: The model and the pictures to learn from.
            splits: Which pictures do what.
            options: How.
            trials: Where trials that take long are kept.
        """


@dataclass(frozen=True)
class FeatureBaseline:
    """Features, judged by a linear SVM.

    Attributes:
        fit: Makes the extractor, without looking at labels.
        depends_on: Which fields of the context its features depend on, beside the model, the pictures and the seed.
        standardize: Whether each feature is brought to mean 0 and variance 1 for the SVM.
        clips: Whether it takes clips (N, H, W, frames * C) for pictures, too, of a model that predicts frames.

    Example:
        >>> BASELINES.add("mean-color", FeatureBaseline(lambda context: MeanColor()))
    """

    fit: Callable[[BuildContext], FeatureExtractor]
    depends_on: tuple[str, ...] = ()
    standardize: bool = False
    clips: bool = False

    def settings(self, context: BuildContext, options: ProbeOptions) -> dict[str, object]:
        """What its results depend on."""
        own = {name: getattr(context, name) for name in self.depends_on}
        return {
            "C": None if options.C is None else list(options.C),
            "repeats": options.repeats,
            "standardize": options.standardize,
            "horizontal_flip": options.horizontal_flip,
            **{name: list(value) if isinstance(value, tuple) else value for name, value in own.items()},
        }

    def probe(
        self,
        name: str,
        context: BuildContext,
        splits: Splits,
        options: ProbeOptions,
        trials: TrialLog,  # noqa: ARG002  # an SVM takes no trials
    ) -> Iterator[ProbeResult]:
        """Extract features once, then fit SVMs for each number of labels.

        Features are kept in half precision in a temporary folder (TMPDIR), which needs room for them.
        """
        classes, on_progress = len(context.train.label_names), context.on_progress
        with temporary_folder("probe") as folder:
            context.phase(f"{name}: fitting")
            extractor = flipping(self.fit(context), horizontal_flip=options.horizontal_flip)
            context.phase(f"{name}: extracting")
            train = extract_to_disk(folder / "train.npy", extractor, context.train, on_progress)
            known = np.union1d(splits.train, splits.validation)
            if isinstance(splits.test, PackedSet):  # then all of `train` is known
                test = extract_to_disk(folder / "test.npy", extractor, splits.test, on_progress)
            else:
                test, train = train.rows(splits.test), train.rows(known)
            if self.standardize or options.standardize:
                train, test = standardize(train, test)
            fitted, validation = (train.rows(np.searchsorted(known, own)) for own in (splits.train, splits.validation))
            for count in options.labels_per_class:
                context.phase(f"{name}: {labels_named(count)}")
                if count is None:
                    yield probe_all(fitted, validation, test, classes, C=options.C, on_progress=on_progress)
                else:
                    yield probe_few(
                        fitted,
                        validation,
                        test,
                        classes,
                        count,
                        C=options.C,
                        repeats=options.repeats,
                        seed=context.seed,
                        on_progress=on_progress,
                    )
