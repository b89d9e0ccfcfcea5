"""The recipes that have names; `dcgan.choices.PRESETS` lists them."""

from dcgan.choices import PRESETS
from dcgan.training.recipe import Recipe

DEFAULT = Recipe()

# What the paper and its released code share (paper section 4; code: coupled L2, one net a mini-batch, epsilon 1e-8).
_PAPER = Recipe(
    kernel_size=5,
    batch_size=128,
    lr=2e-4,
    weight_decay=1e-5,
    updates="alternate",
    batch_norm_eps=1e-8,
    augment="none",
    ema_half_life=0,
    precision="float32",
)

# LSUN bedrooms and faces: 1024-512-256-128, 5x5.
PAPER_64 = _PAPER.changed({"preset": "paper-64", "size": 64, "channels": 3, "base_channels": 128, "epochs": 25.0})

# ImageNet: seven 3x3 layers a net; its released weights are those after 30 epochs.
PAPER_IMAGENET_32 = _PAPER.changed(
    {
        "preset": "paper-imagenet-32",
        "size": 32,
        "channels": 3,
        "base_channels": 128,
        "kernel_size": 3,
        "layout": "paired",
        "latent_dim": 256,
        "epochs": 30.0,
    }
)

# SVHN: 256-128-64, Gaussian z, batches of 64 at 5e-4.
PAPER_SVHN_32 = _PAPER.changed(
    {
        "preset": "paper-svhn-32",
        "size": 32,
        "channels": 3,
        "base_channels": 64,
        "latent_distribution": "normal",
        "batch_size": 64,
        "lr": 5e-4,
        "epochs": 200.0,
    }
)


def preset(name: str) -> Recipe:
    """The recipe of that name.

    Args:
        name: As `dcgan presets` lists them.

    Raises:
        UsageError: There is none; the message lists those there are.
    """
    return PRESETS[name]
