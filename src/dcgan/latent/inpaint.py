"""Semantic inpainting (Yeh et al. 2017): what is missing of a picture, drawn by a generator that fits what is known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from dcgan.errors import UsageError
from dcgan.figures.labeled_grid import labeled_grid
from dcgan.figures.notebook import html_of
from dcgan.figures.theme import THEMES, Theme
from dcgan.latent.blending import Blender
from dcgan.latent.descent import DescentOptions, Loss, Losses, descend, random_starts
from dcgan.latent.regions import Region, check_region, enlarge, extents, region_around, shrink
from dcgan.model import Model, to_images
from dcgan.progress import notebook_bar
from dcgan.short_repr import ShortRepr
from dcgan.types import Latents, Mask, OnProgress, Pixels

Prior = Literal["saturating", "nonsaturating"]

MISSING_COLOR = (255, 0, 200)  # RGB, of figures
SHOWN = 12  # pictures of a figure
SHOWN_SIDE = 128  # pixels, at most, of each of them


@dataclass(frozen=True)
class InpaintOptions(DescentOptions):
    """How a hole is filled."""

    starts: int = 4
    steps: int = 300
    window: int = 7
    """Side of the window around a known pixel, pixels, odd; the share that is missing there is the pixel's weight (Yeh
    et al. 2017, equation 3). 0: all known pixels have the weight 1."""
    far_weight: float = 0.1
    """Added to the weight of every known pixel: what is far from the hole counts too. The paper's is 0."""
    prior_weight: float = 0.003
    """Lambda, the weight of the prior: what the discriminator thinks of the whole picture. 0: it is not asked."""
    prior: Prior = "saturating"
    """Of the logit l, saturating is log(1 - sigmoid(l)), as in the paper; nonsaturating is -log(sigmoid(l)), as in the
    released codes."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.window and (self.window % 2 == 0 or not 1 < self.window < 1000):
            raise UsageError(f"`window` must be odd, 3 to 999, or 0 for none, not {self.window}")
        for name in ("far_weight", "prior_weight"):
            if not 0 <= getattr(self, name) <= 1e6:
                raise UsageError(f"`{name}` must be 0 or more, not {getattr(self, name):g}")
        if self.prior not in get_args(Prior):
            raise UsageError(f"`prior` must be {' or '.join(get_args(Prior))}, not {self.prior!r}")


VARIANTS: Mapping[str, InpaintOptions] = {
    "dcgan": InpaintOptions(),
    "paper": InpaintOptions(starts=1, steps=1500, lr=0.01, schedule="constant", far_weight=0),
    "authors": InpaintOptions(
        starts=1,
        steps=3000,
        optimizer="nesterov",
        lr=0.0003,
        schedule="constant",
        window=15,
        far_weight=0,
        prior_weight=0.2,
        prior="nonsaturating",
    ),
    "bamos": InpaintOptions(
        starts=1,
        steps=1000,
        lr=0.01,
        schedule="constant",
        window=0,
        far_weight=0,
        prior_weight=0.1,
        prior="nonsaturating",
    ),
}
"""Ours; that of the paper (whose learning rate is not given: bamos'); and those of two released codes: the authors' own
(github.com/moodoki/semantic_image_inpainting) and the most read one (github.com/bamos/dcgan-completion.tensorflow)."""


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
        return self.fill(self.drawn[answer], blend=blend)

    def fill(self, drawn: Pixels, *, blend: bool = True) -> Pixels:
        """The picture with a drawn region (size, size, C) in its hole."""
        left, top, side = self.region
        patch = np.pad(enlarge(drawn, side), ((1, 1), (1, 1), (0, 0)), mode="edge")
        rows, columns = self._window
        patch = patch[rows.start - top + 1 : rows.stop - top + 1, columns.start - left + 1 : columns.stop - left + 1]
        if blend:
            patch = self._blender.blend(self.picture[rows, columns].astype(np.float32), patch)
        filled, hole = self.picture.copy(), self.mask[rows, columns]
        filled[rows, columns][hole] = patch[hole].round().clip(0, 255).astype(np.uint8)
        return filled

    @cached_property
    def _window(self) -> tuple[slice, slice]:
        """The rows and columns of the hole, and one more at each side where the picture has one."""
        ((top, bottom), (left, right)), (height, width) = extents(self.mask), self.mask.shape
        return slice(max(0, top - 1), min(bottom + 1, height)), slice(max(0, left - 1), min(right + 1, width))

    @cached_property
    def _blender(self) -> Blender:
        return Blender(self.mask[self._window])

    def panels(self) -> Pixels:
        """The region before and after: original, damaged, filled, blended, and the other answers, (3 + A, s, s, C)."""
        damaged = self.picture.copy()
        color = MISSING_COLOR if self.picture.shape[2] >= 3 else (255,)
        damaged[self.mask] = (*color, 255)[: self.picture.shape[2]]
        answers = [self.filled(answer) for answer in range(len(self.z))]
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

    def film(self, model: Model) -> Iterator[Pixels]:
        """The frames of a film of the descent: the regions of the first pictures, filled with what is drawn so far."""
        shown = self.pictures[:SHOWN]
        for z in np.stack([one.path for one in shown], axis=1):
            yield np.stack([one.shown(one.fill(drawn)) for one, drawn in zip(shown, model.generate(z), strict=True)])

    def _repr_html_(self) -> str:
        return html_of(self.figure())


@notebook_bar("inpainting")
def inpaint(
    model: Model,
    pictures: Sequence[Pixels] | Pixels,
    masks: Sequence[Mask],
    options: InpaintOptions | None = None,
    *,
    answers: int = 1,
    regions: Sequence[Region | None] | None = None,
    names: Sequence[str] | None = None,
    frames: int = 0,
    on_progress: OnProgress | None = None,
) -> Inpainting:
    """Fill what is missing of pictures: find the z whose picture fits to what is known, and draw the rest from it.

    Args:
        model: Whose generator draws.
        pictures: N of (H, W, C), uint8, each of any size.
        masks: N of (H, W), True where a picture is missing: some of it, but not all. See `named_mask`.
        options: How z is searched for.
        answers: How many fillings of each picture, the best first; at most `options.starts`.
        regions: The part of each picture that the model draws, which must hold all that is missing. None: the largest
            square near the center, or twice the size of the hole where that is small (see `region_around`).
        names: N names. Default: numbers.
        frames: How many z of each first answer's descent are kept for a film; 0, or 2 or more.
        on_progress: Called with (steps of descents done, in all). Default: a progress bar in a notebook.

    Raises:
        UsageError: A value is out of its range, pictures and masks do not fit to each other or to the model, or a mask
            is empty or full.
        DcganError: scipy is not installed, or the hole is too large to blend.

    Example:
        >>> masks = [dcgan.named_mask("center", model.size)] * len(pixels)
        >>> dcgan.inpaint(model, pixels, masks).figure().save("filled.png")
    """
    options = options or InpaintOptions()
    if not 1 <= answers <= options.starts:
        raise UsageError(f"`answers` must be 1 to {options.starts}, the number of `starts`, not {answers}")
    count = len(pictures)
    regions, names = regions or [None] * count, names or [str(number) for number in range(count)]
    if not count == len(masks) == len(regions) == len(names):
        raise UsageError(f"{count} pictures have {len(masks)} masks, {len(regions)} regions and {len(names)} names")
    places = []
    for picture, mask, region, name in zip(pictures, masks, regions, names, strict=True):
        _check(model, picture, mask, name)
        if region is not None:
            check_region(region, mask)
        places.append(region or region_around(mask))
    shrunk = [shrink(*one, model.size) for one in zip(pictures, masks, places, strict=True)]
    context, loss = _losses(model, np.stack([one for one, _ in shrunk]), np.stack([one for _, one in shrunk]), options)
    starts = random_starts(model, context, count, options).z
    found = descend(model, loss, starts, options, frames=frames, on_progress=on_progress)
    size, channels = model.size, model.channels
    drawn = model.generate(found.z[:, :answers].reshape(-1, model.latent_dim)).reshape(
        -1, answers, size, size, channels
    )
    return Inpainting(
        tuple(
            Inpainted(
                names[n],
                pictures[n],
                masks[n],
                places[n],
                found.z[n, :answers],
                found.losses[n, :answers],
                drawn[n],
                found.path[:, n, 0],
            )
            for n in range(count)
        )
    )


def context_weights(masks: Tensor, window: int, far_weight: float = 0.0) -> Tensor:
    """What each known pixel counts: the share of its window that is missing (Yeh et al. 2017, equation 3).

    Args:
        masks: (N, H, W), 1 where pixels are missing and 0 elsewhere.
        window: Side of the window, odd; pixels beyond the picture do not count. 0: every known pixel has the weight 1.
        far_weight: Added for every known pixel.

    Returns:
        (N, 1, H, W), 0 where pixels are missing.
    """
    known = 1 - masks[:, None]
    if not window:
        return known
    share = F.avg_pool2d(masks[:, None], window, 1, window // 2, count_include_pad=False)
    return known * (share + far_weight)


def _losses(model: Model, pixels: Pixels, masks: Mask, options: InpaintOptions) -> tuple[Loss, Loss]:
    """The context loss alone, and with the prior."""
    targets = to_images(torch.from_numpy(pixels)).to(model.device)
    missing = torch.from_numpy(masks).float().to(model.device)
    weights = context_weights(missing, options.window, options.far_weight)

    def context(images: Tensor, which: Tensor) -> Tensor:
        return (weights[which] * (images - targets[which]).abs()).sum(dim=(1, 2, 3))

    def with_prior(images: Tensor, which: Tensor) -> Tensor:
        loss = context(images, which)
        if not options.prior_weight:
            return loss
        logits = model.discriminator(images)
        prior = -F.softplus(logits) if options.prior == "saturating" else F.softplus(-logits)
        return loss + options.prior_weight * prior

    return context, with_prior


def _check(model: Model, picture: Pixels, mask: Mask, name: str) -> None:
    if picture.ndim != 3 or picture.dtype != np.uint8 or picture.shape[2] != model.channels:
        raise UsageError(
            f"{name}: the picture is {picture.dtype} of {picture.shape}; this model needs uint8 of "
            f"(H, W, {model.channels})"
        )
    if mask.shape != picture.shape[:2] or mask.dtype != np.bool_:
        raise UsageError(
            f"{name}: the mask is {mask.dtype} of {mask.shape}, and the picture needs bool of {picture.shape[:2]}"
        )
    if mask.all() or not mask.any():
        raise UsageError(
            f"{name}: the mask is {'full' if mask.all() else 'empty'}: there is nothing to go by or to fill"
        )


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
