"""Photographs to try `dcgan faces` on, made of one portrait: near and far, tilted, blurred, cut off, two in one.

    python -m benchmarks.portraits portraits
    dcgan faces portraits --out faces

The portrait shows Eileen Collins; it is a photograph by NASA (1999), and in the public domain.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

PORTRAIT = Path(__file__).parents[1] / "tests" / "curation" / "astronaut.jpg"
SIDE = 480  # pixels of a photograph


def photographs(portrait: Image.Image, seed: int = 0) -> dict[str, Image.Image]:
    """The photographs by name."""
    random = np.random.default_rng(seed)

    def ground() -> Image.Image:
        colors = Image.fromarray(random.integers(60, 200, (6, 6, 3), np.uint8))
        return colors.resize((SIDE, SIDE), Image.Resampling.BICUBIC)

    def at(left: int, top: int, width: int, picture: Image.Image = portrait) -> Image.Image:
        return paste(ground(), left, top, width, picture)

    left, right = (portrait.convert("RGBA").rotate(angle, Image.Resampling.BICUBIC, expand=True) for angle in (25, -20))
    return {
        "near": at(0, 0, SIDE),
        "far": at(260, 40, 180),
        "two": paste(at(10, 10, 240), 230, 220, 240, ImageOps.mirror(portrait)),
        "tilted to the left": at(60, 60, 340, left),
        "tilted to the right": at(60, 60, 340, right),
        "dark": ImageEnhance.Brightness(at(100, 120, 300)).enhance(0.4),
        "gray": ImageOps.grayscale(at(30, 100, 320)),
        "too far": at(200, 200, 110),
        "cut off": at(320, 100, 300),
        "out of focus": at(80, 80, 320).filter(ImageFilter.GaussianBlur(6)),
        "nobody": ground(),
    }


def paste(photograph: Image.Image, left: int, top: int, width: int, picture: Image.Image) -> Image.Image:
    """Put a picture into a photograph."""
    small = picture.convert("RGBA").resize((width, width), Image.Resampling.LANCZOS)
    photograph.paste(small, (left, top), small)
    return photograph


def main() -> None:
    """Write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with Image.open(PORTRAIT) as portrait:
        for name, photograph in photographs(portrait.convert("RGB")).items():
            photograph.save(folder / f"{name}.jpg", quality=90)


if __name__ == "__main__":
    main()
