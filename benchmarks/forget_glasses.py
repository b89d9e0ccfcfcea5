"""Forgetting glasses, measured on a model of drawn faces: what goes, what else changes, what it costs.

    python -m benchmarks.forget_glasses faces
    python -m benchmarks.forget_glasses faces --layers 0 --threshold 0.5 --scale -1

The boxes come from a detector that learned exact masks of drawn faces. A classifier says whether a sample has glasses;
it learned from other drawn faces and never saw a sample. For each number of boxes, maps with a positive weight are
dropped; beside them as many random maps of the layer. `inside` and `outside` are mean changes of gray levels within the
boxes and elsewhere; `distance` is the kernel distance (times 1000, efficientnet-lite0) of samples to drawn faces
without glasses.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcgan.dissection.boxes import Boxes
from dcgan.dissection.detector import boxes_by, masked_faces, train_detector
from dcgan.dissection.forget import change, scale_maps
from dcgan.dissection.map_classifier import check_layer, fit_map_classifier
from dcgan.latent.attribute_classifier import AttributeClassifier, train_attribute_classifier
from dcgan.loading import load
from dcgan.metrics.extractors import Extractor, build_extractor
from dcgan.metrics.kernel import kernel_distance
from dcgan.model import Model
from dcgan.networks.memory import reuse_memory
from dcgan.types import Features, Pixels

FACES = 3000
LOOKED_AT = 600  # samples that the detector looks at
JUDGED = range(10_000, 10_500)  # others, that the classifier looks at
COUNTS = (10, 25, 52, 200)


def few(boxes: Boxes, count: int) -> Boxes:
    """The first so many boxes, with the samples up to the last of them."""
    own = boxes.boxes[:count]
    return replace(boxes, boxes=own, seeds=tuple(seed for seed in boxes.seeds if seed <= own[-1].seed))


def measure(
    before: Model, after: Model, boxes: Boxes, classifier: AttributeClassifier, extractor: Extractor, real: Features
) -> str:
    """Cells of a row: share with glasses, change inside and outside the boxes, and the kernel distance."""
    samples = after.sample(JUDGED)
    share = float((classifier.logits(samples)[:, 0] > 0).mean())
    distance = kernel_distance(real, features_of(extractor, samples), np.random.default_rng(0)).mean
    seeds = boxes.seeds_with
    inside, outside = change(before.sample(seeds), after.sample(seeds), boxes, seeds)
    return f"{share:>10.1%}{inside:>10.1f}{outside:>10.1f}{1000 * distance:>10.0f}"


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--layers", type=int, nargs="+")
    parser.add_argument("--negatives", choices=("random", "matched"), default="random")
    parser.add_argument("--threshold", type=float, default=0.0)
    parser.add_argument("--scale", type=float, default=0.0)
    arguments = parser.parse_args()
    model = load(arguments.model)
    reuse_memory()
    size = model.architecture.size
    pixels, masks = masked_faces("glasses", FACES, size)
    worn = masks.any(axis=(1, 2))
    classifier = train_attribute_classifier(*fresh_faces(size))
    boxes = boxes_by(train_detector(pixels[:2000], masks[:2000]), model, range(LOOKED_AT))
    extractor = build_extractor("efficientnet-lite0")
    real = features_of(extractor, pixels[~worn][: len(JUDGED)])
    print(f"the classifier is right on {classifier.accuracy[0]:.1%} of drawn faces that were held out")
    print(f"{'layer':>5}{'boxes':>7}{'dropped':>9}{'':>9}{'glasses':>10}{'inside':>10}{'outside':>10}{'distance':>10}")
    print(f"{'':>21}{'none':>9}" + measure(model, model, boxes, classifier, extractor, real), flush=True)
    for layer in arguments.layers or [check_layer(model, None)]:
        for count in COUNTS:
            own = few(boxes, count)
            weights = fit_map_classifier(model, own, layer, negatives=arguments.negatives).weights
            above = weights > arguments.threshold
            random = np.random.default_rng(count).permutation(above)
            for name, dropped in (("positive", above), ("random", random)):
                edited = scale_maps(model, layer, np.where(dropped, arguments.scale, 1).astype(np.float32))
                cells = measure(model, edited, boxes, classifier, extractor, real)
                print(f"{layer:>5}{len(own.boxes):>7}{dropped.sum():>9}{name:>9}{cells}", flush=True)


def fresh_faces(size: int) -> tuple[Pixels, NDArray[np.bool_]]:
    """Drawn faces of another seed, and whether each has glasses."""
    pixels, masks = masked_faces("glasses", FACES, size, seed=1)
    worn: NDArray[np.bool_] = np.array([[mask.any()] for mask in masks])
    return pixels, worn


def features_of(extractor: Extractor, pixels: Pixels) -> Features:
    """Features, 50 pictures at a time."""
    return np.concatenate([extractor.extract(pixels[start : start + 50]) for start in range(0, len(pixels), 50)])


if __name__ == "__main__":
    main()
