"""Ways to tell classes apart, probed on a labeled set with each number of labels; the same splits for every way."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from dcgan.data.packed import PackedSet
from dcgan.errors import DcganError
from dcgan.features.extract import FeatureExtractor
from dcgan.features.files import write_features
from dcgan.probing.baselines.registry import WAYS, Wanted
from dcgan.probing.baselines.supervised import TRIALS, Scores, search
from dcgan.probing.linear_svm import ROWS
from dcgan.probing.protocol import (
    DRAWS,
    PENALTIES,
    Labeled,
    Probed,
    draw_labels,
    name_count,
    probe_all,
    probe_few,
    split,
)
from dcgan.types import OnProgress

TESTED = 0.2  # share of the source that is scored where there are no other pictures
FLAT = 0.01  # added to a feature's variance, as in Coates & Ng's recipe

SUPERVISED, FINETUNED = NETS = "supervised", "finetuned"  # nets that are trained on the labels

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        **{name: way.meaning for name, way in WAYS.items()},
        SUPERVISED: "the same net, on labels alone",
        FINETUNED: "the net itself, trained on",
    }
)
"""What `compare` can do, each in a few words: linear machines on features, then nets trained on the labels."""

Keep = Callable[[int | None, Scores], None]
"""Called with the trials so far of a net that learns from so many labels of each class (None: all)."""

Bar = Callable[[str], AbstractContextManager[OnProgress]]
"""Opens a progress display of a name."""


@dataclass(frozen=True)
class Probing:
    """How ways are probed.

    Attributes:
        counts: Labels of each class to learn from; None for all.
        penalties: Values of C to choose from.
        validation: Share of the pictures to learn from that only chooses.
        draws: Draws of so many labels that a linear machine is scored on.
        standardize: Whether all features are brought to mean 0 and variance 1; the paper leaves the net's as they are.
        trials: Of the random search of a net that is trained on labels.
        trainings: Draws that its best trial is trained on and scored.
    """

    counts: tuple[int | None, ...] = (None,)
    penalties: tuple[float, ...] = PENALTIES
    validation: float = 0.1
    draws: int = DRAWS
    standardize: bool = False
    trials: int = TRIALS
    trainings: int = 1


def compare(
    name: str,
    wanted: Wanted,
    test: PackedSet | None,
    probing: Probing,
    bar: Bar,
    known: Mapping[int | None, Scores] = MappingProxyType({}),
    keep: Keep | None = None,
) -> Iterator[Probed]:
    """Probe one way.

    Features are kept in half precision in a temporary folder (TMPDIR), which needs room for them.

    Args:
        name: A key of `MEANINGS`.
        wanted: The model, the labeled pictures to learn from, and what else the way may need.
        test: Labeled pictures to score on; None takes a fifth of those to learn from.
        probing: How.
        bar: Shows how far it is.
        known: Trials that were made before, of nets that are trained on labels, for each of the counts.
        keep: Called with each new trial.

    Yields:
        One result for each of the counts, as they come.

    Raises:
        ValueError: A class has fewer pictures than are wanted, or some have no label.
    """
    if min(data.labels.min() for data in (wanted.learned, test) if data is not None) < 0:
        raise ValueError("some of the pictures have no label")
    _check_enough(wanted.learned, test, probing, wanted.seed)
    if name in NETS:
        yield from _compare_net(name, wanted, test, probing, bar, known, keep)
        return
    way, classes = WAYS[name], len(wanted.learned.label_names)
    with tempfile.TemporaryDirectory(prefix="dcgan-probe-") as folder:
        with bar(f"{name}: building") as on_progress:
            extractor = way.build(replace(wanted, on_progress=on_progress))
        with bar(f"{name}: extracting") as on_progress:
            source = extracted(Path(folder) / "source.npy", extractor, wanted.learned, on_progress)
        if test is None:
            chosen, others = split(source.labels, TESTED, wanted.seed)
            scored, source = source.rows(chosen), source.rows(others)
        else:
            with bar(f"{name}: extracting") as on_progress:
                scored = extracted(Path(folder) / "test.npy", extractor, test, on_progress)
        if way.standardize or probing.standardize:
            source, scored = standardized(source, scored)
        chosen, others = split(source.labels, probing.validation, wanted.seed)
        held_out, learned = source.rows(chosen), source.rows(others)
        for count in probing.counts:
            with bar(_working(name, count)) as on_progress:
                if count is None:
                    probed = probe_all(
                        learned, held_out, scored, classes, penalties=probing.penalties, on_progress=on_progress
                    )
                else:
                    probed = probe_few(
                        learned,
                        held_out,
                        scored,
                        classes,
                        count,
                        penalties=probing.penalties,
                        draws=probing.draws,
                        seed=wanted.seed,
                        on_progress=on_progress,
                    )
            yield probed


def extracted(path: Path, extractor: FeatureExtractor, data: PackedSet, on_progress: OnProgress) -> Labeled:
    """The features of a set, kept in the new file `path` (.npy) in half precision.

    Raises:
        DcganError: The disk is full.
    """
    try:
        write_features(path, extractor, data, half=True, on_progress=on_progress)
    except OSError as error:
        size = 2 * len(data) * extractor.size / 1e6
        raise DcganError(
            f"cannot keep features of {size:,.0f} MB in {path.parent}: {error.strerror or error}; "
            "let the environment variable TMPDIR name a folder with more room"
        ) from error
    return Labeled(np.load(path, mmap_mode="r"), data.labels)


def standardized(source: Labeled, test: Labeled) -> tuple[Labeled, Labeled]:
    """Both with each feature brought to mean 0 and variance 1 on the source, in memory, in half precision."""
    sums, squares = (np.zeros(source.features.shape[1]) for _ in range(2))
    for start in range(0, len(source), ROWS):
        block = source.features[start : start + ROWS].astype(np.float64)
        sums += block.sum(axis=0)
        squares += (block**2).sum(axis=0)
    mean = sums / len(source)
    scale = np.sqrt((squares / len(source) - mean**2).clip(0) + FLAT)

    def scaled(data: Labeled) -> Labeled:
        features = np.empty(data.features.shape, np.float16)
        for start in range(0, len(data), ROWS):
            features[start : start + ROWS] = (data.features[start : start + ROWS] - mean) / scale
        return Labeled(features, data.labels)

    return scaled(source), scaled(test)


def _compare_net(
    name: str,
    wanted: Wanted,
    test: PackedSet | None,
    probing: Probing,
    bar: Bar,
    known: Mapping[int | None, Scores],
    keep: Keep | None,
) -> Iterator[Probed]:
    """The same net trained on labels, on the same splits: from random weights, or from the model's."""
    data, seed = wanted.learned, wanted.seed
    rows = np.arange(len(data))
    if test is None:
        chosen, rows = split(data.labels, TESTED, seed)
        scored = data.pixels[chosen], data.labels[chosen]
    else:
        scored = test.pixels, test.labels
    held_out, others = (rows[part] for part in split(data.labels[rows], probing.validation, seed))

    def drawn(count: int | None) -> Sequence[NDArray[np.int64]]:
        if count is None:
            return [others]
        return [others[draw_labels(data.labels[others], count, seed, draw)] for draw in range(probing.trainings)]

    for count in probing.counts:
        with bar(_working(name, count)) as on_progress:
            probed = search(
                wanted.model.nets.discriminator,
                [(data.pixels[own], data.labels[own]) for own in drawn(count)],
                (data.pixels[held_out], data.labels[held_out]),
                scored,
                len(data.label_names),
                count,
                afresh=name == SUPERVISED,
                trials=probing.trials,
                seed=seed,
                known=known.get(count, {}),
                keep=partial(keep, count) if keep else None,
                on_progress=on_progress,
            )
        yield probed


def _check_enough(data: PackedSet, test: PackedSet | None, probing: Probing, seed: int) -> None:
    """Each class must have pictures left to learn from: one, or as many as the largest count."""
    labels = data.labels if test is not None else data.labels[split(data.labels, TESTED, seed)[1]]
    learned = labels[split(labels, probing.validation, seed)[1]]
    counts, left = (np.bincount(some, minlength=len(data.label_names)) for some in (data.labels, learned))
    wanted = max((count for count in probing.counts if count is not None), default=1)
    for name, have, few in zip(data.label_names, counts, left, strict=True):
        if few < wanted:
            raise ValueError(
                f"{name} has {have} {'picture' if have == 1 else 'pictures'}; once some are held out, {few} are left "
                f"to learn from, and {wanted} are wanted: add pictures, leave the class out, or ask for fewer labels"
            )


def _working(name: str, count: int | None) -> str:
    return f"{name}: {name_count(count)} labels"
