"""The discriminator: images to logits through strided convolutions."""

from torch import Tensor, nn
from torch.nn import functional as F

from dcgan.networks.batch_norm import BatchNorm
from dcgan.networks.stages import Architecture

SLOPE = 0.2  # of LeakyReLU below zero


class Discriminator(nn.Module):
    """images (N, channels, size, size) in [-1, 1] -> logits (N,), positive for "real".

    Strided convolutions with LeakyReLU 0.2; batch norm after each but the first; the last map is flattened into one
    linear unit. No biases but batch norm's (paper section 3; the released code).
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        maps = architecture.discriminator_geometry
        self.convolutions = nn.ModuleList()
        self.norms = nn.ModuleList()
        width = architecture.channels
        for stage, fit in zip(architecture.discriminator, maps, strict=True):
            self.convolutions.append(nn.Conv2d(width, stage.width, stage.kernel, stage.stride, fit.padding, bias=False))
            if len(self.convolutions) > 1:  # the input layer has none
                self.norms.append(BatchNorm(stage.width, architecture.batch_norm_epsilon))
            width = stage.width
        self.head = nn.Linear(width * maps[-1].small ** 2, 1, bias=False)

    def activations(self, images: Tensor) -> list[Tensor]:
        """The map after each stage: (N, width, side, side), from the picture's side down."""
        maps = [F.leaky_relu(self.convolutions[0](images), SLOPE)]
        for convolution, norm in zip(self.convolutions[1:], self.norms, strict=True):
            maps.append(F.leaky_relu(norm(convolution(maps[-1])), SLOPE))
        return maps

    def forward(self, images: Tensor) -> Tensor:
        """Judge images."""
        logits: Tensor = self.head(self.activations(images)[-1].contiguous().flatten(1)).squeeze(1).float()
        return logits
