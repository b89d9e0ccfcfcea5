"""What the discriminator is shown: pictures changed at random, real and drawn ones alike, so that it cannot win early.

Every change is differentiable, and the generator learns through it, so it draws the unchanged pictures (Zhao et al.
2020, "Differentiable Augmentation for Data-Efficient GAN Training"). Small sets and hard edges need it: without it the
discriminator knows every real picture, or every pixel, before the generator has begun.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn import functional as F

SHIFT = 8  # a picture is moved by up to its side divided by this, as in Zhao et al.


def translate(images: Tensor, random: torch.Generator) -> Tensor:
    """Move each picture by up to an eighth of its side, each way; what comes in at the edge is mid-grey.

    Args:
        images: (N, C, H, W) in [-1, 1].
        random: Where the shifts come from; on the CPU.

    Returns:
        The moved pictures (N, C, H, W), in channels_last memory.
    """
    count, _, side, _ = images.shape
    reach = side // SHIFT
    shifts = torch.randint(0, 2 * reach + 1, (2, count, 1), generator=random).to(images.device)
    places = torch.arange(side, device=images.device)
    rows, columns = places + shifts[0], places + shifts[1]  # (N, side) each
    padded = F.pad(images, (reach, reach, reach, reach)).permute(0, 2, 3, 1)  # (N, H + 2r, W + 2r, C)
    which = torch.arange(count, device=images.device)[:, None, None]
    return padded[which, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def nothing(images: Tensor, random: torch.Generator) -> Tensor:  # noqa: ARG001  # the signature of its neighbours
    """Leave the pictures as they are, as the paper did."""
    return images


AUGMENTATIONS: Mapping[str, Callable[[Tensor, torch.Generator], Tensor]] = MappingProxyType(
    {"none": nothing, "translate": translate}
)
