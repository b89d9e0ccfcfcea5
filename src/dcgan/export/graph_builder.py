"""The graph of a net, from what torch itself sees in its forward pass, whatever its class.

Weights that are computed from other weights are there as what they come to, batch norm is folded into the layer before
it, and transposed convolutions have explicit pads alone.
"""

from collections.abc import Callable, Sequence
from inspect import signature
from operator import getitem
from typing import Any

import torch
from torch import Tensor, nn
from torch.export.graph_signature import InputKind
from torch.fx import Node
from torch.fx.node import map_arg

from dcgan.export.graph import Graph, Value, with_norms_folded
from dcgan.export.graph_operations import NOTHING, ROWS, SAME, TRANSLATIONS, Layers
from dcgan.export.trace import trace


def graph_of(net: nn.Module, inputs: Sequence[Tensor], remedy: str) -> Graph:
    """The graph of a net.

    Args:
        net: A `plain_copy`.
        inputs: Examples.
        remedy: What to do with a net that has other operations.

    Raises:
        ModelError: It cannot be traced, or has an operation that no layer stands for.
    """
    layers, values = Layers(remedy), dict[Node, Any]()  # of a node a Value, several, or what no input changes
    program = trace(net, [example[:1].expand(ROWS, *example.shape[1:]) for example in inputs], any_batch=False)
    fixed = {**program.state_dict, **program.constants}
    specs = iter(program.graph_signature.input_specs)
    for node in program.graph.nodes:
        if node.op == "placeholder":
            spec = next(specs)
            values[node] = layers.new(node) if spec.kind == InputKind.USER_INPUT else fixed[str(spec.target)]
        elif node.op == "get_attr":
            values[node] = getattr(program.graph_module, str(node.target))
        elif node.op == "call_function":
            values[node] = _computed(layers, values, node)
        elif node.op == "output":
            outputs = [values[result] for result in node.args[0]]
    given = tuple(value for value in values.values() if isinstance(value, Value))[: len(inputs)]
    return Graph(given, with_norms_folded(layers.made, outputs), tuple(outputs))


def _takes(translate: Callable[..., Value], *args: Any, **kwargs: Any) -> bool:
    """Whether a translation has such arguments."""
    try:
        signature(translate).bind(*args, **kwargs)
    except TypeError:
        return False
    return True


def _computed(layers: Layers, values: dict[Node, Any], node: Node) -> Any:
    """What one node gives: a value of a new layer, or what weights alone come to."""
    name = getattr(node.target, "__name__", "").partition(".")[0]
    args: Any = map_arg(node.args, values.get)
    kwargs: Any = map_arg(node.kwargs, values.get)
    if name in NOTHING:
        return None
    if not _holds_value(args):
        with torch.no_grad():
            return node.target(*args, **kwargs)  # type: ignore[operator]
    if node.target is getitem:
        return args[0][args[1]]
    if name in SAME:
        return args[0]
    translate = TRANSLATIONS.get(name.removesuffix("_"))
    layers.need(translate is not None, f"the operation {name}")
    assert translate is not None
    layers.need(_takes(translate, layers, node, *args, **kwargs), f"the operation {name} with such arguments")
    made = translate(layers, node, *args, **kwargs)
    if name.endswith("_") and isinstance(node.args[0], Node):  # in place
        values[node.args[0]] = made
    return made


def _holds_value(argument: Any) -> bool:
    if isinstance(argument, list | tuple):
        return any(map(_holds_value, argument))
    return isinstance(argument, Value)
