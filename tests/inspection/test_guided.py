"""Guided back-propagation: the right rule for LeakyReLU, and a net that is left as it was."""

from typing import cast

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.toy_model import toy_model
from torch import Tensor, nn

from dcgan.errors import ModelError
from dcgan.inspection.guided import Units, back_propagate, guided, plain
from dcgan.inspection.responses import measure_responses
from dcgan.model import Model
from dcgan.networks.discriminator import SLOPE, leaky_relu
from dcgan.pixels import to_images

MODEL = toy_model()
PIXELS = MODEL.sample(range(70))


def units(count: int, layer: int) -> Units:
    """Any units, one for each picture."""
    random = np.random.default_rng(0)
    side = MODEL.architecture.discriminator_geometry[layer].small
    width = MODEL.architecture.discriminator[layer].out_channels
    return np.stack([random.integers(0, top, count) for top in (width, side, side)], axis=1)


def strongest(layer: int, features: int = 8) -> tuple[NDArray[np.uint8], Units]:
    """Pictures and units that respond: those of which guided back-propagation has something to say."""
    found = measure_responses(MODEL, PIXELS, layer, 2)
    return PIXELS[found.picture[:features].ravel()], found.units[:features].reshape(-1, 3)


def test_the_rule_by_hand() -> None:
    """Four activations in a row, each with its own gradient from above: only (+, +) passes, whole."""
    x = torch.tensor([2.0, 2.0, -2.0, -2.0], requires_grad=True)
    above = torch.tensor([3.0, -3.0, 3.0, -3.0])
    (found,) = torch.autograd.grad(guided(x), x, above)
    assert found.tolist() == [3, 0, 0, 0]
    (gradient,) = torch.autograd.grad(plain(x), x, above)
    assert gradient.tolist() == pytest.approx([3, -3, 3 * SLOPE, -3 * SLOPE])


def test_a_tiny_net_by_hand() -> None:
    """Two pixels p and q, two hidden units, one unit on them: y = f(2 f(a) + w f(b)), a = p + q, b = p - 2 q."""

    def saliency(p: float, q: float, w: float) -> list[float]:
        pixels = torch.tensor([p, q], requires_grad=True)
        hidden = guided(torch.tensor([[1.0, 1.0], [1.0, -2.0]]) @ pixels)
        (found,) = torch.autograd.grad(guided(torch.tensor([[2.0, w]]) @ hidden), pixels)
        return cast("list[float]", found.tolist())

    # a = 1.4, b = 0.2, y = 3: both pass, 2 (1, 1) + 1 (1, -2)
    assert saliency(1, 0.4, 1) == [3, 0]
    # the same with y = 2.2: b is above 0, but its gradient, -3, is not
    assert saliency(1, 0.4, -3) == [2, 2]
    # a = 1, b = -5, y = 2 - 1: b's gradient is above 0, but b is not
    assert saliency(-1.0, 2.0, 1) == [2, 2]
    # a = 0.5, b = 2, y = f(-5): y itself is below 0
    assert saliency(1, -0.5, -3) == [0, 0]


def transposed(gradient: Tensor, convolution: nn.Module) -> Tensor:
    """The gradient of a convolution's input from that of its output: 4x4 kernels, stride 2, even sides."""
    return nn.functional.conv_transpose2d(gradient, convolution.get_parameter("weight"), stride=2, padding=1)


def test_both_layers_of_a_model_written_out() -> None:
    """Down through the second activation, batch norm as a scale, the second convolution, and so on to the picture."""
    pixels, places = strongest(layer=1)
    net, images = MODEL.nets.discriminator, to_images(torch.from_numpy(pixels))
    with torch.no_grad():
        first = net.convolutions[0](images)
        second = net.norms[0](net.convolutions[1](leaky_relu(first)))
        gradient = torch.zeros_like(second)
        gradient[torch.arange(len(places)), *torch.from_numpy(places).unbind(1)] = 1
        gradient = gradient * (second > 0)
        gain, variance = net.get_parameter("norms.0.weight"), net.get_buffer("norms.0.running_var")
        scale = gain / (variance + MODEL.architecture.batch_norm_eps).sqrt()
        gradient = transposed(gradient * scale[:, None, None], net.convolutions[1])
        gradient = gradient.clamp(min=0) * (first > 0)
        gradient = transposed(gradient, net.convolutions[0])
    expected = gradient.permute(0, 2, 3, 1).numpy()
    assert np.abs(expected).max() > 0
    assert back_propagate(MODEL, pixels, 1, places) == pytest.approx(expected, rel=1e-4, abs=1e-7)


def test_plain_is_the_gradient_that_autograd_gives_and_guided_is_not() -> None:
    pixels, places = strongest(layer=1)
    images = to_images(torch.from_numpy(pixels)).requires_grad_()
    maps = MODEL.nets.discriminator.activations(images)[1]
    maps[torch.arange(len(places)), *torch.from_numpy(places).unbind(1)].sum().backward()
    assert images.grad is not None
    expected = images.grad.permute(0, 2, 3, 1).numpy()
    MODEL.nets.discriminator.zero_grad()
    assert back_propagate(MODEL, pixels, 1, places, plain) == pytest.approx(expected, rel=1e-4, abs=1e-7)
    assert np.abs(back_propagate(MODEL, pixels, 1, places) - expected).max() > 0.1 * np.abs(expected).max()


@pytest.mark.parametrize("layer", [0, 1])
def test_a_unit_that_does_not_respond_has_no_guided_saliency(layer: int) -> None:
    places = units(70, layer)
    maps = MODEL.nets.discriminator.activations(to_images(torch.from_numpy(PIXELS)))[layer].detach().numpy()
    responds = maps[np.arange(70), *places.T] > 0
    saliency = back_propagate(MODEL, PIXELS, layer, places)
    assert 0 < responds.sum() < 70
    assert not saliency[~responds].any()
    assert saliency[responds].any(axis=(1, 2, 3)).all()


def test_a_saliency_is_of_its_own_picture_alone() -> None:
    places = units(70, 1)
    saliency = back_propagate(MODEL, PIXELS, 1, places, plain)
    alone = back_propagate(MODEL, PIXELS[66:67], 1, places[66:67], plain)
    assert saliency[66] == pytest.approx(alone[0], rel=1e-4, abs=1e-7)


def test_it_works_where_gradients_are_switched_off() -> None:
    pixels, places = strongest(layer=1)
    with torch.no_grad():
        assert back_propagate(MODEL, pixels, 1, places).any()


def state(model: Model) -> tuple[object, ...]:
    """All that could be hooked, or left, in a net; and a gradient of it, which a changed rule would change."""
    net = model.nets.discriminator
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    hooks = [len(getattr(module, kind)) for module in net.modules() for kind in kinds]
    images = to_images(torch.from_numpy(PIXELS[:4])).requires_grad_()
    (gradient,) = torch.autograd.grad(net(images).sum(), images)
    untouched = all(parameter.grad is None for parameter in net.parameters())
    return hooks, vars(net).keys(), net.training, untouched, gradient.numpy().tobytes()


def test_nothing_is_left_in_the_net() -> None:
    model = toy_model()
    before = state(model)
    back_propagate(model, PIXELS[:4], 1, units(4, 1))
    assert state(model) == before


def test_nothing_is_left_in_the_net_after_a_failure_in_the_middle() -> None:
    model = toy_model()
    before = state(model)

    def fail(done: int, total: int | None) -> None:
        raise RuntimeError("stopped in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        back_propagate(model, PIXELS, 1, units(70, 1), on_progress=fail)
    calls = []

    def breaks(x: Tensor) -> Tensor:
        calls.append(x)
        if len(calls) == 2:
            raise RuntimeError("between two layers")
        return guided(x)

    with pytest.raises(RuntimeError, match="between two layers"):
        back_propagate(model, PIXELS[:4], 1, units(4, 1), breaks)
    assert state(model) == before


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ModelError, match=r"`layer` 2: .* layers 0 to 1"):
        back_propagate(MODEL, PIXELS[:1], 2, units(1, 1))
    with pytest.raises(ModelError, match="pictures of shape"):
        back_propagate(MODEL, PIXELS[:1, :8, :8], 1, units(1, 1))
