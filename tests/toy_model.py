"""An untrained model that is quick and whose pictures vary: what tests of the latent space can afford."""

import torch

from dcgan.model import Model
from dcgan.networks.architecture import LatentDistribution
from dcgan.networks.batch_norm import measure_statistics
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.generator import Generator
from dcgan.networks.initialize import initialize
from dcgan.networks.layouts import build_architecture
from dcgan.networks.memory import use_channels_last


def toy_model(latent_distribution: LatentDistribution = "normal", channels: int = 3, base_channels: int = 8) -> Model:
    """A pair of nets for pictures of 16 x 16, with 6 numbers in z."""
    architecture = build_architecture(
        layout="strided",
        size=16,
        channels=channels,
        base_channels=base_channels,
        kernel_size=4,
        latent_dim=6,
        latent_distribution=latent_distribution,
        batch_norm_eps=1e-5,
    )
    random = torch.Generator().manual_seed(0)
    generator, discriminator = Generator(architecture).eval(), Discriminator(architecture).eval()
    for net in (generator, discriminator):
        initialize(net, random)
        use_channels_last(net)
    with torch.no_grad():
        generator.convolutions[-1].weight.mul_(20)  # type: ignore[operator]  # so that pictures use all levels
    z = torch.randn(64, 6, generator=random)
    measure_statistics(generator, [z])
    measure_statistics(discriminator, [generator(z).detach()])
    return Model(architecture, generator, discriminator, {"images": 5, "recipe": {"lr": 0.1}})
