"""Drawing an object where there was none: the maps that draw it are forced on (GAN Dissection, Bau et al. 2019)."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan.dissection.boxes import Box, Boxes
from dcgan.dissection.forget import BATCH, MapWeights, change, hidden_sides, mask_of
from dcgan.errors import DcganError
from dcgan.model import Model, to_pixels
from dcgan.types import Pixels


@dataclass(frozen=True)
class Inserted:
    """Samples before and after.

    Attributes:
        seeds: N samples.
        before: (N, H, W, C).
        after: (N, H, W, C).
        inside: Mean change of the pixels in the boxes, gray levels.
        outside: Of the others.
    """

    seeds: tuple[int, ...]
    before: Pixels
    after: Pixels
    inside: float
    outside: float


def usual_place(boxes: Boxes, seeds: tuple[int, ...]) -> Boxes:
    """The same box on each of the seeds: the median of each side of those there are.

    Raises:
        DcganError: There are no boxes.
    """
    if not boxes.boxes:
        raise DcganError("there are no boxes: mark the object on some samples")
    sides = np.median([(box.left, box.top, box.right, box.bottom) for box in boxes.boxes], axis=0)
    return Boxes(tuple(Box(seed, *map(float, sides)) for seed in seeds), seeds, boxes.model)


@torch.inference_mode()
def insert(
    model: Model, weighed: MapWeights, chosen: NDArray[np.bool_], places: Boxes, strength: float = 1.0
) -> Inserted:
    """Draw samples with maps forced, at the cells in the boxes, to what they are where the object is.

    Args:
        model: The model.
        weighed: Of a layer of its generator.
        chosen: (C,), which of the maps.
        places: Where; on the samples with boxes.
        strength: Times the mean of each map inside the object; a map that is higher by itself stays.
    """
    seeds = tuple(dict.fromkeys(box.seed for box in places.boxes))
    size, side = model.architecture.size, hidden_sides(model)[weighed.layer]
    generator = model.nets.generator
    device = next(generator.parameters()).device
    levels = torch.from_numpy(np.where(chosen, strength * weighed.levels, 0)).float().to(device)
    after = np.empty((len(seeds), size, size, model.architecture.channels), np.uint8)
    for start in range(0, len(seeds), BATCH):
        some = seeds[start : start + BATCH]
        cells = torch.from_numpy(np.stack([mask_of(places, seed, size, side) for seed in some])).to(device)
        z = torch.from_numpy(model.latents(some)).to(device)
        h = next(maps for layer, maps in enumerate(generator.feature_maps(z)) if layer == weighed.layer)
        forced = h.maximum(cells[:, None] * levels[:, None, None])  # maps are 0 or more: elsewhere nothing changes
        after[start : start + BATCH] = to_pixels(generator.forward_from(forced, weighed.layer))
    before = model.sample(seeds)
    return Inserted(seeds, before, after, *change(before, after, places, seeds))
