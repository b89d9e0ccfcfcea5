"""A net as a graph of torch's operations, of which the exported files are made."""

import warnings
from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from dcgan.errors import ModelError


def plain_copy(net: nn.Module) -> nn.Module:
    """The same function in evaluation, by itself: on the CPU, in float32, in contiguous memory, without gradients."""
    copy = deepcopy(net).cpu().float().eval().requires_grad_(False)
    for tensor in (*copy.parameters(), *copy.buffers()):
        tensor.data = tensor.data.contiguous()
    return copy


def trace(net: nn.Module, inputs: Sequence[Tensor], *, any_batch: bool = True) -> ExportedProgram:
    """What a net does with its inputs, as a graph.

    Args:
        net: A `plain_copy`.
        inputs: Examples, two rows or more each.
        any_batch: Whether the graph takes any number of rows, or just as many as the examples have.

    Raises:
        ModelError: The net cannot be traced, such as one of your own that decides by the values of tensors.
    """
    rows = Dim("batch") if any_batch else Dim.STATIC
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # torch's exporter uses what torch has deprecated
            program = torch.export.export(net, tuple(inputs), dynamic_shapes=tuple({0: rows} for _ in inputs))
    except Exception as error:  # whatever a net of one's own does wrong
        reason = str(error).strip().partition("\n")[0]
        raise ModelError(f"torch.export cannot trace the net {type(net).__name__}: {reason}") from error
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # which names folders of this machine
    return program
