"""Pictures beside the nearest ones that a model can draw, and how far off these are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcgan.errors import UsageError
from dcgan.figures.labeled_grid import labeled_grid
from dcgan.figures.notebook import html_of
from dcgan.figures.projection_errors import plot_projection_errors
from dcgan.figures.theme import THEMES, Theme
from dcgan.model import Model
from dcgan.short_repr import ShortRepr
from dcgan.types import Latents, Pixels

SHOWN = 12  # pictures of a figure
_QUANTILE = 0.95  # of the errors of training pictures: what is above is out of reach
_LEAST_GAIN = 0.75  # of the error of the best random z, where no training pictures are known
_BY_PICTURE = ("pictures", "z", "pixels", "errors", "random_errors")

Errors = NDArray[np.float64]
"""(N,), root mean squared differences of pixels, in gray levels (0 to 255)."""


@dataclass(frozen=True, repr=False)
class Projection(ShortRepr):
    """Pictures, and the nearest ones that the model can draw.

    Attributes:
        names: N names of the pictures.
        pictures: (N, H, W, C), uint8, as cropped to the model's size.
        z: (N, latent_dim), float32.
        pixels: (N, H, W, C), uint8, what the generator draws from `z`.
        errors: (N,), how far `pixels` are from `pictures`.
        random_errors: (N,), the same for the best of 1,000 random z.
        reference_errors: (M,), the same for training pictures that were projected in the same way; none if no training
            pictures are known.
        path: (F, N, latent_dim), z along the descent, as many as were asked for.
    """

    names: tuple[str, ...]
    pictures: Pixels
    z: Latents
    pixels: Pixels
    errors: Errors
    random_errors: Errors
    reference_errors: Errors
    path: Latents

    @property
    def limits(self) -> Errors:
        """(N,), the largest error of each picture within the model's reach.

        That of 95 % of the training pictures; where none are known, three quarters of the error of the best random z.
        """
        if len(self.reference_errors):
            return np.full(len(self.errors), np.quantile(self.reference_errors, _QUANTILE))
        return _LEAST_GAIN * self.random_errors

    @property
    def in_reach(self) -> NDArray[np.bool_]:
        """(N,), whether the model can draw each picture about as well as those that it was trained on."""
        return self.errors <= self.limits

    @property
    def memorization(self) -> float:
        """How often a training picture has the smaller error, of all pairs of one with one of these pictures, 0 to 1.

        For pictures that the model never saw, 0.5 says that it draws them as well as those it was trained on; a model
        that has memorized its pictures would be near 1. NaN where no training pictures are known.
        """
        if not len(self.reference_errors):
            return float("nan")
        differences = self.errors[:, None] - self.reference_errors
        return float(((differences > 0) + (differences == 0) / 2).mean())

    def errors_figure(self, theme: Theme = THEMES["light"]) -> Image.Image:
        """A chart of all errors: of these pictures, of training pictures, and of the best of 1,000 random z."""
        groups = {"these pictures": self.errors, "best of 1,000 random z": self.random_errors}
        if len(self.reference_errors):
            groups = {"training pictures": self.reference_errors, **groups}
        return plot_projection_errors(groups, theme)

    def figure(self, theme: Theme = THEMES["light"]) -> Image.Image:
        """The first pictures, and below each its projection, with the error above it in gray levels."""
        shown = slice(SHOWN)
        flags = zip(self.errors[shown], self.in_reach[shown], strict=True)
        columns = [f"{error:.0f}" if near else f"{error:.0f} (out)" for error, near in flags]
        pixels = np.stack([self.pictures[shown], self.pixels[shown]])
        return labeled_grid(pixels, theme, rows=["picture", "projection"], columns=columns)

    def film(self, model: Model) -> Iterator[Pixels]:
        """The frames of a film of the descent: the first pictures, each beside what is drawn so far, (N, H, 2 W, C).

        Raises:
            UsageError: No z along the descent were kept.
        """
        if not len(self.path):
            raise UsageError(
                "there is nothing to film: the search kept no `frames`; project the pictures with 2 or more"
            )
        for z in self.path[:, :SHOWN]:
            yield np.concatenate([self.pictures[:SHOWN], model.generate(z)], axis=2)

    def _repr_html_(self) -> str:
        return html_of(self.figure())


def joined(parts: Sequence[Projection]) -> Projection:
    """One projection of the pictures of several, one or more, of the same model with the same reference."""
    first = parts[0]
    together = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _BY_PICTURE}
    path = np.concatenate([part.path for part in parts], axis=1)
    return replace(first, names=tuple(name for part in parts for name in part.names), path=path, **together)
