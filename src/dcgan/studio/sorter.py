"""What a classifier makes of a sorting's pictures: it learns from the labels, lists its guesses and doubts, exports."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from dcgan.atomic_files import write_atomic
from dcgan.errors import UsageError
from dcgan.features.extract import GRID, DiscriminatorExtractor
from dcgan.loading import load
from dcgan.probing.classifier import PictureClassifier
from dcgan.probing.cross_validation import CrossValidated, fit_cross_validated
from dcgan.probing.predictions import Predictions
from dcgan.studio.seen_pictures import SeenPictures
from dcgan.studio.sorting import Decisions, Sorting
from dcgan.types import Labels, Pixels

ENOUGH = 5
"""Labels of each class, of a varied choice, from which on the accuracy is shown."""
CLASSIFIER, TABLE = "classifier", "pictures.csv"
VIEWS = ("varied", "doubts", "class", "labeled")
"""What can be listed: a varied choice first, what the classifier doubts, a class, and what was labeled."""


@dataclass(frozen=True, eq=False)
class Learned:
    """What was learned from the labels.

    Attributes:
        classes: K names, as they were then.
        labels: (N,), of the pictures at that time: positions in `classes`, -1 for none.
        fit: The classifier.
        measured: Whether there were enough labels of a varied choice to measure its accuracy.
        predictions: Of all pictures.
    """

    classes: tuple[str, ...]
    labels: Labels
    fit: CrossValidated
    measured: bool
    predictions: Predictions

    @cached_property
    def probabilities(self) -> NDArray[np.float32]:
        """(N, K)."""
        return self.fit.probabilities(self.predictions.scores)

    @cached_property
    def sorted(self) -> Labels:
        """(N,), the class of each picture: its label, or else the classifier's guess."""
        return np.where(self.labels >= 0, self.labels, self.predictions.labels)

    @cached_property
    def doubts(self) -> NDArray[np.int64]:
        """Positions of the pictures without a label, those first whose two best classes are nearly as likely."""
        order = self.predictions.least_confident(len(self.labels))
        return order[self.labels[order] < 0]

    def of_class(self, index: int) -> NDArray[np.int64]:
        """Positions of a class's pictures, the most certain first."""
        rows = np.flatnonzero(self.sorted == index)
        return rows[np.argsort(-self.probabilities[rows, index], kind="stable")]

    def facts(self, classes: tuple[str, ...], labels: Labels) -> dict[str, object]:
        """Numbers for the page; `stale` where the classes and labels are others by now."""
        counts = np.bincount(self.sorted, minlength=len(self.classes)).tolist()
        return {
            "classes": dict(zip(self.classes, counts, strict=True)),
            "labels": int((self.labels >= 0).sum()),
            "stale": not (self.classes == classes and np.array_equal(self.labels, labels)),
            "doubts": len(self.doubts),
            "right": self.fit.right if self.measured else None,
            "tried": self.fit.tried if self.measured else None,
        }


class Sorter:
    """The pictures of a sorting, once they have been looked at.

    Args:
        sorting: Its file.
        seen: Its pictures, and what the discriminator makes of them.
    """

    def __init__(self, sorting: Sorting, seen: SeenPictures) -> None:
        self.sorting = sorting
        self.seen = seen
        self.learned: Learned | None = None
        self._learning = Lock()

    def labels(self, decisions: Decisions) -> Labels:
        """(N,), positions in the classes; -1 for pictures that have no label, or were changed since."""
        labels, place = np.full(len(self.seen.names), -1), {name: k for k, name in enumerate(decisions.classes)}
        for name, label in decisions.labels.items():
            row = self.seen.rows.get(name)
            if row is not None and self.seen.digests[row] == label.sha256:
                labels[row] = place[label.class_name]
        return labels

    def facts(self) -> dict[str, object]:
        """Numbers for the page: pictures, labels, and what was learned."""
        decisions, learned = self.sorting.decisions(), self.learned
        labels = self.labels(decisions)
        labeled = np.bincount(labels[labels >= 0], minlength=len(decisions.classes)).tolist()
        return {
            "set": self.seen.packed.fingerprint,
            "size": self.seen.packed.size,
            "pictures": len(labels),
            "skipped": self.seen.packed.skipped,
            "extracted": str(self.seen.extracted),  # more digits than a number of the page has
            "labeled": dict(zip(decisions.classes, labeled, strict=True)),
            "aside": len(decisions.labels) - sum(labeled),
            "learned": learned.facts(decisions.classes, labels) if learned else None,
        }

    def label(
        self, names: Sequence[str], class_name: str | None, view: str, instead_of: Sequence[str | None] = ()
    ) -> None:
        """Label pictures by name; see `Sorting.label`.

        Raises:
            UsageError: There is no such picture, class or view.
        """
        if view not in VIEWS:
            raise UsageError(f"there is no view {view!r}")
        if unknown := next((name for name in names if name not in self.seen.rows), None):
            raise UsageError(f"the picture {unknown!r} no longer exists: open the page again")
        digests = {name: self.seen.digests[self.seen.rows[name]] for name in names}
        self.sorting.label(digests, class_name, view, instead_of)

    def learn(self) -> Learned:
        """Learn from the labels, unless that was done.

        Raises:
            UsageError: There are too few labels.
        """
        with self._learning:
            decisions = self.sorting.decisions()
            labels = self.labels(decisions)
            known = self.learned
            if known and known.classes == decisions.classes and np.array_equal(known.labels, labels):
                return known
            counts = np.bincount(labels[labels >= 0], minlength=len(decisions.classes))
            if missing := [name for name, count in zip(decisions.classes, counts, strict=True) if count < 2]:
                raise UsageError(f"it learns from two pictures of each class or more: label more {', '.join(missing)}")
            rows = np.flatnonzero(labels >= 0)
            stands = np.array([decisions.labels[self.seen.names[row]].view == VIEWS[0] for row in rows])
            measured = bool(np.bincount(labels[rows[stands]], minlength=len(counts)).min() >= ENOUGH)
            fit = fit_cross_validated(
                self.seen.features[rows],
                labels[rows],
                len(decisions.classes),
                representative=stands if measured else None,
            )
            predictions = Predictions(
                self.seen.packed.pixels,
                self.seen.names,
                fit.svm.scores(self.seen.features),
                decisions.classes,
                (None,) * len(labels),
            )
            self.learned = Learned(decisions.classes, labels, fit, measured, predictions)
            return self.learned

    def shown(self, view: str, class_name: str, start: int, count: int) -> dict[str, object]:
        """Some pictures of a view, in its order, which changes when the classifier learns.

        Args:
            view: One of `VIEWS`.
            class_name: Whose pictures, in the view "class".
            start: The first of them.
            count: How many.

        Raises:
            UsageError: There is no such view or class, or nothing was learned yet.
        """
        decisions = self.sorting.decisions()
        order = self._order(view, class_name, decisions)
        rows, labels = order[start : start + count].tolist(), self.labels(decisions)
        return {
            "set": self.seen.packed.fingerprint,
            "total": len(order),
            "pictures": [self._picture(row, labels[row], decisions) for row in rows],
        }

    def pixels(self, rows: Sequence[int]) -> Pixels:
        """Pictures (M, H, W, C), uint8, at positions.

        Raises:
            UsageError: There is no such position.
        """
        if not all(0 <= row < len(self.seen.names) for row in rows):
            raise UsageError(f"pictures are numbered 0 to {len(self.seen.names) - 1}")
        return np.stack([np.asarray(self.seen.packed.pixels[row]) for row in rows])

    def table(self) -> bytes:
        """Every picture as a row of CSV: its name, class, confidence (0 to 1), and whether the class is a label.

        Raises:
            UsageError: There are too few labels to learn from.
        """
        learned, text = self.learn(), io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("name", "class", "confidence", "labeled"))
        certain, guessed = learned.labels >= 0, learned.probabilities.max(axis=1)
        for row, name in enumerate(self.seen.names):
            confidence = "1" if certain[row] else f"{guessed[row]:.4f}"
            labeled = "yes" if certain[row] else "no"
            writer.writerow((name, learned.classes[learned.sorted[row]], confidence, labeled))
        return text.getvalue().encode()

    def export(self) -> None:
        """Write `CLASSIFIER`, which `dcgan classify` reads, and `TABLE` into the folder of the sorting.

        Raises:
            UsageError: There are too few labels to learn from.
            OSError: The folder cannot be written.
        """
        content, learned = self.table(), self.learn()
        model = load(self.seen.model, "cpu")
        layers = DiscriminatorExtractor(model).layers
        fit, flip = learned.fit, self.seen.horizontal_flip
        classifier = PictureClassifier(
            model, layers, GRID, fit.svm, learned.classes, fit.C, fit.accuracy, fit.validation, flip
        )
        classifier.save(self.sorting.path / CLASSIFIER, overwrite=True)
        write_atomic(self.sorting.path / TABLE, content)

    def _order(self, view: str, class_name: str, decisions: Decisions) -> NDArray[np.int64]:
        if view == "varied":
            return self.seen.order
        if view == "labeled":
            labels = self.labels(decisions)
            rows = [self.seen.rows[name] for name in reversed(list(decisions.labels)) if name in self.seen.rows]
            return np.array([row for row in rows if labels[row] >= 0], np.int64)
        if view not in VIEWS:
            raise UsageError(f"there is no view {view!r}")
        if self.learned is None:
            raise UsageError("nothing has been learned yet: label some pictures of each class, and press Learn")
        if view == "doubts":
            return self.learned.doubts
        if class_name not in self.learned.classes:
            raise UsageError(f"nothing has been learned of a class {class_name!r} yet: press Learn")
        return self.learned.of_class(self.learned.classes.index(class_name))

    def _picture(self, row: int, label: int, decisions: Decisions) -> dict[str, object]:
        """A picture for the page: where the classes were changed since, its guesses name only those there still are."""
        found = {"row": row, "name": self.seen.names[row], "label": decisions.classes[label] if label >= 0 else None}
        if self.learned is None:
            return found
        probabilities = self.learned.probabilities[row]
        likely = [self.learned.classes[index] for index in np.argsort(-probabilities, kind="stable")]
        guesses = [name for name in likely if name in decisions.classes]
        return {**found, "guesses": guesses, "confidence": round(float(probabilities.max()), 4)}
