"""A discriminator's maps as features (paper section 5.1): each max-pooled to a small grid, flattened and joined."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from dcgan.cluster import Engine, check_engine, map_on_cluster
from dcgan.data.clip_pixels import Clips
from dcgan.data.packed import PackedSet
from dcgan.data.packed_files import open_pixels
from dcgan.data.sources import PictureSource
from dcgan.device import resolve_device
from dcgan.errors import UsageError
from dcgan.features.extractor import FeatureExtractor, check_flip, flipping
from dcgan.figures.notebook import table_html
from dcgan.model import Model
from dcgan.model_folder import check_dtype
from dcgan.model_nets import DiscriminatorNet, check_finite
from dcgan.model_pictures import open_for
from dcgan.networks.batch_norm import measure_statistics
from dcgan.networks.discriminator import Discriminator
from dcgan.pixels import to_images
from dcgan.progress import notebook_bar
from dcgan.short_repr import ShortRepr
from dcgan.types import DType, Features, Labels, OnProgress, Pixels, PixelStore

BATCH = 128  # pictures at once; batch statistics are those of so many, as in the released code
GRID = 4
_ROWS_OF_CALL = 8 * BATCH  # of a cluster; whole batches, so that the features are the same
LARGEST_HALF = 65504.0  # the largest finite float16


class DiscriminatorExtractor:
    """Pixels to the features of a discriminator.

    Args:
        model: Whose discriminator. That of a model that predicts frames takes clips (N, H, W, frames * C) for pictures,
            as `open_for` gives them.
        layers: Which convolutional layers, from 0; None takes all.
        grid: Side of the grid that each map is max-pooled to, 1 or more; smaller maps stay as they are.

    Attributes:
        layers: As chosen.
        grid: As chosen.
        net: The discriminator, a copy; `measure` changes its statistics.
        size: D, how many features a picture has: 28,672 for the paper's ImageNet net.

    Raises:
        UsageError: There is no such layer, or `grid` is below 1.
        ModelError: The discriminator is no DCGAN's.
    """

    def __init__(self, model: Model, layers: Iterable[int] | None = None, grid: int = GRID) -> None:
        nets = nets_with_features(model)
        maps = nets.architecture.discriminator_geometry
        self.layers = tuple(range(len(maps)) if layers is None else layers)
        self.grid = grid
        wrong = [layer for layer in self.layers if layer not in range(len(maps))]
        if wrong or not self.layers or len(set(self.layers)) < len(self.layers):
            named = ",".join(map(str, self.layers)) or "none"
            raise UsageError(f"`layers` must be some of 0 to {len(maps) - 1}, each once, not {named}")
        if grid < 1:
            raise UsageError(f"`grid` must be 1 or more, not {grid}")
        channels = [layer.out_channels for layer in nets.architecture.discriminator]
        self.size = sum(channels[layer] * min(grid, maps[layer].small) ** 2 for layer in self.layers)
        self._shape = (model.size, model.size, model.frames * model.channels)
        self.net: Discriminator = deepcopy(nets.discriminator).eval()
        self._device = next(self.net.parameters()).device

    def measure(self, pixels: PixelStore, batches: int | None = None, on_progress: OnProgress | None = None) -> None:
        """Normalize by these pictures: by the mean over mini-batches of 128 of their statistics, the authors' way.

        Args:
            pixels: (N, H, W, C), uint8, two or more; a memory map will do.
            batches: How many mini-batches, from the first picture on; by default all that are full, or one that is not.
            on_progress: Called with (pictures, in all).
        """
        whole = max(1, len(pixels) // BATCH)
        total = min(batches or whole, whole)
        last = min(total * BATCH, len(pixels))

        def images() -> Iterator[torch.Tensor]:
            for batch in range(total):
                yield self._images(pixels[batch * BATCH : (batch + 1) * BATCH])
                if on_progress:
                    on_progress(min((batch + 1) * BATCH, last), last)

        measure_statistics(self.net, images())

    @torch.inference_mode()
    def extract(self, pixels: Pixels) -> Features:
        """The features of pictures: pixels (N, H, W, C), uint8, to (N, D), layer by layer, channel by channel."""
        parts = [np.empty((0, self.size), np.float32)]
        for start in range(0, len(pixels), BATCH):
            maps = self.net.activations(self._images(pixels[start : start + BATCH]))
            pooled = [F.adaptive_max_pool2d(maps[layer], min(self.grid, maps[layer].shape[2])) for layer in self.layers]
            parts.append(torch.cat([grid.float().contiguous().flatten(1) for grid in pooled], 1).cpu().numpy())
        return check_finite(np.concatenate(parts))

    def _images(self, pixels: Pixels) -> torch.Tensor:
        if pixels.shape[1:] != self._shape:
            shape = ", ".join(map(str, self._shape))
            raise UsageError(f"`pixels` must be of the discriminator's shape (N, {shape}), not {pixels.shape}")
        return to_images(torch.from_numpy(np.array(pixels)).to(self._device))


@dataclass(frozen=True, eq=False, repr=False)
class ExtractedFeatures(ShortRepr):
    """Features of pictures, in the order of their names; or of clips, each named as its first frame.

    Attributes:
        features: (N, D), float32 or float16: layer by layer, channel by channel.
        names: N names of pictures in their source.
        labels: (N,), positions in `label_names`; -1 where a picture has none.
        label_names: K names of classes.
        layers: The convolutional layers that they are of.
        grid: Side of the grid that each map was max-pooled to.
    """

    features: Features
    names: tuple[str, ...]
    labels: Labels
    label_names: tuple[str, ...]
    layers: tuple[int, ...]
    grid: int

    def _repr_html_(self) -> str:
        """What a notebook shows: how many there are, and what of."""
        pictures, size = self.features.shape
        layers = ", ".join(map(str, self.layers))
        return table_html(
            [
                ("pictures", f"{pictures:,}"),
                ("features of each", f"{size:,}, {self.features.dtype}"),
                ("from", f"layers {layers}, max-pooled to {self.grid}x{self.grid}"),
                ("labels", ", ".join(self.label_names) or "none"),
            ]
        )


@notebook_bar("extracting features")
def extract_features(
    model: Model,
    source: PictureSource,
    *,
    layers: Iterable[int] | None = None,
    grid: int = GRID,
    horizontal_flip: bool = False,
    statistics: PictureSource | None = None,
    dtype: DType = "float32",
    device: str = "auto",
    engine: Engine = "local",
    on_progress: OnProgress | None = None,
) -> ExtractedFeatures:
    """Extract a discriminator's features of pictures, into memory; `save_features` writes those of sets of any size.

    Args:
        model: Whose discriminator.
        source: Pictures, or of a model that predicts frames films: whatever `open_pictures` takes.
        layers: Which convolutional layers, from 0; None takes all.
        grid: Side of the grid that each map is max-pooled to, 1 or more; smaller maps stay as they are.
        horizontal_flip: Take the mean of the features of a picture and of its mirror image.
        statistics: Pictures that batch norm's mean and variance are measured on, the authors' way: usually those that a
            classifier is trained on. None keeps those that the model brings.
        dtype: "float16" takes half the memory, for three digits.
        device: Where to compute: "auto", "cpu", "cuda", "cuda:1" or "mps".
        engine: "ray" prepares the source and extracts on the CPUs of all machines of a Ray cluster, as for `prepare`.
        on_progress: Called with (pictures, in all): of those that statistics are measured on, then of the source.

    Raises:
        UsageError: A layer, the grid or `dtype` is out of range, `device` is a GPU on a cluster, or recordings would be
            played backwards.
        ModelError: The discriminator is no DCGAN's.
        SourceError, PackedSetError: A source cannot be read.
        DcganError: The cluster fails, as for `prepare`.

    Example:
        >>> found = extract_features(dcgan.load("runs/photos"), "photos/")
        >>> found.features.shape
        (5000, 15360)
    """
    check_dtype(dtype)
    device = check_device(device, engine)
    nets_with_features(model)
    check_flip(model, horizontal_flip=horizontal_flip)
    data = open_for(model, source, engine=engine)
    extractor = build_extractor(model, layers, grid, statistics, device, on_progress)
    features = np.empty((len(data), extractor.size), dtype)
    done = 0
    for batch in batches_of(flipping(extractor, horizontal_flip=horizontal_flip), data, engine):
        features[done : done + len(batch)] = fit_range(batch, dtype)
        done += len(batch)
        if on_progress:
            on_progress(done, len(data))
    return ExtractedFeatures(features, tuple(data.names), data.labels, data.label_names, extractor.layers, grid)


def batches_of(extractor: FeatureExtractor, data: PackedSet, engine: Engine) -> Iterator[Features]:
    """The features (M, D) of some pictures after the other.

    Args:
        extractor: Makes them.
        data: N pictures.
        engine: Where.

    Raises:
        DcganError: The cluster fails.
    """
    if engine == "ray":
        parts = (slice(start, min(start + _ROWS_OF_CALL, len(data))) for start in range(0, len(data), _ROWS_OF_CALL))
        calls = ((_rows_of(data, part),) for part in parts)
        yield from map_on_cluster(_features_of, calls, (extractor, data.path.absolute()))
        return
    for start in range(0, len(data), BATCH):
        yield extractor.extract(data.pixels[start : start + BATCH])


def _rows_of(data: PackedSet, part: slice) -> NDArray[np.int64]:
    """The rows (M, frames) of a packed set that some of its pictures, or clips, are made of."""
    pixels = data.pixels
    return pixels.rows(part) if isinstance(pixels, Clips) else np.arange(part.start, part.stop)[:, None]


def _features_of(rows: NDArray[np.int64], extractor: FeatureExtractor, path: Path) -> Features:
    """The features of pictures that are made of rows (M, frames) of a packed set. This runs on another machine."""
    count, frames = rows.shape
    return extractor.extract(Clips(open_pixels(path), rows.reshape(-1), frames * np.arange(count), frames)[:])


def check_device(device: str, engine: Engine) -> str:
    """The device that an engine computes on.

    Raises:
        UsageError: It is a GPU, and the engine a cluster.
        DcganError: No cluster answers.
    """
    check_engine(engine)
    if engine == "ray" and device not in ("auto", "cpu"):
        raise UsageError(f"`device` must be cpu with `engine` ray, not {device}: a cluster computes on its CPUs")
    return "cpu" if engine == "ray" else device


def build_extractor(
    model: Model,
    layers: Iterable[int] | None = None,
    grid: int = GRID,
    statistics: PictureSource | None = None,
    device: str = "auto",
    on_progress: OnProgress | None = None,
) -> DiscriminatorExtractor:
    """A model's extractor on a device, with batch norm measured on `statistics`; arguments as `extract_features`."""
    extractor = DiscriminatorExtractor(on_device(model, device), layers, grid)
    if statistics is not None:
        extractor.measure(open_for(model, statistics).pixels, on_progress=on_progress)
    return extractor


def on_device(model: Model, device: str) -> Model:
    """The model with a copy of its discriminator on a device ("auto", "cpu", "cuda", "cuda:1", "mps").

    Raises:
        DeviceError: This machine has no such device.
        ModelError: The discriminator is no DCGAN's.
    """
    return replace(model, discriminator=deepcopy(nets_with_features(model).discriminator).to(resolve_device(device)))


def nets_with_features(model: Model) -> DiscriminatorNet:
    """A discriminator that has layers to take features from, and what fixes them.

    Raises:
        ModelError: It is no DCGAN's.
    """
    return model.discriminator_net("taking features from the discriminator")


def fit_range(features: Features, dtype: DType) -> Features:
    """Features clipped to what `dtype` can hold."""
    return features.clip(-LARGEST_HALF, LARGEST_HALF) if dtype == "float16" else features
