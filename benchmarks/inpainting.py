"""How well holes are filled on pictures that a model never saw, beside simple ways of doing it.

    python -m benchmarks.inpainting runs/faces --train train/ --test unseen/
    python -m benchmarks.inpainting runs/faces --train train/ --test unseen/ --variants dcgan paper authors bamos

PSNR and SSIM of the hole, the mean over pictures. A baseline is given its best: OpenCV's two ways have two radii each,
and the mean and the nearest training picture are blended in, too, as ours is.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import get_args

import numpy as np
from numpy.typing import NDArray

import dcgan
from dcgan.data.cache import open_pictures
from dcgan.data.drawn_faces import DrawnFaces
from dcgan.latent.blending import Blender
from dcgan.latent.inpaint import VARIANTS, InpaintOptions
from dcgan.latent.masks import MaskName, named_mask
from dcgan.metrics.restoration import psnr, ssim
from dcgan.model import Model
from dcgan.types import Mask, Pixels

RADII = (3, 8)  # pixels, of OpenCV
ROWS_AT_ONCE = 4096


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--train", required=True, help="pictures that the model was trained on")
    parser.add_argument("--test", required=True, help="pictures that it was not; drawn: drawn faces of another seed")
    parser.add_argument("--pictures", type=int, default=100)
    parser.add_argument("--masks", nargs="+", choices=get_args(MaskName), default=get_args(MaskName))
    parser.add_argument("--variants", nargs="*", choices=VARIANTS, default=["dcgan"])
    parser.add_argument("--no-baselines", action="store_true")
    args = parser.parse_args()
    model = dcgan.load(args.model)
    train = np.asarray(open_pictures(args.train, size=model.size, channels=model.channels).pixels)
    source = DrawnFaces(args.pictures, model.size, seed=1) if args.test == "drawn" else args.test
    test = open_pictures(source, size=model.size, channels=model.channels).pixels
    chosen = np.sort(np.random.default_rng(0).permutation(len(test))[: args.pictures])
    pictures, known = np.array(test[chosen]), Known(train)
    print(f"{len(pictures)} pictures that were not trained on, {len(train):,} that were", flush=True)
    for name in args.masks:
        masks = [named_mask(name, model.size, number=number) for number in range(len(pictures))]
        print(f"\n{name}", flush=True)
        for baseline, fill in [] if args.no_baselines else known.baselines:
            report(baseline, pictures, masks, fill)
        for variant in args.variants:
            report(f"ours ({variant})", pictures, masks, partial(ours, model, VARIANTS[variant]))


Fill = Callable[[Pixels, Sequence[Mask]], list[Pixels]]
"""Pictures (N, H, W, C) and what is missing of each, to the pictures filled."""


def ours(model: Model, options: InpaintOptions, pictures: Pixels, masks: Sequence[Mask]) -> list[Pixels]:
    """The first answer of each."""
    return [one.filled() for one in dcgan.inpaint(model, pictures, masks, options).pictures]


@dataclass(frozen=True, eq=False)
class Known:
    """The simple ways, with the training pictures that some of them need."""

    train: Pixels

    @property
    def baselines(self) -> list[tuple[str, Fill]]:
        """By name."""
        import cv2

        methods = (("Telea", cv2.INPAINT_TELEA), ("Navier-Stokes", cv2.INPAINT_NS))
        return [
            ("mean of its known pixels", each(lambda picture, mask: paste(picture[~mask].mean(axis=0), picture, mask))),
            ("mean training picture", each(lambda picture, mask: paste(self.mean, picture, mask))),
            ("mean training picture, blended", each(lambda picture, mask: blend(self.mean, picture, mask))),
            ("nearest training picture", lambda *given: list(map(paste, self.nearest(*given), *given))),
            ("nearest one, blended", lambda *given: list(map(blend, self.nearest(*given), *given))),
            ("blended without a picture", each(lambda picture, mask: blend(np.zeros_like(picture), picture, mask))),
            *(
                (f"OpenCV {name}, radius {radius}", each(partial(opencv, radius, flag)))
                for name, flag in methods
                for radius in RADII
            ),
        ]

    @cached_property
    def mean(self) -> Pixels:
        """The mean training picture."""
        mean: Pixels = self.train.mean(axis=0, dtype=np.float64).round().astype(np.uint8)
        return mean

    def nearest(self, pictures: Pixels, masks: Sequence[Mask]) -> Pixels:
        """The training picture of each whose known pixels are nearest, by squares."""
        known = np.repeat(~np.stack(masks)[..., None], pictures.shape[3], axis=3).reshape(len(pictures), -1)
        known, targets = known.astype(np.float32), pictures.reshape(len(pictures), -1).astype(np.float32) / 255
        distances = []  # of each training picture, without what is the same for all: |x|^2 - 2 x y over what is known
        for start in range(0, len(self.train), ROWS_AT_ONCE):
            some = self.train[start : start + ROWS_AT_ONCE].reshape(-1, known.shape[1]).astype(np.float32) / 255
            distances.append(some**2 @ known.T - 2 * some @ (known * targets).T)
        nearest: Pixels = self.train[np.concatenate(distances).argmin(axis=0)]
        return nearest


def each(fill: Callable[[Pixels, Mask], Pixels]) -> Fill:
    """Fill one picture after the other."""
    return lambda pictures, masks: list(map(fill, pictures, masks))


def paste(patch: NDArray[np.number], picture: Pixels, mask: Mask) -> Pixels:
    """The picture with a patch in its hole, as it is."""
    pasted: Pixels = np.where(mask[..., None], np.round(patch), picture).astype(np.uint8)
    return pasted


def blend(patch: Pixels, picture: Pixels, mask: Mask) -> Pixels:
    """The picture with a patch in its hole, of which the gradients are kept."""
    values = Blender(mask).blend(picture.astype(np.float32), patch.astype(np.float32))
    return values.round().clip(0, 255).astype(np.uint8)


def opencv(radius: int, flag: int, picture: Pixels, mask: Mask) -> Pixels:
    """OpenCV's inpainting."""
    import cv2

    return np.asarray(cv2.inpaint(picture, mask.astype(np.uint8), radius, flag), np.uint8).reshape(picture.shape)


def report(name: str, pictures: Pixels, masks: Sequence[Mask], fill: Fill) -> None:
    """Print a line."""
    began = time.perf_counter()
    filled = fill(pictures, masks)
    seconds = (time.perf_counter() - began) / len(pictures)
    triples = list(zip(pictures, filled, masks, strict=True))
    middle = [float(np.mean([score(*one) for one in triples])) for score in (psnr, ssim)]
    print(f"{name:32} PSNR {middle[0]:5.2f} dB  SSIM {middle[1]:.3f}  {seconds:6.3f} s/picture", flush=True)


if __name__ == "__main__":
    main()
