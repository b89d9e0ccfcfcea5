"""How a LAPGAN draws a picture: small, then sharper at twice its side, again and again."""

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from dcgan.errors import ModelError
from dcgan.figures.labeled_grid import labeled_grid
from dcgan.figures.notebook import html_of
from dcgan.figures.theme import THEMES, Theme
from dcgan.latent.samples import SeedsOrLatents, latents_of
from dcgan.model import Model
from dcgan.networks.lapgan import LaplacianGenerator
from dcgan.pixels import to_pixels
from dcgan.short_repr import ShortRepr
from dcgan.types import Pixels


@dataclass(frozen=True, repr=False)
class Pyramid(ShortRepr):
    """Samples of a LAPGAN at every level.

    Attributes:
        levels: Pixels (N, side, side, C) of each level, from the smallest up.
    """

    levels: tuple[Pixels, ...]

    def figure(self, theme: Theme = THEMES["light"]) -> Image.Image:
        """A row for each sample, from the smallest picture, enlarged, to the whole."""
        size = self.levels[-1].shape[1]
        scales = [size // pixels.shape[1] for pixels in self.levels]
        alike = [pixels.repeat(by, 1).repeat(by, 2) for pixels, by in zip(self.levels, scales, strict=True)]
        sides = [f"{pixels.shape[1]}x{pixels.shape[2]}" for pixels in self.levels]
        return labeled_grid(np.stack(alike, axis=1), theme, columns=sides)

    def _repr_html_(self) -> str:
        return html_of(self.figure())


@torch.inference_mode()
def draw_pyramid(model: Model, samples: SeedsOrLatents) -> Pyramid:
    """Draw samples of a LAPGAN at every level of its chain.

    Args:
        model: The LAPGAN.
        samples: Seeds, or z (N, latent_dim).

    Raises:
        ModelError: The model is no LAPGAN.
        UsageError: These are neither seeds nor z of this model.

    Example:
        >>> dcgan.draw_pyramid(dcgan.load("runs/lapgan"), range(8)).figure().save("pyramid.png")
    """
    if not isinstance(model.generator, LaplacianGenerator):
        kind = model.interface.nets or "your own"
        raise ModelError(f"`pyramid` needs a LAPGAN, and the nets of this model are {kind}: leave `pyramid` out")
    z = torch.from_numpy(latents_of(model, samples)).to(model.device)
    return Pyramid(tuple(to_pixels(images) for images in model.generator.pyramid(z)))
