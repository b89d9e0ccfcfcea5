"""The layers of a graph as ONNX."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from dcgan.export.graph import Graph, Layer, Value
from dcgan.types import DType

OPSET = 18  # read by onnxruntime 1.14 of 2023 and all later ones
IR_VERSION = 8  # of the file, which belongs to that opset


def onnx_model(
    graph: Graph, inputs: Sequence[str], outputs: Sequence[str], notes: Mapping[str, str], dtype: DType
) -> onnx.ModelProto:
    """The file of a net.

    Args:
        graph: The net.
        inputs: Names of its inputs.
        outputs: Names of its outputs.
        notes: What the file says of itself, for programs that show it.
        dtype: "float16" keeps the weights of layers in half precision; they are float32 again once a program has read
            the file.
    """
    file = _File(dtype)
    for value, name in zip((*graph.inputs, *graph.outputs), (*inputs, *outputs), strict=True):
        file.names[value.number] = name
    for layer in graph.layers:
        _NODES[layer.op](file, layer)
    made = helper.make_graph(
        file.nodes,
        "net",
        [_described(value, name) for value, name in zip(graph.inputs, inputs, strict=True)],
        [_described(value, name) for value, name in zip(graph.outputs, outputs, strict=True)],
        file.constants,
    )
    model = helper.make_model(
        made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="dcgan"
    )
    helper.set_model_props(model, dict(notes))
    onnx.checker.check_model(model, full_check=True)
    return model


def _described(value: Value, name: str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *value.shape])


class _File:
    """Nodes and constants as they come."""

    def __init__(self, dtype: DType) -> None:
        self.dtype = dtype
        self.names: dict[int, str] = {}
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def name(self, taken: Any) -> str:
        """What the file calls a value, or a tensor that it is to hold."""
        if isinstance(taken, Value):
            return self.names.setdefault(taken.number, f"value_{taken.number}")
        return self.constant(taken.numpy())

    def constant(self, array: NDArray[Any]) -> str:
        """Hold an array."""
        name = f"constant_{len(self.constants)}"
        if self.dtype == "float16" and array.dtype == np.float32 and array.ndim > 1:
            self.constants.append(numpy_helper.from_array(array.astype(np.float16), name))
            self.nodes.append(helper.make_node("Cast", [name], [f"{name}_float"], to=TensorProto.FLOAT))
            return f"{name}_float"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def whole(self, *numbers: int) -> str:
        """Hold whole numbers."""
        return self.constant(np.array(numbers, np.int64))

    def add(self, kind: str, layer: Layer, *more: str, **attributes: Any) -> None:
        """Add a node that takes what the layer takes, and more."""
        names = [self.name(taken) for taken in layer.inputs]
        self.nodes.append(helper.make_node(kind, [*names, *more], [self.name(layer.output)], **attributes))


def _plain(kind: str) -> Callable[[_File, Layer], None]:
    return lambda file, layer: file.add(kind, layer)


def _leaky_relu(file: _File, layer: Layer) -> None:
    file.add("LeakyRelu", layer, alpha=float(layer.options["slope"]))


def _linear(file: _File, layer: Layer) -> None:
    file.add("Gemm", layer, transB=1)


def _convolution(kind: str) -> Callable[[_File, Layer], None]:
    def add(file: _File, layer: Layer) -> None:
        sides = tuple(layer.inputs[1].shape[2:])
        file.add(kind, layer, kernel_shape=sides, strides=layer.options["stride"], pads=layer.options["pads"])

    return add


def _max_pool(file: _File, layer: Layer) -> None:
    options = layer.options
    ceil = int(options["ceil_mode"])
    file.add(
        "MaxPool",
        layer,
        kernel_shape=options["kernel"],
        strides=options["stride"],
        pads=options["pads"],
        ceil_mode=ceil,
    )


def _reshape(file: _File, layer: Layer) -> None:
    file.add("Reshape", layer, file.whole(-1, *layer.output.shape))


def _expand(file: _File, layer: Layer) -> None:
    file.add("Expand", layer, file.whole(1, *layer.output.shape))


def _concat(file: _File, layer: Layer) -> None:
    file.add("Concat", layer, axis=layer.options["dim"])


def _slice(file: _File, layer: Layer) -> None:
    start, end, dim = (layer.options[name] for name in ("start", "end", "dim"))
    file.add("Slice", layer, file.whole(start), file.whole(end), file.whole(dim))


def _amax(file: _File, layer: Layer) -> None:
    file.add("ReduceMax", layer, file.whole(layer.options["dim"]), keepdims=int(layer.options["keepdim"]))


def _resize(file: _File, layer: Layer) -> None:
    before = layer.inputs[0].shape[1:]
    scales = np.array([1, 1, *(a / b for a, b in zip(layer.output.shape[1:], before, strict=True))], np.float32)
    file.add("Resize", layer, "", file.constant(scales), mode="linear", coordinate_transformation_mode="half_pixel")


_NODES: dict[str, Callable[[_File, Layer], None]] = {
    "linear": _linear,
    "conv": _convolution("Conv"),
    "conv_transpose": _convolution("ConvTranspose"),
    "relu": _plain("Relu"),
    "leaky_relu": _leaky_relu,
    "tanh": _plain("Tanh"),
    "sigmoid": _plain("Sigmoid"),
    "reshape": _reshape,
    "concat": _concat,
    "slice": _slice,
    "expand": _expand,
    "add": _plain("Add"),
    "sub": _plain("Sub"),
    "mul": _plain("Mul"),
    "div": _plain("Div"),
    "max_pool": _max_pool,
    "amax": _amax,
    "resize": _resize,
}
