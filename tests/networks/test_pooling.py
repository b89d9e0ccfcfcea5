import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from dcgan.networks.discriminator import Discriminator
from dcgan.networks.generator import Generator
from dcgan.networks.layers import ConvLayer
from dcgan.networks.layouts import build_architecture
from dcgan.networks.pooling import EnlargingConvolution, PooledConvolution


@pytest.fixture
def maps() -> Tensor:
    return torch.randn(2, 3, 6, 6, generator=torch.Generator().manual_seed(0))


def test_an_enlarging_convolution_is_nearest_neighbor_enlargement_then_a_convolution(maps: Tensor) -> None:
    layer = EnlargingConvolution(3, 5, 3, stride=2, padding=1)
    enlarged = F.interpolate(maps, scale_factor=2, mode="nearest")
    expected = F.conv_transpose2d(enlarged, layer.weight, layer.bias, padding=1)
    assert layer(maps).shape == (2, 5, 12, 12)
    assert torch.allclose(layer(maps), expected, atol=1e-6)


def test_it_is_a_transposed_convolution_with_that_kernel(maps: Tensor) -> None:
    layer = EnlargingConvolution(3, 5, 3, stride=2, padding=2, output_padding=1, bias=False)
    same = torch.nn.ConvTranspose2d(3, 5, 4, stride=2, padding=2, output_padding=1, bias=False)
    with torch.no_grad():
        same.weight.copy_(layer.kernel())
    assert torch.equal(layer(maps), same(maps))


def test_a_pooled_convolution_keeps_the_maximum_of_each_square(maps: Tensor) -> None:
    layer = PooledConvolution(3, 4, 3, padding=1)
    convolved = F.conv2d(maps, layer.weight, layer.bias, padding=1)
    squares = convolved.reshape(2, 4, 3, 2, 3, 2)
    assert torch.equal(layer(maps), squares.amax(dim=(3, 5)))


def test_the_pooled_layout_has_the_maps_of_the_strided_one_and_no_stride_in_any_kernel() -> None:
    shape = {"size": 33, "channels": 3, "base_channels": 2, "latent_dim": 5}
    more = {"latent_distribution": "normal", "batch_norm_eps": 1e-5}
    pooled, strided = (build_architecture(layout=layout, **shape, **more) for layout in ("pooled", "strided"))  # type: ignore[arg-type]
    assert pooled.generator_geometry == strided.generator_geometry
    assert pooled.discriminator[0] == ConvLayer(2, 3, 2, pooled=True)
    kernels = [
        p.shape[2:] for net in (Generator(pooled), Discriminator(pooled)) for p in net.parameters() if p.ndim == 4
    ]
    assert set(kernels) == {(3, 3)}
    images = Generator(pooled)(torch.zeros(2, 5))
    assert [m.shape[2] for m in Discriminator(pooled).activations(images)] == [17, 9, 5]


def test_a_card_from_before_there_were_pooled_layers_is_read_as_strided() -> None:
    assert ConvLayer(out_channels=4, kernel_size=4, stride=2) == ConvLayer(4, 4, 2, pooled=False)
