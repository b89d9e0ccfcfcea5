"""A page that draws with a generator in any browser, opened from disk: no server, and nothing from another host.

The browser computes z from the seed and runs the generator's layers itself, by the scripts in `page/`.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dcgan.errors import ModelError, UsageError
from dcgan.export.card import (
    CHECKED,
    ExportedFiles,
    check_difference,
    check_finite_difference,
    check_format_draws,
    exporting,
    summary,
)
from dcgan.export.graph import Graph, Layer, Shape, Value
from dcgan.export.graph_builder import graph_of
from dcgan.export.graph_run import run
from dcgan.export.trace import plain_copy
from dcgan.latent.concepts import ConceptSource, resolve_concepts
from dcgan.model import Model
from dcgan.pixels import to_pixels
from dcgan.progress import Steps, notebook_bar
from dcgan.types import DType, OnProgress

REMEDY = "write it as ONNX, or with torch.onnx.export"
SCRIPTS = ("index.html", "page.css", "latents.js", "pool.js", "page.js")
WORKER = ("net.js", "worker.js")
DIRECTIONS = 8  # sliders of a model without axes of its own
_DRAWN = (  # what net.js draws
    *("linear", "conv", "conv_transpose", "relu", "leaky_relu", "tanh", "sigmoid", "add", "sub", "mul", "div"),
    *("reshape", "slice", "concat", "expand", "resize"),
)


class Axis(NamedTuple):
    """A slider: what it is called, and what is added to z (latent_dim,) for each 1 of its coefficient, -2 to 2."""

    name: str
    direction: Tensor


@notebook_bar("exporting")
def export_page(
    model: Model,
    out: str | Path,
    *,
    dtype: DType = "float16",
    concepts: ConceptSource = None,
    overwrite: bool = False,
    on_progress: OnProgress | None = None,
) -> ExportedFiles:
    """Write a page that draws with the generator: a sheet without an end, a walk, and sliders along directions of z.

    Open its index.html in a browser. A seed is the same z as in Python, and its picture the same to one gray level but
    for what the rounding of the weights changes. The sliders are the model's concepts that are axes; of a model
    without any, the directions in which z changes the first map most (Shen and Zhou 2021), two standard deviations of
    z each.

    Args:
        model: The model. Nets of your own work, too, if they are made of common layers.
        out: The folder to make; the page is titled by its name.
        dtype: "float16" rounds the weights, which halves the page; "float32" keeps them.
        concepts: A file of concepts, or concepts by name. Default: the model's own.
        overwrite: Replace an exported model at `out`.
        on_progress: Called with (steps done, in all).

    Raises:
        UsageError: There is no such `dtype`, or none of the `concepts` is an axis.
        ModelError: Something is at `out`, the model predicts frames, or a net of your own has other layers.
        LatentError: The concepts cannot be read, or are another model's.
        OSError: The disk is full, or cannot be written.

    Example:
        >>> dcgan.export_page(dcgan.load("faces"), "faces-page")
    """
    check_format_draws(model, "pages")
    step = Steps(4, on_progress)
    out, net = Path(out), plain_copy(model.generator)
    z = torch.from_numpy(model.latents(CHECKED))
    graph = graph_of(net, [z], REMEDY)
    for layer in graph.layers:
        _check(layer)
    step()
    with exporting(model, out, "web", dtype, overwrite=overwrite) as card:
        with torch.inference_mode():
            expected = net(z)
            check_difference("the page's net", float((run(graph, z) - expected).abs().max()), 1.0)
            axes = _axes(model, graph, concepts)  # of weights that are not too large
            step()
            written = _rounded(graph) if dtype == "float16" else graph
            drawn = run(written, z)
            step()
        difference = float((drawn - expected).abs().max())
        check_finite_difference("model.js", difference)
        levels = np.abs(to_pixels(drawn).astype(int) - to_pixels(expected).astype(int))
        card.differences["model.js"] = difference
        card.details["gray_levels"] = {"mean": float(levels.mean()), "max": int(levels.max())}
        card.details["axes"] = [axis.name for axis in axes]
        for name in SCRIPTS:
            (card.folder / name).write_bytes(_page(name))
        (card.folder / "model.js").write_text(_model_script(model, written, axes, out.name, dtype), "utf-8")
        step()
    return summary(out)


def _page(name: str) -> bytes:
    return files("dcgan.export").joinpath("page", name).read_bytes()


def _check(layer: Layer) -> None:
    """Refuse a layer that net.js does not draw."""
    if layer.op not in _DRAWN:
        raise ModelError(f"the net has the operation {layer.op}, with which the page cannot draw; {REMEDY}")
    whole, shapes = layer.output.shape, [_of_a_row(one, layer) for one in layer.inputs]
    if layer.op in ("add", "sub", "mul", "div"):
        fits = isinstance(layer.inputs[0], Value) and shapes[0] == whole and _spreads(shapes[1], whole)
    elif layer.op == "expand":
        fits = _spreads(shapes[0], whole)
    else:
        fits = layer.options.get("dim", 1) == 1
    if not fits:
        raise ModelError(f"the net has {layer.op} of {shapes}, with which the page cannot draw; {REMEDY}")


def _of_a_row(one: Value | Tensor, layer: Layer) -> Shape:
    """The shape of a value, or of a tensor without the dimension of the rows, if it has that."""
    rows = isinstance(one, Tensor) and one.ndim > len(layer.output.shape)
    return tuple(one.shape[1:] if rows else one.shape)


def _spreads(shape: Shape, whole: Shape) -> bool:
    """Whether numbers are as many as those of the whole, one for each channel, or one for all."""
    channels = len(shape) == len(whole) and shape[0] in (1, whole[0]) and all(side == 1 for side in shape[1:])
    return channels or shape in ((), whole)


def _rounded(graph: Graph) -> Graph:
    """The same graph with the weights of its layers in half precision."""
    return replace(
        graph,
        layers=tuple(
            replace(
                layer,
                inputs=tuple(
                    one.half().float() if isinstance(one, Tensor) and one.ndim > 1 else one for one in layer.inputs
                ),
            )
            for layer in graph.layers
        ),
    )


def _axes(model: Model, graph: Graph, concepts: ConceptSource) -> list[Axis]:
    """The concepts that are axes, or else principal directions of the first layer."""
    noise = torch.arange(model.latent_dim) < model.interface.noise_dim
    known = resolve_concepts(model, concepts, [])
    axes = [Axis(name, torch.from_numpy(one.mean) * noise) for name, one in known.items() if one.is_axis]
    if axes:
        return axes
    if concepts is not None:
        raise UsageError("`concepts` has no axis, and only axes become sliders: add one with `dcgan concepts --axis`")
    deviation = 1.0 if model.latent_distribution == "normal" else 3**-0.5
    axes = []
    for number, direction in enumerate(_principal(graph, model.interface.noise_dim)[:DIRECTIONS], 1):
        whole = torch.zeros(model.latent_dim)
        whole[: len(direction)] = 2 * deviation * direction
        axes.append(Axis(f"direction {number}", whole))
    return axes


def _principal(graph: Graph, numbers: int) -> Tensor:
    """Unit vectors (K, numbers) of z, by how much a step along each changes the first layer, from the most.

    They are the singular vectors of the weight of the layer that z goes through first (SeFa: Shen and Zhou,
    "Closed-form factorization of latent semantics in GANs", 2021). Of a net where z goes elsewhere, the numbers of z.
    """
    weight = _first_weight(graph)
    if weight is None:
        return torch.eye(numbers)
    vectors: Tensor = torch.linalg.svd(weight[:, :numbers].double(), full_matrices=False).Vh.float()
    return vectors * vectors.gather(1, vectors.abs().argmax(1, keepdim=True)).sign()  # the same on every machine


def _first_weight(graph: Graph) -> Tensor | None:
    """The weight (outputs, latent_dim) of the layer that takes z, if there is one."""
    z = {graph.inputs[0].number}
    for layer in graph.layers:
        first = layer.inputs[0]
        if isinstance(first, Value) and first.number in z:
            weight = layer.inputs[-2] if len(layer.inputs) == 3 else None
            if layer.op in ("linear", "conv_transpose") and isinstance(weight, Tensor):
                return weight if layer.op == "linear" else weight.flatten(1).T
            if layer.op in ("reshape", "mul", "div"):
                z.add(layer.output.number)
    return None


def _model_script(model: Model, graph: Graph, axes: Sequence[Axis], title: str, dtype: DType) -> str:
    """The script with the net's layers, its weights, and the program of a worker."""
    tensors: list[dict[str, object]] = []
    blob = bytearray()

    def taken(one: Value | Tensor) -> dict[str, int]:
        if isinstance(one, Value):
            return {"value": one.number}
        half = dtype == "float16" and one.ndim > 1
        array = one.contiguous().numpy().astype("<f2" if half else "<f4")
        tensors.append({"start": len(blob), "length": array.size, "half": half})
        blob.extend(array.tobytes() + bytes(-array.nbytes % 4))
        return {"tensor": len(tensors) - 1}

    layers = [
        {
            "op": layer.op,
            "inputs": [taken(one) for one in layer.inputs],
            "shapes": [list(one.shape) for one in layer.inputs],
            "output": layer.output.number,
            "shape": list(layer.output.shape),
            "options": layer.options,
        }
        for layer in graph.layers
    ]
    described = {
        "title": title,
        "identity": model.identity,
        "size": model.size,
        "channels": model.channels,
        "latentDim": model.latent_dim,
        "classes": model.interface.classes,
        "labels": list(model.labels),
        "distribution": model.latent_distribution,
        "axes": [{"name": name, "direction": [round(float(n), 6) for n in direction]} for name, direction in axes],
        "input": graph.inputs[0].number,
        "output": graph.outputs[0].number,
        "tensors": tensors,
        "layers": layers,
    }
    constants = {
        "MODEL": described,
        "WEIGHTS": base64.b64encode(blob).decode(),
        "CODE": base64.b64encode(_page("multiply.wasm")).decode(),
        "WORKER": "\n".join(_page(name).decode() for name in WORKER),
    }
    return "".join(f"const {name} = {json.dumps(content)};\n" for name, content in constants.items())
