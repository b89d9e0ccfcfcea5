"""Boxes without a hand: a detector of what drawn faces wear, trained on exact masks, marks it on a model's samples."""

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
from dcgan.errors import DcganError
from dcgan.model import Model, to_images
from dcgan.randomness import Stream, rng, torch_rng
from dcgan.types import OnProgress, Pixels

FACES = 2000  # that it learns from
EPOCHS = 6
BATCH = 32
WIDTH = 16
NOISE = 0.1  # standard deviation of what is added to images: samples are never as clean as drawn faces
LEAST = 0.02  # share of a sample that must be found for a box
STRAY = 2  # found pixels that a row or column of a box has at least

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
        DcganError: The part is none that a face may lack.
    """
    if part not in WORN:
        raise DcganError(f"a drawn face has no {part!r} to take off; there are {', '.join(WORN)}")
    source = DrawnFaces(count, size, seed)

    def drawn(place: int, without: Sequence[str]) -> NDArray[np.uint8]:
        content = source.face(place, without=without).content
        assert isinstance(content, bytes)
        return np.asarray(Image.open(BytesIO(content)).convert("RGB"))

    pixels, masks = np.empty((count, size, size, 3), np.uint8), np.empty((count, size, size), np.bool_)
    for place in range(count):
        pixels[place] = drawn(place, ())
        masks[place] = (pixels[place] != drawn(place, (part,))).any(axis=2)
        if on_progress:
            on_progress(place + 1, count)
    return pixels, masks


def train_detector(pixels: Pixels, masks: Masks, *, seed: int = 0, on_progress: OnProgress | None = None) -> nn.Module:
    """A small convolutional net that says of each pixel whether it shows the part.

    Args:
        pixels: (N, H, W, C), uint8.
        masks: (N, H, W).
        seed: Of weights, order and noise.
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
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
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


@torch.inference_mode()
def mark(net: nn.Module, model: Model, seeds: Sequence[int]) -> Boxes:
    """A box around what the detector finds on each sample of a model of RGB pictures, on those that show it."""
    boxes = []
    for start in range(0, len(seeds), BATCH):
        some = seeds[start : start + BATCH]
        found = net(to_images(torch.from_numpy(model.sample(some))))[:, 0].numpy() > 0
        for sample, mask in zip(some, found, strict=True):
            rows, columns = (np.flatnonzero(mask.sum(axis=axis) >= STRAY) for axis in (1, 0))
            if mask.mean() >= LEAST and len(rows) and len(columns):
                boxes.append(Box(sample, *map(float, (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))))
    return Boxes(tuple(boxes), tuple(seeds), model.identity)
