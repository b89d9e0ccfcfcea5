"""What moves the accuracy of a probe: layers, grid, pooling, scaling, mirroring, checkpoint, weights, color, JPEG.

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
from torch.nn import functional

from dcgan.data.packed import PackedSet
from dcgan.features.extract import DiscriminatorExtractor
from dcgan.loading import load
from dcgan.model import Model
from dcgan.pixels import to_images
from dcgan.probing.labeled_features import LabeledFeatures, standardize
from dcgan.probing.protocol import probe_few
from dcgan.probing.splits import split
from dcgan.types import Features, Labels, Pixels

Change = Callable[[Pixels], Pixels]
Take = Callable[[DiscriminatorExtractor, Pixels], Features]
Pictures = tuple[Pixels, Labels]
PICTURES = 10_000
SHIFT = 2  # pixels
BATCH = 512  # pictures at once


@dataclass(frozen=True)
class Choice:
    """One way of taking features."""

    name: str
    model: Model
    layers: tuple[int, ...] | None = None
    grid: int = 4
    standardize: bool = False
    mixed: bool = False  # statistics of random mini-batches, not of those in the order of the set
    change: Change | None = None
    take: Take | None = None


def means(extractor: DiscriminatorExtractor, pixels: Pixels) -> Features:
    """Means of the cells of the grid in place of their maxima."""
    images = to_images(torch.from_numpy(pixels))
    maps = extractor.net.activations(images)
    return np.concatenate(
        [
            functional.adaptive_avg_pool2d(maps[layer].float(), min(extractor.grid, maps[layer].shape[2])).flatten(1)
            for layer in extractor.layers
        ],
        axis=1,
    )


def maxima_and_means(extractor: DiscriminatorExtractor, pixels: Pixels) -> Features:
    """Both side by side."""
    return np.concatenate([extractor.extract(pixels), means(extractor, pixels)], axis=1)


def mirrored(extractor: DiscriminatorExtractor, pixels: Pixels) -> Features:
    """The mean of a picture and its mirror image."""
    return (extractor.extract(pixels) + extractor.extract(pixels[:, :, ::-1])) / 2


def shifted(extractor: DiscriminatorExtractor, pixels: Pixels) -> Features:
    """The mean of five crops: the whole picture, and it moved by two pixels to each side, edges repeated."""
    padded = np.pad(pixels, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), "edge")
    size = pixels.shape[1]
    corners = ((SHIFT, SHIFT), (0, SHIFT), (2 * SHIFT, SHIFT), (SHIFT, 0), (SHIFT, 2 * SHIFT))
    crops = (padded[:, top : top + size, left : left + size] for top, left in corners)
    return np.asarray(sum(map(extractor.extract, crops)) / len(corners))


def square_roots(extractor: DiscriminatorExtractor, pixels: Pixels) -> Features:
    """The square root of each, with its sign: a linear SVM on them compares more as a Hellinger kernel does."""
    features = extractor.extract(pixels)
    return np.asarray(np.sign(features) * np.sqrt(np.abs(features)))


def even_layers(extractor: DiscriminatorExtractor, pixels: Pixels) -> Features:
    """Those of each layer scaled to a length of 1, for each picture."""
    features, start, scaled = extractor.extract(pixels), 0, []
    for maps in extractor.net.activations(to_images(torch.from_numpy(pixels[:1]))):
        end = start + maps.shape[1] * min(extractor.grid, maps.shape[2]) ** 2
        block = features[:, start:end]
        scaled.append(block / (np.linalg.norm(block, axis=1, keepdims=True) + 1e-6))
        start = end
    return np.concatenate(scaled, axis=1)


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
    yield Choice("statistics of mixed mini-batches", model, mixed=True)
    yield Choice("means, not maxima", model, take=means)
    yield Choice("maxima and means", model, take=maxima_and_means)
    yield Choice("mean of it and its mirror image", model, take=mirrored)
    yield Choice("mean of five crops", model, take=shifted)
    yield Choice("square roots", model, take=square_roots)
    yield Choice("each layer of length 1", model, take=even_layers)
    yield Choice("without color", model, change=gray)
    yield Choice("contrast evened", model, change=contrast)
    yield Choice("JPEG once more", model, change=jpeg)
    kept = sorted((path / "checkpoints").glob("*")) if (path / "checkpoints").is_dir() else []
    for checkpoint in kept[: -1 : max(1, len(kept) // 4)]:
        yield Choice(f"checkpoint {int(checkpoint.name):,}", load(checkpoint))
    for count in (3, 6):
        if len(kept) >= count:
            yield Choice(f"mean weights of {count} checkpoints", averaged([load(own) for own in kept[-count:]]))


@torch.inference_mode()
def features_of(choice: Choice, extractor: DiscriminatorExtractor, pixels: Pixels) -> Features:
    """The features (N, D), float16, of pictures."""
    take = choice.take or DiscriminatorExtractor.extract
    starts = range(0, len(pixels), BATCH)
    return np.concatenate([take(extractor, pixels[start : start + BATCH]).astype(np.float16) for start in starts])


def measure(choice: Choice, source: Pictures, test: Pictures, labels: int, repeats: int) -> str:
    """A line: features, C, validation and test accuracy."""
    extractor = DiscriminatorExtractor(choice.model, choice.layers, choice.grid)
    change = choice.change or (lambda pixels: pixels)
    pixels = change(source[0])
    extractor.measure(np.random.default_rng(0).permutation(pixels) if choice.mixed else pixels)
    train = LabeledFeatures(features_of(choice, extractor, pixels), source[1])
    tested = LabeledFeatures(features_of(choice, extractor, change(test[0])), test[1])
    if choice.standardize:
        train, tested = standardize(train, tested)
    validation, fitted = (train.rows(rows) for rows in split(train.labels, 0.1, 0))
    classes = int(source[1].max()) + 1
    result = probe_few(fitted, validation, tested, classes, labels, repeats=repeats)
    right = f"{result.mean:>9.1%} ± {result.interval:.1%}"
    size = train.features.shape[1]
    return f"{choice.name:<34}{size:>9,}{result.best:>9g}{result.validation[result.best]:>11.1%}{right}"


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("source", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--labels-per-class", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--only", default="", help="choices whose name holds one of these texts, with commas between")
    arguments = parser.parse_args()
    source, test = some(arguments.source), some(arguments.test)
    print(f"{'choice':<34}{'features':>9}{'C':>9}{'validation':>11}{'test':>9}")
    asked = arguments.only.split(",")
    for choice in choices(arguments.model):
        if not any(text in choice.name for text in asked):
            continue
        print(measure(choice, source, test, arguments.labels_per_class, arguments.repeats), flush=True)


if __name__ == "__main__":
    main()
