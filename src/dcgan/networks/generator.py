"""The generator: latent vectors to images through fractionally-strided convolutions."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dcgan.networks.architecture import Architecture
from dcgan.networks.batch_norm import BatchNorm
from dcgan.networks.layers import ConvLayer, Geometry
from dcgan.networks.pooling import EnlargingConvolution


def transposed_convolution(inputs: int, layer: ConvLayer, fit: Geometry) -> nn.ConvTranspose2d:
    """The convolution of a generator's layer, from a map of so many channels."""
    kind = EnlargingConvolution if layer.pooled else nn.ConvTranspose2d
    shape = (layer.kernel_size, layer.stride, fit.padding, fit.output_padding)
    return kind(inputs, layer.out_channels, *shape, bias=False)


class Generator(nn.Module):
    """z (N, latent_dim) -> images (N, channels, size, size) in (-1, 1).

    A linear stem to the first map, then transposed convolutions; batch norm and ReLU after each but the last, which
    ends in tanh. No biases but batch norm's (paper section 3; the released code). The stem's batch norm treats each
    unit of the flat first map by itself, before the reshape.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        maps = architecture.generator_geometry
        self.stem_shape = (architecture.stem_channels, maps[0].small, maps[0].small)
        units = architecture.stem_channels * maps[0].small ** 2
        self.stem = nn.Linear(architecture.latent_dim, units, bias=False)
        self.stem_norm = BatchNorm(units, architecture.batch_norm_eps)
        self.convolutions = nn.ModuleList()
        self.norms = nn.ModuleList()
        width = architecture.stem_channels
        for layer, fit in zip(architecture.generator, maps, strict=True):
            self.convolutions.append(transposed_convolution(width, layer, fit))
            self.norms.append(BatchNorm(layer.out_channels, architecture.batch_norm_eps))
            width = layer.out_channels
        self.norms.pop(-1)  # the output layer has none

    @property
    def channels_last(self) -> bool:
        """Whether the weights lie in channels_last memory; the maps then do as well."""
        weight: Tensor = self.get_parameter("convolutions.0.weight")
        return weight.is_contiguous(memory_format=torch.channels_last)

    def feature_maps(self, z: Tensor) -> Iterator[Tensor]:
        """The map of each hidden layer, from the stem up: (N, width, side, side), at least 0."""
        h = F.relu(self.stem_norm(self.stem(z)))  # (N, stem * side * side)
        h = h.reshape(-1, *self.stem_shape)  # (N, stem, side, side)
        if self.channels_last:
            h = h.contiguous(memory_format=torch.channels_last)
        yield h
        for convolution, norm in zip(self.convolutions[:-1], self.norms, strict=True):
            h = F.relu(norm(convolution(h)))
            yield h

    def forward(self, z: Tensor) -> Tensor:
        """Draw images from latent vectors."""
        for h in self.feature_maps(z):  # noqa: B007  # one at a time: only the last is kept
            pass
        return torch.tanh(self.convolutions[-1](h).float())

    def forward_from(self, h: Tensor, layer: int) -> Tensor:
        """Images from the map of a hidden layer, as `maps` gives it or changed."""
        for convolution, norm in zip(self.convolutions[layer:-1], self.norms[layer:], strict=True):
            h = F.relu(norm(convolution(h)))
        return torch.tanh(self.convolutions[-1](h).float())
