"""What was found in a model's discriminator by looking at pictures, and what the page asks of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan.data.packed import PackedSet
from dcgan.errors import DcganError, UsageError
from dcgan.figures.saliency import saliency_pixels
from dcgan.inspection.guided import Signals, back_propagate
from dcgan.inspection.receptive_field import ReceptiveField, receptive_field
from dcgan.inspection.responses import Responses, measure_layers
from dcgan.inspection.strongest import Strongest, find_strongest
from dcgan.loading import load
from dcgan.model import Model
from dcgan.studio.inside_process import FOLDERS, MODELS, RESPONSES, SAMPLES_FILE
from dcgan.types import Pixels, PixelStore

TOP = 4
"""Pictures of a channel in the atlas; of a channel that is open, all that were kept."""
EXCITED = 8
"""Channels of each layer that are shown for a single picture."""


@dataclass(frozen=True)
class Excitement:
    """How a single picture excites a channel.

    Attributes:
        channel: Which.
        response: The largest in the picture.
        deviations: By how many standard deviations it lies above the channel's mean over the pictures looked at.
        share: Of the largest response to these; None if that is not above 0.
        left: Where the patch of the unit begins in the picture, in pixels; it may be below 0.
        top: The same downward.
    """

    channel: int
    response: float
    deviations: float
    share: float | None
    left: int
    top: int


@dataclass(frozen=True, eq=False)
class Look:
    """A look at pictures that is done. Its methods compute for a moment, and are called by one thread at a time.

    Attributes:
        folder: What `dcgan.studio.inside_process` has filled.
        model_name: Of the model, as the page has it.
        source: The pictures, as the page has them; None for samples.
        pixels: The pictures, a memory map.
        names: What each is called.
        skipped: How many of the source could not be used.
        models: "trained", the model itself, and "random", that with random weights in its discriminator.
        responses: Of each layer, for both.
    """

    folder: Path
    model_name: str
    source: str | None
    pixels: PixelStore
    names: Sequence[str]
    skipped: int
    models: Mapping[str, Model]
    responses: Mapping[str, tuple[Responses, ...]]

    @classmethod
    def open(cls, folder: Path, device: str, model_name: str, source: str | None, packed: str | None) -> "Look":
        """Read what was found, and open the pictures and both models: what becomes of their files matters no more.

        Raises:
            DcganError: It is damaged.
        """
        opened = None if packed is None else PackedSet.open(packed)
        models = {name: load(folder / FOLDERS[name], device) for name in MODELS}
        pixels = np.load(folder / SAMPLES_FILE, mmap_mode="r") if opened is None else opened.pixels
        names = [f"seed {seed}" for seed in range(len(pixels))] if opened is None else opened.names
        skipped = 0 if opened is None else opened.skipped
        responses = _read_responses(folder / RESPONSES)
        return cls(folder, model_name, source, pixels, names, skipped, models, responses)

    @cached_property
    def orders(self) -> dict[tuple[str, int], NDArray[np.int64]]:
        """The channels of each layer, the most selective first, dead ones last; by net and layer."""
        return {
            (name, layer): np.lexsort((-found.selectivity, found.positive_pictures == 0))
            for name, layers in self.responses.items()
            for layer, found in enumerate(layers)
        }

    def facts(self) -> dict[str, object]:
        """What the page has to know first."""
        architecture = self.models["trained"].architecture
        layers = []
        for layer, (stage, fit) in enumerate(
            zip(architecture.discriminator, architecture.discriminator_geometry, strict=True)
        ):
            dead = {name: len(found[layer].dead) for name, found in self.responses.items()}
            field = self.field(layer)
            layers.append({"channels": stage.out_channels, "map": fit.small, "field": field.side, "dead": dead})
        return {
            "model": self.model_name,
            "images": self.models["trained"].details.get("images"),
            "source": self.source,
            "pictures": len(self.pixels),
            "skipped": self.skipped,
            "size": architecture.size,
            "layers": layers,
        }

    def field(self, layer: int) -> ReceptiveField:
        """Which pixels a unit of a layer sees."""
        return receptive_field(self.models["trained"].architecture, layer)

    def found(self, net: str, layer: int, channels: Sequence[int] = ()) -> Responses:
        """The responses of a layer, after a check that it has some channels.

        Raises:
            UsageError: There is no such net, layer or channel.
        """
        if net not in MODELS:
            raise UsageError(f"net must be one of {', '.join(MODELS)}, not {net!r}")
        layers = self.responses[net]
        if layer >= len(layers):
            raise UsageError(f"layer must be 0 to {len(layers) - 1}, not {layer}")
        width = len(layers[layer].mean)
        if wrong := [channel for channel in channels if channel >= width]:
            raise UsageError(f"layer {layer} has the channels 0 to {width - 1}, not {wrong[0]}")
        return layers[layer]

    def channels(self, net: str, layer: int, start: int, count: int) -> dict[str, object]:
        """Some channels of a layer, the most selective first."""
        found = self.found(net, layer)
        order = self.orders[net, layer]
        shown = [channel_facts(found, channel) for channel in order[start : start + count].tolist()]
        return {"total": len(order), "top": min(TOP, found.value.shape[1]), "channels": shown}

    def strongest(self, net: str, layer: int, channels: Sequence[int], top: int | None = None) -> Strongest:
        """What drives some channels most."""
        found = self.found(net, layer, channels)
        return find_strongest(self.models[net], self.pixels, found, channels, top)

    def patches(self, net: str, layer: int, channels: Sequence[int]) -> Strongest:
        """The same of the atlas: a few patches, cut to what the units see."""
        return self.strongest(net, layer, channels, TOP).cut(self.field(layer))

    def channel(self, net: str, layer: int, channel: int) -> dict[str, object]:
        """A channel with its strongest responses: how strong, in which picture, and where its patch is there."""
        found, field = self.found(net, layer, [channel]), self.field(layer)
        places = zip(
            found.picture[channel].tolist(),
            found.value[channel].tolist(),
            field.corner(found.column[channel]).tolist(),
            field.corner(found.row[channel]).tolist(),
            strict=True,
        )
        strongest = [
            {"name": self.names[picture], "response": value, "left": left, "top": top}
            for picture, value, left, top in places
        ]
        return {**channel_facts(found, channel), "strongest": strongest}

    def excited(self, net: str, picture: Pixels) -> list[list[Excitement]]:
        """The channels of each layer that a picture (H, W, C) excites most, in units of each channel's deviation."""
        own = self._own(net, picture)
        found = []
        for layer, responses in enumerate(own):
            usual = self.responses[net][layer]
            order = np.argsort(-usual.deviations(responses.value[:, 0]), kind="stable")
            count = min(EXCITED, *(len(one.mean) for one in own))  # the same in each layer
            found.append([self._excitement(net, responses, channel) for channel in order[:count].tolist()])
        return found

    def excitement(self, net: str, layer: int, channel: int, picture: Pixels) -> Excitement:
        """How a picture excites one channel."""
        self.found(net, layer, [channel])
        return self._excitement(net, self._own(net, picture)[layer], channel)

    def saliency(self, net: str, layer: int, channels: Sequence[int], picture: Pixels) -> Signals:
        """Guided back-propagation of channels on a picture (H, W, C), each by its unit that responds most."""
        self.found(net, layer, channels)
        units = self._own(net, picture)[layer].units[list(channels), 0]
        return back_propagate(self.models[net], np.repeat(picture[None], len(units), axis=0), layer, units)

    def _own(self, net: str, picture: Pixels) -> tuple[Responses, ...]:
        return measure_layers(self.models[net], picture[None], keep=1)

    def _excitement(self, net: str, own: Responses, channel: int) -> Excitement:
        usual, field = self.responses[net][own.layer], self.field(own.layer)
        response, largest = float(own.value[channel, 0]), float(usual.value[channel, 0])
        return Excitement(
            channel,
            response,
            float(usual.deviations(own.value[:, 0])[channel]),
            response / largest if largest > 0 else None,
            int(field.corner(own.column[channel, 0])),
            int(field.corner(own.row[channel, 0])),
        )


def channel_facts(found: Responses, channel: int) -> dict[str, object]:
    """What is said of a channel."""
    return {
        "channel": channel,
        "selectivity": float(found.selectivity[channel]),
        "largest": float(found.value[channel, 0]),
        "pictures": float(found.positive_pictures[channel]),
        "dead": bool(found.positive_pictures[channel] == 0),
    }


def saliency_like(saliency: Signals, channels: int) -> Pixels:
    """Saliency (..., H, W, C) as pixels with as many channels as the pictures have; gray is 0."""
    shown = saliency_pixels(saliency)
    if channels != 4:
        return shown
    return np.concatenate([shown, np.full_like(shown[..., :1], 255)], axis=-1)


def _read_responses(file: Path) -> dict[str, tuple[Responses, ...]]:
    try:
        with np.load(file) as arrays:
            layers = 1 + max(int(name.split(".")[1]) for name in arrays)
            return {name: tuple(_responses(arrays, f"{name}.{layer}") for layer in range(layers)) for name in MODELS}
    except (OSError, ValueError, KeyError) as error:
        raise DcganError(f"the result can no longer be read ({error}): look again") from error


def _responses(arrays: Mapping[str, NDArray[np.generic]], start: str) -> Responses:
    arrays_of = {one.name: arrays[f"{start}.{one.name}"] for one in fields(Responses)}
    values: dict[str, Any] = {name: array.item() if array.ndim == 0 else array for name, array in arrays_of.items()}
    return Responses(**values)
