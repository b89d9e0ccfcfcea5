"""The baseline of looking inside: the same net with random weights (paper section 6.2)."""

from collections.abc import Iterator
from dataclasses import replace

from torch import Tensor

from dcgan.inspection.inputs import BATCH, images_of
from dcgan.model import Model
from dcgan.networks.batch_norm import measure_statistics
from dcgan.networks.initialize import untrained_discriminator
from dcgan.networks.memory import use_channels_last
from dcgan.types import OnProgress, PixelStore

MEASURED = 2048  # pictures, at most, that batch norm's statistics are measured on


def untrained(model: Model, pixels: PixelStore, seed: int = 0, on_progress: OnProgress | None = None) -> Model:
    """The model with the discriminator that a training with this seed would begin with.

    Args:
        model: Whose architecture, device and generator are taken.
        pixels: (N, H, W, C), uint8: batch norm's statistics are measured on so many of them, evenly spaced.
        seed: Names the weights, 0 or more.
        on_progress: Called with (pictures, in all).

    Raises:
        ModelError: The pictures are not of the model's shape.
    """
    net = untrained_discriminator(model.architecture, seed)
    use_channels_last(net)
    random = replace(model, discriminator=net.to(next(model.nets.discriminator.parameters()).device).eval())
    some = pixels[:: max(1, -(-len(pixels) // MEASURED))]
    whole = max(BATCH, len(some) // BATCH * BATCH)  # a few left over would count as much as a mini-batch

    def images() -> Iterator[Tensor]:
        for start in range(0, whole, BATCH):
            yield images_of(random, some[start : start + BATCH])
            if on_progress:
                on_progress(start + BATCH, whole)

    measure_statistics(net, images())
    return random
