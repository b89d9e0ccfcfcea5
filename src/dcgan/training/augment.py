"""What the discriminator is shown: images changed at random, real and generated alike, so that it cannot win early.

Every change is differentiable, and the generator learns through it, so what it generates is unchanged (Zhao et al.
2020, "Differentiable Augmentation for Data-Efficient GAN Training"). Small sets and hard edges need it: without it the
discriminator knows every real image, or every pixel, before the generator has begun.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

SHIFT = 8  # a picture is moved by up to its side divided by this, as in Zhao et al.


@dataclass(frozen=True)
class Augmentation:
    """A change of pictures, fixed by so many random numbers a picture.

    Attributes:
        numbers: How many it takes.
        apply: Images (N, C, H, W) in [-1, 1] and numbers (N, `numbers`) in [0, 1) to images of the same shape. Each
            frame of a clip is an image, and those of one clip have the same numbers.
    """

    numbers: int
    apply: Callable[[Tensor, Tensor], Tensor]


def translation(images: Tensor, numbers: Tensor) -> Tensor:
    """Move each picture by up to an eighth of its side, each way; what comes in at the edge is mid-gray.

    Args:
        images: (N, C, H, W) in [-1, 1].
        numbers: (N, 2) in [0, 1): where to, down and to the right.

    Returns:
        The moved pictures (N, C, H, W), in channels_last memory.
    """
    count, _, side, _ = images.shape
    reach = side // SHIFT
    shifts = (numbers * (2 * reach + 1)).long()
    positions = torch.arange(side, device=images.device)
    rows, columns = positions + shifts[:, :1], positions + shifts[:, 1:]  # (N, side) each
    padded = F.pad(images, (reach, reach, reach, reach)).permute(0, 2, 3, 1)  # (N, H + 2r, W + 2r, C)
    which = torch.arange(count, device=images.device)[:, None, None]
    return padded[which, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def color(images: Tensor, numbers: Tensor) -> Tensor:
    """Change brightness (by up to 0.5), saturation (0 to 2 times) and contrast (0.5 to 1.5 times).

    Args:
        images: (N, C, H, W) in [-1, 1].
        numbers: (N, 3) in [0, 1).
    """
    brightness, saturation, contrast = numbers[:, :, None, None, None].unbind(1)
    images = images + brightness - 0.5
    gray = images.mean(dim=1, keepdim=True)
    images = (images - gray) * 2 * saturation + gray
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return (images - mean) * (contrast + 0.5) + mean


def cutout(images: Tensor, numbers: Tensor) -> Tensor:
    """Lay a mid-gray square of half the side over each picture; its center lies anywhere on the picture.

    Args:
        images: (N, C, H, W) in [-1, 1].
        numbers: (N, 2) in [0, 1): the center.
    """
    side = images.shape[-1]
    positions = torch.arange(side, device=images.device)
    hidden = (positions - (numbers * side).floor()[:, :, None]).abs() < side / 4  # (N, 2, side)
    return images.masked_fill((hidden[:, 0, :, None] & hidden[:, 1, None, :])[:, None], 0.0)


def color_translation_cutout(images: Tensor, numbers: Tensor) -> Tensor:
    """Color, then translation, then cutout: Zhao et al.'s strongest policy. Takes (N, 7) numbers."""
    return cutout(translation(color(images, numbers[:, :3]), numbers[:, 3:5]), numbers[:, 5:])


def translation_cutout(images: Tensor, numbers: Tensor) -> Tensor:
    """Translation, then cutout: the same for pictures whose colors cannot be changed. Takes (N, 4) numbers."""
    return cutout(translation(images, numbers[:, :2]), numbers[:, 2:])


NONE = Augmentation(0, lambda images, _: images)
TRANSLATION = Augmentation(2, translation)
TRANSLATION_CUTOUT = Augmentation(4, translation_cutout)
COLOR_TRANSLATION_CUTOUT = Augmentation(7, color_translation_cutout)
