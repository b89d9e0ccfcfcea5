"""A classifier of pictures: a discriminator's features and a linear machine, in a folder of safetensors and JSON."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan.data.packed import PackedSet
from dcgan.errors import ModelError
from dcgan.features.extract import GRID, FeatureExtractor
from dcgan.features.probe import PENALTIES, split
from dcgan.features.svm import LinearSVM, fit_path, fit_svm
from dcgan.files import new_folder, sha256
from dcgan.model import Model, Pixels, load
from dcgan.model_folder import read_tensors, write_tensors

CARD, MACHINE, MODEL = "classifier.json", "machine.safetensors", "model"
FORMAT = 1

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, eq=False)
class PictureClassifier:
    """Tells classes of pictures apart.

    Attributes:
        model: Whose discriminator looks; batch norm's statistics are those of the pictures that it learnt from.
        layers: Which of its convolutional layers.
        grid: Side of the grid that maps are max-pooled to.
        machine: The linear machine.
        names: K names of classes.
        accuracy: On pictures held out while C was chosen, 0 to 1.
    """

    model: Model
    layers: tuple[int, ...]
    grid: int
    machine: LinearSVM
    names: tuple[str, ...]
    accuracy: float

    def scores(self, pixels: Pixels) -> NDArray[np.float32]:
        """How far on its side of each class's plane: pixels (N, H, W, C), uint8, to (N, K). No probabilities."""
        return self.machine.scores(FeatureExtractor(self.model, self.layers, self.grid).extract(pixels))

    def save(self, folder: Path) -> None:
        """Write the classifier as the new folder `folder`, whole or not at all.

        Raises:
            OSError: `folder` exists and holds something, or the disk is full.
        """
        with new_folder(folder) as partial:
            (partial / MODEL).mkdir()
            self.model.save(partial / MODEL)
            tensors = {"weights": torch.from_numpy(self.machine.weights), "bias": torch.from_numpy(self.machine.bias)}
            write_tensors(tensors, partial / MACHINE)
            card = {
                "format": FORMAT,
                "labels": list(self.names),
                "layers": list(self.layers),
                "grid": self.grid,
                "accuracy": self.accuracy,
                "sha256": {MACHINE: sha256(partial / MACHINE)},
            }
            (partial / CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", "utf-8")


def learn(
    model: Model,
    data: PackedSet,
    layers: tuple[int, ...] | None = None,
    grid: int = GRID,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> PictureClassifier:
    """Learn a classifier from labelled pictures: C by a fifth that is held out, then a machine from all of them.

    Args:
        model: Whose discriminator.
        data: Labelled pictures, of the model's size and channels.
        layers: Which convolutional layers; None takes all.
        grid: Side of the grid that maps are max-pooled to.
        seed: Of what is held out.
        progress: Told (machines fitted, in all).

    Raises:
        ValueError: There are fewer than two classes, or pictures without a label.
    """
    if len(data.label_names) < 2 or data.labels.min() < 0:
        raise ValueError("it takes two classes or more, each in a folder of its own, and a label for every picture")
    extractor = FeatureExtractor(model, layers, grid)
    extractor.measure(data.images)
    features = extractor.extract(data.images).astype(np.float16)
    held_out, others = split(data.labels, 0.2, seed)
    machines = fit_path(features[others], data.labels[others], len(data.label_names), PENALTIES, progress=progress)
    right = [float((machine.predict(features[held_out]) == data.labels[held_out]).mean()) for machine in machines]
    scores = dict(zip(PENALTIES, right, strict=True))
    best = max(scores, key=lambda penalty: scores[penalty])
    machine = fit_svm(features, data.labels, len(data.label_names), best)
    own = replace(model, discriminator=extractor.net)
    return PictureClassifier(own, extractor.layers, grid, machine, data.label_names, scores[best])


def load_classifier(folder: Path) -> PictureClassifier:
    """Read a classifier.

    Raises:
        ModelError: There is none, or it is damaged.
    """
    try:
        card = json.loads((folder / CARD).read_text("utf-8"))
    except OSError as error:
        raise ModelError(f"{folder} is no classifier ({CARD}: {error.strerror}); make one: dcgan learn") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{folder / CARD} is damaged: {error}") from error
    try:
        names, layers, grid = tuple(map(str, card["labels"])), tuple(card["layers"]), card["grid"]
        accuracy, known = float(card["accuracy"]), card["format"] == FORMAT
        whole = all(type(number) is int for number in (*layers, grid))
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{folder / CARD} is damaged: {error!r}") from error
    if not known or not whole:
        raise ModelError(f"{folder / CARD} is damaged, or of another dcgan")
    model = load(folder / MODEL)
    tensors = read_tensors(folder / MACHINE, card)
    size = FeatureExtractor(model, layers, grid).size
    shapes = {"weights": (size, len(names)), "bias": (len(names),)}
    if {name: tuple(tensor.shape) for name, tensor in tensors.items()} != shapes:
        raise ModelError(f"{folder / MACHINE} does not fit the model and the labels")
    if not all(tensor.dtype == torch.float32 and tensor.isfinite().all() for tensor in tensors.values()):
        raise ModelError(f"{folder / MACHINE} holds values that are not finite numbers of float32")
    machine = LinearSVM(tensors["weights"].numpy(), tensors["bias"].numpy(), np.empty(0), 0)
    return PictureClassifier(model, layers, grid, machine, names, accuracy)
