"""A tiny run that every test of the training room can afford."""

from pathlib import Path

import numpy as np

from dcgan.training.batches import ImageLoader
from dcgan.training.callbacks import Callback
from dcgan.training.interrupt import StopRequest
from dcgan.training.logger import Logger
from dcgan.training.recipe import Recipe
from dcgan.training.state import TrainingState
from dcgan.training.trainer import Ending, Trainer
from dcgan.types import Pixels

TOY = Recipe(
    size=16,
    channels=1,
    base_channels=2,
    latent_dim=4,
    batch_size=4,
    augment="translation",
    ema_half_life=16,
    images=64,
    sheet_every=16,
    checkpoint_every=32,
    device="cpu",
    precision="float32",
    threads=1,
)


def discs(count: int = 24, size: int = 16, channels: int = 1) -> Pixels:
    """Discs of random places, radii and shades: pictures that vary."""
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[:size, :size]
    pictures = np.zeros((count, size, size, channels), np.uint8)
    for picture in pictures:
        y, x, radius = random.uniform((3, 3, 2), (size - 3, size - 3, size / 3))
        picture[(rows - y) ** 2 + (columns - x) ** 2 < radius**2] = random.integers(80, 256, channels)
    return pictures


def run_session(
    run: Path, state: TrainingState, callback: Callback | None = None, stop: StopRequest | None = None
) -> Ending:
    """One session on the discs."""
    (run / "checkpoints").mkdir(parents=True, exist_ok=True)
    with Logger(run, state.progress) as logger:
        loader = ImageLoader(discs(), state.device)
        return Trainer(run, state, loader, logger, callback or Callback()).train(stop or StopRequest())
