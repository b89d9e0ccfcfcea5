from itertools import pairwise

import pytest
import torch

from dcgan.errors import UsageError
from dcgan.networks.architecture import Architecture
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.generator import Generator
from dcgan.networks.layers import ConvLayer, geometry
from dcgan.networks.layouts import build_architecture


def lay_out(**values: object) -> Architecture:
    defaults: dict[str, object] = {
        "layout": "strided",
        "size": 64,
        "channels": 3,
        "base_channels": 2,
        "kernel_size": 5,
        "latent_dim": 7,
        "latent_distribution": "uniform",
        "batch_norm_eps": 1e-5,
    }
    return build_architecture(**(defaults | values))  # type: ignore[arg-type]  # a test may pass wrong values on purpose


def test_the_faces_net_is_that_of_the_released_code() -> None:
    faces = lay_out(base_channels=128, latent_dim=100)
    assert faces.stem_channels == 1024
    assert faces.generator == (ConvLayer(512, 5, 2), ConvLayer(256, 5, 2), ConvLayer(128, 5, 2), ConvLayer(3, 5, 2))
    assert faces.discriminator == (
        ConvLayer(128, 5, 2),
        ConvLayer(256, 5, 2),
        ConvLayer(512, 5, 2),
        ConvLayer(1024, 5, 2),
    )
    assert [(fit.padding, fit.output_padding) for fit in faces.generator_geometry] == [(2, 1)] * 4


def test_the_imagenet_net_has_the_seven_layers_of_the_released_weights() -> None:
    imagenet = lay_out(layout="paired", size=32, base_channels=128, kernel_size=3)
    assert imagenet.stem_channels == 512
    assert [(stage.out_channels, stage.stride) for stage in imagenet.generator] == [
        (512, 2), (256, 1), (256, 2), (128, 1), (128, 2), (3, 1),
    ]  # fmt: skip
    assert [(stage.out_channels, stage.stride) for stage in imagenet.discriminator] == [
        (128, 1), (128, 2), (256, 1), (256, 2), (512, 1), (512, 2),
    ]  # fmt: skip


def test_the_svhn_net_has_the_shapes_of_the_released_arrays() -> None:
    svhn = lay_out(size=32, base_channels=64, latent_dim=100)
    shapes = {name: tuple(p.shape) for name, p in Generator(svhn).named_parameters() if p.ndim > 1}
    assert shapes == {
        "stem.weight": (4096, 100),
        "convolutions.0.weight": (256, 128, 5, 5),
        "convolutions.1.weight": (128, 64, 5, 5),
        "convolutions.2.weight": (64, 3, 5, 5),
    }
    assert Discriminator(svhn).head.weight.shape == (1, 4096)


@pytest.mark.parametrize("kernel_size", [3, 4, 5])
def test_any_size_from_16_to_256_comes_out_exactly(kernel_size: int) -> None:
    for size in range(16, 257):
        stages = lay_out(size=size, kernel_size=kernel_size).discriminator
        maps = geometry(size, stages)
        assert maps[0].large == size
        assert 4 <= maps[-1].small <= 7
        assert all(upper.small == lower.large for upper, lower in pairwise(maps))
        for stage, fit in zip(stages, maps, strict=True):
            assert (fit.large + 2 * fit.padding - stage.kernel_size) // stage.stride + 1 == fit.small
            enlarged = (fit.small - 1) * stage.stride - 2 * fit.padding + stage.kernel_size + fit.output_padding
            assert enlarged == fit.large
            assert 0 <= fit.output_padding < stage.stride


@pytest.mark.parametrize("size", [16, 17, 28, 33, 48, 96, 100, 129])
@pytest.mark.parametrize(
    ("layout", "kernel_size"), [("strided", 4), ("strided", 5), ("paired", 3), ("pooled", 3), ("pooled", 5)]
)
def test_both_nets_take_and_give_pictures_of_that_size(size: int, layout: str, kernel_size: int) -> None:
    architecture = lay_out(size=size, layout=layout, kernel_size=kernel_size, channels=1)
    images = Generator(architecture)(torch.zeros(2, 7))
    assert images.shape == (2, 1, size, size)
    assert Discriminator(architecture)(images).shape == (2,)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pictures_have_one_three_or_four_channels(channels: int) -> None:
    assert Generator(lay_out(size=16, channels=channels))(torch.zeros(3, 7)).shape == (3, channels, 16, 16)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"size": 15}, "size must be 16 to 256"),
        ({"size": 257}, "size must be 16 to 256"),
        ({"channels": 2}, "channels must be 1, 3 or 4"),
        ({"base_channels": 0}, "base_channels must be 1 to 1024"),
        ({"kernel_size": 6}, "kernel_size must be 3 to 5"),
        ({"latent_dim": 0}, "latent_dim must be 1 to 8192"),
        ({"latent_distribution": "cauchy"}, "latent_distribution must be uniform or normal, not cauchy"),
        ({"layout": "dense"}, "`layout` must be one of strided, pooled, paired"),
        ({"layout": "pooled", "kernel_size": 4}, "a kernel_size of 4 needs a stride of 2 in it"),
        ({"layout": "paired", "kernel_size": 4}, "a kernel_size of 4 needs a stride of 2 in it"),
        ({"batch_norm_eps": 0.0}, "batch_norm_eps"),
    ],
)
def test_what_cannot_be_built_is_named(values: dict[str, object], words: str) -> None:
    with pytest.raises((ValueError, UsageError), match=words):
        lay_out(**values)
