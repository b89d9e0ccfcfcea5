"""Filled pictures at the size of figures and films: a few hundred kilobytes each, however large the pictures are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from dcgan.figures.labeled_grid import labeled_grid
from dcgan.figures.theme import Theme
from dcgan.latent.blending import Blender, Values
from dcgan.latent.channels import with_channels
from dcgan.latent.regions import Shares, enlarge
from dcgan.model import Model
from dcgan.types import Latents, Pixels

MISSING_COLOR = (255, 0, 200)  # RGB
SHOWN = 12  # pictures of a figure
SHOWN_SIDE = 128  # pixels, of each of them
_HALF = 0.5  # of a pixel: if more of it is missing, it is filled


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """The region of a picture that a model fills, in RGB, at most as large as figures show it.

    Attributes:
        picture: (s, s, 3), uint8, as it was.
        known: (s, s, 3), uint8, the means of what is known.
        missing: (s, s), how much of each pixel is missing.
        gray: Whether all that is known of the whole picture is gray.
        drawn: (A, size, size, C), uint8, answers.
        path: (F, latent_dim), z along the descent.
    """

    picture: Pixels
    known: Pixels
    missing: Shares
    gray: bool
    drawn: Pixels
    path: Latents

    def filled(self, drawn: Pixels, *, blend: bool) -> Pixels:
        """With any drawing of the region (size, size, C) in the hole: (128, 128, 3), uint8."""
        patch = enlarge(with_channels(drawn if not self.gray else with_channels(drawn, 1), 3), len(self.known))
        return self._shown(self._blender.blend(self.known.astype(np.float32), patch) if blend else patch)

    def panels(self, *, blend: bool) -> Pixels:
        """As it was, what is missing, as it is drawn, blended, and the other answers: (3 + A, 128, 128, 3)."""
        marked = self._shown(np.broadcast_to(np.array(MISSING_COLOR, np.float32), self.known.shape))
        pasted = [self.filled(self.drawn[0], blend=False)] if blend else []
        answers = [self.filled(drawn, blend=blend) for drawn in self.drawn]
        return np.stack([_at_size(self.picture), marked, *pasted, *answers])

    @cached_property
    def _blender(self) -> Blender:
        return Blender(self.missing > _HALF)

    def _shown(self, patch: Values) -> Pixels:
        missing = self.missing[..., None]
        mixed = self.known * (1 - missing) + patch * missing
        return _at_size(mixed.round().clip(0, 255).astype(np.uint8))


def plot_thumbnails(thumbnails: Sequence[Thumbnail], theme: Theme, *, blend: bool) -> Image.Image:
    """A line for each picture, one at least, all with as many answers; `blend`: whether answers are blended."""
    columns = ["picture", "missing", "drawn", *(["blended"] if blend else [])]
    columns += [f"answer {number}" for number in range(2, len(thumbnails[0].drawn) + 1)]
    return labeled_grid(np.stack([one.panels(blend=blend) for one in thumbnails]), theme, columns=columns)


def film(thumbnails: Sequence[Thumbnail], model: Model, *, blend: bool) -> Iterator[Pixels]:
    """The frames of a film of the descent, (N, 128, 128, 3): the pictures, filled with what is drawn so far."""
    for z in np.stack([one.path for one in thumbnails], axis=1):
        drawn = zip(thumbnails, model.generate(z), strict=True)
        yield np.stack([one.filled(pixels, blend=blend) for one, pixels in drawn])


def _at_size(pixels: Pixels) -> Pixels:
    """A square, enlarged to the size of figures."""
    return np.asarray(Image.fromarray(pixels).resize((SHOWN_SIDE, SHOWN_SIDE), Image.Resampling.BICUBIC))
