"""The paper's nets with one guideline taken away or turned round, for benchmarks/claims.py."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from dcgan.networks.architecture import Architecture
from dcgan.networks.batch_norm import BatchNorm
from dcgan.networks.discriminator import SLOPE
from dcgan.networks.initialize import STANDARD_DEVIATION
from dcgan.networks.memory import use_channels_last

HIDDEN_UNITS = 512


@dataclass(frozen=True, kw_only=True)
class Variation:
    """What differs from the paper's nets; by default nothing does."""

    pooling: bool = False  # max pooling and nearest-neighbor enlargement in place of strides
    norm_in_generator: bool = True
    norm_in_discriminator: bool = True
    norm_everywhere: bool = False  # in the generator's output layer and the discriminator's first one, too
    hidden: bool = False  # a fully connected hidden layer in each net
    average: bool = False  # global average pooling before the discriminator's last unit
    activation: Literal["leaky", "relu", "maxout"] = "leaky"  # of the discriminator
    sigmoid: bool = False  # output of pixels in [0, 1], which the discriminator sees as such
    std: float | None = STANDARD_DEVIATION  # of the weights that training starts from; None: as torch has them


PAPER = Variation()


def vary(architecture: Architecture, variation: Variation, seed: int) -> tuple[nn.Module, nn.Module]:
    """Generator and discriminator of an architecture, with the variation, initialized by the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        nets = VariedGenerator(architecture, variation), VariedDiscriminator(architecture, variation)
        for net in nets:
            _initialize(net, variation.std)
            use_channels_last(net)
    return nets


class VariedGenerator(nn.Module):
    """z (N, latent_dim) -> images (N, C, H, W) in [-1, 1]."""

    def __init__(self, architecture: Architecture, variation: Variation) -> None:
        super().__init__()
        self.slope = 0.5 if variation.sigmoid else 1.0  # 2 sigmoid(x) - 1 is tanh(x / 2)
        maps, eps, normed = architecture.generator_geometry, architecture.batch_norm_eps, variation.norm_in_generator
        channels, side = architecture.stem_channels, maps[0].small
        stem: list[nn.Module] = []
        width = architecture.latent_dim
        for units in (*([HIDDEN_UNITS] if variation.hidden else []), channels * side**2):
            stem += [nn.Linear(width, units, bias=not normed), *_norm(units, eps, normed), nn.ReLU()]
            width = units
        layers: list[nn.Module] = [nn.Unflatten(1, (channels, side, side))]
        for index, (layer, fit) in enumerate(zip(architecture.generator, maps, strict=True)):
            last = index == len(maps) - 1
            has_norm = variation.norm_everywhere if last else normed
            bias = not has_norm and not (last and normed)  # the paper's output layer has none either
            if variation.pooling:
                enlarge = [nn.Upsample(size=(fit.large, fit.large))] if layer.stride > 1 else []
                kernel = layer.kernel_size
                layers += [*enlarge, nn.Conv2d(channels, layer.out_channels, kernel, padding="same", bias=bias)]
            else:
                shape = (layer.kernel_size, layer.stride, fit.padding, fit.output_padding)
                layers.append(nn.ConvTranspose2d(channels, layer.out_channels, *shape, bias=bias))
            channels = layer.out_channels
            layers += [*_norm(channels, eps, has_norm), *([] if last else [nn.ReLU()])]
        self.layers = nn.Sequential(*stem, *layers)

    def forward(self, z: Tensor) -> Tensor:
        """Draw."""
        images: Tensor = self.layers(z)
        return torch.tanh(self.slope * images.float())


class VariedDiscriminator(nn.Module):
    """images (N, C, H, W) -> logits (N,)."""

    def __init__(self, architecture: Architecture, variation: Variation) -> None:
        super().__init__()
        self.sigmoid = variation.sigmoid
        eps, normed = architecture.batch_norm_eps, variation.norm_in_discriminator
        pieces = 2 if variation.activation == "maxout" else 1
        layers: list[nn.Module] = []
        widths = [architecture.channels, *(layer.out_channels for layer in architecture.discriminator)]
        maps = zip(pairwise(widths), architecture.discriminator, architecture.discriminator_geometry, strict=True)
        for (inputs, outputs), layer, fit in maps:
            has_norm = normed if layers else variation.norm_everywhere
            stride, padding = (1, "same") if variation.pooling else (layer.stride, fit.padding)
            kernel, bias = layer.kernel_size, not normed
            layers.append(nn.Conv2d(inputs, outputs * pieces, kernel, stride, padding=padding, bias=bias))
            layers += [*_norm(outputs * pieces, eps, has_norm), _activation(variation)]
            if variation.pooling and layer.stride > 1:
                layers.append(nn.MaxPool2d(layer.stride, ceil_mode=True))
        width, side = widths[-1], architecture.discriminator_geometry[-1].small
        if variation.average:
            layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        else:
            layers.append(nn.Flatten())
            width *= side**2
        if variation.hidden:
            layers += [
                nn.Linear(width, HIDDEN_UNITS * pieces, bias=not normed),
                *_norm(HIDDEN_UNITS * pieces, eps, normed),
                _activation(variation),
            ]
            width = HIDDEN_UNITS
        self.layers = nn.Sequential(*layers, nn.Linear(width, 1, bias=not normed))

    def forward(self, images: Tensor) -> Tensor:
        """Judge."""
        logits: Tensor = self.layers((images + 1) / 2 if self.sigmoid else images)
        return logits.squeeze(1)


class Maxout(nn.Module):
    """The larger of every two channels."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, 2 C, ...) -> (N, C, ...)."""
        first, second = x.chunk(2, dim=1)
        return torch.maximum(first, second)


def _activation(variation: Variation) -> nn.Module:
    return {"leaky": nn.LeakyReLU(SLOPE), "relu": nn.ReLU(), "maxout": Maxout()}[variation.activation]


def _norm(features: int, eps: float, has_norm: bool) -> list[nn.Module]:
    return [BatchNorm(features, eps)] if has_norm else []


@torch.no_grad()
def _initialize(net: nn.Module, std: float | None) -> None:
    for module in net.modules():
        if isinstance(module, BatchNorm):
            module.weight.normal_(1.0, STANDARD_DEVIATION)
            module.bias.zero_()
        elif isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d) and std is not None:
            module.weight.normal_(0.0, std)
            if module.bias is not None:
                module.bias.zero_()
