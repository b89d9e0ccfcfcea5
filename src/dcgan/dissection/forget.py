"""Forgetting how to draw an object (paper section 6.3.1): find the generator's maps that draw it, and drop them."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan.dissection.boxes import Boxes
from dcgan.errors import DcganError, ModelError
from dcgan.model import Model
from dcgan.randomness import Stream, rng
from dcgan.types import OnProgress, Pixels

BATCH = 64  # samples at once
FOLDS = 5  # parts of the samples, each held out once to judge the regression
FORGOTTEN = "forgotten"  # in a model's details: what was taken out of it

Places = NDArray[np.float32]  # (P, C), the activations of all maps at P places
Outside = Literal["random", "matched"]


@dataclass(frozen=True)
class MapWeights:
    """How much each map of a layer speaks for the object.

    Attributes:
        layer: Of the generator, 0 is the stem.
        weights: (C,), of the logistic regression, for maps brought to a standard deviation of 1: above 0 speaks for it.
        levels: (C,), the mean of each map at places inside.
        inside: Places in the boxes that it learned from.
        outside: Places outside.
        accuracy: The share of places on_progress right on samples that were held out; by chance 0.5.
        area: Under the ROC curve, on the same: the chance that a place inside scores above one outside.
    """

    layer: int
    weights: NDArray[np.float64]
    levels: NDArray[np.float32]
    inside: int
    outside: int
    accuracy: float
    area: float


def hidden_sides(model: Model) -> tuple[int, ...]:
    """The side of the maps of each hidden layer of the generator, from the stem up."""
    return tuple(fit.small for fit in model.architecture.generator_geometry)


def default_layer(model: Model) -> int:
    """The second highest hidden layer, as in the paper; the only one of a net that has one."""
    return max(0, len(hidden_sides(model)) - 2)


def check_layer(model: Model, layer: int) -> None:
    """Refuse a layer that the generator does not have.

    Raises:
        ModelError: It names those there are.
    """
    sides = hidden_sides(model)
    if not 0 <= layer < len(sides):
        maps = ", ".join(f"{place} ({side}x{side})" for place, side in enumerate(sides))
        raise ModelError(f"--layer {layer}: the hidden layers of this generator are {maps}")


def weigh_maps(
    model: Model,
    boxes: Boxes,
    layer: int | None = None,
    *,
    outside: Outside = "random",
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> MapWeights:
    """Tell the places inside the boxes from as many places outside them.

    A place is a cell of the layer's map; it is inside where its center is, and a box between all centers has the cell
    that its middle lies in. The paper takes places outside at `random`, so that what else is always where the object is
    speaks for it too: the eyes behind glasses. `matched` takes the same cells of other samples, where the object is
    not, and random ones where there are no such. The regression is L2-regularized, C = 1.

    Args:
        model: Whose generator drew the samples.
        boxes: Where the object is.
        layer: Of the generator's hidden layers, from 0, the stem. Default: the second highest.
        outside: Which places.
        seed: Of the places outside.
        on_progress: Called with (samples, in all).

    Raises:
        ModelError: There is no such layer.
        DcganError: There are no boxes, they leave no place outside them, or scikit-learn is not installed.
    """
    if not boxes.boxes:
        raise DcganError("there are no boxes: mark the object on some samples")
    layer = default_layer(model) if layer is None else layer
    check_layer(model, layer)
    size, side = model.architecture.size, hidden_sides(model)[layer]
    masks = np.stack([mask_of(boxes, sample, size, side).ravel() for sample in boxes.seeds])  # (S, side * side)
    if masks.all():
        raise DcganError("the boxes cover every place of every sample: there is nothing to tell the object from")
    inside = np.argwhere(masks)  # (P, 2): sample, cell
    others = _outside(masks, inside, outside, rng(Stream.FORGET_POSITIONS, seed))
    where = np.concatenate([inside, others])
    places = np.empty((len(where), _width(model, layer)), np.float32)
    for sample, grid in enumerate(_grids(model, boxes.seeds, layer)):
        own = where[:, 0] == sample
        places[own] = grid[:, where[own, 1]].T
        if on_progress:
            on_progress(sample + 1, len(boxes.seeds))
    answers = np.arange(len(where)) < len(inside)
    levels, spread = places[answers].mean(axis=0), places.std(axis=0)
    places /= np.where(spread > 0, spread, 1)
    accuracy, area = _held_out(places, answers, where[:, 0])
    return MapWeights(layer, _regression(places, answers)[0], levels, len(inside), len(others), accuracy, area)


def scale_maps(model: Model, layer: int, factors: NDArray[np.float32]) -> Model:
    """The model with maps of a hidden layer multiplied by factors, whatever is drawn; 0 drops a map at all places.

    Each map goes to the next convolution alone, so the factors are folded into its kernels: an ordinary model comes
    out, and nothing that draws with it needs to know. The fixed statistics stay, so that what the maps had no part in
    is drawn as before. Its details note what was done.

    Args:
        model: The model, which stays as it is.
        layer: Of the generator's hidden layers.
        factors: (C,).

    Raises:
        ModelError: There is no such layer, or it has another number of maps.
    """
    check_layer(model, layer)
    generator = deepcopy(model.nets.generator)
    if len(factors) != _width(model, layer):
        raise ModelError(f"layer {layer} of this generator has {_width(model, layer)} maps, not {len(factors)}")
    kernel = generator.get_parameter(f"convolutions.{layer}.weight")  # (in, out, k, k)
    with torch.no_grad():
        kernel.mul_(torch.from_numpy(factors).to(kernel)[:, None, None, None])
    changed = {int(place): round(float(factors[place]), 6) for place in np.flatnonzero(factors != 1)}
    edits = model.details.get(FORGOTTEN, [])
    edit = {"layer": layer, "of": model.identity, "factors": changed}
    edits = [*(edits if isinstance(edits, list) else []), edit]
    return replace(model, generator=generator, details={**model.details, FORGOTTEN: edits})


def change(before: Pixels, after: Pixels, boxes: Boxes, seeds: Sequence[int]) -> tuple[float, float]:
    """How much pixels have changed in the boxes, and elsewhere: means in gray levels.

    Args:
        before: Samples (N, H, H, C), uint8.
        after: The same samples, drawn anew.
        boxes: On some of them.
        seeds: Theirs (N,).
    """
    size = before.shape[1]
    changed = np.abs(after.astype(np.float32) - before).mean(axis=3)
    within = np.stack([mask_of(boxes, seed, size, size) for seed in seeds])
    inside, outside = (float(changed[part].mean()) if part.any() else 0.0 for part in (within, ~within))
    return inside, outside


def mask_of(boxes: Boxes, sample: int, size: int, side: int) -> NDArray[np.bool_]:
    """(side, side): which cells of a map lie in the boxes of a sample of `size` pixels."""
    centers = (np.arange(side) + 0.5) * size / side
    mask = np.zeros((side, side), np.bool_)
    for box in boxes.boxes:
        if box.seed == sample:
            down = (box.top <= centers) & (centers < box.bottom)
            across = (box.left <= centers) & (centers < box.right)
            if not down.any():
                down[int((box.top + box.bottom) / 2 * side / size)] = True
            if not across.any():
                across[int((box.left + box.right) / 2 * side / size)] = True
            mask |= down[:, None] & across[None]
    return mask


def _outside(
    masks: NDArray[np.bool_], inside: NDArray[np.int64], how: Outside, random: np.random.Generator
) -> NDArray[np.int64]:
    """As many places (sample, cell) outside of masks (S, cells), each at most once."""
    chosen: list[tuple[int, int]] = []
    if how == "matched":
        for cell, wanted in zip(*np.unique(inside[:, 1], return_counts=True), strict=True):
            free = random.permutation(np.flatnonzero(~masks[:, cell]))[:wanted]
            chosen += [(int(sample), int(cell)) for sample in free]
    rest = masks.copy()
    for sample, cell in chosen:
        rest[sample, cell] = True
    free = random.permutation(np.argwhere(~rest))[: len(inside) - len(chosen)]
    return np.concatenate([np.array(chosen, np.int64).reshape(-1, 2), free])


@torch.inference_mode()
def _grids(model: Model, seeds: Sequence[int], layer: int) -> Iterator[Places]:
    """The layer's maps (C, side * side) of each sample."""
    device = next(model.nets.generator.parameters()).device
    for start in range(0, len(seeds), BATCH):
        z = torch.from_numpy(model.latents(seeds[start : start + BATCH])).to(device)
        for place, maps in enumerate(model.nets.generator.feature_maps(z)):
            if place == layer:
                yield from maps.float().flatten(2).cpu().numpy()
                break


def _width(model: Model, layer: int) -> int:
    return len(model.nets.generator.get_parameter(f"convolutions.{layer}.weight"))


def _regression(places: Places, answers: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Weights (C,) and the bias."""
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise DcganError("forgetting needs the extra: pip install 'dcgan[features]'") from error
    fitted = LogisticRegression(C=1.0, max_iter=1000).fit(places, answers)
    return np.asarray(fitted.coef_[0], np.float64), float(fitted.intercept_[0])


def _held_out(places: Places, answers: NDArray[np.bool_], groups: NDArray[np.int64]) -> tuple[float, float]:
    """Accuracy and area under the ROC curve, each sample's places scored by a regression that has not seen it.

    Not a number where the samples are too few to hold some out.
    """
    fold = groups % FOLDS
    scores = np.full(len(places), np.nan)
    for part in range(FOLDS):
        learned = fold != part
        if (~learned).any() and answers[learned].any() and not answers[learned].all():
            weights, bias = _regression(places[learned], answers[learned])
            scores[~learned] = places[~learned] @ weights + bias
    judged = ~np.isnan(scores)
    if len(np.unique(answers[judged])) < 2:
        return float("nan"), float("nan")
    from sklearn.metrics import roc_auc_score

    accuracy = ((scores > 0) == answers)[judged].mean()
    return float(accuracy), float(roc_auc_score(answers[judged], scores[judged]))
