"""What moves the accuracy of a probe: layers, grid, standardizing, checkpoint, averaged weights, color, JPEG.

    python -m benchmarks.probe_choices runs/photos sets/cifar-train sets/cifar-test

One thing is changed at a time, beside the paper's way (all layers, 4x4, features as they are). The sets are packed,
and of each 10,000 pictures are taken at random; rows of earlier checkpoints and of means of the last ones appear for a
run that kept them (`--keep`).
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from dcgan.data.packed import PackedSet
from dcgan.features.extract import DiscriminatorExtractor
from dcgan.loading import load
from dcgan.model import Model
from dcgan.probing.labeled_features import LabeledFeatures, standardize
from dcgan.probing.protocol import probe_few
from dcgan.probing.splits import split
from dcgan.types import Labels, Pixels

Change = Callable[[Pixels], Pixels]
Pictures = tuple[Pixels, Labels]
PICTURES = 10_000


@dataclass(frozen=True)
class Choice:
    """One way of taking features."""

    name: str
    model: Model
    layers: tuple[int, ...] | None = None
    grid: int = 4
    standardize: bool = False
    change: Change | None = None


def gray(pixels: Pixels) -> Pixels:
    """Without color: the luma in all channels."""
    luma = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.asarray(np.repeat(luma.round()[..., None], 3, axis=3), np.uint8)


def contrast(pixels: Pixels) -> Pixels:
    """Each picture brought to a mean of 128 and a standard deviation of 64."""
    levels = pixels.astype(np.float32)
    axes = (1, 2, 3)
    mean, deviation = levels.mean(axes, keepdims=True), levels.std(axes, keepdims=True)
    return np.asarray(((levels - mean) / (deviation + 1) * 64 + 128).clip(0, 255).round(), np.uint8)


def jpeg(pixels: Pixels) -> Pixels:
    """Each picture written as JPEG of quality 75 and read again."""

    def again(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        memory = BytesIO()
        Image.fromarray(picture).save(memory, "JPEG", quality=75)
        return np.asarray(Image.open(memory))

    return np.stack([again(picture) for picture in pixels])


def some(path: Path) -> Pictures:
    """Random pictures of a packed set, with their labels."""
    data = PackedSet.open(path)
    rows = np.sort(np.random.default_rng(0).permutation(len(data))[:PICTURES])
    return data.pixels[rows], data.labels[rows]


def averaged(models: Sequence[Model]) -> Model:
    """A model whose discriminator has the mean of the weights of several."""
    states = [model.discriminator.state_dict() for model in models]
    mean = {name: torch.stack([state[name].float() for state in states]).mean(0) for name in states[0]}
    models[-1].discriminator.load_state_dict(mean)
    return models[-1]


def choices(path: Path) -> Iterator[Choice]:
    """All rows for a model or a run."""
    model = load(path)
    layers = range(len(model.nets.architecture.discriminator))
    yield Choice("the paper's way", model)
    for layer in layers:
        yield Choice(f"layer {layer} alone", model, (layer,))
    yield Choice("without layer 0", model, tuple(layers[1:]))
    yield Choice("without the last layer", model, tuple(layers[:-1]))
    for grid in (1, 2, 8):
        yield Choice(f"grid {grid}x{grid}", model, grid=grid)
    yield Choice("standardized", model, standardize=True)
    yield Choice("without color", model, change=gray)
    yield Choice("contrast evened", model, change=contrast)
    yield Choice("JPEG once more", model, change=jpeg)
    kept = sorted((path / "checkpoints").glob("*")) if (path / "checkpoints").is_dir() else []
    for checkpoint in kept[: -1 : max(1, len(kept) // 4)]:
        yield Choice(f"checkpoint {int(checkpoint.name):,}", load(checkpoint))
    for count in (3, 6):
        if len(kept) >= count:
            yield Choice(f"mean weights of {count} checkpoints", averaged([load(own) for own in kept[-count:]]))


def measure(choice: Choice, source: Pictures, test: Pictures, labels: int, repeats: int) -> str:
    """A line: features, C, validation and test accuracy."""
    extractor = DiscriminatorExtractor(choice.model, choice.layers, choice.grid)
    change = choice.change or (lambda pixels: pixels)
    pixels = change(source[0])
    extractor.measure(pixels)
    train = LabeledFeatures(extractor.extract(pixels).astype(np.float16), source[1])
    tested = LabeledFeatures(extractor.extract(change(test[0])).astype(np.float16), test[1])
    if choice.standardize:
        train, tested = standardize(train, tested)
    validation, fitted = (train.rows(rows) for rows in split(train.labels, 0.1, 0))
    classes = int(source[1].max()) + 1
    result = probe_few(fitted, validation, tested, classes, labels, repeats=repeats)
    right = f"{result.mean:>9.1%} ± {result.interval:.1%}"
    return f"{choice.name:<34}{extractor.size:>9,}{result.best:>9g}{result.validation[result.best]:>11.1%}{right}"


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("source", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--labels-per-class", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=20)
    arguments = parser.parse_args()
    source, test = some(arguments.source), some(arguments.test)
    print(f"{'choice':<34}{'features':>9}{'C':>9}{'validation':>11}{'test':>9}")
    for choice in choices(arguments.model):
        print(measure(choice, source, test, arguments.labels_per_class, arguments.repeats), flush=True)


if __name__ == "__main__":
    main()
