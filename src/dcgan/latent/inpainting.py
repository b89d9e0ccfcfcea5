"""Pictures with what was missing filled in: their files, figures and films."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from dcgan.errors import UsageError
from dcgan.figures.notebook import html_of
from dcgan.figures.theme import THEMES, Theme
from dcgan.latent.blending import Blender
from dcgan.latent.channels import in_gray, is_gray, with_channels
from dcgan.latent.checks import check_whole
from dcgan.latent.descent import Losses
from dcgan.latent.regions import Region, enlarge, extents, part_of, shrink
from dcgan.latent.thumbnails import SHOWN, SHOWN_SIDE, Thumbnail, film, plot_thumbnails
from dcgan.model import Model
from dcgan.short_repr import ShortRepr
from dcgan.types import Latents, Mask, Pixels


@dataclass(frozen=True, eq=False, repr=False)
class Inpainted(ShortRepr):
    """One picture, and what a generator draws where it is missing.

    Attributes:
        name: Of the picture.
        picture: (H, W, C), uint8, of any size, C of 1, 3 or 4; what it has in the hole does not matter.
        mask: (H, W), True where pixels are missing.
        region: The part that the generator draws.
        z: (A, latent_dim), A answers, the best first.
        losses: (A,), how well each fits what is known.
        drawn: (A, size, size, C), uint8, the region as the model draws it for each answer.
        path: (F, latent_dim), z of the first answer along its descent, as many as were asked for.
    """

    name: str
    picture: Pixels
    mask: Mask
    region: Region
    z: Latents
    losses: Losses
    drawn: Pixels
    path: Latents

    @cached_property
    def is_gray(self) -> bool:
        """Whether all that is known of the picture is gray."""
        return is_gray(self.picture, self.mask)

    def filled(self, answer: int = 0, *, blend: bool = True) -> Pixels:
        """The picture with an answer in its hole: (H, W, C), uint8.

        If all that is known of the picture is gray, the answer is drawn in gray. In a picture with alpha the hole is
        opaque, unless the model draws alpha, too.

        Args:
            answer: Which, from 0, the best first.
            blend: Whether its gradients are taken, so that it joins the picture; or it is left as it is drawn.

        Raises:
            UsageError: There is no such answer.
        """
        check_whole("answer", answer, 0, len(self.drawn) - 1)
        drawn = in_gray(self.drawn[answer]) if self.is_gray else self.drawn[answer]
        (left, top, side), (height, width) = self.region, self.mask.shape
        (first_row, end_row), (first_column, end_column) = extents(self.mask)
        rows = slice(max(0, first_row - 1), min(end_row + 1, height))  # of the hole, and one more at each side
        columns = slice(max(0, first_column - 1), min(end_column + 1, width))
        around, hole = self.picture[rows, columns], self.mask[rows, columns]
        channels = around.shape[2] if around.shape[2] < 4 or drawn.shape[2] == 4 else 3
        patch = enlarge(with_channels(drawn, channels), side)
        patch = np.pad(patch, ((1, 1), (1, 1), (0, 0)), mode="edge")  # it may end with the hole
        from_row, from_column = rows.start - top + 1, columns.start - left + 1
        patch = patch[from_row : from_row + hole.shape[0], from_column : from_column + hole.shape[1]]
        if blend:
            patch = Blender(hole).blend(with_channels(around, channels).astype(np.float32), patch)
        filled = self.picture.copy()
        values = patch[hole].round().clip(0, 255).astype(np.uint8)
        filled[rows, columns][hole] = with_channels(values, around.shape[2])
        return filled

    def thumbnail(self) -> Thumbnail:
        """The region, as small as figures and films show it."""
        side = min(self.region[2], SHOWN_SIDE)
        picture = with_channels(part_of(self.picture, self.region), 3)
        whole = Region(0, 0, self.region[2])
        original, _ = shrink(picture, np.zeros(picture.shape[:2], bool), whole, side)
        known, missing = shrink(picture, part_of(self.mask, self.region), whole, side)
        return Thumbnail(original, known, missing, self.is_gray, self.drawn, self.path)


@dataclass(frozen=True, eq=False, repr=False)
class Inpainting(ShortRepr):
    """Pictures with what was missing filled in.

    Attributes:
        pictures: N pictures.
    """

    pictures: tuple[Inpainted, ...]

    def figure(self, theme: Theme = THEMES["light"], *, blend: bool = True) -> Image.Image:
        """A line for each of the first pictures: as it was, what is missing, as it is drawn, blended, other answers.

        Args:
            theme: Colors.
            blend: As for `Inpainted.filled`; without it there is no column of what is blended.
        """
        return plot_thumbnails([one.thumbnail() for one in self.pictures[:SHOWN]], theme, blend=blend)

    def film(self, model: Model, *, blend: bool = True) -> Iterator[Pixels]:
        """The frames of a film of the descent: the regions of the first pictures, filled with what is drawn so far.

        Args:
            model: The model that filled them.
            blend: As for `Inpainted.filled`.

        Raises:
            UsageError: No z along the descent were kept.
        """
        if not len(self.pictures[0].path):
            raise UsageError("there is nothing to film: the search kept no `frames`; fill the pictures with 2 or more")
        return film([one.thumbnail() for one in self.pictures[:SHOWN]], model, blend=blend)

    def _repr_html_(self) -> str:
        return html_of(self.figure())
