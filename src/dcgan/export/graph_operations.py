"""How the operations that torch sees in a forward pass become layers of a graph."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import Node

from dcgan.errors import ModelError
from dcgan.export.graph import Layer, Shape, Value

ROWS = 7  # that are traced: no number that a layer has


class Layers:
    """Layers in the making."""

    def __init__(self, remedy: str) -> None:
        self.remedy = remedy
        self.made: list[Layer] = []
        self.count = 0

    def new(self, node: Node) -> Value:
        """The value of a node, with a number of its own."""
        example = node.meta["val"]
        self.need(isinstance(example, Tensor) and example.shape[:1] == (ROWS,), f"rows that {node.name} mixes")
        return self.value(tuple(example.shape[1:]))

    def value(self, shape: Shape) -> Value:
        """A value of its own."""
        self.count += 1
        return Value(self.count - 1, shape)

    def layer(self, op: str, inputs: Sequence[Any], node: Node, **options: Any) -> Value:
        """Add a layer that gives what the node gives."""
        return self.add(op, inputs, self.new(node), **options)

    def add(self, op: str, inputs: Sequence[Any], output: Value, **options: Any) -> Value:
        """Add a layer."""
        taken = (one if isinstance(one, Value | Tensor) else torch.tensor(float(one)) for one in inputs)
        self.made.append(Layer(op, tuple(taken), output, options))
        return output

    def need(self, condition: bool, what: str) -> None:
        """Refuse what no layer has.

        Raises:
            ModelError: The condition does not hold.
        """
        if not condition:
            raise ModelError(f"the net has {what}, which this export does not know; {self.remedy}")


def _pair(value: Any) -> tuple[int, int]:
    both = tuple(value) if isinstance(value, list | tuple) else (value,)
    return (int(both[0]), int(both[-1]))


def _plain(op: str) -> Callable[..., Value]:
    """An operation on each number."""
    return lambda build, node, x: build.layer(op, [x], node)


def _leaky_relu(build: Layers, node: Node, x: Value, slope: float = 0.01) -> Value:
    return build.layer("leaky_relu", [x], node, slope=slope)


def _arithmetic(op: str) -> Callable[..., Value]:
    def translate(build: Layers, node: Node, x: Any, y: Any, alpha: float = 1) -> Value:
        build.need(alpha == 1, f"{op} with alpha")
        return build.layer(op, [x, y], node)

    return translate


def _reshape(build: Layers, node: Node, x: Value, *_: Any, **__: Any) -> Value:
    return build.layer("reshape", [x], node)


def _linear(build: Layers, node: Node, x: Value, weight: Tensor, bias: Tensor | None = None) -> Value:
    build.need(len(x.shape) == 1, "a linear layer of maps")
    return build.layer("linear", [x, weight, _or_zeros(bias, weight.shape[0])], node)


def _or_zeros(bias: Tensor | None, length: int) -> Tensor:
    return torch.zeros(length) if bias is None else bias


def _conv(
    build: Layers,
    node: Node,
    x: Value,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Value:
    build.need(_pair(dilation) == (1, 1) and groups == 1, "a convolution with dilation or groups")
    build.need(not isinstance(padding, str), "a convolution with padding by name")
    inputs = [x, weight, _or_zeros(bias, weight.shape[0])]
    return build.layer("conv", inputs, node, stride=_pair(stride), pads=_pair(padding) * 2)


def _conv_transpose(
    build: Layers,
    node: Node,
    x: Value,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Value:
    """Output padding uncovers rows and columns at the end, as a smaller pad there does.

    Where the pad is too small for that, the kernel gets zeros at its end.
    """
    build.need(_pair(dilation) == (1, 1) and groups == 1, "a transposed convolution with dilation or groups")
    (top, left), (more_down, more_right) = _pair(padding), _pair(output_padding)
    down, right = max(0, more_down - top), max(0, more_right - left)
    weight = nn.functional.pad(weight, (0, right, 0, down))
    pads = (top, left, top + down - more_down, left + right - more_right)
    inputs = [x, weight, _or_zeros(bias, weight.shape[1])]
    return build.layer("conv_transpose", inputs, node, stride=_pair(stride), pads=pads)


def _batch_norm(
    build: Layers,
    node: Node,
    x: Value,
    weight: Tensor | None,
    bias: Tensor | None,
    mean: Tensor,
    variance: Tensor,
    training: bool,
    _momentum: float,
    eps: float,
    _cudnn: bool,
) -> Value:
    build.need(not training and mean is not None, "a batch norm without running statistics")
    scale = (1 if weight is None else weight) / torch.sqrt(variance.double() + eps)
    shift = (0 if bias is None else bias) - mean * scale
    shape = (-1, *(1 for _ in x.shape[1:]))
    scaled = build.layer("mul", [x, scale.float().reshape(shape)], node)
    return build.layer("add", [scaled, shift.float().reshape(shape)], node)


def _concat(build: Layers, node: Node, parts: Sequence[Value], dim: int = 0) -> Value:
    dim %= len(parts[0].shape) + 1
    build.need(dim > 0, "rows put together")
    return build.layer("concat", parts, node, dim=dim)


def _slice(
    build: Layers, node: Node, x: Value, dim: int = 0, start: int | None = 0, end: int | None = None, step: int = 1
) -> Value:
    dim %= len(x.shape) + 1
    if dim == 0:
        build.need(not start and (end is None or end == 2**63 - 1), "a choice of rows")
        return x
    build.need(step == 1, "a slice with steps")
    first, last, _ = slice(start, end).indices(x.shape[dim - 1])
    return build.layer("slice", [x], node, dim=dim, start=first, end=last)


def _split(build: Layers, _: Node, x: Value, sizes: Sequence[int], dim: int = 0) -> list[Value]:
    dim %= len(x.shape) + 1
    build.need(dim > 0, "rows taken apart")
    parts, start = [], 0
    for size in sizes:
        output = build.value((*x.shape[: dim - 1], size, *x.shape[dim:]))
        parts.append(build.add("slice", [x], output, dim=dim, start=start, end=start + size))
        start += size
    return parts


def _max_pool(
    build: Layers,
    node: Node,
    x: Value,
    kernel: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Value:
    build.need(_pair(dilation) == (1, 1), "max pooling with dilation")
    options = {"kernel": _pair(kernel), "stride": _pair(stride or kernel), "pads": _pair(padding) * 2}
    return build.layer("max_pool", [x], node, **options, ceil_mode=ceil_mode)


def _amax(build: Layers, node: Node, x: Value, dim: Any = (), keepdim: bool = False) -> Value:
    build.need(len(dim) == 1 and dim[0] % (len(x.shape) + 1) > 0, "a maximum over several dimensions")
    return build.layer("amax", [x], node, dim=dim[0] % (len(x.shape) + 1), keepdim=keepdim)


def _resize(
    build: Layers, node: Node, x: Value, _size: Any, align_corners: bool, _scales: Sequence[float] | None
) -> Value:
    build.need(not align_corners, "an enlargement with align_corners")
    return build.layer("resize", [x], node)


NOTHING = ("_assert_tensor_metadata",)
SAME = ("to", "_to_copy", "contiguous", "clone", "dropout", "detach", "alias", "lift_fresh_copy", "feature_dropout")
TRANSLATIONS: dict[str, Callable[..., Any]] = {
    "linear": _linear,
    "conv2d": _conv,
    "conv_transpose2d": _conv_transpose,
    "batch_norm": _batch_norm,
    "relu": _plain("relu"),
    "leaky_relu": _leaky_relu,
    "tanh": _plain("tanh"),
    "sigmoid": _plain("sigmoid"),
    **dict.fromkeys(("reshape", "view", "flatten", "unflatten", "squeeze", "unsqueeze", "_unsafe_view"), _reshape),
    "cat": _concat,
    "slice": _slice,
    "split_with_sizes": _split,
    "expand": lambda build, node, x, *_, **__: build.layer("expand", [x], node),
    "add": _arithmetic("add"),
    "sub": _arithmetic("sub"),
    "mul": _arithmetic("mul"),
    "div": _arithmetic("div"),
    "max_pool2d": _max_pool,
    "amax": _amax,
    "upsample_bilinear2d": _resize,
}
