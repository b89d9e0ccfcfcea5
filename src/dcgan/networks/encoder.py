"""The encoder: images to the z that may have drawn them."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from dcgan.networks.architecture import Architecture
from dcgan.networks.discriminator import Discriminator


class EncoderNet(Discriminator):
    """images (N, channels, size, size) in [-1, 1] -> z (N, latent_dim).

    The layers of the discriminator, with batch norm, and one linear unit for each number of z; for uniform z a tanh
    keeps them in (-1, 1).
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__(replace(architecture, normalization="batch"))
        self.head = nn.Linear(self.head.in_features, architecture.latent_dim)
        self.is_bounded = architecture.latent_distribution == "uniform"

    def forward(self, images: Tensor) -> Tensor:
        """Guess z."""
        z: Tensor = self.head(self.activations(images)[-1].contiguous().flatten(1)).float()
        return torch.tanh(z) if self.is_bounded else z
