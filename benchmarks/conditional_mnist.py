"""What generated digits teach: the error of a 1-nearest-neighbor classifier on MNIST's test set, as the authors had it.

    dcgan train mnist/train --preset paper-mnist-conditional --out runs/digits
    python -m benchmarks.conditional_mnist teach runs/digits --train mnist/train --test mnist/test

The classifier compares pixels by Euclidean distance. It is taught by as many digits of each label, drawn by the model
from seeds 0, 1, ...; for comparison by real ones, and with --by-class by one model for each label: the nets of GAN
2014, trained on each digit by itself.

    python -m benchmarks.conditional_mnist split mnist/train digits/
    for digit in 0 1 2 3 4 5 6 7 8 9; do
        dcgan train digits/$digit.npy --preset gan-2014-mnist --images 300000 --threads 1 --out runs/gan-$digit
    done

Published: real digits 3.1 % (10,000 or more), the DCGAN 2.98 % of 50,000 and
1.48 % of 10 million, a fully connected GAN 6.28 % and 5.65 %.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

import dcgan
from dcgan.data.packed import PackedSet
from dcgan.model import Model
from dcgan.types import Pixels

CHUNK = 10_000  # pictures that teach at once
Labeled = tuple[Pixels, NDArray[np.int64]]


class NearestNeighbor:
    """The label of the nearest picture so far, for each of some test pictures."""

    def __init__(self, test: Pixels) -> None:
        self.test = _rows(test)
        self.nearest = torch.full((len(test),), torch.inf)
        self.labels = torch.full((len(test),), -1)

    def teach(self, pixels: Pixels, labels: NDArray[np.int64]) -> None:
        """Look at more pictures (N, H, W, C) with their labels (N,)."""
        rows, known = _rows(pixels), torch.from_numpy(labels)
        lengths = rows.square().sum(dim=1)
        for part in torch.arange(len(self.test)).split(1000):
            distances = lengths - 2 * self.test[part] @ rows.T  # but for the length of the test picture, which is one
            nearest, index = distances.min(dim=1)
            nearer = nearest < self.nearest[part]
            self.nearest[part] = torch.where(nearer, nearest, self.nearest[part])
            self.labels[part] = torch.where(nearer, known[index], self.labels[part])

    def error(self, labels: NDArray[np.int64]) -> float:
        """The share of test pictures that are given another label than their own."""
        return float((self.labels.numpy() != labels).mean())


def main() -> None:
    """Print a table, or write the pictures of each label."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    splitting = verbs.add_parser("split")
    splitting.add_argument("train", type=Path, help="packed set")
    splitting.add_argument("out", type=Path, help="folder for an array file of each label")
    teaching = verbs.add_parser("teach")
    teaching.add_argument("model", help="of nets that are given the digit")
    teaching.add_argument("--train", required=True, type=Path, help="packed set")
    teaching.add_argument("--test", required=True, type=Path, help="packed set")
    teaching.add_argument("--counts", nargs="+", type=int, default=[1000, 10_000, 50_000])
    teaching.add_argument("--by-class", nargs="+", help="a model for each label, in their order")
    args = parser.parse_args()
    if args.verb == "split":
        split(PackedSet.open(args.train), args.out)
        return
    train, test = PackedSet.open(args.train), PackedSet.open(args.test)
    counts = sorted(args.counts)
    report("real digits", real(train), test, [count for count in counts if count <= len(train)])
    report("conditional DCGAN", generated(dcgan.load(args.model)), test, counts)
    if args.by_class:
        models = [dcgan.load(path) for path in args.by_class]
        report("a GAN for each digit", generated_by(models), test, counts)


def split(data: PackedSet, out: Path) -> None:
    """Write the pictures of each label into an array file of its own."""
    out.mkdir(parents=True)
    for label, name in enumerate(data.label_names):
        np.save(out / f"{name}.npy", data.pixels[data.labels == label])


def report(name: str, taught: Iterator[Labeled], test: PackedSet, counts: Sequence[int]) -> None:
    """Print the error after each of `counts` pictures."""
    classifier, seen, began = NearestNeighbor(np.asarray(test.pixels)), 0, time.perf_counter()
    pixels, labels = next(taught)
    for count in counts:
        while seen < count:
            if not len(pixels):
                pixels, labels = next(taught)
            more = min(count - seen, len(pixels))
            classifier.teach(pixels[:more], labels[:more])
            pixels, labels, seen = pixels[more:], labels[more:], seen + more
        error, seconds = classifier.error(test.labels), time.perf_counter() - began
        print(f"{name:22} {count:>12,} digits  error {error:7.2%}  {seconds:7.0f} s", flush=True)


def real(data: PackedSet) -> Iterator[Labeled]:
    """Real digits in random order."""
    order = np.random.default_rng(0).permutation(len(data))
    for start in range(0, len(data), CHUNK):
        rows = order[start : start + CHUNK]
        yield data.pixels[rows], data.labels[rows]


def generated(model: Model) -> Iterator[Labeled]:
    """Digits that the model draws, of each label as many."""
    return _by_label(len(model.labels), lambda label, seeds: model.sample(seeds, label=model.labels[label]))


def generated_by(models: Sequence[Model]) -> Iterator[Labeled]:
    """Digits that the model of each label draws."""
    return _by_label(len(models), lambda label, seeds: models[label].sample(seeds))


def _by_label(classes: int, draw: Callable[[int, range], Pixels]) -> Iterator[Labeled]:
    """By turns a digit of each label, so that any first part has as many of each."""
    each, first = 100, 0
    while True:
        seeds = range(first, first + each)
        pixels = np.stack([draw(label, seeds) for label in range(classes)], axis=1)
        yield pixels.reshape(-1, *pixels.shape[2:]), np.tile(np.arange(classes), each)
        first += each


def _rows(pixels: Pixels) -> Tensor:
    return torch.from_numpy(np.array(pixels.reshape(len(pixels), -1))).float() / 255


if __name__ == "__main__":
    main()
