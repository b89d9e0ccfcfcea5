"""The DCGAN that tutorials print: what ours is measured against.

Float32, contiguous memory, BCE on labels of ones and zeros, the generated batch judged again for the generator's
update, `.item()` each step, Adam at 2e-4 with a momentum of 0.5, weights from N(0, 0.02), z from N(0, 1).
"""

import torch
from torch import Tensor, nn

from dcgan.networks.layouts import Architecture


def textbook_nets(architecture: Architecture) -> tuple[nn.Module, nn.Module]:
    """Generator and discriminator as tutorials write them, with the shapes of ours."""
    maps = architecture.generator_geometry
    layers: list[nn.Module] = [
        nn.ConvTranspose2d(architecture.latent_dim, architecture.stem_channels, maps[0].small, bias=False),
        nn.BatchNorm2d(architecture.stem_channels),
        nn.ReLU(True),
    ]
    before = architecture.stem_channels
    for stage, fit in zip(architecture.generator, maps, strict=True):
        layers += [
            nn.ConvTranspose2d(
                before, stage.out_channels, stage.kernel_size, stage.stride, fit.padding, fit.output_padding, bias=False
            ),
            nn.BatchNorm2d(stage.out_channels),
            nn.ReLU(True),
        ]
        before = stage.out_channels
    generator = nn.Sequential(*layers[:-2], nn.Tanh())
    layers, before, maps = [], architecture.channels, architecture.discriminator_geometry
    for stage, fit in zip(architecture.discriminator, maps, strict=True):
        layers += [nn.Conv2d(before, stage.out_channels, stage.kernel_size, stage.stride, fit.padding, bias=False)]
        layers += [nn.BatchNorm2d(stage.out_channels)] if len(layers) > 1 else []
        layers += [nn.LeakyReLU(0.2, inplace=True)]
        before = stage.out_channels
    discriminator = nn.Sequential(*layers, nn.Conv2d(before, 1, maps[-1].small, bias=False), nn.Flatten(0))
    for module in (*generator.modules(), *discriminator.modules()):
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, 0.0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
    return generator, discriminator


class Textbook:
    """The nets, their optimizers, and one step at each call."""

    def __init__(self, architecture: Architecture, device: str = "cpu") -> None:
        generator, discriminator = textbook_nets(architecture)
        self.latent_dim = architecture.latent_dim
        self.generator, self.discriminator = generator.to(device), discriminator.to(device)
        self.optimize_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
        self.optimize_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
        self.criterion = nn.BCEWithLogitsLoss()

    def step(self, real: Tensor) -> tuple[float, float]:
        """Train on images (N, C, H, W); return the losses of D and G."""
        ones, zeros = torch.ones(len(real), device=real.device), torch.zeros(len(real), device=real.device)
        self.discriminator.zero_grad()
        loss_real = self.criterion(self.discriminator(real), ones)
        loss_real.backward()
        fake = self.generator(torch.randn(len(real), self.latent_dim, 1, 1, device=real.device))
        loss_fake = self.criterion(self.discriminator(fake.detach()), zeros)
        loss_fake.backward()
        self.optimize_d.step()
        self.generator.zero_grad()
        loss_generator = self.criterion(self.discriminator(fake), ones)
        loss_generator.backward()
        self.optimize_g.step()
        return (loss_real + loss_fake).item(), loss_generator.item()
