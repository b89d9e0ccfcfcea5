"""The nets of the common DCGAN tutorials (pytorch/examples, and PyTorch's own tutorial), as plain PyTorch.

Pictures of 4 * 2^n pixels, kernels of 4x4 alone. They differ from dcgan's in two places: the generator begins with a
transposed convolution of z, whose batch norm treats all units of a channel alike, and the discriminator ends in a
convolution of its 4x4 map and a sigmoid.
"""

from collections.abc import Sequence
from itertools import pairwise

from torch import nn

KERNEL_SIZE, STEM_SIDE = 4, 4
EPS = 1e-5  # torch's own, of their batch norm


def tutorial_generator(latent_dim: int, widths: Sequence[int], channels: int) -> nn.Sequential:
    """Z (N, latent_dim, 1, 1) -> images (N, channels, side, side) in (-1, 1), where the side is 4 * 2^len(widths).

    Args:
        latent_dim: Numbers of z.
        widths: Channels of the hidden layers, from the stem up.
        channels: Of the pictures.
    """
    layers: list[nn.Module] = []
    for number, (inputs, outputs) in enumerate(pairwise([latent_dim, *widths])):
        stride, padding = (2, 1) if number else (1, 0)
        layers += [
            nn.ConvTranspose2d(inputs, outputs, KERNEL_SIZE, stride, padding, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        ]
    last = nn.ConvTranspose2d(widths[-1], channels, KERNEL_SIZE, 2, 1, bias=False)
    return nn.Sequential(*layers, last, nn.Tanh())


def tutorial_discriminator(channels: int, widths: Sequence[int]) -> nn.Sequential:
    """Images (N, channels, side, side) in [-1, 1] -> probabilities (N, 1, 1, 1).

    Args:
        channels: Of the pictures.
        widths: Channels of the hidden layers, from the picture down.
    """
    layers: list[nn.Module] = [nn.Conv2d(channels, widths[0], KERNEL_SIZE, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for inputs, outputs in pairwise(widths):
        layers += [
            nn.Conv2d(inputs, outputs, KERNEL_SIZE, 2, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.LeakyReLU(0.2),
        ]
    return nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, STEM_SIDE, 1, 0, bias=False), nn.Sigmoid())
