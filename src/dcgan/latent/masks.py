"""What is missing of pictures: the masks of Yeh et al. (2017) by name, or pictures of the user's own."""

from typing import Literal, get_args

import numpy as np
from PIL import Image

from dcgan.errors import UsageError
from dcgan.latent.checks import LARGEST_SEED, check_whole
from dcgan.randomness import Stream, rng
from dcgan.types import Mask

MaskName = Literal["center", "half", "random", "pattern"]

MOST_SIDE = 65_535  # pixels, as of a JPEG
_CENTER = 0.5  # of the side
_MISSING = {"random": 0.8, "pattern": 0.25}  # share of the pixels
_SPOTS = 8  # of a pattern, along a side


def named_mask(name: MaskName, side: int, seed: int = 0, number: int = 0) -> Mask:
    """One of the paper's masks.

    Args:
        name: "center" (half the side, in the middle), "half" (the left, right, upper or lower one), "random" (80 % of
            the pixels), or "pattern" (a quarter of the pixels, in spots).
        side: Of the square picture, 8 to 65,535 pixels.
        seed: Of what is random in it.
        number: Of the picture: each has another.

    Returns:
        (side, side), True where pixels are missing.

    Raises:
        UsageError: There is no mask of that name, or a number is out of its range.
    """
    if name not in get_args(MaskName):
        raise UsageError(f"`name` must be {', '.join(get_args(MaskName))}, not {name!r}")
    check_whole("side", side, _SPOTS, MOST_SIDE)
    check_whole("seed", seed, 0, LARGEST_SEED)
    check_whole("number", number, 0, LARGEST_SEED)
    mask, random = np.zeros((side, side), bool), rng(Stream.MASKS, seed, number)
    match name:
        case "center":
            edge = round(side * (1 - _CENTER) / 2)
            mask[edge : side - edge, edge : side - edge] = True
        case "half":
            np.rot90(mask, int(random.integers(4)))[: side // 2] = True
        case "random":
            mask.flat[random.permutation(mask.size)[: round(_MISSING[name] * mask.size)]] = True
        case "pattern":
            noise = random.standard_normal((_SPOTS, _SPOTS)).astype(np.float32)
            smooth = np.asarray(Image.fromarray(noise).resize((side, side), Image.Resampling.BICUBIC))
            mask[:] = smooth > np.quantile(smooth, 1 - _MISSING[name])
    return mask
