"""One way to features, probed on a labelled set with each number of labels; the same splits for every way."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import numpy as np

from dcgan.data.packed import PackedSet
from dcgan.features.files import write_features
from dcgan.features.probe import DRAWS, PENALTIES, Labelled, Probed, Progress, draw_labels, probe_all, probe_few, split
from dcgan.features.supervised import TRIALS, search
from dcgan.features.svm import ROWS
from dcgan.features.ways import WAYS, Extracts, Wanted

TESTED = 0.2  # share of the source that is scored where there are no other pictures
FLAT = 0.01  # added to a feature's variance, as in Coates & Ng's recipe

Bar = Callable[[str], AbstractContextManager[Progress]]
"""Opens a progress display of a name."""


def compare(
    name: str,
    wanted: Wanted,
    test: PackedSet | None,
    counts: Sequence[int | None],
    bar: Bar,
    *,
    penalties: Sequence[float] = PENALTIES,
    validation: float = 0.1,
    draws: int = DRAWS,
) -> list[Probed]:
    """Probe one way to features.

    Features are kept in half precision in a temporary folder (TMPDIR), which needs room for them.

    Args:
        name: A key of `WAYS`.
        wanted: The model, the labelled pictures to learn from, and what else the way may need.
        test: Labelled pictures to score on; None takes a fifth of those to learn from.
        counts: Labels of each class to learn from; None for all.
        bar: Shows how far it is.
        penalties: Values of C to choose from.
        validation: Share of the pictures to learn from that only chooses C.
        draws: Draws to score for each count.

    Raises:
        ValueError: A class has fewer pictures than are wanted, or some have no label.
    """
    if min(data.labels.min() for data in (wanted.learnt, test) if data is not None) < 0:
        raise ValueError("some of the pictures have no label")
    way, classes = WAYS[name], len(wanted.learnt.label_names)
    with tempfile.TemporaryDirectory(prefix="dcgan-probe-") as folder:
        with bar(f"{name}: building") as progress:
            extractor = way.build(replace(wanted, progress=progress))
        with bar(f"{name}: extracting") as progress:
            source = _labelled(Path(folder) / "source.npy", extractor, wanted.learnt, progress)
        if test is None:
            chosen, others = split(source.labels, TESTED, wanted.seed)
            scored, source = source.rows(chosen), source.rows(others)
        else:
            with bar(f"{name}: extracting") as progress:
                scored = _labelled(Path(folder) / "test.npy", extractor, test, progress)
        if way.standardise:
            source, scored = standardised(source, scored)
        chosen, others = split(source.labels, validation, wanted.seed)
        held_out, learnt = source.rows(chosen), source.rows(others)
        found = []
        for count in counts:
            with bar(f"{name}: {'all' if count is None else count} labels") as progress:
                if count is None:
                    found.append(probe_all(learnt, held_out, scored, classes, penalties=penalties, progress=progress))
                else:
                    found.append(
                        probe_few(
                            learnt,
                            held_out,
                            scored,
                            classes,
                            count,
                            penalties=penalties,
                            draws=draws,
                            seed=wanted.seed,
                            progress=progress,
                        )
                    )
        return found


def compare_supervised(
    wanted: Wanted,
    test: PackedSet | None,
    counts: Sequence[int | None],
    bar: Bar,
    *,
    validation: float = 0.1,
    trials: int = TRIALS,
) -> list[Probed]:
    """The same net on the labels alone, on the same splits: for each count the best of a random search on one draw.

    Raises:
        ValueError: As `compare`.
    """
    data, classes, seed = wanted.learnt, len(wanted.learnt.label_names), wanted.seed
    rows = np.arange(len(data))
    if test is None:
        chosen, rows = split(data.labels, TESTED, seed)
        scored = data.images[chosen], data.labels[chosen]
    else:
        scored = test.images, test.labels
    held_out, others = (rows[part] for part in split(data.labels[rows], validation, seed))
    found = []
    for count in counts:
        own = others if count is None else others[draw_labels(data.labels[others], count, seed, 0)]
        with bar(f"supervised: {'all' if count is None else count} labels") as progress:
            found.append(
                search(
                    wanted.model.architecture,
                    (data.images[own], data.labels[own]),
                    (data.images[held_out], data.labels[held_out]),
                    scored,
                    classes,
                    count,
                    trials=trials,
                    seed=seed,
                    progress=progress,
                )
            )
    return found


def standardised(source: Labelled, test: Labelled) -> tuple[Labelled, Labelled]:
    """Both with each feature brought to mean 0 and variance 1 on the source, in memory, in half precision."""
    sums, squares = (np.zeros(source.features.shape[1]) for _ in range(2))
    for start in range(0, len(source), ROWS):
        block = source.features[start : start + ROWS].astype(np.float64)
        sums += block.sum(axis=0)
        squares += (block**2).sum(axis=0)
    mean = sums / len(source)
    scale = np.sqrt((squares / len(source) - mean**2).clip(0) + FLAT)

    def scaled(data: Labelled) -> Labelled:
        features = np.empty(data.features.shape, np.float16)
        for start in range(0, len(data), ROWS):
            features[start : start + ROWS] = (data.features[start : start + ROWS] - mean) / scale
        return Labelled(features, data.labels)

    return scaled(source), scaled(test)


def _labelled(path: Path, extractor: Extracts, data: PackedSet, progress: Progress) -> Labelled:
    write_features(path, extractor, data, half=True, progress=progress)
    return Labelled(np.load(path, mmap_mode="r"), data.labels)
