"""The discriminator as files have it: logits, and the map of each layer if it is a DCGAN's."""

import torch
from torch import Tensor, nn

from dcgan.model import Model
from dcgan.networks.discriminator import Discriminator


class WithFeatures(nn.Module):
    """images, and labels of conditional nets -> (logits, maps ...), computed once for both."""

    def __init__(self, discriminator: nn.Module) -> None:
        super().__init__()
        self.discriminator = discriminator
        self.layers = len(discriminator.convolutions) if isinstance(discriminator, Discriminator) else 0

    def forward(self, images: Tensor, labels: Tensor | None = None) -> tuple[Tensor, ...]:
        """Judge."""
        if isinstance(self.discriminator, Discriminator):
            maps = self.discriminator.activations(images)
            return self.discriminator.head(maps[-1].flatten(1)).squeeze(1), *maps
        return (self.discriminator(images) if labels is None else self.discriminator(images, labels),)


def discriminator_inputs(model: Model, z: Tensor, images: Tensor) -> dict[str, Tensor]:
    """What the discriminator is given, by name: images, or clips of frames, and the labels in z of conditional nets."""
    classes = model.interface.classes
    if model.frames > 1:  # z are the frames before
        images = torch.cat([z.reshape(len(z), -1, *images.shape[2:]), images], dim=1)
    return {"images": images, **({"labels": z[:, -classes:]} if classes else {})}
