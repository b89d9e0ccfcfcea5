"""The discriminator: images to logits through strided convolutions."""

from collections.abc import Callable
from typing import Self

from torch import Tensor, nn
from torch.nn import functional as F

from dcgan.networks.architecture import DiscriminatorArchitecture
from dcgan.networks.batch_norm import BatchNorm
from dcgan.networks.layers import ConvLayer, Geometry
from dcgan.networks.pooling import PooledConvolution
from dcgan.networks.spectral_norm import normalize_spectrally

SLOPE = 0.2  # of LeakyReLU below zero

Activation = Callable[[Tensor], Tensor]


def _convolution(inputs: int, layer: ConvLayer, fit: Geometry, *, bias: bool) -> nn.Conv2d:
    if layer.pooled:
        return PooledConvolution(inputs, layer.out_channels, layer.kernel_size, padding=fit.padding, bias=bias)
    return nn.Conv2d(inputs, layer.out_channels, layer.kernel_size, layer.stride, fit.padding, bias=bias)


def leaky_relu(x: Tensor) -> Tensor:
    """The paper's activation: x where it is above 0, a fifth of it below."""
    return F.leaky_relu(x, SLOPE)


class Discriminator(nn.Module):
    """images (N, channels, size, size) in [-1, 1] -> logits (N,), positive for "real".

    Of nets that predict frames it judges clips (N, frames * channels, size, size), the frames side by side.

    Convolutions, strided or pooled, with LeakyReLU 0.2; batch norm after each but the first; the last map is flattened
    into one linear unit. No biases but batch norm's (paper section 3; the released code). With the normalization
    "spectral" no batch norm, but biases, and all weights spectrally normalized (Miyato et al. 2018): a picture is then
    judged by itself, whatever batch it comes in.

    Attributes:
        frozen: How many layers, from the first on, training leaves as they are: see `freeze`.
    """

    def __init__(self, architecture: DiscriminatorArchitecture) -> None:
        super().__init__()
        self.frozen = 0
        maps = architecture.discriminator_geometry
        spectral = architecture.normalization == "spectral"
        self.convolutions = nn.ModuleList()
        self.norms = nn.ModuleList()
        width = architecture.frames * architecture.channels
        for layer, fit in zip(architecture.discriminator, maps, strict=True):
            if self.convolutions:  # the input layer has no norm
                self.norms.append(
                    nn.Identity() if spectral else BatchNorm(layer.out_channels, architecture.batch_norm_eps)
                )
            self.convolutions.append(_convolution(width, layer, fit, bias=spectral))
            width = layer.out_channels
        self.head = nn.Linear(width * maps[-1].small ** 2, 1, bias=spectral)
        if spectral:
            for layer in (*self.convolutions, self.head):
                normalize_spectrally(layer)

    def freeze(self, layers: int) -> None:
        """Hold the first layers as they are, a fixed function of the image (FreezeD, Mo et al. 2020).

        Their weights get no gradients. In training mode, too, they normalize by the statistics that they have, not by
        those of the batch, and nothing measures these anew: the paper's nets have no batch norm to decide about, and
        statistics of the batch would let held layers move with it.

        Args:
            layers: How many; 0 to all convolutions. The linear head always learns.
        """
        self.frozen = layers
        for module in self._held():
            module.requires_grad_(False)
        self.train(self.training)

    def _held(self) -> list[nn.Module]:
        return [*self.convolutions[: self.frozen], *self.norms[: max(self.frozen - 1, 0)]]  # the first has no norm

    def train(self, mode: bool = True) -> Self:
        """Set training mode, but for the layers that are frozen."""
        super().train(mode)
        for module in self._held():
            module.eval()
        return self

    def activations(self, images: Tensor, activation: Activation = leaky_relu) -> list[Tensor]:
        """The map after each layer: (N, width, side, side), from the picture's side down.

        Another `activation` may have the same values and gradients of its own, as guided back-propagation does.
        """
        maps = [activation(self.convolutions[0](images))]
        for convolution, norm in zip(self.convolutions[1:], self.norms, strict=True):
            maps.append(activation(norm(convolution(maps[-1]))))
        return maps

    def forward(self, images: Tensor) -> Tensor:
        """Judge images."""
        logits: Tensor = self.head(self.activations(images)[-1].contiguous().flatten(1)).squeeze(1).float()
        return logits
