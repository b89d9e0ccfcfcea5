"""What a graph gives, computed by torch: the measure of what is made of it."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from dcgan.export.graph import Graph, Layer, Value


def run(graph: Graph, *inputs: Tensor) -> Tensor:
    """The first output of a graph: rows as many as those of the inputs (N, ...)."""
    values = dict(zip((value.number for value in graph.inputs), inputs, strict=True))
    for layer in graph.layers:
        given = [values[one.number] if isinstance(one, Value) else one for one in layer.inputs]
        values[layer.output.number] = _OPERATIONS[layer.op](given, layer)
    return values[graph.outputs[0].number]


def _conv_transpose(given: list[Tensor], layer: Layer) -> Tensor:
    x, weight, bias = given
    top, left, bottom, right = layer.options["pads"]
    whole: Tensor = F.conv_transpose2d(x, weight, bias, layer.options["stride"])
    return whole[:, :, top : whole.shape[2] - bottom, left : whole.shape[3] - right]


def _conv(given: list[Tensor], layer: Layer) -> Tensor:
    x, weight, bias = given
    return F.conv2d(x, weight, bias, layer.options["stride"], layer.options["pads"][:2])


def _slice(given: list[Tensor], layer: Layer) -> Tensor:
    start, end, dim = (layer.options[name] for name in ("start", "end", "dim"))
    return given[0].narrow(dim, start, end - start)


def _resize(given: list[Tensor], layer: Layer) -> Tensor:
    return F.interpolate(given[0], layer.output.shape[1:], mode="bilinear", align_corners=False)


_OPERATIONS: dict[str, Callable[[list[Any], Layer], Tensor]] = {
    "linear": lambda given, _: F.linear(*given),
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "relu": lambda given, _: F.relu(*given),
    "leaky_relu": lambda given, layer: F.leaky_relu(given[0], layer.options["slope"]),
    "tanh": lambda given, _: torch.tanh(*given),
    "sigmoid": lambda given, _: torch.sigmoid(*given),
    "reshape": lambda given, layer: given[0].reshape(-1, *layer.output.shape),
    "concat": lambda given, layer: torch.cat(given, layer.options["dim"]),
    "slice": _slice,
    "expand": lambda given, layer: given[0].expand(-1, *layer.output.shape),
    "add": lambda given, _: torch.add(*given),
    "sub": lambda given, _: torch.sub(*given),
    "mul": lambda given, _: torch.mul(*given),
    "div": lambda given, _: torch.div(*given),
    "resize": _resize,
}
