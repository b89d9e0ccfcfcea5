"""Semantic inpainting (Yeh et al. 2017): what is missing of a picture, drawn by a generator that fits what is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from dcgan.errors import ModelError, UsageError
from dcgan.latent.channels import with_channels
from dcgan.latent.checks import is_whole
from dcgan.latent.descent import DescentOptions, Loss, descend, random_starts
from dcgan.latent.inpainting import Inpainted, Inpainting
from dcgan.latent.regions import Region, Shares, region_for, shrink
from dcgan.model import Model
from dcgan.pixels import to_images
from dcgan.progress import notebook_bar
from dcgan.types import Mask, OnProgress, Pixels
from dcgan.words import counted

Prior = Literal["saturating", "nonsaturating"]


@dataclass(frozen=True)
class InpaintOptions(DescentOptions):
    """How a hole is filled."""

    starts: int = 4
    steps: int = 300
    truncation: float | None = 0.7
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
        if not is_whole(self.window, 0, 999) or self.window == 1 or (self.window and self.window % 2 == 0):
            raise UsageError(f"`window` must be odd, 3 to 999, or 0 for none, not {self.window!r}")
        for name in ("far_weight", "prior_weight"):
            if not 0 <= getattr(self, name) <= 1e6:
                raise UsageError(f"`{name}` must be 0 to 1,000,000, not {getattr(self, name):g}")
        if self.prior not in get_args(Prior):
            raise UsageError(f"`prior` must be {' or '.join(get_args(Prior))}, not {self.prior!r}")


VARIANTS: Mapping[str, InpaintOptions] = {
    "dcgan": InpaintOptions(),
    "paper": InpaintOptions(starts=1, steps=1500, lr=0.01, schedule="constant", truncation=None, far_weight=0),
    "authors": InpaintOptions(
        starts=1,
        steps=3000,
        optimizer="nesterov",
        lr=0.0003,
        schedule="constant",
        truncation=None,
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
        truncation=None,
        window=0,
        far_weight=0,
        prior_weight=0.1,
        prior="nonsaturating",
    ),
}
"""Ours; that of the paper (whose learning rate is not given: bamos'); and those of two released codes: the authors' own
(github.com/moodoki/semantic_image_inpainting) and the most read one (github.com/bamos/dcgan-completion.tensorflow)."""


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
    """Fill what is missing of pictures: find the z whose picture fits what is known, and draw the rest from it.

    Args:
        model: Whose generator draws.
        pictures: N of (H, W, C), uint8, each of any size; one, at least. They may be gray, RGB or RGBA (C of 1, 3 or
            4) whatever the model draws: the hole gets the channels of its picture.
        masks: N of (H, W), True where a picture is missing: some of it, but not all. See `named_mask`.
        options: How z is searched for.
        answers: How many fillings of each picture, the best first; at most `options.starts`.
        regions: The part of each picture that the model draws, (left, top, side), which must hold all that is missing.
            None: the largest square near the center; around a small hole a square of twice its size, and of the model's
            at least (`region_for`).
        names: N names. Default: numbers.
        frames: How many z of each first answer's descent are kept for a film; 0, or 2 to 10,000.
        on_progress: Called with (steps of descents done, in all). Default: a progress bar in a notebook.

    Raises:
        UsageError: A value is out of its range, pictures and masks do not fit each other, or what is missing cannot be
            filled: it is nothing, or too much.
        ModelError: The generator draws no numbers, or the discriminator needs labels.

    Example:
        >>> masks = [dcgan.named_mask("center", model.size)] * len(pixels)
        >>> dcgan.inpaint(model, pixels, masks).figure().save("filled.png")
    """
    options = options or InpaintOptions()
    if not is_whole(answers, 1, options.starts):
        raise UsageError(f"`answers` must be 1 to {options.starts}, the number of `starts`, not {answers!r}")
    if model.interface.classes and options.prior_weight:
        raise ModelError(
            "the discriminator of this model needs the label of a picture, which is unknown here: use `prior_weight` 0"
        )
    count, size = len(pictures), model.size
    regions, names = regions or [None] * count, names or [str(number) for number in range(count)]
    if not count or not count == len(masks) == len(regions) == len(names):
        have = f"{counted(len(masks), 'mask')}, {counted(len(regions), 'region')} and {counted(len(names), 'name')}"
        raise UsageError(f"{counted(count, 'picture')}, but {have}")
    places = []
    for picture, mask, region, name in zip(pictures, masks, regions, names, strict=True):
        try:
            places.append(place(model, picture, mask, region))
        except UsageError as error:
            raise UsageError(f"{name}: {error}") from error
    colors = (with_channels(picture, model.channels) for picture in pictures)
    shrunk = [shrink(*one, size) for one in zip(colors, masks, places, strict=True)]
    pixels, missing = (np.stack(arrays) for arrays in zip(*shrunk, strict=True))
    context, loss = _losses(model, pixels, missing, options)
    starts = random_starts(model, context, count, options).z
    found = descend(model, loss, starts, options, frames=frames, on_progress=on_progress)
    z, losses = found.z[:, :answers], found.losses[:, :answers]
    drawn = model.generate(z.reshape(-1, model.latent_dim)).reshape(count, answers, size, size, -1)
    path = found.path[:, :, 0].swapaxes(0, 1)
    return Inpainting(tuple(map(Inpainted, names, pictures, masks, places, z, losses, drawn, path)))


def place(model: Model, picture: Pixels, mask: Mask, region: Region | None = None) -> Region:
    """The region of a picture that a model draws (see `region_for`), if what is missing there can be filled.

    Raises:
        UsageError: It cannot, or picture and mask do not fit each other.
    """
    if picture.ndim != 3 or picture.dtype != np.uint8 or picture.shape[2] not in (1, 3, 4):
        raise UsageError(f"the picture is {picture.dtype} of {picture.shape}, and must be uint8 of (H, W, 1, 3 or 4)")
    if mask.ndim != 2 or mask.dtype != np.bool_:
        raise UsageError(f"the mask is {mask.dtype} of {mask.shape}, and must be bool of (H, W)")
    if mask.shape != picture.shape[:2]:
        (height, width), (mask_height, mask_width) = picture.shape[:2], mask.shape
        raise UsageError(f"the picture has {width} x {height} pixels, and the mask {mask_width} x {mask_height}")
    if mask.all() or not mask.any():
        raise UsageError(f"the mask says that {'everything' if mask.all() else 'nothing'} is missing")
    return region_for(mask, region, model.size)


def context_weights(masks: Tensor, window: int, far_weight: float = 0.0) -> Tensor:
    """What each known pixel counts: the share of its window that is missing (Yeh et al. 2017, equation 3).

    Args:
        masks: (N, H, W), how much of each pixel is missing, 0 to 1.
        window: Side of the window, odd; pixels beyond the picture do not count. 0: every known pixel has the weight 1.
        far_weight: Added for every known pixel.

    Returns:
        (N, 1, H, W), 0 where pixels are missing; of one that is missing in part, as large a part.
    """
    known = 1 - masks[:, None]
    if not window:
        return known
    share = F.avg_pool2d(masks[:, None], window, 1, window // 2, count_include_pad=False)
    return known * (share + far_weight)


def _losses(model: Model, pixels: Pixels, missing: Shares, options: InpaintOptions) -> tuple[Loss, Loss]:
    """The context loss alone, and with the prior."""
    targets = to_images(torch.from_numpy(pixels)).to(model.device)
    weights = context_weights(torch.from_numpy(missing).to(model.device), options.window, options.far_weight)

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
