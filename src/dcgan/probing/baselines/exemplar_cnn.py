"""The Exemplar CNN of the paper's Table 1: a net that tells single pictures apart, whatever is done to them.

Dosovitskiy et al., "Discriminative Unsupervised Feature Learning with Convolutional Neural Networks" (NIPS 2014): each
of some thousand pictures is a class of its own, made of random transformations of it. Here the net is the
discriminator's, so that the features can be compared. From their paper are the ranges of translation, scale, rotation
and of the scaling of a picture's principal colors; their changes of saturation and hue are left out.
"""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from dcgan.features.extract import DiscriminatorExtractor
from dcgan.networks.discriminator import Discriminator
from dcgan.pixels import to_images
from dcgan.probing.baselines.baseline import BuildContext, FeatureBaseline
from dcgan.probing.baselines.classification_net import ClassificationNet, train
from dcgan.probing.baselines.discriminator import fit_discriminator
from dcgan.randomness import Stream, rng, torch_rng
from dcgan.types import OnProgress, Pixels

CLASSES = 2000  # pictures that become classes
SEEN = 200_000  # transformed pictures that the net learns from
BATCH = 128
LR = 1e-3  # of Adam; it falls to 0 along a cosine
DROPOUT = 0.5
SHIFT = 0.2  # of the side, each way
SCALES = (0.7, 1.4)
ROTATION = 20.0  # degrees, each way
COLORS = (0.5, 2.0)  # factors on the principal components of a picture's colors


def fit_exemplar(
    body: Discriminator,
    pixels: Pixels,
    *,
    classes: int = CLASSES,
    seen: int = SEEN,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Discriminator:
    """Train a net like `body` to tell pictures apart.

    Args:
        body: The net, which stays as it is and whose weights do not matter.
        pixels: (N, H, W, C), uint8, of its size; a random choice of them become classes.
        classes: How many, at most.
        seen: Transformed pictures to learn from.
        seed: Of classes, weights and transformations.
        on_progress: Called with (pictures seen, in all).

    Raises:
        ValueError: There is only one picture.
    """
    if len(pixels) < 2:
        raise ValueError("one picture alone cannot be told apart from others")
    chosen = rng(Stream.EXEMPLAR_PATCHES, seed).permutation(len(pixels))[:classes]
    exemplars = np.array(pixels[np.sort(chosen)])
    net = ClassificationNet.from_discriminator(body, len(exemplars), DROPOUT, torch_rng(Stream.EXEMPLAR_WEIGHTS, seed))
    random = torch_rng(Stream.EXEMPLAR_AUGMENTATION, seed)

    def next_batch() -> tuple[Tensor, Tensor]:
        rows = torch.randint(len(exemplars), (BATCH,), generator=random)
        return transform(to_images(torch.from_numpy(exemplars[rows.numpy()])), random), rows

    def after_step(step: int, _: int | None) -> None:
        if on_progress:
            on_progress(step * BATCH, -(-seen // BATCH) * BATCH)

    train(net, next_batch, -(-seen // BATCH), LR, seed=seed, on_progress=after_step)
    return net.body.eval()


def transform(images: Tensor, random: torch.Generator) -> Tensor:
    """Images (N, C, H, W), each shifted, scaled, rotated and recolored at random; its edge is repeated."""
    count, channels = images.shape[:2]

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(count, *shape, generator=random)

    def factors(low: float, high: float, *shape: int) -> Tensor:
        return uniform(np.log(low), np.log(high), *shape).exp()

    angle, scale = uniform(-ROTATION, ROTATION).deg2rad(), factors(*SCALES)
    rotation = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1).reshape(-1, 2, 2)
    shift = uniform(-2 * SHIFT, 2 * SHIFT, 2, 1)  # the side is 2 long
    grid = F.affine_grid(
        torch.cat([rotation / scale[:, None, None], shift], 2), list(images.shape), align_corners=False
    )
    moved = F.grid_sample(images, grid, padding_mode="border", align_corners=False)
    colors = moved.flatten(2)
    mean = colors.mean(dim=2, keepdim=True)
    centered = colors - mean
    _, components = torch.linalg.eigh(centered @ centered.transpose(1, 2))  # columns
    change = components * factors(*COLORS, 1, channels) @ components.transpose(1, 2)
    recolored: Tensor = (mean + change @ centered).reshape(images.shape).clamp(-1, 1)
    return recolored.contiguous(memory_format=torch.channels_last)


def _fit(context: BuildContext) -> DiscriminatorExtractor:
    net = fit_exemplar(
        context.model.nets.discriminator,
        np.asarray(context.train.pixels),
        seed=context.seed,
        on_progress=context.on_progress,
    )
    return fit_discriminator(replace(context, model=replace(context.model, discriminator=net)))


EXEMPLAR = FeatureBaseline(_fit, depends_on=("layers", "grid"))
