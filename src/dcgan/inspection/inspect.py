"""Looking inside a discriminator: what each channel of a layer responds to (paper section 6.2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from PIL.Image import Image

from dcgan.data.packed import PackedSet
from dcgan.data.sources import PictureSource
from dcgan.errors import UsageError
from dcgan.figures.labeled_grid import labeled_grid, numbered
from dcgan.figures.notebook import html_of
from dcgan.figures.saliency import Side, saliency_figure, saliency_pixels
from dcgan.figures.theme import THEMES, Theme
from dcgan.inspection.guided import back_propagate
from dcgan.inspection.inputs import layer_of
from dcgan.inspection.kernels import first_kernels
from dcgan.inspection.receptive_field import ReceptiveField, cut_patches, receptive_field
from dcgan.inspection.responses import Responses, measure_responses
from dcgan.inspection.strongest import find_strongest
from dcgan.inspection.untrained import untrained
from dcgan.model import Model
from dcgan.model_pictures import open_for
from dcgan.progress import notebook_bar
from dcgan.randomness import check_seed
from dcgan.short_repr import ShortRepr
from dcgan.types import OnProgress

SHOWN = 6  # channels in the paper's figure
MOST = 64  # channels, or pictures of each, that a figure has room for
COLUMNS = 16  # channels in a row of the atlas


@dataclass(frozen=True, eq=False, repr=False)
class Inspection(ShortRepr):
    """What was found in one layer of a discriminator, beside the same net with random weights.

    Attributes:
        model: That was inspected.
        data: The pictures.
        layer: Of the discriminator, from 0.
        channels: Those in the figures.
        field: Which pixels a unit of the layer sees.
        activations: What every channel responds to most.
        random_model: The model with random weights in its discriminator.
        random_activations: The same for it.
    """

    model: Model
    data: PackedSet
    layer: int
    channels: tuple[int, ...]
    field: ReceptiveField
    activations: Responses
    random_model: Model
    random_activations: Responses

    @property
    def names(self) -> list[str]:
        """Each channel of the layer as figures call it: its number, and whether it is dead."""
        dead = set(self.activations.dead.tolist())
        return [f"{channel}{', dead' if channel in dead else ''}" for channel in range(len(self.activations.mean))]

    def guided(self, theme: Theme = THEMES["light"]) -> Image:
        """The paper's figure: the pictures that drive each channel most, and below each what in it does so."""
        sides = [
            self._side("random weights", self.random_model, self.random_activations),
            self._side("trained", self.model, self.activations),
        ]
        return saliency_figure(sides, [self.names[channel] for channel in self.channels], theme)

    def patches(self, theme: Theme = THEMES["light"]) -> Image:
        """What the units see that each channel responds to most: a row a channel."""
        top, chosen = self.activations, list(self.channels)
        pixels = self.data.pixels[top.picture[chosen]]  # (R, K, H, W, C)
        corners = top.row[chosen].ravel(), top.column[chosen].ravel()
        patches = cut_patches(pixels.reshape(-1, *pixels.shape[2:]), self.field, *corners)
        rows = [self.names[channel] for channel in chosen]
        return labeled_grid(patches.reshape(*pixels.shape[:2], *patches.shape[1:]), theme, rows=rows)

    def atlas(self, theme: Theme = THEMES["light"], on_progress: OnProgress | None = None) -> Image:
        """All channels of the layer, each by the saliency of the picture that drives it most."""
        top = self.activations
        pixels = self.data.pixels[top.picture[:, 0]]
        saliency = back_propagate(self.model, pixels, self.layer, top.units[:, 0], on_progress=on_progress)
        return numbered(saliency_pixels(saliency), self.names, theme, columns=COLUMNS)

    def kernels(self, theme: Theme = THEMES["light"]) -> Image:
        """The kernels of the first layer."""
        kernels = saliency_pixels(first_kernels(self.model))
        return numbered(kernels, [str(channel) for channel in range(len(kernels))], theme, columns=COLUMNS)

    def figures(
        self, theme: Theme = THEMES["light"], on_progress: OnProgress | None = None
    ) -> Iterator[tuple[str, Image]]:
        """All figures by their names, each made when it is its turn."""
        yield "guided", self.guided(theme)
        yield "patches", self.patches(theme)
        yield "atlas", self.atlas(theme, on_progress)
        yield "kernels", self.kernels(theme)

    def statistics(self) -> pa.Table:
        """A row a channel: its mean and largest response, its selectivity, how often it is above 0, if it is dead."""
        channels, found = np.arange(len(self.activations.mean)), self.activations
        return pa.table(
            {
                "channel": channels,
                "mean": found.mean,
                "largest": found.value[:, 0],
                "selectivity": found.selectivity,
                "positive_positions": found.positive_positions,
                "positive_pictures": found.positive_pictures,
                "dead": np.isin(channels, found.dead),
            }
        )

    def top_activations(self) -> pa.Table:
        """A row for each of a channel's top activations: how strong, in which picture, and which pixels it sees."""
        found = self.activations
        channel, rank = np.indices(found.value.shape)
        return pa.table(
            {
                "channel": channel.ravel(),
                "rank": rank.ravel(),
                "activation": found.value.ravel(),
                "name": pa.array(self.data.names).take(pa.array(found.picture.ravel())),
                "row": found.row.ravel(),
                "column": found.column.ravel(),
                "left": self.field.corner(found.column).ravel(),
                "top": self.field.corner(found.row).ravel(),
                "side": np.full(found.value.size, self.field.side),
            }
        )

    def _side(self, title: str, model: Model, found: Responses) -> Side:
        """One half of the paper's figure."""
        driven = find_strongest(model, self.data.pixels, found, self.channels)
        return Side(title, driven.pixels, driven.saliency)

    def _repr_html_(self) -> str:
        """What a notebook shows: the paper's figure."""
        return html_of(self.guided(), f"what drives {len(self.channels)} channels of layer {self.layer}")


@notebook_bar("looking inside")
def inspect(
    model: Model,
    source: PictureSource,
    layer: int | None = None,
    *,
    channels: Sequence[int] | None = None,
    top: int = 8,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Inspection:
    """Find what each channel of a discriminator's layer responds to, by guided back-propagation beside random weights.

    Args:
        model: Whose discriminator.
        source: Pictures to look for strong responses in; they are brought to the model's size.
        layer: Convolutional layer, from 0. Default: the last.
        channels: Channels in the figures, up to 64. Default: the first six, as in the paper.
        top: Pictures of each channel: those that drive it most, 1 to 64.
        seed: Names the random weights: those that a training with this seed begins with.
        on_progress: Called with (pictures, in all), in each of three passes over them.

    Returns:
        Figures, tables and all that they are made from.

    Raises:
        UsageError: A value is out of its range.
        ModelError: There is no such layer, the nets are no DCGAN's, or the discriminator's numbers are not finite.
        SourceError, PackedSetError: The pictures cannot be used.

    Example:
        >>> dcgan.inspect(dcgan.load("faces"), "drawn-faces:2000").guided().save("guided.png")
    """
    check_top(top)
    check_seed(seed)
    layer, chosen = check_channels(model, layer, channels)
    data = open_for(model, source, on_progress=on_progress)
    activations = measure_responses(model, data.pixels, layer, top, on_progress=on_progress)
    random_model = untrained(model, data.pixels, seed, on_progress)
    random_activations = measure_responses(random_model, data.pixels, layer, top, on_progress=on_progress)
    field = receptive_field(model.architecture, layer)
    return Inspection(model, data, layer, chosen, field, activations, random_model, random_activations)


def check_top(top: int) -> None:
    """Refuse a number of pictures of each channel that no figure holds.

    Raises:
        UsageError: It is out of its range.
    """
    if not 1 <= top <= MOST:
        raise UsageError(f"`top` must be 1 to {MOST}, not {top}")


def check_channels(model: Model, layer: int | None, channels: Sequence[int] | None) -> tuple[int, tuple[int, ...]]:
    """The layer and the channels that are meant: by default the last, and the first six.

    Raises:
        UsageError: There are no such channels, or too many for a figure.
        ModelError: There is no such layer, or the nets are no DCGAN's.
    """
    layers = model.nets_for("inspecting").architecture.discriminator
    layer = len(layers) - 1 if layer is None else layer
    width = layer_of(model, layer).out_channels
    chosen = tuple(range(min(SHOWN, width)) if channels is None else channels)
    if not chosen or min(chosen) < 0 or max(chosen) >= width:
        wrong = next((channel for channel in chosen if not 0 <= channel < width), "none")
        raise UsageError(f"`channels` must be 0 to {width - 1}, those of layer {layer}, not {wrong}")
    if len(chosen) > MOST:
        raise UsageError(f"`channels` must be {MOST} or fewer, not {len(chosen):,}; the atlas shows all")
    return layer, chosen
