"""What drives each feature of a layer: the strongest responses in a set of any size, and statistics, in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dcgan.inspection.guided import Units
from dcgan.inspection.inputs import BATCH, images_of, layer_of
from dcgan.model import Model
from dcgan.model_nets import check_finite
from dcgan.short_repr import ShortRepr
from dcgan.types import OnProgress, PixelStore

KEEP = 8  # strongest responses of each feature
_ROUNDING = 1e-3  # of its size; a standard deviation below it is that of float32, not of the feature

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
        std: (F,), standard deviation over all pictures and positions.
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
    std: Floats
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
    def selectivity(self) -> Floats:
        """(F,), how far the strongest responses stand out: their mean, in standard deviations above that of all.

        0 of dead features. It does not depend on the scale of a feature, so features of any layers compare.
        """
        above = self.deviations(self.value.mean(axis=1))
        above[self.dead] = 0
        return above

    def deviations(self, responses: NDArray[np.floating]) -> Floats:
        """Responses (F,), one of each feature, in standard deviations above its mean; 0 where it never varies."""
        return np.divide(responses - self.mean, self.std, out=np.zeros(len(self.std)), where=self.std > 0)

    @property
    def units(self) -> Units:
        """(F, K, 3): feature, row and column of each of the strongest."""
        feature = np.broadcast_to(np.arange(len(self.row))[:, None], self.row.shape)
        return np.stack([feature, self.row, self.column], axis=2)


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
        ModelError: There is no such layer, the pictures are not of the model's shape, or its responses are not finite.
        ValueError: There is no picture, or none is to be kept.
    """
    return measure_layers(model, pixels, [layer], keep, batch_size=batch_size, on_progress=on_progress)[0]


@torch.inference_mode()
def measure_layers(
    model: Model,
    pixels: PixelStore,
    layers: Sequence[int] | None = None,
    keep: int = KEEP,
    *,
    batch_size: int = BATCH,
    on_progress: OnProgress | None = None,
) -> tuple[Responses, ...]:
    """The same of several layers, of which the net computes the maps once; by default of all.

    Arguments and errors are those of `measure_responses`.
    """
    layers = range(len(model.architecture.discriminator)) if layers is None else layers
    if len(pixels) < 1 or keep < 1:
        raise ValueError(f"{len(pixels)} pictures, {keep} to keep: at least 1 of each is needed")
    measures = [_Measure(layer, layer_of(model, layer).out_channels, keep) for layer in layers]
    net = model.nets.discriminator.eval()
    for start in range(0, len(pixels), batch_size):
        maps = net.activations(images_of(model, pixels[start : start + batch_size]))
        for measure in measures:
            measure.add(maps[measure.layer].float())
        if on_progress:
            on_progress(min(start + batch_size, len(pixels)), len(pixels))
    return tuple(measure.responses() for measure in measures)


@dataclass
class _Measure:
    """What is known of a layer's responses to the pictures so far."""

    layer: int
    width: int
    keep: int
    pictures: int = 0
    side: int = 0
    sums: Floats = field(init=False)  # (4, F): of responses, of their squares, of positions and of pictures above 0
    value: NDArray[np.float32] = field(init=False)
    picture: Integers = field(init=False)
    position: Integers = field(init=False)

    def __post_init__(self) -> None:
        self.sums = np.zeros((4, self.width))
        self.value = np.empty((self.width, 0), np.float32)
        self.picture, self.position = np.empty((2, self.width, 0), np.int64)

    def add(self, maps: Tensor) -> None:
        """Take in the maps (B, F, side, side) of the next pictures."""
        count, _, self.side, _ = maps.shape
        maps = maps.flatten(2)
        largest, where = (found.T.cpu().numpy() for found in maps.max(dim=2))  # (F, B)
        self.sums[0] += maps.sum(dim=2).cpu().double().sum(dim=0).numpy()
        self.sums[1] += maps.square().sum(dim=2).cpu().double().sum(dim=0).numpy()
        self.sums[2] += (maps > 0).sum(dim=(0, 2)).cpu().numpy()
        self.sums[3] += (largest > 0).sum(axis=1)
        numbers = np.broadcast_to(np.arange(self.pictures, self.pictures + count), largest.shape)
        both = np.concatenate([self.value, largest], axis=1)
        best = np.argsort(-both, axis=1, kind="stable")[:, : self.keep]  # of equal ones, those that came first
        self.value = np.take_along_axis(both, best, axis=1)
        self.picture = np.take_along_axis(np.concatenate([self.picture, numbers], axis=1), best, axis=1)
        self.position = np.take_along_axis(np.concatenate([self.position, where], axis=1), best, axis=1)
        self.pictures += count

    def responses(self) -> Responses:
        """All of it."""
        positions = self.pictures * self.side**2
        mean, square, positive = check_finite(self.sums[:3] / positions)
        std = np.sqrt((square - mean**2).clip(0))
        std[std < _ROUNDING * np.sqrt(square)] = 0
        return Responses(
            self.layer,
            self.pictures,
            mean,
            std,
            positive,
            self.sums[3] / self.pictures,
            self.value,
            self.picture,
            self.position // self.side,
            self.position % self.side,
        )
