"""A net as a short list of layers, of which an ONNX file and the web page are made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from torch import Tensor

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Value:
    """What a layer gives, or the net is given: rows of this shape, any number of them."""

    number: int
    shape: Shape


@dataclass(frozen=True)
class Layer:
    """One operation.

    Attributes:
        op: linear, conv, conv_transpose, relu, leaky_relu, tanh, sigmoid, reshape, concat, slice, expand, add, sub,
            mul, div, max_pool, amax, or resize.
        inputs: What it takes, in the order of torch's function of that name; weights and numbers are tensors.
        output: What it gives.
        options: Its other arguments. Dimensions are counted with that of the rows, which is 0. `pads` of convolutions
            are (top, left, bottom, right); of a transposed one they are what is cut off.
    """

    op: str
    inputs: tuple[Value | Tensor, ...]
    output: Value
    options: dict[str, Any]


@dataclass(frozen=True)
class Graph:
    """A net: its inputs, its layers in the order of computing, its outputs."""

    inputs: tuple[Value, ...]
    layers: tuple[Layer, ...]
    outputs: tuple[Value, ...]


def with_norms_folded(layers: Sequence[Layer], outputs: Sequence[Value]) -> tuple[Layer, ...]:
    """The same layers, with what scales and shifts each channel of a layer's result made part of its weights."""
    uses: dict[int, int] = {output.number: 1 for output in outputs}
    for layer in layers:
        for taken in layer.inputs:
            if isinstance(taken, Value):
                uses[taken.number] = uses.get(taken.number, 0) + 1
    folded: list[Layer] = []
    for layer in layers:
        before = folded[-1] if folded else None
        if before and layer.inputs[0] is before.output and uses[before.output.number] == 1 and _folds(before, layer):
            folded[-1] = _folded(before, layer)
        else:
            folded.append(layer)
    return tuple(folded)


def _folds(before: Layer, layer: Layer) -> bool:
    """Whether a layer scales or shifts by channel what a linear layer or a convolution before it gives."""
    by = layer.inputs[-1]
    return (
        before.op in ("linear", "conv", "conv_transpose")
        and layer.op in ("mul", "add")
        and isinstance(by, Tensor)
        and by.numel() in (1, prod(by.shape[:1]))
        and (by.ndim == 0 or by.ndim == len(before.output.shape))
    )


def _folded(before: Layer, layer: Layer) -> Layer:
    x, weight, bias = before.inputs
    by = layer.inputs[-1]
    assert isinstance(weight, Tensor)
    assert isinstance(bias, Tensor)
    assert isinstance(by, Tensor)
    numbers = by.reshape(-1).double()
    if layer.op == "add":
        return replace(before, inputs=(x, weight, (bias + numbers).float()), output=layer.output)
    channels = 1 if before.op == "conv_transpose" else 0
    shape = [-1 if dim == channels else 1 for dim in range(weight.ndim)]
    weight, bias = (weight * numbers.reshape(shape)).float(), (bias * numbers).float()
    return replace(before, inputs=(x, weight, bias), output=layer.output)
