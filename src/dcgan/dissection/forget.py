"""Forgetting an object (paper section 6.3.1): the feature maps that draw it are dropped from the generator."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL.Image import Image

from dcgan.dissection.boxes import Boxes, boxes_of
from dcgan.dissection.map_classifier import (
    MapClassifier,
    Negatives,
    check_layer,
    check_threshold,
    fit_map_classifier,
    hidden_width,
)
from dcgan.errors import UsageError
from dcgan.figures.labeled_grid import labeled_grid
from dcgan.figures.notebook import html_of
from dcgan.figures.theme import THEMES, Theme
from dcgan.model import Model
from dcgan.model_folder import FORGOTTEN
from dcgan.progress import notebook_bar
from dcgan.randomness import Stream, check_seed, rng
from dcgan.short_repr import ShortRepr
from dcgan.types import OnProgress, Pixels

SHOWN = 12  # samples in the figure
LOWEST_SCALE = -10.0  # far beyond what any picture survives


class Change(NamedTuple):
    """How much an edit changed samples: mean absolute difference, gray levels."""

    inside: float
    """In the boxes."""
    outside: float
    """Elsewhere."""


@dataclass(frozen=True, eq=False, repr=False)
class ForgetResult(ShortRepr):
    """A model before and after an object was forgotten.

    Attributes:
        before: The model.
        after: The same without the object.
        control: The same with as many random maps dropped instead; None if it was not asked for.
        boxes: Where the object was.
        classifier: The regression that chose the maps.
        dropped: (C,), which maps of the layer were dropped.
    """

    before: Model
    after: Model
    control: Model | None
    boxes: Boxes
    classifier: MapClassifier
    dropped: NDArray[np.bool_]

    def changes(self) -> dict[str, Change]:
        """How much the samples with boxes changed: "after", and "random maps" if there is a control."""
        seeds = self.boxes.seeds_with
        before, *edited = (model.sample(seeds) for model in self._models.values())
        names = [*self._models][1:]
        return {name: change(before, pixels, self.boxes, seeds) for name, pixels in zip(names, edited, strict=True)}

    def figure(self, theme: Theme = THEMES["light"]) -> Image:
        """Samples with the object, then some without it: a row for each model."""
        having, lacking = self.boxes.seeds_with, self.boxes.seeds_without
        seeds = having[: max(SHOWN * 2 // 3, SHOWN - len(lacking))]
        seeds = (*seeds, *lacking[: SHOWN - len(seeds)])
        pixels = np.stack([model.sample(seeds) for model in self._models.values()])
        return labeled_grid(pixels, theme, rows=list(self._models), columns=[str(seed) for seed in seeds])

    @property
    def _models(self) -> dict[str, Model]:
        models = {"before": self.before, "after": self.after}
        return models if self.control is None else {**models, "random maps": self.control}

    def _repr_html_(self) -> str:
        count, width, layer = self.dropped.sum(), len(self.dropped), self.classifier.layer
        return html_of(self.figure(), f"{count} of {width} maps of layer {layer} dropped")


@notebook_bar("fitting to the maps")
def forget(
    model: Model,
    boxes: Boxes | str | Path,
    layer: int | None = None,
    *,
    negatives: Negatives = "random",
    threshold: float = 0.0,
    scale: float = 0.0,
    control: bool = False,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> ForgetResult:
    """Drop the feature maps that draw an object, so that the generator makes pictures without it.

    A logistic regression on the activations of a hidden layer tells positions inside the boxes from positions outside;
    maps with a positive weight are dropped at every position of every picture, as in the paper.

    Args:
        model: A model with dcgan's own nets; it stays as it is.
        boxes: Where the object is on its samples: boxes, or a file of them (see `read_boxes`).
        layer: Hidden layer of the generator, from 0, the stem. Default: the second highest, as in the paper.
        negatives: Positions that the regression takes as negatives: "random" ones outside the boxes, as in the paper,
            or "matched", the same positions of samples that have no box there.
        threshold: Maps with a larger weight are dropped.
        scale: What those maps are multiplied by, -10 to less than 1: 0 drops them, 0.5 halves them, -1 inverts them.
        control: Drop as many random maps in another copy, to compare with.
        seed: Names the random negatives and the random maps.
        on_progress: Called with (samples, in all). Default: a progress bar in a notebook.

    Raises:
        UsageError: A value is out of its range, there is no such layer, or no map is above the threshold.
        BoxesError: The file of boxes cannot be read, or is of another model.
        ModelError: The nets are no DCGAN's.
        DcganError: There are no boxes, they leave no position outside, or scikit-learn is not installed.

    Example:
        >>> result = dcgan.forget(dcgan.load("runs/rooms"), "windows.json")
        >>> result.after.save("no-windows")
    """
    check_scale(scale)
    check_threshold(threshold)
    check_seed(seed)
    boxes = boxes_of(model, boxes)
    classifier = fit_map_classifier(model, boxes, layer, negatives=negatives, seed=seed, on_progress=on_progress)
    dropped = classifier.maps_above(threshold)
    random_maps = rng(Stream.FORGET_CONTROL, seed).permutation(dropped) if control else None
    with_random_maps = None if random_maps is None else drop_maps(model, classifier, random_maps, scale)
    after = drop_maps(model, classifier, dropped, scale)
    return ForgetResult(model, after, with_random_maps, boxes, classifier, dropped)


def drop_maps(model: Model, classifier: MapClassifier, dropped: NDArray[np.bool_], scale: float = 0.0) -> Model:
    """The model without some maps, or with these maps multiplied: what `forget` ends with.

    Args:
        model: The model, which stays as it is.
        classifier: Of a layer of its generator.
        dropped: (C,), which of the maps.
        scale: What those maps are multiplied by, -10 to less than 1: 0 drops them, 0.5 halves them, -1 inverts them.

    Raises:
        UsageError: `scale` is out of its range, or the layer has another number of maps.
        ModelError: The nets are no DCGAN's.
    """
    check_scale(scale)
    return scale_maps(model, classifier.layer, np.where(dropped, scale, 1).astype(np.float32))


def scale_maps(model: Model, layer: int, factors: NDArray[np.float32]) -> Model:
    """The model with the feature maps of a hidden layer multiplied by factors; 0 drops a map at all positions.

    Only the next convolution sees a map, so its kernels take up the factors: the result is an ordinary model. Its
    batch-norm statistics stay as they are, so that whatever does not depend on these maps stays the same. Its details
    list the edit.

    Args:
        model: The model, which stays as it is.
        layer: Hidden layer of the generator, from 0, the stem.
        factors: (C,).

    Raises:
        UsageError: There is no such layer, or it has another number of maps.
        ModelError: The nets are no DCGAN's.
    """
    layer = check_layer(model, layer)
    if len(factors) != hidden_width(model, layer):
        raise UsageError(
            f"`factors` has {len(factors)} values, and layer {layer} has {hidden_width(model, layer)} maps"
        )
    generator = deepcopy(model.nets.generator)
    kernels = generator.get_parameter(f"convolutions.{layer}.weight")  # (in, out, k, k)
    with torch.no_grad():
        kernels.mul_(torch.from_numpy(factors).to(kernels)[:, None, None, None])
    changed = {int(channel): round(float(factors[channel]), 6) for channel in np.flatnonzero(factors != 1)}
    edits = model.details.get(FORGOTTEN, [])
    edit = {"layer": layer, "of": model.identity, "factors": changed}
    edits = [*(edits if isinstance(edits, list) else []), edit]
    return replace(model, generator=generator, details={**model.details, FORGOTTEN: edits})


def change(before: Pixels, after: Pixels, boxes: Boxes, seeds: Sequence[int]) -> Change:
    """How much samples changed in the boxes and elsewhere.

    Args:
        before: Samples (N, H, H, C), uint8.
        after: The same samples of the edited model.
        boxes: On some of them.
        seeds: Theirs (N,).
    """
    size = before.shape[1]
    difference = np.abs(after.astype(np.float32) - before).mean(axis=3)
    within = np.stack([boxes.mask(seed, size, size) for seed in seeds])
    inside, outside = (float(difference[part].mean()) if part.any() else 0.0 for part in (within, ~within))
    return Change(inside, outside)


def check_scale(scale: float) -> None:
    """Refuse a `scale` that `forget` cannot take.

    Raises:
        UsageError: It is out of its range.
    """
    if not LOWEST_SCALE <= scale < 1:
        raise UsageError(f"`scale` must be {LOWEST_SCALE:g} to less than 1, not {scale:g}")
