"""What the tab Look inside shows, as figures to keep."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from PIL.Image import Image

from dcgan.figures.labeled_grid import numbered
from dcgan.figures.saliency import Side, saliency_figure
from dcgan.figures.theme import Theme
from dcgan.studio.inside_look import Look, saliency_like
from dcgan.types import Pixels

TITLES = {"random": "random weights", "trained": "trained"}


def channels_figure(look: Look, layer: int, shown: Mapping[str, Sequence[int]], theme: Theme, *, whole: bool) -> Image:
    """The paper's figure 5 of what is shown: pictures that drive each channel, and below each what in it does so.

    Args:
        look: Where it was found.
        layer: The convolutional layer.
        shown: By net its channels, as many of each; where there are two nets, random weights come first.
        theme: Colors.
        whole: Show all kept pictures whole, not a few patches.
    """
    nets = [net for net in TITLES if net in shown]
    driven = [(look.strongest if whole else look.patches)(net, layer, shown[net]) for net in nets]
    sides = [Side(TITLES[net], one.pixels, one.saliency) for net, one in zip(nets, driven, strict=True)]
    rows = zip(*(shown[net] for net in nets), strict=True)
    return saliency_figure(sides, [" \u00b7 ".join(map(str, dict.fromkeys(row))) for row in rows], theme)


def excited_pictures(look: Look, net: str, picture: Pixels) -> Iterator[tuple[list[int], Pixels]]:
    """For each layer the channels that a picture (H, W, C) excites most, and the saliency of each (R, H, W, C)."""
    for layer, excited in enumerate(look.excited(net, picture)):
        channels = [one.channel for one in excited]
        yield channels, saliency_like(look.saliency(net, layer, channels, picture), picture.shape[-1])


def excited_figure(look: Look, net: str, picture: Pixels, theme: Theme) -> Image:
    """A row for each layer: a picture (H, W, C), and what in it excites the channels that it excites most."""
    rows, labels = [], []
    for layer, (channels, saliency) in enumerate(excited_pictures(look, net, picture)):
        rows.append(np.concatenate([picture[None], saliency]))
        labels += [f"layer {layer}", *map(str, channels)]
    return numbered(np.concatenate(rows), labels, theme, columns=len(rows[0]))


def saliency_figure_of(look: Look, net: str, layer: int, channel: int, picture: Pixels, theme: Theme) -> Image:
    """A picture (H, W, C), and below it what in it drives a channel."""
    saliency = look.saliency(net, layer, [channel], picture)
    side = Side(TITLES[net], picture[None, None], saliency[None])
    return saliency_figure([side], [f"layer {layer}, {channel}"], theme)
