"""The DCGAN that a user would pick otherwise: what ours is measured against.

It is the loop of pytorch/examples (github.com/pytorch/examples, dcgan/main.py), written anew for any architecture. In
its own shape, `EXAMPLE`, the nets have 4x4 kernels and 64 channels, for pictures of 64x64. Float32, contiguous memory,
a sigmoid and BCE on labels of ones and zeros, the generated batch judged again for the generator's update, five numbers
read from the device at each step, Adam at 2e-4 with a momentum of 0.5, weights from N(0, 0.02), z from N(0, 1).
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from dcgan.networks.architecture import Architecture
from dcgan.networks.layouts import build_architecture

EXAMPLE = build_architecture(
    layout="strided",
    size=64,
    channels=3,
    base_channels=64,
    kernel_size=4,
    latent_dim=100,
    latent_distribution="normal",
    batch_norm_eps=1e-5,
)
WORKERS = 2  # processes that decode pictures, as in main.py


class Measured(NamedTuple):
    """What a step prints."""

    d_loss: float
    g_loss: float
    d_real: float
    d_fake_before: float
    d_fake_after: float


def textbook_nets(architecture: Architecture) -> tuple[nn.Sequential, nn.Sequential]:
    """Generator and discriminator as main.py writes them, with the layers of `architecture`.

    The generator takes z (N, latent_dim, 1, 1); the discriminator answers with probabilities (N,).
    """
    maps = architecture.generator_geometry
    channels = architecture.stem_channels
    layers: list[nn.Module] = [nn.ConvTranspose2d(architecture.latent_dim, channels, maps[0].small, bias=False)]
    for layer, fit in zip(architecture.generator, maps, strict=True):
        layers += [nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
        shape = (layer.kernel_size, layer.stride, fit.padding, fit.output_padding)
        layers.append(nn.ConvTranspose2d(channels, layer.out_channels, *shape, bias=False))
        channels = layer.out_channels
    generator = nn.Sequential(*layers, nn.Tanh())

    layers, channels, maps = [], architecture.channels, architecture.discriminator_geometry
    for layer, fit in zip(architecture.discriminator, maps, strict=True):
        norm = [nn.BatchNorm2d(layer.out_channels)] if layers else []  # the first layer has none
        layers.append(nn.Conv2d(channels, layer.out_channels, layer.kernel_size, layer.stride, fit.padding, bias=False))
        layers += [*norm, nn.LeakyReLU(0.2, inplace=True)]
        channels = layer.out_channels
    head = nn.Conv2d(channels, 1, maps[-1].small, bias=False)
    discriminator = nn.Sequential(*layers, head, nn.Sigmoid(), nn.Flatten(0))

    for module in (*generator.modules(), *discriminator.modules()):
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, 0.0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
    return generator, discriminator


class Textbook:
    """The nets, their optimizers, and one step at each call."""

    def __init__(self, architecture: Architecture = EXAMPLE, device: str = "cpu") -> None:
        generator, discriminator = textbook_nets(architecture)
        self.latent_dim = architecture.latent_dim
        self.generator, self.discriminator = generator.to(device), discriminator.to(device)
        self.optimize_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
        self.optimize_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
        self.criterion = nn.BCELoss()

    def step(self, real: Tensor) -> Measured:
        """Train on images (N, C, H, W)."""
        count, device = len(real), real.device
        ones, zeros = torch.ones(count, device=device), torch.zeros(count, device=device)
        self.discriminator.zero_grad()
        judged_real = self.discriminator(real)
        loss_real = self.criterion(judged_real, ones)
        loss_real.backward()
        fake = self.generator(torch.randn(count, self.latent_dim, 1, 1, device=device))
        judged_fake = self.discriminator(fake.detach())
        loss_fake = self.criterion(judged_fake, zeros)
        loss_fake.backward()
        self.optimize_d.step()
        self.generator.zero_grad()
        judged_again = self.discriminator(fake)
        loss_generator = self.criterion(judged_again, ones)
        loss_generator.backward()
        self.optimize_g.step()
        means = (judged.mean().item() for judged in (judged_real, judged_fake, judged_again))
        return Measured((loss_real + loss_fake).item(), loss_generator.item(), *means)
