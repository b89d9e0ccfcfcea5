"""A net as a short list of layers, of which an ONNX file and the web page are made.

It comes from what torch itself sees in the net's forward pass, not from the net's class: weights that are computed from
other weights are there as what they come to, batch norm is folded into the layer before it, and transposed convolutions
have explicit pads alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from operator import getitem
from typing import Any

import torch
from torch import Tensor, nn
from torch.export.graph_signature import InputKind
from torch.fx import Node

from dcgan.errors import ModelError
from dcgan.export.trace import trace

Shape = tuple[int, ...]
ROWS = 7  # that are traced: no number that a layer has


@dataclass(frozen=True)
class Value:
    """What a layer gives, or the net is given: rows of this shape, any number of them."""

    number: int
    shape: Shape


@dataclass(frozen=True)
class Layer:
    """One operation.

    Attributes:
        op: linear, conv, conv_transpose, relu, leaky_relu, tanh, sigmoid, reshape, concat, slice, expand, add, sub, mul,
            div, max_pool, amax, or resize.
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


def graph_of(net: nn.Module, inputs: Sequence[Tensor], remedy: str) -> Graph:
    """The graph of a net.

    Args:
        net: A `plain_copy`.
        inputs: Examples.
        remedy: What to do with a net that has other operations.

    Raises:
        ModelError: It cannot be traced, or has an operation that no layer stands for.
    """
    builder = _Builder(remedy)
    program = trace(net, [example[:1].expand(ROWS, *example.shape[1:]) for example in inputs], any_batch=False)
    fixed = {**program.state_dict, **program.constants}
    specs = iter(program.graph_signature.input_specs)
    for node in program.graph.nodes:
        if node.op == "placeholder":
            spec = next(specs)
            builder.values[node] = builder.new(node) if spec.kind == InputKind.USER_INPUT else fixed[str(spec.target)]
        elif node.op == "get_attr":
            builder.values[node] = getattr(program.graph_module, str(node.target))
        elif node.op == "call_function":
            builder.add(node)
        elif node.op == "output":
            outputs = [builder.values[result] for result in node.args[0]]
    given = tuple(value for value in builder.values.values() if isinstance(value, Value))[: len(inputs)]
    return Graph(given, _with_norms_folded(builder.layers, outputs), tuple(outputs))


class _Builder:
    """Turns torch's nodes into layers, one after another."""

    def __init__(self, remedy: str) -> None:
        self.remedy = remedy
        self.values: dict[Node, Any] = {}  # a Value, a tensor or number that no input changes, or a list of Values
        self.layers: list[Layer] = []
        self.count = 0

    def new(self, node: Node) -> Value:
        """The value of a node, with a number of its own."""
        example = node.meta["val"]
        self.need(isinstance(example, Tensor) and example.shape[:1] == (ROWS,), f"rows that {node.name} mixes")
        self.count += 1
        return Value(self.count - 1, tuple(example.shape[1:]))

    def add(self, node: Node) -> None:
        """The layer of one node, if it is one."""
        name = node.target.__name__ if node.target is not getitem else "getitem"  # type: ignore[union-attr]
        name = name.partition(".")[0]
        args = torch.fx.node.map_arg(node.args, lambda one: self.values.get(one))
        kwargs = torch.fx.node.map_arg(node.kwargs, lambda one: self.values.get(one))
        if name in _NOTHING:
            return
        if not _holds_value(args):  # of weights alone: what it comes to
            with torch.no_grad():
                self.values[node] = node.target(*args, **kwargs)  # type: ignore[operator]
            return
        translate = _TRANSLATIONS.get(name.removesuffix("_"))
        if name == "getitem":
            self.values[node] = args[0][args[1]]
        elif name in _SAME:
            self.values[node] = args[0]
        elif translate is None:
            raise ModelError(f"the net has the operation {name}, which this export does not know; {self.remedy}")
        else:
            self.values[node] = translate(self, node, *args, **kwargs)
            if name.endswith("_") and isinstance(node.args[0], Node):  # in place
                self.values[node.args[0]] = self.values[node]

    def layer(self, op: str, inputs: Sequence[Any], node: Node, **options: Any) -> Value:
        """Add a layer that gives what the node gives."""
        return self.layer_of(op, inputs, self.new(node), **options)

    def layer_of(self, op: str, inputs: Sequence[Any], output: Value, **options: Any) -> Value:
        """Add a layer."""
        taken = (one if isinstance(one, Value | Tensor) else torch.tensor(float(one)) for one in inputs)
        self.layers.append(Layer(op, tuple(taken), output, options))
        return output

    def need(self, condition: bool, what: str) -> None:
        """Refuse an operation with arguments that no layer has."""
        if not condition:
            raise ModelError(f"the net has {what}, which this export does not know; {self.remedy}")


def _holds_value(argument: Any) -> bool:
    if isinstance(argument, list | tuple):
        return any(map(_holds_value, argument))
    return isinstance(argument, Value)


def _pair(value: Any) -> tuple[int, int]:
    both = tuple(value) if isinstance(value, list | tuple) else (value,)
    return (int(both[0]), int(both[-1]))


def _simple(op: str, *names: str) -> Callable[..., Value]:
    """An operation whose arguments after the first are options with these names."""

    def translate(build: _Builder, node: Node, x: Value, *args: Any, **kwargs: Any) -> Value:
        return build.layer(op, [x], node, **dict(zip(names, args, strict=False)), **kwargs)

    return translate


def _arithmetic(op: str) -> Callable[..., Value]:
    def translate(build: _Builder, node: Node, x: Any, y: Any, alpha: float = 1) -> Value:
        build.need(alpha == 1, f"{op} with alpha")
        return build.layer(op, [x, y], node)

    return translate


def _reshape(build: _Builder, node: Node, x: Value, *_: Any, **__: Any) -> Value:
    return build.layer("reshape", [x], node)


def _linear(build: _Builder, node: Node, x: Value, weight: Tensor, bias: Tensor | None = None) -> Value:
    build.need(len(x.shape) == 1, "a linear layer of maps")
    return build.layer("linear", [x, weight, _or_zeros(bias, weight.shape[0])], node)


def _or_zeros(bias: Tensor | None, length: int) -> Tensor:
    return torch.zeros(length) if bias is None else bias


def _conv(
    build: _Builder,
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
    build: _Builder,
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
    build: _Builder,
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


def _concat(build: _Builder, node: Node, parts: Sequence[Value], dim: int = 0) -> Value:
    dim %= len(parts[0].shape) + 1
    build.need(dim > 0, "rows put together")
    return build.layer("concat", parts, node, dim=dim)


def _slice(
    build: _Builder, node: Node, x: Value, dim: int = 0, start: int | None = 0, end: int | None = None, step: int = 1
) -> Value:
    dim %= len(x.shape) + 1
    if dim == 0:
        build.need(not start and (end is None or end == 2**63 - 1), "a choice of rows")
        return x
    build.need(step == 1, "a slice with steps")
    first, last, _ = slice(start, end).indices(x.shape[dim - 1])
    return build.layer("slice", [x], node, dim=dim, start=first, end=last)


def _split(build: _Builder, _: Node, x: Value, sizes: Sequence[int], dim: int = 0) -> list[Value]:
    dim %= len(x.shape) + 1
    build.need(dim > 0, "rows taken apart")
    parts, start = [], 0
    for size in sizes:
        build.count += 1
        output = Value(build.count - 1, (*x.shape[: dim - 1], size, *x.shape[dim:]))
        parts.append(build.layer_of("slice", [x], output, dim=dim, start=start, end=start + size))
        start += size
    return parts


def _max_pool(
    build: _Builder,
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


def _amax(build: _Builder, node: Node, x: Value, dim: Any = (), keepdim: bool = False) -> Value:
    build.need(len(dim) == 1 and dim[0] % (len(x.shape) + 1) > 0, "a maximum over several dimensions")
    return build.layer("amax", [x], node, dim=dim[0] % (len(x.shape) + 1), keepdim=keepdim)


def _resize(
    build: _Builder, node: Node, x: Value, _size: Any, align_corners: bool, _scales: Sequence[float] | None
) -> Value:
    build.need(not align_corners, "an enlargement with align_corners")
    return build.layer("resize", [x], node)


_NOTHING = ("_assert_tensor_metadata",)
_SAME = ("to", "_to_copy", "contiguous", "clone", "dropout", "detach", "alias", "lift_fresh_copy", "feature_dropout")
_TRANSLATIONS: dict[str, Callable[..., Any]] = {
    "linear": _linear,
    "conv2d": _conv,
    "conv_transpose2d": _conv_transpose,
    "batch_norm": _batch_norm,
    "relu": _simple("relu"),
    "leaky_relu": _simple("leaky_relu", "negative_slope"),
    "tanh": _simple("tanh"),
    "sigmoid": _simple("sigmoid"),
    **{name: _reshape for name in ("reshape", "view", "flatten", "unflatten", "squeeze", "unsqueeze", "_unsafe_view")},
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


def _with_norms_folded(layers: Sequence[Layer], outputs: Sequence[Value]) -> tuple[Layer, ...]:
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
    assert isinstance(weight, Tensor) and isinstance(bias, Tensor) and isinstance(by, Tensor)
    numbers = by.reshape(-1).double()
    if layer.op == "add":
        return replace(before, inputs=(x, weight, (bias + numbers).float()), output=layer.output)
    channels = 1 if before.op == "conv_transpose" else 0
    shape = [-1 if dim == channels else 1 for dim in range(weight.ndim)]
    weight, bias = (weight * numbers.reshape(shape)).float(), (bias * numbers).float()
    return replace(before, inputs=(x, weight, bias), output=layer.output)
