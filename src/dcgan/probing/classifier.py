"""A classifier of pictures: a discriminator's features and a linear machine, in a folder of safetensors and JSON."""

import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan.data.packed import PackedSet
from dcgan.errors import ModelError
from dcgan.features.extract import GRID, DiscriminatorExtractor
from dcgan.files import new_folder, sha256
from dcgan.model import Model, load
from dcgan.model_folder import read_tensors, write_tensors
from dcgan.probing.comparison import Bar, extracted
from dcgan.probing.linear_svm import LinearSVM, fit_path
from dcgan.probing.protocol import Labeled, split
from dcgan.types import Pixels

CARD, MACHINE, MODEL = "classifier.json", "machine.safetensors", "model"
FORMAT = 2
PENALTIES = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)  # values of C: few features want larger ones than the paper's
HELD_OUT = 0.2  # share of the pictures that only chooses C


@dataclass(frozen=True, eq=False)
class PictureClassifier:
    """Tells classes of pictures apart.

    Attributes:
        model: Whose discriminator looks; batch norm's statistics are those of the pictures that it learned from.
        layers: Which of its convolutional layers.
        grid: Side of the grid that maps are max-pooled to.
        machine: The linear machine.
        names: K names of classes.
        penalty: C of the machine.
        accuracy: On pictures held out while C was chosen, 0 to 1.
    """

    model: Model
    layers: tuple[int, ...]
    grid: int
    machine: LinearSVM
    names: tuple[str, ...]
    penalty: float
    accuracy: float

    @cached_property
    def _extractor(self) -> DiscriminatorExtractor:
        return DiscriminatorExtractor(self.model, self.layers, self.grid)

    def scores(self, pixels: Pixels) -> NDArray[np.float32]:
        """How far on its side of each class's plane: pixels (N, H, W, C), uint8, to (N, K). No probabilities."""
        return self.machine.scores(self._extractor.extract(pixels))

    def save(self, folder: Path) -> None:
        """Write the classifier as the new folder `folder`, whole or not at all.

        Raises:
            OSError: `folder` exists and holds something, or the disk is full.
        """
        with new_folder(folder) as partial:
            (partial / MODEL).mkdir()
            self.model.write_into(partial / MODEL)
            tensors = {"weights": torch.from_numpy(self.machine.weights), "bias": torch.from_numpy(self.machine.bias)}
            write_tensors(tensors, partial / MACHINE)
            card = {
                "format": FORMAT,
                "labels": list(self.names),
                "layers": list(self.layers),
                "grid": self.grid,
                "penalty": self.penalty,
                "accuracy": self.accuracy,
                "sha256": {MACHINE: sha256(partial / MACHINE)},
            }
            (partial / CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", "utf-8")


def learn(
    model: Model, data: PackedSet, bar: Bar, layers: tuple[int, ...] | None = None, grid: int = GRID, *, seed: int = 0
) -> PictureClassifier:
    """Learn a classifier from labeled pictures: C by a fifth that is held out, then a machine from all of them.

    Features are kept in half precision in a temporary folder (TMPDIR), which needs room for them.

    Args:
        model: Whose discriminator.
        data: Labeled pictures, of the model's size and channels.
        bar: Shows how far it is.
        layers: Which convolutional layers; None takes all.
        grid: Side of the grid that maps are max-pooled to.
        seed: Of what is held out.

    Raises:
        ValueError: There are fewer than two classes, a class of one picture, or pictures without a label.
    """
    if len(data.label_names) < 2 or data.labels.min() < 0:
        raise ValueError("it takes two classes or more, each in a folder of its own, and a label for every picture")
    classes = len(data.label_names)
    for name, count in zip(data.label_names, np.bincount(data.labels, minlength=classes), strict=True):
        if count < 2:
            raise ValueError(f"there is no second picture of {name}, one to learn from and one to choose C by")
    extractor = DiscriminatorExtractor(model, layers, grid)
    with bar("measuring statistics") as on_progress:
        extractor.measure(data.pixels, on_progress=on_progress)
    with tempfile.TemporaryDirectory(prefix="dcgan-learn-") as folder:
        with bar("extracting") as on_progress:
            whole = extracted(Path(folder) / "features.npy", extractor, data, on_progress)
        held_out, others = (whole.rows(rows) for rows in split(data.labels, HELD_OUT, seed))
        with bar("choosing C") as on_progress:
            machines = fit_path(others.features, others.labels, classes, PENALTIES, on_progress=on_progress)
            penalty, accuracy = _chosen(machines, held_out)
        with bar("learning") as on_progress:
            machine = next(fit_path(whole.features, whole.labels, classes, [penalty], on_progress=on_progress))
    own = replace(model, discriminator=extractor.net)
    return PictureClassifier(own, extractor.layers, grid, machine, data.label_names, penalty, accuracy)


def _chosen(machines: Iterable[LinearSVM], held_out: Labeled) -> tuple[float, float]:
    """The best C of `PENALTIES`, and its accuracy. Those after a fall, which take longest, are not tried."""
    best, most = PENALTIES[0], 0.0
    for penalty, machine in zip(PENALTIES, machines, strict=False):
        accuracy = float((machine.predict(held_out.features) == held_out.labels).mean())
        if accuracy < most:
            break
        if accuracy > most:
            best, most = penalty, accuracy
    return best, most


def load_classifier(folder: Path, device: str = "cpu") -> PictureClassifier:
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
        if card["format"] != FORMAT:
            raise ModelError(f"{folder / CARD} is of another dcgan; make the classifier anew: dcgan learn")
        names, layers, grid = tuple(map(str, card["labels"])), tuple(card["layers"]), card["grid"]
        penalty, accuracy = float(card["penalty"]), float(card["accuracy"])
        whole = all(type(number) is int for number in (*layers, grid))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelError(f"{folder / CARD} is damaged: {error!r}") from error
    if not whole or len(set(names)) < max(2, len(names)):
        raise ModelError(f"{folder / CARD} is damaged: layers, grid and labels are not those of a classifier")
    if not (folder / MODEL).is_dir():
        raise ModelError(f"{folder} is damaged: its {MODEL}/ is missing")
    model = load(folder / MODEL, device)
    tensors = read_tensors(folder / MACHINE, card)
    try:
        size = DiscriminatorExtractor(model, layers, grid).size
    except ModelError as error:
        raise ModelError(f"{folder / CARD} does not fit the model: {error}") from error
    shapes = {"weights": (size, len(names)), "bias": (len(names),)}
    if {name: tuple(tensor.shape) for name, tensor in tensors.items()} != shapes:
        raise ModelError(f"{folder / MACHINE} does not fit the model and the labels")
    if not all(tensor.dtype == torch.float32 and tensor.isfinite().all() for tensor in tensors.values()):
        raise ModelError(f"{folder / MACHINE} holds values that are not finite numbers of float32")
    machine = LinearSVM(tensors["weights"].numpy(), tensors["bias"].numpy(), np.empty(0), 0)
    return PictureClassifier(model, layers, grid, machine, names, penalty, accuracy)
