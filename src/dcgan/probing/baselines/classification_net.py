"""A discriminator's net whose last layer tells classes, and how it is trained."""

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dcgan.networks.discriminator import Discriminator
from dcgan.networks.initialize import initialize
from dcgan.networks.memory import use_channels_last
from dcgan.optimizers import Adam
from dcgan.types import OnProgress

NextBatch = Callable[[], tuple[Tensor, Tensor]]
"""The next mini-batch: images (N, C, H, W) and their classes (N,)."""


class ClassificationNet(nn.Module):
    """Images (N, C, H, W) to logits (N, K), by a copy of a discriminator's convolutions."""

    def __init__(self, body: Discriminator, classes: int, dropout: float) -> None:
        super().__init__()
        self.body = deepcopy(body)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(self.body.head.in_features, classes)
        self.requires_grad_(True)

    @classmethod
    def from_discriminator(
        cls, body: Discriminator, classes: int, dropout: float, random: torch.Generator, *, from_scratch: bool = True
    ) -> "ClassificationNet":
        """A net on the device of `body`, of random weights; unless `from_scratch`, only its last layer is random."""
        net = cls(body, classes, dropout).cpu()  # where random numbers are made
        initialize(net if from_scratch else net.head, random)
        use_channels_last(net)
        return net.to(body.head.weight.device)

    def forward(self, images: Tensor) -> Tensor:
        """Judge images."""
        flat = self.body.activations(images)[-1].contiguous().flatten(1)
        logits: Tensor = self.head(self.dropout(flat))
        return logits


def train(
    net: ClassificationNet,
    next_batch: NextBatch,
    steps: int,
    lr: float,
    weight_decay: float = 0.0,
    *,
    seed: int,
    on_progress: OnProgress,
) -> None:
    """Lower the cross entropy by Adam; the learning rate falls to 0 along a cosine.

    Args:
        net: Trained in place, on the device where it is; it stays in training mode.
        next_batch: Where mini-batches come from.
        steps: How many.
        lr: The first learning rate.
        weight_decay: L2 penalty added to every gradient.
        seed: Of dropout.
        on_progress: After each step.
    """
    optimizer = Adam(net.parameters(), lr, betas=(0.5, 0.999), weight_decay=weight_decay)
    device = net.head.weight.device
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net.train()
        for step in range(steps):
            images, classes = next_batch()
            optimizer.zero_grad()
            F.cross_entropy(net(images.to(device)), classes.to(device)).backward()
            optimizer.step()
            schedule.step()
            on_progress(step + 1, steps)
