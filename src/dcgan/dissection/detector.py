"""A detector of what drawn faces wear, trained on exact masks: boxes on a model's samples without any work by hand."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn
from torch.nn import functional as F

from dcgan.data.drawn_faces import WORN, DrawnFaces
from dcgan.dissection.boxes import Box, Boxes
from dcgan.errors import DcganError, UsageError
from dcgan.model import Model
from dcgan.optimizers import Adam
from dcgan.pixels import to_images
from dcgan.progress import notebook_bar
from dcgan.randomness import Stream, check_seed, rng, torch_rng
from dcgan.types import OnProgress, Pixels

FACES = 2000  # in its training set
EPOCHS = 6
BATCH = 32
WIDTH = 16
NOISE = 0.1  # standard deviation of what is added to images: samples are never as clean as drawn faces
LEAST = 0.02  # share of a sample's pixels that a box needs
STRAY = 2  # pixels that a row or column of a box has at least: fewer are noise

Masks = NDArray[np.bool_]  # (N, H, W)


def masked_faces(
    part: str, count: int, size: int, seed: int = 0, on_progress: OnProgress | None = None
) -> tuple[Pixels, Masks]:
    """Drawn faces, and where each differs from the same face without the part: pixels (N, size, size, 3), masks.

    Args:
        part: One of `WORN`.
        count: N.
        size: Side of the pictures, pixels.
        seed: Names the faces.
        on_progress: Called with (faces, in all).

    Raises:
        UsageError: It is no such part.
    """
    if part not in WORN:
        raise UsageError(
            f"the detector finds what drawn faces wear ({', '.join(WORN)}), not {part!r}; draw boxes around that by "
            "hand with `dcgan forget --annotate`"
        )
    source = DrawnFaces(count, size, seed)

    def render(number: int, without: Sequence[str]) -> NDArray[np.uint8]:
        content = source.face(number, without=without).content
        assert isinstance(content, bytes)
        return np.asarray(Image.open(BytesIO(content)).convert("RGB"))

    pixels, masks = np.empty((count, size, size, 3), np.uint8), np.empty((count, size, size), np.bool_)
    for number in range(count):
        pixels[number] = render(number, ())
        masks[number] = (pixels[number] != render(number, (part,))).any(axis=2)
        if on_progress:
            on_progress(number + 1, count)
    return pixels, masks


def train_detector(pixels: Pixels, masks: Masks, *, seed: int = 0, on_progress: OnProgress | None = None) -> nn.Module:
    """Train a small convolutional net that classifies each pixel: does it show the part?

    Args:
        pixels: (N, H, W, C), uint8.
        masks: (N, H, W).
        seed: Names weights, order and noise.
        on_progress: Called with (pictures seen, in all).

    Returns:
        Images (N, C, H, W) to logits (N, 1, H, W), above 0 for yes.
    """
    channels = [pixels.shape[3], WIDTH, WIDTH, WIDTH, WIDTH]
    layers: list[nn.Module] = []
    for before, after, step in zip(channels[:-1], channels[1:], (1, 2, 2, 1), strict=True):
        convolution = nn.Conv2d(before, after, 3, padding=step, dilation=step, bias=False)
        layers += [convolution, nn.BatchNorm2d(after), nn.ReLU()]
    net = nn.Sequential(*layers, nn.Conv2d(WIDTH, 1, 1))
    random = torch_rng(Stream.DETECTOR_WEIGHTS, seed)
    for layer in net:
        if isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.weight, std=(2 / layer.weight[0].numel()) ** 0.5, generator=random)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    optimizer = Adam(net.parameters(), lr=1e-2)
    targets = torch.from_numpy(masks.astype(np.float32))[:, None]
    for epoch in range(EPOCHS):
        order = rng(Stream.DETECTOR_ORDER, seed, epoch).permutation(len(pixels))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            images = to_images(torch.from_numpy(pixels[rows]))
            images += NOISE * torch.randn(images.shape, generator=random)
            optimizer.zero_grad()
            F.binary_cross_entropy_with_logits(net(images), targets[rows]).backward()
            optimizer.step()
            if on_progress:
                on_progress(epoch * len(order) + start + len(rows), EPOCHS * len(order))
    return net.eval()


@notebook_bar("training a detector")
def detect(
    model: Model, part: str, seeds: Sequence[int], *, seed: int = 0, on_progress: OnProgress | None = None
) -> Boxes:
    """Boxes around a part on the samples of a model of drawn faces, by a detector that is trained in a minute.

    Args:
        model: A model of drawn faces.
        part: glasses, hat, beard or accessories.
        seeds: The samples to look at.
        seed: Names the detector's weights, and the order that it sees faces in.
        on_progress: Called with (done, in all), first for the faces that are drawn, then for the training.

    Raises:
        UsageError: `seed` is out of its range, a face has no such part, or the model's pictures are not RGB.
        DcganError: None of the samples shows it.
    """
    check_seed(seed)
    if model.channels != 3:
        raise UsageError(f"`model` has {model.channels} channels; a detector needs RGB pictures, as drawn faces are")
    net = train_detector(
        *masked_faces(part, FACES, model.size, on_progress=on_progress), seed=seed, on_progress=on_progress
    )
    boxes = boxes_by(net, model, seeds)
    if not boxes.boxes:
        raise DcganError(
            f"the detector found no {part} on the {len(seeds)} samples: look at more `seeds`, or draw boxes"
        )
    return boxes


@torch.inference_mode()
def boxes_by(net: nn.Module, model: Model, seeds: Sequence[int]) -> Boxes:
    """A box on each sample that shows what the net detects, around all of it."""
    boxes = []
    for start in range(0, len(seeds), BATCH):
        some = seeds[start : start + BATCH]
        masks = net(to_images(torch.from_numpy(model.sample(some))))[:, 0].numpy() > 0
        for sample, mask in zip(some, masks, strict=True):
            rows, columns = (np.flatnonzero(mask.sum(axis=axis) >= STRAY) for axis in (1, 0))
            if mask.mean() >= LEAST and len(rows) and len(columns):
                boxes.append(Box(sample, *map(float, (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))))
    return Boxes(tuple(boxes), tuple(seeds), model.identity)
