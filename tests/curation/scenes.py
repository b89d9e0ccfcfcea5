"""Pictures of waves of all lengths and an edge, and copies of them."""

import io
from typing import Any

import numpy as np
from PIL import Image
from tests.data.pictures import encoded

from dcgan.types import Pixels


def scenes(count: int, side: int = 32, seed: int = 0) -> Pixels:
    """Pictures (N, side, side, 3), all different."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0:side] / side
    pictures = []
    for _ in range(count):
        waves = sum(
            random.normal(size=3) * np.sin(2 * np.pi * (x * a + y * b + c))[..., None] / (1 + np.hypot(a, b) / 3)
            for a, b, c in random.uniform(-6, 6, (12, 3))
        )
        edge = (x * random.normal() + y * random.normal() > random.normal() / 2)[..., None] * random.normal(size=3)
        pictures.append(np.clip(128 + 40 * waves + 60 * edge, 0, 255).astype(np.uint8))
    return np.stack(pictures)


def again(picture: Pixels, format_name: str, **options: Any) -> Pixels:
    """A picture (H, W, C), saved and read."""
    with Image.open(io.BytesIO(encoded(Image.fromarray(picture), format_name, **options))) as saved:
        return np.asarray(saved)
