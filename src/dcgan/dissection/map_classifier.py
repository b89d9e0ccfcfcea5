"""Which feature maps of a generator draw an object: logistic regression on activations (paper section 6.3.1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan.dissection.boxes import Boxes
from dcgan.errors import DcganError, UsageError
from dcgan.model import Model
from dcgan.randomness import Stream, rng
from dcgan.short_repr import ShortRepr
from dcgan.types import OnProgress

BATCH = 64  # samples at once
FOLDS = 5  # of the samples; each is held out once to judge the regression

Activations = NDArray[np.float32]  # (P, C), of all maps at P positions
Negatives = Literal["random", "matched"]


@dataclass(frozen=True, eq=False, repr=False)
class MapClassifier(ShortRepr):
    """A logistic regression that classifies positions of a layer as inside or outside the boxes.

    Attributes:
        layer: Of the generator, from 0, the stem.
        weights: (C,), for maps scaled to a standard deviation of 1; a positive weight is evidence for the object.
        inside_means: (C,), the mean activation of each map inside the boxes.
        positives: Number of positions inside the boxes.
        negatives: Number of positions outside.
        accuracy: Share of positions of held-out samples that are classified correctly; by chance 0.5. Not a number if
            the samples are too few to hold some out.
        roc_auc: Area under the ROC curve, on the same positions.
    """

    layer: int
    weights: NDArray[np.float64]
    inside_means: NDArray[np.float32]
    positives: int
    negatives: int
    accuracy: float
    roc_auc: float

    def maps_above(self, threshold: float) -> NDArray[np.bool_]:
        """Which maps have a weight above the threshold (C,).

        Raises:
            UsageError: None has, or the threshold is no finite number.
        """
        check_threshold(threshold)
        above: NDArray[np.bool_] = self.weights > threshold
        if not above.any():
            raise UsageError(
                f"`threshold` {threshold:g}: no map of layer {self.layer} has a weight above it; the largest is "
                f"{self.weights.max():.2g}"
            )
        return above


def check_threshold(threshold: float) -> None:
    """Refuse a threshold of weights that is no finite number.

    Raises:
        UsageError: It is none.
    """
    if not np.isfinite(threshold):
        raise UsageError(f"`threshold` must be a finite number, not {threshold}")


def hidden_sides(model: Model) -> tuple[int, ...]:
    """The side of the maps of each hidden layer of the generator, from the stem up."""
    architecture = model.nets_for("changing what the generator's maps draw").architecture
    return tuple(fit.small for fit in architecture.generator_geometry)


def hidden_width(model: Model, layer: int) -> int:
    """The number of maps of a hidden layer of the generator."""
    return len(model.nets.generator.get_parameter(f"convolutions.{layer}.weight"))


def check_layer(model: Model, layer: int | None) -> int:
    """The hidden layer of the generator that is meant: by default the second highest, as in the paper.

    Raises:
        UsageError: There is no such layer; the message names those there are.
        ModelError: The nets are no DCGAN's.
    """
    sides = hidden_sides(model)
    if layer is None:
        return max(0, len(sides) - 2)
    if not 0 <= layer < len(sides):
        layers = ", ".join(f"{number} ({side}x{side})" for number, side in enumerate(sides))
        raise UsageError(f"`layer` {layer}: the hidden layers of this generator are {layers}")
    return layer


def fit_map_classifier(
    model: Model,
    boxes: Boxes,
    layer: int | None = None,
    *,
    negatives: Negatives = "random",
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> MapClassifier:
    """Fit a logistic regression that tells positions inside the boxes from as many outside.

    The paper takes negatives at `random`, so that whatever always comes with the object counts as evidence too: the
    eyes behind glasses. `matched` takes the same positions of samples where the object is not, and random ones where
    those do not suffice. The regression is L2-regularized, C = 1.

    Args:
        model: The model whose samples have the boxes.
        boxes: Where the object is.
        layer: Hidden layer of the generator, from 0, the stem. Default: the second highest.
        negatives: Which positions outside the boxes.
        seed: Names the random negatives.
        on_progress: Called with (samples, in all).

    Raises:
        UsageError: There is no such layer, or a choice is unknown.
        ModelError: The nets are no DCGAN's.
        DcganError: There are no boxes, they leave no position outside, or scikit-learn is not installed.
    """
    if negatives not in ("random", "matched"):
        raise UsageError(f"`negatives` must be random or matched, not {negatives!r}")
    if not boxes.boxes:
        raise DcganError("`boxes`: there are no boxes; mark the object on some samples")
    layer = check_layer(model, layer)
    size, side = model.size, hidden_sides(model)[layer]
    masks = np.stack([boxes.mask(sample, size, side).ravel() for sample in boxes.seeds])  # (S, side * side)
    if masks.all():
        raise DcganError("`boxes` cover every position of every sample, so there are no negatives: draw smaller boxes")
    inside = np.argwhere(masks)  # (P, 2): sample, position
    outside = _sample_negatives(masks, inside, negatives, rng(Stream.FORGET_POSITIONS, seed))
    chosen = np.concatenate([inside, outside])
    activations = np.empty((len(chosen), hidden_width(model, layer)), np.float32)
    for sample, maps in enumerate(_feature_maps(model, boxes.seeds, layer)):
        own = chosen[:, 0] == sample
        activations[own] = maps[:, chosen[own, 1]].T
        if on_progress:
            on_progress(sample + 1, len(boxes.seeds))
    targets = np.arange(len(chosen)) < len(inside)
    inside_means, std = activations[targets].mean(axis=0), activations.std(axis=0)
    activations /= np.where(std > 0, std, 1)
    accuracy, roc_auc = _cross_validate(activations, targets, chosen[:, 0])
    weights = _fit(activations, targets)[0]
    return MapClassifier(layer, weights, inside_means, len(inside), len(outside), accuracy, roc_auc)


def _sample_negatives(
    masks: NDArray[np.bool_], inside: NDArray[np.int64], negatives: Negatives, random: np.random.Generator
) -> NDArray[np.int64]:
    """As many (sample, position) outside the masks (S, positions) as there are inside, each at most once."""
    chosen: list[tuple[int, int]] = []
    if negatives == "matched":
        for position, count in zip(*np.unique(inside[:, 1], return_counts=True), strict=True):
            free = random.permutation(np.flatnonzero(~masks[:, position]))[:count]
            chosen += [(int(sample), int(position)) for sample in free]
    taken = masks.copy()
    for sample, position in chosen:
        taken[sample, position] = True
    free = random.permutation(np.argwhere(~taken))[: len(inside) - len(chosen)]
    return np.concatenate([np.array(chosen, np.int64).reshape(-1, 2), free])


@torch.inference_mode()
def _feature_maps(model: Model, seeds: Sequence[int], layer: int) -> Iterator[NDArray[np.float32]]:
    """The layer's maps (C, side * side) of each sample."""
    for start in range(0, len(seeds), BATCH):
        z = torch.from_numpy(model.latents(seeds[start : start + BATCH])).to(model.device)
        for number, maps in enumerate(model.nets.generator.feature_maps(z)):
            if number == layer:
                yield from maps.float().flatten(2).cpu().numpy()
                break


def _fit(activations: Activations, targets: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Weights (C,) and the bias."""
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise DcganError("this needs the extra: pip install 'dcgan[features]'") from error
    fitted = LogisticRegression(C=1.0, max_iter=1000).fit(activations, targets)
    return np.asarray(fitted.coef_[0], np.float64), float(fitted.intercept_[0])


def _cross_validate(
    activations: Activations, targets: NDArray[np.bool_], samples: NDArray[np.int64]
) -> tuple[float, float]:
    """Accuracy and area under the ROC curve: a regression scores the positions of samples that it was not fitted to."""
    fold = samples % FOLDS
    scores = np.full(len(activations), np.nan)
    for held_out in range(FOLDS):
        train = fold != held_out
        if (~train).any() and targets[train].any() and not targets[train].all():
            weights, bias = _fit(activations[train], targets[train])
            scores[~train] = activations[~train] @ weights + bias
    judged = ~np.isnan(scores)
    if len(np.unique(targets[judged])) < 2:
        return float("nan"), float("nan")
    from sklearn.metrics import roc_auc_score

    accuracy = ((scores > 0) == targets)[judged].mean()
    return float(accuracy), float(roc_auc_score(targets[judged], scores[judged]))
