"""Copies of pictures as people make them, to find again: saved again, resized, cropped, brightened, mirrored."""

import io
from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image, ImageEnhance, ImageOps


def saved_again(picture: Image.Image, _: object) -> Image.Image:
    """As JPEG of quality 75."""
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=75)
    with Image.open(data) as jpeg:
        jpeg.load()
        return jpeg


def resized(picture: Image.Image, _: object) -> Image.Image:
    """Three quarters of the side."""
    return picture.resize((picture.width * 3 // 4, picture.height * 3 // 4), Image.Resampling.BICUBIC)


def cropped(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    """Without 5 % of the width and of the height, anywhere."""
    width, height = (round(side * 0.95) for side in picture.size)
    left, top = int(random.integers(picture.width - width + 1)), int(random.integers(picture.height - height + 1))
    return picture.crop((left, top, left + width, top + height))


def brightened(picture: Image.Image, _: object) -> Image.Image:
    """By a fifth."""
    return ImageEnhance.Brightness(picture).enhance(1.2)


def mirrored(picture: Image.Image, _: object) -> Image.Image:
    """Left and right changed."""
    return ImageOps.mirror(picture)


KINDS: Mapping[str, Callable[[Image.Image, np.random.Generator], Image.Image]] = {
    "saved again": saved_again,
    "resized": resized,
    "cropped 5 %": cropped,
    "brightened": brightened,
    "mirrored": mirrored,
}
