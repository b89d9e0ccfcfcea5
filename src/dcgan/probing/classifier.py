"""A classifier of pictures: a discriminator's features and a linear SVM, in a folder of safetensors and JSON."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan.atomic_files import new_folder, temporary_folder
from dcgan.data.clips import film_names
from dcgan.data.sources import PictureSource
from dcgan.device import resolve_device
from dcgan.errors import DcganError, ModelError, SourceError, UsageError
from dcgan.features.extract import GRID, DiscriminatorExtractor, on_device
from dcgan.features.extractor import FeatureExtractor, check_flip, flipping
from dcgan.figures.notebook import table_html
from dcgan.files import parse_json, read_file, sha256, why_taken
from dcgan.loading import load
from dcgan.model import Model
from dcgan.model_folder import read_tensors, write_tensors
from dcgan.model_pictures import open_for
from dcgan.probing.labeled_features import extract_to_disk
from dcgan.probing.linear_svm import LinearSVM, fit_svm
from dcgan.probing.predictions import Predictions
from dcgan.probing.protocol import fit_and_choose
from dcgan.probing.splits import check_labeled, group_noun, groups_of, split
from dcgan.probing.validation_curve import Ends, best_of, check_values, ends_of, warnings_of
from dcgan.progress import notebook_bar
from dcgan.randomness import check_seed
from dcgan.short_repr import ShortRepr
from dcgan.types import Labels, OnPhase, OnProgress, Pixels

CARD, SVM, MODEL = "classifier.json", "svm.safetensors", "model"
FORMAT, NEVER_FLIPPED = 4, 3
VALIDATION = 0.2  # share of the pictures that only chooses C
BATCH = 512  # pictures judged at once


@dataclass(frozen=True, eq=False, repr=False)
class PictureClassifier(ShortRepr):
    """Tells classes of pictures apart; or, with the discriminator of a model that predicts frames, classes of clips.

    Attributes:
        model: Whose discriminator looks; batch norm's statistics are those of the pictures that it was fitted to.
        layers: Which of its convolutional layers.
        grid: Side of the grid that maps are max-pooled to.
        svm: The linear SVM.
        names: K names of classes.
        C: Of the SVM.
        accuracy: On pictures held out while C was chosen, 0 to 1.
        validation: That accuracy for each C that was tried; empty for a classifier that was loaded.
        horizontal_flip: Whether features are the mean of those of a picture and of its mirror image.

    Example:
        >>> classifier = fit_classifier(dcgan.load("runs/photos"), "labeled/")
        >>> [classifier.names[label] for label in classifier.predict(pixels)]
    """

    model: Model
    layers: tuple[int, ...]
    grid: int
    svm: LinearSVM
    names: tuple[str, ...]
    C: float
    accuracy: float
    validation: dict[float, float]
    horizontal_flip: bool = False

    @property
    def ends(self) -> Ends | None:
        """How the held-out accuracy ends on both sides of the best C; None of one C, or once loaded."""
        return ends_of(self.validation) if len(self.validation) > 1 else None

    def warnings(self) -> list[str]:
        """Where a C beyond those that were tried may be better."""
        return warnings_of({"the classifier": self.validation}, "held-out accuracy") if len(self.validation) > 1 else []

    @cached_property
    def _extractor(self) -> FeatureExtractor:
        extractor = DiscriminatorExtractor(self.model, self.layers, self.grid)
        return flipping(extractor, horizontal_flip=self.horizontal_flip)

    def scores(self, pixels: Pixels) -> NDArray[np.float32]:
        """The SVM's decision function: pixels (N, H, W, C), uint8, to (N, K). No probabilities.

        Of a model that predicts frames pixels are clips (N, H, W, frames * C), as `open_for` gives them.
        """
        return self.svm.scores(self._extractor.extract(pixels))

    def predict(self, pixels: Pixels) -> Labels:
        """Positions in `names`, (N,), of the classes of pixels (N, H, W, C), uint8, of the model's size."""
        return np.asarray(self.scores(pixels).argmax(axis=1), np.int64)

    @notebook_bar("classifying")
    def classify(self, source: PictureSource, *, on_progress: OnProgress | None = None) -> Predictions:
        """Classify the pictures of a source.

        Args:
            source: Pictures, or of a model that predicts frames films: whatever `open_pictures` takes.
            on_progress: Called with (pictures, in all).

        Raises:
            SourceError: The source cannot be read.
        """
        data = open_for(self.model, source)
        parts = [np.empty((0, len(self.names)), np.float32)]
        for start in range(0, len(data), BATCH):
            parts.append(self.scores(data.pixels[start : start + BATCH]))
            if on_progress:
                on_progress(min(start + BATCH, len(data)), len(data))
        own = tuple(data.label_names[label] if label >= 0 else None for label in data.labels)
        films = tuple(film_names(data)) if data.frames > 1 else ()
        return Predictions(data.pixels, tuple(data.names), np.concatenate(parts), self.names, own, films)

    def _repr_html_(self) -> str:
        """What a notebook shows: the classes, C, and the accuracy on held-out pictures."""
        rows = [("classes", ", ".join(self.names)), ("C", f"{self.C:g}"), ("held-out accuracy", f"{self.accuracy:.1%}")]
        return table_html(rows)

    def save(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Write the classifier as a folder, which appears there whole or not at all.

        Args:
            folder: Folder to make.
            overwrite: Replace a classifier that is there.

        Raises:
            DcganError: Something is there already.
            OSError: The disk is full, or the folder cannot be written.
        """
        folder = Path(folder)
        if why := why_taken(folder, CARD, "a classifier", overwrite=overwrite):
            raise DcganError(why)
        with new_folder(folder, overwrite=overwrite) as partial:
            (partial / MODEL).mkdir()
            self.model.write_into(partial / MODEL)
            tensors = {"weights": torch.from_numpy(self.svm.weights), "bias": torch.from_numpy(self.svm.bias)}
            write_tensors(tensors, partial / SVM)
            card = {
                "format": FORMAT,
                "labels": list(self.names),
                "layers": list(self.layers),
                "grid": self.grid,
                "horizontal_flip": self.horizontal_flip,
                "C": self.C,
                "accuracy": self.accuracy,
                "sha256": {SVM: sha256(partial / SVM)},
            }
            (partial / CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", "utf-8")


@notebook_bar("fitting a classifier")
def fit_classifier(
    model: Model,
    source: PictureSource,
    *,
    layers: Iterable[int] | None = None,
    grid: int = GRID,
    horizontal_flip: bool = False,
    C: Sequence[float] | None = None,
    seed: int = 0,
    device: str = "auto",
    on_progress: OnProgress | None = None,
    on_phase: OnPhase | None = None,
) -> PictureClassifier:
    """Fit a classifier to labeled pictures: C is chosen on a fifth that is held out, then all pictures are learned.

    Of a model that predicts frames it learns clips of labeled films, and whole films are held out.
    Features are kept in half precision in a temporary folder (TMPDIR), which needs room for them.

    Args:
        model: Whose discriminator.
        source: Labeled pictures or films: whatever `open_pictures` takes.
        layers: Which convolutional layers, from 0; None takes all.
        grid: Side of the grid that maps are max-pooled to.
        horizontal_flip: Take the mean of the features of a picture and of its mirror image.
        C: Values of C to choose from; None lets the range grow until accuracy falls on both sides of the best.
        seed: Names what is held out.
        device: Where the discriminator computes: "auto", "cpu", "cuda", "cuda:1" or "mps".
        on_progress: Called with (done, in all) of each part of the work.
        on_phase: Called with the name of each part as it begins.

    Raises:
        UsageError: A parameter is out of its range, or recordings would be played backwards.
        ModelError: The discriminator is no DCGAN's.
        SourceError: There are fewer than two classes, a class of one picture, film or recording, or pictures without a
            label.
    """
    if C is not None:
        check_values(C)
    check_seed(seed)
    check_flip(model, horizontal_flip=horizontal_flip)
    extractor = DiscriminatorExtractor(on_device(model, device), layers, grid)
    data = open_for(model, source)
    check_labeled(data)
    flipped = flipping(extractor, horizontal_flip=horizontal_flip)
    classes = len(data.label_names)
    groups = groups_of(data)
    for label, name in enumerate(data.label_names):
        if len(np.unique(groups[data.labels == label])) < 2:
            raise SourceError(
                f"`source` has no second {group_noun(data)} of {name}, and two are needed, to learn from and to choose "
                "C: add one"
            )

    def phase(name: str) -> None:
        if on_phase:
            on_phase(name)

    phase("measuring statistics")
    extractor.measure(data.pixels, on_progress=on_progress)
    with temporary_folder("classifier") as folder:
        phase("extracting")
        whole = extract_to_disk(folder / "features.npy", flipped, data, on_progress)
        phase("choosing C")
        validation, train = (whole.rows(rows) for rows in split(data.labels, VALIDATION, seed, groups))
        curve, _ = fit_and_choose(train, validation, classes, C, on_progress)
        best = best_of(curve)
        phase("fitting")
        svm = fit_svm(whole.features, whole.labels, classes, best)
        if on_progress:
            on_progress(1, 1)
    own = replace(model, discriminator=extractor.net)
    return PictureClassifier(
        own, extractor.layers, grid, svm, data.label_names, best, curve[best], curve, bool(horizontal_flip)
    )


def load_classifier(folder: str | Path, device: str = "auto") -> PictureClassifier:
    """Read a classifier.

    Args:
        folder: That `PictureClassifier.save` wrote.
        device: Where its discriminator computes: "auto", "cpu", "cuda", "cuda:1" or "mps".

    Raises:
        ModelError: There is none, or it is damaged.
        DeviceError: This machine has no such device.
    """
    folder = Path(folder)
    try:
        card = parse_json(read_file(folder / CARD))
    except OSError as error:
        reason = f"{CARD}: {error.strerror}"
        raise ModelError(f"{folder} is not a classifier ({reason}); make one: dcgan fit-classifier") from error
    except ValueError as error:
        raise ModelError(f"{folder / CARD} is damaged: {error}") from error
    try:
        if card["format"] not in (FORMAT, NEVER_FLIPPED):
            raise ModelError(
                f"{folder / CARD} was written by another version of dcgan; make the classifier again: dcgan "
                "fit-classifier"
            )
        names, layers, grid = tuple(map(str, card["labels"])), tuple(card["layers"]), card["grid"]
        flip = card["horizontal_flip"] if card["format"] == FORMAT else False
        C, accuracy = float(card["C"]), float(card["accuracy"])
        whole = all(type(number) is int for number in (*layers, grid)) and type(flip) is bool
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelError(f"{folder / CARD} is damaged: its entries are not those of a classifier") from error
    if not whole or len(set(names)) < max(2, len(names)):
        raise ModelError(
            f"{folder / CARD} is damaged: layers, grid, labels or horizontal_flip are not those of a classifier"
        )
    if not (folder / MODEL).is_dir():
        raise ModelError(f"{folder} is damaged: its {MODEL}/ is missing")
    model = load(folder / MODEL, resolve_device(device))
    tensors = read_tensors(folder / SVM, card)
    try:
        size = DiscriminatorExtractor(model, layers, grid).size
    except (ModelError, UsageError) as error:
        raise ModelError(f"{folder / CARD} does not fit the model: {error}") from error
    shapes = {"weights": (size, len(names)), "bias": (len(names),)}
    if {name: tuple(tensor.shape) for name, tensor in tensors.items()} != shapes:
        raise ModelError(f"{folder / SVM} does not fit the model and the labels")
    if not all(tensor.dtype == torch.float32 and tensor.isfinite().all() for tensor in tensors.values()):
        raise ModelError(f"{folder / SVM} holds values that are not finite numbers of float32")
    svm = LinearSVM(tensors["weights"].numpy(), tensors["bias"].numpy(), np.empty(0), 0)
    return PictureClassifier(model, layers, grid, svm, names, C, accuracy, {}, flip)
