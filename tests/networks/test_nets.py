import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from dcgan.networks.architecture import Architecture
from dcgan.networks.batch_norm import BatchNorm, batch_statistics, measure_statistics
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.generator import Generator
from dcgan.networks.initialize import initialize
from dcgan.networks.layouts import build_architecture
from dcgan.networks.memory import use_channels_last

Array = NDArray[np.float64]


@pytest.fixture
def architecture() -> Architecture:
    return build_architecture(
        layout="strided",
        size=16,
        channels=3,
        base_channels=4,
        kernel_size=5,
        latent_dim=6,
        latent_distribution="normal",
        batch_norm_eps=1e-8,
    )


@pytest.fixture
def generator(architecture: Architecture) -> Generator:
    net = Generator(architecture)
    initialize(net, torch.Generator().manual_seed(1))
    return net


def normalize(x: Array, layer: nn.Module) -> Array:
    """Batch norm by the batch at hand, written out."""
    assert isinstance(layer, BatchNorm)
    axes = (0, 2, 3) if x.ndim == 4 else (0,)
    shape = (1, -1, 1, 1) if x.ndim == 4 else (1, -1)
    x = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + layer.eps)
    gain, bias = (p.detach().double().numpy().reshape(shape) for p in (layer.weight, layer.bias))
    result: Array = x * gain + bias
    return result


def convolve(x: Array, weight: Array, stride: int, padding: int) -> Array:
    """A strided convolution, written out."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    side = (x.shape[2] - weight.shape[2]) // stride + 1
    result = np.empty((len(x), len(weight), side, side))
    for i in range(side):
        for j in range(side):
            patch = x[:, :, i * stride :, j * stride :][:, :, : weight.shape[2], : weight.shape[3]]
            result[:, :, i, j] = np.einsum("nchw,ochw->no", patch, weight)
    return result


def convolve_back(x: Array, weight: Array, stride: int, padding: int, size: int) -> Array:
    """A fractionally-strided convolution, written out: each value adds a kernel to a canvas."""
    kernel = weight.shape[2]
    canvas = np.zeros((len(x), weight.shape[1], size + 2 * padding + kernel, size + 2 * padding + kernel))
    for i in range(x.shape[2]):
        for j in range(x.shape[3]):
            patch = np.einsum("nc,cohw->nohw", x[:, :, i, j], weight)
            canvas[:, :, i * stride : i * stride + kernel, j * stride : j * stride + kernel] += patch
    return canvas[:, :, padding : padding + size, padding : padding + size]


def weights(layers: nn.Module) -> list[Array]:
    return [p.detach().double().numpy() for p in layers.parameters()]


def test_the_generator_is_what_the_paper_writes(generator: Generator) -> None:
    z = torch.randn(5, 6, generator=torch.Generator().manual_seed(2))
    first, second = weights(generator.convolutions)
    h = z.double().numpy() @ weights(generator.stem)[0].T
    h = np.maximum(normalize(h, generator.stem_norm), 0).reshape(5, 8, 4, 4)
    h = np.maximum(normalize(convolve_back(h, first, 2, 2, 8), generator.norms[0]), 0)
    expected = np.tanh(convolve_back(h, second, 2, 2, 16))
    np.testing.assert_allclose(generator(z).detach().numpy(), expected, atol=2e-5)


def test_the_discriminator_is_what_the_paper_writes(architecture: Architecture) -> None:
    net = Discriminator(architecture)
    initialize(net, torch.Generator().manual_seed(3))
    images = torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(4)) * 2 - 1
    first, second = weights(net.convolutions)

    def leaky(h: Array) -> Array:
        return np.where(h > 0, h, 0.2 * h)

    h = leaky(convolve(images.double().numpy(), first, 2, 2))
    h = leaky(normalize(convolve(h, second, 2, 2), net.norms[0]))
    expected = h.reshape(4, -1) @ weights(net.head)[0][0]
    np.testing.assert_allclose(net(images).detach().numpy(), expected, atol=2e-5)


def test_weights_start_as_the_paper_says() -> None:
    wide = build_architecture(
        layout="strided",
        size=32,
        channels=3,
        base_channels=64,
        kernel_size=5,
        latent_dim=100,
        latent_distribution="normal",
        batch_norm_eps=1e-8,
    )
    for net in (Generator(wide), Discriminator(wide)):
        initialize(net, torch.Generator().manual_seed(0))
        for name, parameter in net.named_parameters():
            if name.endswith("bias"):
                assert "norm" in name  # only batch norm has biases
                assert (parameter == 0).all()
            else:
                assert parameter.mean().item() == pytest.approx(1.0 if "norm" in name else 0.0, abs=0.01)
                assert parameter.std().item() == pytest.approx(0.02, rel=0.2)


def test_training_keeps_no_statistics(generator: Generator) -> None:
    before = {name: buffer.clone() for name, buffer in generator.named_buffers()}
    generator.train()(torch.randn(8, 6))
    assert all((buffer == before[name]).all() for name, buffer in generator.named_buffers())


def test_measured_statistics_are_the_mean_over_batches() -> None:
    layer = BatchNorm(2, 1e-8)
    batches = [torch.tensor([[0.0, 1.0], [2.0, 1.0]]), torch.tensor([[5.0, 0.0], [7.0, 4.0]])]
    measure_statistics(layer, batches)
    assert layer.running_mean.tolist() == [3.5, 1.5]  # of means (1, 1) and (6, 2)
    assert layer.running_var.tolist() == [1.0, 2.0]  # of variances (1, 0) and (1, 4)


def test_with_measured_statistics_a_picture_does_not_depend_on_its_batch(generator: Generator) -> None:
    z = torch.randn(64, 6, generator=torch.Generator().manual_seed(5))
    measure_statistics(generator, [z])
    generator.eval()
    torch.testing.assert_close(generator(z)[:1], generator(z[:1]), atol=1e-5, rtol=0)
    with batch_statistics(generator):
        assert (generator(z)[:3] - generator(z[:3])).abs().max() > 0.01
    assert not generator.training


def test_measuring_leaves_the_mode_and_no_hook_behind_even_when_it_fails(generator: Generator) -> None:
    generator.eval()
    with pytest.raises(RuntimeError):
        measure_statistics(generator, [torch.zeros(4, 6), torch.zeros(4, 99)])
    assert not generator.training
    assert not any(module._forward_pre_hooks for module in generator.modules())


def test_no_batch_is_no_measurement(generator: Generator) -> None:
    with pytest.raises(ValueError, match="no batch"):
        measure_statistics(generator, [])


def test_memory_layout_changes_results_by_rounding_only(generator: Generator) -> None:
    z = torch.randn(4, 6, generator=torch.Generator().manual_seed(6))
    plain = generator(z).detach().clone()
    use_channels_last(generator)
    assert generator.channels_last
    torch.testing.assert_close(generator(z), plain, atol=1e-5, rtol=0)
