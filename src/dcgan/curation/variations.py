"""How copies differ from their originals: a picture at 32x32 is also looked for as these variations of it.

A copy that lost a strip at its edges, is mirrored, or so bright that its lights are cut off has another code than its
original, but nearly that of one of the variations.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

CROP = 0.05  # of the side, taken away
_CORNERS = {
    "middle": (0, 0),
    "upper left": (-1, -1),
    "upper right": (1, -1),
    "lower left": (-1, 1),
    "lower right": (1, 1),
}
BRIGHTER = 1.2
LINEAR = ("whole", *_CORNERS, "mirrored")
"""Those that are linear in the pixels."""
VARIATIONS = (*LINEAR, "brighter")


def vary(planes: Tensor, variation: str) -> Tensor:
    """A variation of pictures.

    Args:
        planes: (N, C, 32, 32), 0 to 255.
        variation: One of `VARIATIONS`; the corners are those that are kept.
    """
    if variation == "whole":
        return planes
    if variation == "mirrored":
        return planes.flip(3)
    if variation == "brighter":
        return (planes * BRIGHTER).clamp_(max=255)
    right, down = _CORNERS[variation]
    window = torch.tensor([[1 - CROP, 0, right * CROP], [0, 1 - CROP, down * CROP]]).expand(len(planes), 2, 3)
    grid = F.affine_grid(window, list(planes.shape), align_corners=False)
    return F.grid_sample(planes, grid, padding_mode="border", align_corners=False)
