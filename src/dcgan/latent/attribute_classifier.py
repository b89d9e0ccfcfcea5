"""A small classifier of binary attributes, trained in a minute: it says what a model's samples show."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from dcgan.errors import LatentError
from dcgan.networks.memory import use_channels_last
from dcgan.optimizers import Adam
from dcgan.pixels import to_images
from dcgan.randomness import Stream, rng, torch_rng
from dcgan.short_repr import ShortRepr
from dcgan.types import OnProgress, Pixels, PixelStore

BATCH = 64
HELD_OUT = 0.1  # fraction of the pictures that only measure the accuracy
NOISE = 0.1  # standard deviation of what is added to images: generated pictures are never as clean as real ones

AttributeLabels = NDArray[np.bool_]  # (N, A), whether each picture has each attribute
Logits = NDArray[np.float32]  # (N, A)


@dataclass(frozen=True, repr=False)
class AttributeClassifier(ShortRepr):
    """Predicts which attributes a picture has.

    Attributes:
        net: Images (N, C, H, W) to logits (N, A).
        accuracy: (A,), on held-out pictures, 0 to 1.
    """

    net: nn.Module
    accuracy: NDArray[np.float64]

    @torch.inference_mode()
    def logits(self, pixels: Pixels) -> Logits:
        """The logit of each attribute: pixels (N, H, W, C) to (N, A); above 0 means that it is there."""
        batches = (torch.from_numpy(pixels[start : start + BATCH]) for start in range(0, len(pixels), BATCH))
        none = np.empty((0, len(self.accuracy)), np.float32)
        return np.concatenate([none, *(self.net(to_images(batch)).numpy() for batch in batches)])


def train_attribute_classifier(
    pixels: Pixels | PixelStore,
    labels: AttributeLabels,
    *,
    epochs: int = 8,
    width: int = 32,
    seed: int = 0,
    most: int | None = None,
    on_progress: OnProgress | None = None,
) -> AttributeClassifier:
    """Train a convolutional classifier of several attributes at once.

    Three strided convolutions with batch norm, and a linear layer on the last map; Adam, a learning rate that falls to
    0, noise on the images. The same seed and pictures give the same classifier on the same machine.

    Args:
        pixels: (N, H, W, C), uint8, N of 20 or more; a memory map will do.
        labels: (N, A), whether each picture has each attribute.
        epochs: Passes over the pictures.
        width: Channels of the first layer.
        seed: Of weights, order and noise.
        most: How many pictures are used at most, chosen at random. Default: all.
        on_progress: Called with (pictures seen, in all) after each mini-batch.

    Raises:
        LatentError: There are too few pictures, or all or none of the training pictures have an attribute.
    """
    order = rng(Stream.ATTRIBUTES_SPLIT, seed).permutation(len(pixels))[:most]
    held_out, train = np.split(order, [int(len(order) * HELD_OUT)])
    if len(held_out) < 2:
        raise LatentError(
            f"{len(pixels)} pictures are too few to train a classifier of attributes; 20 or more are needed"
        )
    frequencies = labels[train].mean(axis=0)
    if not ((frequencies > 0) & (frequencies < 1)).all():
        raise LatentError(
            "an attribute cannot be learned if all training pictures have it, or none: add some with and some without"
        )
    net = _build(pixels.shape[1], pixels.shape[3], labels.shape[1], width, seed)
    targets = torch.from_numpy(labels.astype(np.float32))
    optimizer = Adam(net.parameters(), lr=1e-3)
    steps = epochs * (len(train) // BATCH or 1)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    noise, step = torch_rng(Stream.ATTRIBUTES_NOISE, seed), 0
    net.train()
    for epoch in range(epochs):
        shuffled = rng(Stream.ATTRIBUTES_ORDER, seed, epoch).permutation(train)
        for start in range(0, max(BATCH, len(train) // BATCH * BATCH), BATCH):
            rows = np.sort(shuffled[start : start + BATCH])  # in order, as a memory map is read best
            images = to_images(torch.from_numpy(np.asarray(pixels[rows])))
            images += NOISE * torch.randn(images.shape, generator=noise)
            optimizer.zero_grad()
            F.binary_cross_entropy_with_logits(net(images), targets[rows]).backward()
            optimizer.step()
            schedule.step()
            step += 1
            if on_progress:
                on_progress(step * BATCH, steps * BATCH)
    net.eval()
    rows = np.sort(held_out)
    untested = AttributeClassifier(net, np.zeros(labels.shape[1]))
    correct = (untested.logits(np.asarray(pixels[rows])) > 0) == labels[rows]
    return AttributeClassifier(net, correct.mean(axis=0))


def _build(size: int, channels: int, attributes: int, width: int, seed: int) -> nn.Module:
    layers: list[nn.Module] = []
    before, side = channels, size
    for after in (width, 2 * width, 4 * width):
        layers += [nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        before, side = after, (side + 1) // 2
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(min(side, 8)), nn.Flatten())
    net.append(nn.Linear(before * min(side, 8) ** 2, attributes))
    random = torch_rng(Stream.ATTRIBUTES_WEIGHTS, seed)
    for layer in net:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            fan_in = layer.weight[0].numel()
            nn.init.normal_(layer.weight, std=(2 / fan_in) ** 0.5, generator=random)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    use_channels_last(net)
    return net
