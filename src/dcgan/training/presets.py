"""The recipes that have names; `dcgan.choices.PRESETS` lists them."""

from dcgan.choices import PRESETS
from dcgan.training.recipe import Recipe

DEFAULT = Recipe()

# The default in minutes, and in hours: with time, wider nets, a longer average, and a learning rate that falls to 0.
QUICK = Recipe(preset="quick", about_minutes=5.0)
BEST = Recipe(
    preset="best",
    about_minutes=240.0,
    base_channels=64,
    ema_half_life=20_000,
    lr_schedule="linear",
    lr_hold=0.5,
)

# Cartoons, icons, pixel art: flat areas and hard edges are learned sooner at a high learning rate, held by R1, and
# without translation.
DRAWINGS = Recipe(preset="drawings", lr=2e-3, augment="none", r1_gamma=1.0, ema_half_life=20_000)

# What the paper and its released code share (paper section 4; code: coupled L2, one net a mini-batch, epsilon 1e-8).
_PAPER = Recipe(
    layout="strided",
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

# The authors' conditional MNIST net: half of the run at a constant learning rate, half while it falls to 0.
PAPER_MNIST_CONDITIONAL = _PAPER.changed(
    {
        "preset": "paper-mnist-conditional",
        "nets": "conditional-dcgan",
        "size": 28,
        "channels": 1,
        "base_channels": 64,
        "weight_decay": 2.5e-5,
        "lr_schedule": "linear",
        "lr_hold": 0.5,
        "epochs": 200.0,
    }
)

# GAN 2014: both nets from one forward pass; momentum rises over 250 epochs of 50,000 pictures; the learning rate is
# divided by 1.000004 each mini-batch. D's loss was half the sum, which is half the learning rate.
_GAN_2014 = Recipe(
    optimizer="sgd",
    momentum=0.5,
    final_momentum=0.7,
    momentum_ramp=250 * 50_000,
    lr_schedule="exponential",
    lr_half_life=17_328_714,
    batch_size=100,
    updates="simultaneous",
    augment="none",
    ema_half_life=0,
    epochs=250.0,
)
GAN_2014_MNIST = _GAN_2014.changed(
    {
        "preset": "gan-2014-mnist",
        "nets": "gan-2014-mnist",
        "size": 28,
        "channels": 1,
        "base_channels": 240,
        "lr": 0.1,
        "lr_discriminator": 0.05,
    }
)
GAN_2014_CIFAR = _GAN_2014.changed(
    {
        "preset": "gan-2014-cifar",
        "nets": "gan-2014-cifar",
        "size": 32,
        "channels": 3,
        "base_channels": 1600,
        "latent_distribution": "normal",
        "lr": 0.025,
        "lr_discriminator": 0.0125,
    }
)
GAN_2014_CIFAR_CONV = GAN_2014_CIFAR.changed(
    {
        "preset": "gan-2014-cifar-conv",
        "nets": "gan-2014-cifar-conv",
        "batch_size": 128,
        "lr": 0.004,
        "lr_discriminator": 0.002,
        "lr_half_life": 22_180_754,
    }
)

# LAPGAN: a chain of GANs from 8x8 up, each of which sees a third of the images. D's loss was a mean over real and
# generated images together, which is half the learning rate.
LAPGAN_CIFAR = Recipe(
    preset="lapgan-cifar",
    nets="lapgan",
    size=32,
    channels=3,
    base_channels=64,
    batch_size=64,
    optimizer="sgd",
    lr=0.02,
    lr_discriminator=0.01,
    momentum=0.5,
    final_momentum=0.7,
    momentum_ramp=250 * 50_000,
    augment="none",
    ema_half_life=0,
    epochs=250.0,
)

# Next-frame prediction (Mathieu et al. 2016), by our layers and our optimizer.
FRAME_PREDICTOR = Recipe(
    preset="frame-predictor", nets="frame-predictor", batch_size=32, lr=1e-3, beta1=0.9, augment="none"
)


def preset(name: str) -> Recipe:
    """The recipe of that name.

    Args:
        name: As `dcgan presets` lists them.

    Raises:
        UsageError: There is none; the message lists those there are.
    """
    return PRESETS[name]
