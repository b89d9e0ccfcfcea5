"""Inserting an object: the feature maps that draw it are raised where it shall be (GAN Dissection, Bau et al. 2019)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL.Image import Image

from dcgan.dissection.boxes import Box, Boxes, boxes_of
from dcgan.dissection.forget import SHOWN, Change, change
from dcgan.dissection.map_classifier import (
    MapClassifier,
    Negatives,
    check_threshold,
    fit_map_classifier,
    hidden_sides,
)
from dcgan.errors import DcganError, UsageError
from dcgan.figures.labeled_grid import labeled_grid
from dcgan.figures.notebook import html_of
from dcgan.figures.theme import THEMES, Theme
from dcgan.model import Model
from dcgan.pixels import full_batches, to_pixels
from dcgan.progress import notebook_bar
from dcgan.randomness import check_seed
from dcgan.short_repr import ShortRepr
from dcgan.types import OnProgress, Pixels

LARGEST_STRENGTH = 1000  # beyond it numbers overflow


@dataclass(frozen=True, eq=False, repr=False)
class InsertResult(ShortRepr):
    """Samples before and after an object was inserted.

    Attributes:
        seeds: N samples.
        before: (N, H, W, C), uint8.
        after: (N, H, W, C), uint8.
        change: Mean change of the pixels in the boxes and elsewhere.
        classifier: The regression that chose the maps.
        raised: (C,), which maps of the layer were raised.
    """

    seeds: tuple[int, ...]
    before: Pixels
    after: Pixels
    change: Change
    classifier: MapClassifier
    raised: NDArray[np.bool_]

    def figure(self, theme: Theme = THEMES["light"]) -> Image:
        """The first samples before, and below each after."""
        shown = slice(None, 2 * SHOWN)
        pixels, columns = np.stack([self.before[shown], self.after[shown]]), [str(seed) for seed in self.seeds[shown]]
        return labeled_grid(pixels, theme, rows=["before", "after"], columns=columns)

    def _repr_html_(self) -> str:
        return html_of(self.figure())


@notebook_bar("fitting to the maps")
def insert(
    model: Model,
    boxes: Boxes | str | Path,
    at: Boxes | str | Path | None = None,
    layer: int | None = None,
    *,
    negatives: Negatives = "random",
    threshold: float = 0.0,
    strength: float = 1.0,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> InsertResult:
    """Make the generator draw an object where there was none: raise the feature maps that `forget` would drop.

    Args:
        model: A model with dcgan's own nets.
        boxes: Where the object is on its samples: boxes, or a file of them (see `read_boxes`).
        at: Where it shall be: boxes, or a file of them. Default: the median box, on the first 12 of the samples that
            were looked at and do not have the object.
        layer: Hidden layer of the generator, from 0, the stem. Default: the second highest.
        negatives: As for `forget`.
        threshold: Maps with a larger weight are raised.
        strength: How high: times the mean of each map inside `boxes`, above 0.
        seed: Names the random negatives.
        on_progress: Called with (samples, in all). Default: a progress bar in a notebook.

    Raises:
        UsageError: A value is out of its range, there is no such layer, no map is above the threshold, or every sample
            has the object and `at` is missing.
        BoxesError: A file of boxes cannot be read, or is of another model.
        ModelError: The nets are no DCGAN's.
        DcganError: There are no boxes, they leave no position outside, or scikit-learn is not installed.

    Example:
        >>> dcgan.insert(dcgan.load("runs/rooms"), "windows.json").figure().save("windows.png")
    """
    check_strength(strength)
    check_threshold(threshold)
    check_seed(seed)
    target = None if at is None else boxes_of(model, at, "at")
    boxes = boxes_of(model, boxes)
    if target is None:
        target = usual_place(boxes)
    classifier = fit_map_classifier(model, boxes, layer, negatives=negatives, seed=seed, on_progress=on_progress)
    return raise_maps(model, classifier, classifier.maps_above(threshold), target, strength)


def usual_place(boxes: Boxes) -> Boxes:
    """Where an object is inserted unless something else is asked for: see `insert`.

    Raises:
        UsageError: Every sample that was looked at has the object.
    """
    if not boxes.seeds_without:
        raise UsageError(
            "every sample that was looked at has the object: name with `at` a file of boxes where it should appear"
        )
    return median_box(boxes, boxes.seeds_without[:SHOWN])


def median_box(boxes: Boxes, seeds: tuple[int, ...]) -> Boxes:
    """One box on each of the seeds: the median of each side of the boxes.

    Raises:
        DcganError: There are no boxes.
    """
    if not boxes.boxes:
        raise DcganError("`boxes`: there are no boxes; mark the object on some samples")
    sides = np.median([(box.left, box.top, box.right, box.bottom) for box in boxes.boxes], axis=0)
    return Boxes(tuple(Box(seed, *map(float, sides)) for seed in seeds), seeds, boxes.model)


@torch.inference_mode()
def raise_maps(
    model: Model, classifier: MapClassifier, raised: NDArray[np.bool_], at: Boxes, strength: float = 1.0
) -> InsertResult:
    """Samples with feature maps raised, at the positions in boxes, to what they are where the object is.

    Args:
        model: The model.
        classifier: Of a layer of its generator.
        raised: (C,), which of the maps.
        at: Where; on the samples with boxes.
        strength: Times the mean of each map inside the object, above 0; where a map is higher by itself, it stays.

    Raises:
        UsageError: `strength` is out of its range.
    """
    check_strength(strength)
    seeds, generator = at.seeds_with, model.nets.generator
    side = hidden_sides(model)[classifier.layer]
    levels = torch.from_numpy(np.where(raised, strength * classifier.inside_means, 0)).float().to(model.device)
    after = np.empty((len(seeds), model.size, model.size, model.channels), np.uint8)
    masks = torch.from_numpy(np.stack([at.mask(seed, model.size, side) for seed in seeds])).to(model.device)
    z = torch.from_numpy(model.latents(seeds)).to(model.device)
    for rows, filled in full_batches(len(seeds), model.device):
        h = next(maps for layer, maps in enumerate(generator.feature_maps(z[filled])) if layer == classifier.layer)
        h = h.maximum(masks[filled, None] * levels[:, None, None])  # maps are 0 or more: elsewhere nothing changes
        after[rows] = to_pixels(generator.forward_from(h, classifier.layer))[: len(rows)]
    before = model.sample(seeds)
    return InsertResult(seeds, before, after, change(before, after, at, seeds), classifier, raised)


def check_strength(strength: float) -> None:
    """Refuse a `strength` that `insert` cannot take.

    Raises:
        UsageError: It is out of its range.
    """
    if not 0 < strength <= LARGEST_STRENGTH:
        raise UsageError(f"`strength` must be above 0 and at most {LARGEST_STRENGTH}, not {strength:g}")
