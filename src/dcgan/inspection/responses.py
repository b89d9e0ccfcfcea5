"""What drives each feature of a layer: the strongest responses in a set of any size, and statistics, in one pass."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from dcgan.inspection.guided import Units
from dcgan.inspection.inputs import BATCH, images_of, layer_of
from dcgan.model import Model
from dcgan.short_repr import ShortRepr
from dcgan.types import OnProgress, PixelStore

KEEP = 8  # strongest responses of each feature

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, repr=False)
class Responses(ShortRepr):
    """How the F features of a layer respond to N pictures.

    A picture counts once among the strongest, by the unit that responds most in it; K are kept, or N if that is less.

    Attributes:
        layer: The convolutional layer, from 0.
        pictures: N.
        mean: (F,), over all pictures and positions.
        positive_positions: (F,), share of all positions in all pictures at which the response is above 0.
        positive_pictures: (F,), share of pictures with such a position.
        value: (F, K), the strongest responses, the greatest first, of equal ones the earlier picture.
        picture: (F, K), in which picture, from 0.
        row: (F, K), and where in the layer's map.
        column: (F, K).
    """

    layer: int
    pictures: int
    mean: Floats
    positive_positions: Floats
    positive_pictures: Floats
    value: NDArray[np.float32]
    picture: Integers
    row: Integers
    column: Integers

    @property
    def dead(self) -> Integers:
        """The features that are never above 0, at any position of any picture."""
        return np.flatnonzero(self.positive_pictures == 0)

    @property
    def units(self) -> Units:
        """(F, K, 3): feature, row and column of each of the strongest."""
        feature = np.broadcast_to(np.arange(len(self.row))[:, None], self.row.shape)
        return np.stack([feature, self.row, self.column], axis=2)


@torch.inference_mode()
def measure_responses(
    model: Model,
    pixels: PixelStore,
    layer: int,
    keep: int = KEEP,
    *,
    batch_size: int = BATCH,
    on_progress: OnProgress | None = None,
) -> Responses:
    """Look at every picture once, holding no more than a mini-batch and the strongest so far.

    Args:
        model: Whose discriminator is looked into.
        pixels: (N, H, W, C), uint8, N of 1 or more; a memory map will do.
        layer: Convolutional layer, from 0.
        keep: How many of the strongest responses of each feature, 1 or more.
        batch_size: Pictures at once; changes the results by rounding at most.
        on_progress: Called with (pictures, in all).

    Raises:
        ModelError: There is no such layer, or the pictures are not of the model's shape.
        ValueError: There is no picture, or none is to be kept.
    """
    if len(pixels) < 1 or keep < 1:
        raise ValueError(f"{len(pixels)} pictures, {keep} to keep: at least 1 of each is needed")
    width, side = layer_of(model, layer).out_channels, model.architecture.discriminator_geometry[layer].small
    net = model.nets.discriminator.eval()
    total, positions, pictures = np.zeros((3, width))
    value, picture, position = np.empty((width, 0), np.float32), *np.empty((2, width, 0), np.int64)
    for start in range(0, len(pixels), batch_size):
        maps = net.activations(images_of(model, pixels[start : start + batch_size]))[layer].float().flatten(2)
        largest, where = (found.T.cpu().numpy() for found in maps.max(dim=2))  # (F, B)
        total += maps.sum(dim=2).cpu().double().sum(dim=0).numpy()
        positions += (maps > 0).sum(dim=(0, 2)).cpu().numpy()
        pictures += (largest > 0).sum(axis=1)
        numbers = np.broadcast_to(np.arange(start, start + len(maps)), largest.shape)
        both = np.concatenate([value, largest], axis=1)
        best = np.argsort(-both, axis=1, kind="stable")[:, :keep]  # of equal ones, those that came first
        value = np.take_along_axis(both, best, axis=1)
        picture = np.take_along_axis(np.concatenate([picture, numbers], axis=1), best, axis=1)
        position = np.take_along_axis(np.concatenate([position, where], axis=1), best, axis=1)
        if on_progress:
            on_progress(start + len(maps), len(pixels))
    count = len(pixels)
    shares = positions / (count * side**2), pictures / count
    return Responses(
        layer, count, total / (count * side**2), *shares, value, picture, position // side, position % side
    )
