"""Does arithmetic in latent space do what it says? On drawn faces, whose attributes are known, it can be measured.

    python -m benchmarks.latent faces
    python -m benchmarks.latent runs/faces --triples 500 --json

Sums. A triple is P - M + B: P and M differ in one attribute, the target; B lacks it and differs from both in at
least one of the others; so Y = P - M + B should have the target (or lack it, where the sum takes it away) and
keep the others of B. The seeds of P, M and B are sampled from those whose pictures a first classifier calls
such. A second one judges Y and its eight variations: it has another width, seed and set of drawings, and it never
saw a picture of the model. Each triple is made of 1, 2, 3, 5 and 9 samples a concept, and in pixel space.

Axes. Random samples are moved along an axis: between the means of nine samples with and nine without, or that of least
squares. The judge says how its attribute changes, and what else does.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcgan.data.drawn_faces import DrawnFaces
from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.latent.arithmetic import NOISE, VARIATIONS, add_pictures
from dcgan.latent.attribute_classifier import AttributeClassifier, train_attribute_classifier
from dcgan.latent.attributes import AttributeQuery, attribute_labels, least_squares_axis
from dcgan.latent.turn import turn
from dcgan.loading import load
from dcgan.model import Model
from dcgan.networks.memory import reuse_memory
from dcgan.types import Pixels

QUERIES = (
    AttributeQuery("glasses"),
    AttributeQuery("hat"),
    AttributeQuery("hair_length", "long"),
    AttributeQuery("mood", "happy"),
)
SIZES = (1, 2, 3, 5, 9)  # samples of a concept
DRAWINGS = 15_000  # that each classifier learns from
STEPS = 9  # along each axis, from once taken away to once added
MOVED = 200  # samples moved along each axis

Bits = NDArray[np.bool_]


@dataclass(frozen=True)
class SumRow:
    """What came of all triples with one method. Fractions, 0 to 1; distances in gray levels."""

    method: str
    samples: int
    target: float  # Y has the target attribute as it should
    kept: float  # each of the others is that of B
    all_right: float  # all of them at once
    variations_target: float | None
    variations_all_right: float | None
    distance: float  # of Y to the nearest of 10,000 drawings


@dataclass(frozen=True)
class AxisRow:
    """What an axis does to random samples."""

    attribute: str
    axis: str
    share: list[float]  # of samples that have the attribute, at each position
    rising: float  # share of steps at which the judge's logit rises
    monotone: float  # share of samples whose logit rises at every step
    kept: float  # share of the other attributes that are at the ends as they were in the middle


def drawings(folder: Path, seed: int, size: int) -> PackedSet:
    """A packed set of drawn faces that no model was trained on."""
    prepare(DrawnFaces(DRAWINGS, size, seed), folder, PrepareOptions(size=size, channels=3))
    return PackedSet.open(folder)


def classifier(data: PackedSet, width: int, seed: int) -> AttributeClassifier:
    """One that knows the attributes of `QUERIES`."""
    labels = attribute_labels(data, QUERIES)
    return train_attribute_classifier(np.asarray(data.pixels), labels, width=width, seed=seed)


def triples(
    labels: Bits, count: int, random: np.random.Generator
) -> Iterator[tuple[int, Bits, list[NDArray[np.int64]]]]:
    """The target attribute, the attributes that Y should have, and the seeds of P, M and B, nine each."""
    codes = labels @ (1 << np.arange(labels.shape[1]))
    made = 0
    while made < count:
        target, value = int(random.integers(labels.shape[1])), bool(random.integers(2))
        others = random.integers(0, 2, (2, labels.shape[1])).astype(bool)  # of P and M, and of B
        settings = np.stack([others[0], others[0], others[1]])
        settings[:, target] = value, not value, not value
        groups = [np.flatnonzero(codes == setting @ (1 << np.arange(len(setting)))) for setting in settings]
        if (others[0] == others[1]).sum() == len(others[0]) or min(map(len, groups)) < max(SIZES):
            continue
        right = others[1].copy()
        right[target] = value
        yield target, right, [random.choice(group, max(SIZES), replace=False) for group in groups]
        made += 1


def measure_sums(
    model: Model, judge: AttributeClassifier, labels: Bits, real: Pixels, count: int, seed: int
) -> list[SumRow]:
    """All triples, with every method."""
    random = np.random.default_rng(seed)
    made = list(triples(labels, count, random))
    right = np.stack([labels for _, labels, _ in made])
    target = np.eye(labels.shape[1], dtype=bool)[[attribute for attribute, _, _ in made]]
    z = np.stack([model.latents(np.concatenate(groups).tolist()).reshape(3, max(SIZES), -1) for *_, groups in made])
    noise = random.uniform(-NOISE, NOISE, (count, VARIATIONS, z.shape[-1]))
    rows = []
    for size in SIZES:
        means = z[:, :, :size].mean(axis=2)
        y = means[:, 0] - means[:, 1] + means[:, 2]
        near = np.concatenate([y[:, None], y[:, None] + noise], axis=1).astype(np.float32)
        pictures = model.generate(near.reshape(-1, near.shape[2])).reshape(count, 1 + VARIATIONS, *real.shape[1:])
        rows.append(_row("latent space", size, judge, pictures, right, target, real))
        parts = [
            model.generate(z[:, part, :size].reshape(-1, z.shape[-1])).reshape(count, size, *real.shape[1:])
            for part in range(3)
        ]
        sums = np.stack([add_pictures((1, -1, 1), [part[index] for part in parts]) for index in range(count)])
        rows.append(_row("pixel space", size, judge, sums[:, None], right, target, real))
        base = model.generate(means[:, 2].astype(np.float32))
        rows.append(_row("B as it is", size, judge, base[:, None], right, target, real))
    return rows


def _row(
    method: str, size: int, judge: AttributeClassifier, pictures: Pixels, right: Bits, target: Bits, real: Pixels
) -> SumRow:
    found = judge.logits(pictures.reshape(-1, *real.shape[1:])).reshape(*pictures.shape[:2], -1) > 0
    hits = found == right[:, None]
    y, near = hits[:, 0], hits[:, 1:]
    others = np.broadcast_to(target[:, None], near.shape)
    return SumRow(
        method,
        size,
        float(y[target].mean()),
        float(y[~target].mean()),
        float(y.all(axis=1).mean()),
        float(near[others].mean()) if near.size else None,
        float(near.all(axis=2).mean()) if near.size else None,
        nearest(pictures[:, 0], real),
    )


def nearest(pictures: Pixels, real: Pixels) -> float:
    """The mean distance of pictures to the nearest of some real ones: root mean square of gray levels."""
    flat, others = (p.reshape(len(p), -1).astype(np.float32) for p in (pictures, real))
    squares = (flat**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * flat @ others.T
    return float(np.sqrt(squares.min(axis=1).clip(0) / flat.shape[1]).mean())


def measure_axes(model: Model, judge: AttributeClassifier, logits: NDArray[np.float32], seed: int) -> list[AxisRow]:
    """Every attribute's axes, found in the pool, on samples that are not in it."""
    random = np.random.default_rng(seed)
    labels = logits > 0
    pool = model.latents(range(len(labels)))
    samples = model.latents(range(len(labels), len(labels) + MOVED))
    rows = []
    for index, query in enumerate(QUERIES):
        has, lacks = (
            random.choice(np.flatnonzero(labels[:, index] == present), 9, replace=False) for present in (True, False)
        )
        axes = {
            "nine and nine": pool[has].mean(axis=0) - pool[lacks].mean(axis=0),
            "least squares": least_squares_axis(pool, logits[:, index]),
        }
        for name, axis in axes.items():
            moved = turn(model, samples, axis, steps=STEPS)
            judged = judge.logits(moved.pixels.reshape(-1, *moved.pixels.shape[2:])).reshape(MOVED, STEPS, -1)
            steps = np.diff(judged[:, :, index], axis=1) > 0
            others = np.delete(judged > 0, index, axis=2)
            kept = others[:, [0, -1]] == others[:, [STEPS // 2]]
            share = (judged[:, :, index] > 0).mean(axis=0)
            rows.append(
                AxisRow(str(query), name, share.round(3).tolist(), steps.mean(), steps.all(axis=1).mean(), kept.mean())
            )
    return rows


def main() -> None:
    """Measure and print tables, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--triples", type=int, default=400)
    parser.add_argument("--pool", type=int, default=20_000, help="seeds that samples are taken from")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    reuse_memory()
    model = load(arguments.model)
    with tempfile.TemporaryDirectory() as name:
        sets = [drawings(Path(name) / str(seed), seed, model.architecture.size) for seed in (101, 102)]
        finder, judge = classifier(sets[0], 32, 1), classifier(sets[1], 48, 2)
        real = np.asarray(sets[1].pixels[:10_000])
    logits = np.concatenate(
        [
            finder.logits(model.sample(range(start, min(start + 500, arguments.pool))))
            for start in range(0, arguments.pool, 500)
        ]
    )
    sums = measure_sums(model, judge, logits > 0, real, arguments.triples, arguments.seed)
    axes = measure_axes(model, judge, logits, arguments.seed)
    names = [str(query) for query in QUERIES]
    facts = {
        "model": model.identity,
        "triples": arguments.triples,
        "judge": dict(zip(names, judge.accuracy.round(4).tolist(), strict=True)),
        "finder": dict(zip(names, finder.accuracy.round(4).tolist(), strict=True)),
        "share of samples": dict(zip(names, (logits > 0).mean(axis=0).round(3).tolist(), strict=True)),
        "distance of a sample to the nearest drawing": nearest(model.sample(range(500)), real),
    }
    if arguments.json:
        print(json.dumps({**facts, "sums": [asdict(row) for row in sums], "axes": [asdict(row) for row in axes]}))
        return
    for key, value in facts.items():
        print(f"{key}: {value}")
    heads = f"{'target':>9}{'kept':>9}{'all right':>11}{'varied: target':>16}{'all right':>11}{'distance':>10}"
    print(f"\n{'method':<14}{'samples':>8}{heads}")
    for row in sums:
        near = (
            "" if row.variations_target is None else f"{row.variations_target:>16.1%}{row.variations_all_right:>11.1%}"
        )
        print(
            f"{row.method:<14}{row.samples:>8}{row.target:>9.1%}{row.kept:>9.1%}{row.all_right:>11.1%}{near:<27}{row.distance:>10.1f}"
        )
    print(
        f"\n{'attribute':<18}{'axis':<15}{'share that has it, from -1 to +1':<58}{'rising':>7}{'always':>8}{'kept':>7}"
    )
    for line in axes:
        share = " ".join(f"{value:>5.0%}" for value in line.share)
        print(
            f"{line.attribute:<18}{line.axis:<15}{share:<58}{line.rising:>7.0%}{line.monotone:>8.0%}{line.kept:>7.0%}"
        )


if __name__ == "__main__":
    main()
