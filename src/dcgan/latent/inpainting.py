"""Pictures with what was missing filled in: their files, figures and films."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from dcgan.figures.labeled_grid import labeled_grid
from dcgan.figures.notebook import html_of
from dcgan.figures.theme import THEMES, Theme
from dcgan.latent.blending import Blender
from dcgan.latent.descent import Losses
from dcgan.latent.regions import Region, enlarge, extents
from dcgan.model import Model
from dcgan.short_repr import ShortRepr
from dcgan.types import Latents, Mask, Pixels

MISSING_COLOR = (255, 0, 200)  # RGB, of figures
SHOWN = 12  # pictures of a figure
SHOWN_SIDE = 128  # pixels, of each of them


@dataclass(frozen=True, eq=False, repr=False)
class Inpainted(ShortRepr):
    """One picture, and what a generator draws where it is missing.

    Attributes:
        name: Of the picture.
        picture: (H, W, C), uint8, of any size; what it has in the hole does not matter.
        mask: (H, W), True where pixels are missing.
        region: The part that the generator draws.
        z: (A, latent_dim), A answers, the best first.
        losses: (A,), how well each fits to what is known.
        drawn: (A, size, size, C), uint8, the region as it is drawn for each answer.
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

    def filled(self, answer: int = 0, *, blend: bool = True) -> Pixels:
        """The picture with an answer in its hole: (H, W, C), uint8; as it is drawn, or blended by its gradients."""
        return self.filler(blend=blend)(self.drawn[answer])

    def filler(self, *, blend: bool = True) -> Callable[[Pixels], Pixels]:
        """What makes the picture with its hole filled, (H, W, C), from any drawing of the region, (size, size, C).

        What is the same for all drawings is computed once; it takes about a kilobyte for each missing pixel.
        """
        (left, top, side), (height, width) = self.region, self.mask.shape
        (first_row, end_row), (first_column, end_column) = extents(self.mask)
        rows = slice(max(0, first_row - 1), min(end_row + 1, height))  # of the hole, and one more at each side
        columns = slice(max(0, first_column - 1), min(end_column + 1, width))
        around, hole = self.picture[rows, columns].astype(np.float32), self.mask[rows, columns]
        blender = Blender(hole) if blend else None

        def fill(drawn: Pixels) -> Pixels:
            patch = np.pad(enlarge(drawn, side), ((1, 1), (1, 1), (0, 0)), mode="edge")  # it may end with the hole
            from_row, from_column = rows.start - top + 1, columns.start - left + 1
            patch = patch[from_row : from_row + hole.shape[0], from_column : from_column + hole.shape[1]]
            if blender is not None:
                patch = blender.blend(around, patch)
            filled = self.picture.copy()
            filled[rows, columns][hole] = patch[hole].round().clip(0, 255).astype(np.uint8)
            return filled

        return fill

    def panels(self) -> Pixels:
        """The region before and after: original, damaged, filled, blended, and the other answers, (3 + A, s, s, C)."""
        damaged = self.picture.copy()
        color = MISSING_COLOR if self.picture.shape[2] >= 3 else (255,)
        damaged[self.mask] = (*color, 255)[: self.picture.shape[2]]
        answers = map(self.filler(), self.drawn)
        return np.stack([self.shown(pixels) for pixels in (self.picture, damaged, self.filled(blend=False), *answers)])

    def shown(self, pixels: Pixels) -> Pixels:
        """The region of the picture, (H, W, C), or of it changed, at the size of figures."""
        left, top, side = self.region
        return _shown(pixels[top : top + side, left : left + side])


@dataclass(frozen=True, eq=False, repr=False)
class Inpainting(ShortRepr):
    """Pictures with what was missing filled in.

    Attributes:
        pictures: N pictures.
    """

    pictures: tuple[Inpainted, ...]

    def figure(self, theme: Theme = THEMES["light"]) -> Image.Image:
        """A line for each of the first pictures: original, damaged, filled before and after blending, other answers."""
        shown = self.pictures[:SHOWN]
        answers = len(shown[0].z)
        columns = ["picture", "missing", "drawn", "blended", *(f"answer {number}" for number in range(2, answers + 1))]
        return labeled_grid(np.stack([one.panels() for one in shown]), theme, columns=columns)

    def film(self, model: Model, *, blend: bool = True) -> Iterator[Pixels]:
        """The frames of a film of the descent: the regions of the first pictures, filled with what is drawn so far.

        Args:
            model: The model that filled them.
            blend: As for `Inpainted.filled`.
        """
        shown = self.pictures[:SHOWN]
        fillers = [one.filler(blend=blend) for one in shown]
        for z in np.stack([one.path for one in shown], axis=1):
            parts = zip(shown, fillers, model.generate(z), strict=True)
            yield np.stack([one.shown(fill(drawn)) for one, fill, drawn in parts])

    def _repr_html_(self) -> str:
        return html_of(self.figure())


def _shown(pixels: Pixels) -> Pixels:
    """A square at the size of a figure."""
    if len(pixels) == SHOWN_SIDE:
        return pixels
    how = Image.Resampling.BOX if len(pixels) > SHOWN_SIDE else Image.Resampling.BICUBIC
    channels = [
        np.asarray(Image.fromarray(np.ascontiguousarray(channel)).resize((SHOWN_SIDE, SHOWN_SIDE), how))
        for channel in np.moveaxis(pixels, 2, 0)
    ]
    return np.stack(channels, axis=2)
