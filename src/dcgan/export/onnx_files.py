"""A model as ONNX: `generator.onnx` and `discriminator.onnx`, compared with torch before they are given away."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from dcgan.errors import DcganError
from dcgan.export.card import (
    ExportedFiles,
    check_difference,
    check_finite_difference,
    check_format_draws,
    example_latents,
    exporting,
    summary,
)
from dcgan.export.discriminator import WithFeatures, discriminator_inputs
from dcgan.export.graph_builder import graph_of
from dcgan.export.trace import plain_copy
from dcgan.model import Model
from dcgan.progress import Steps, notebook_bar
from dcgan.types import DType, OnProgress

REMEDY, REMEDY_OF_OURS = "write it with torch.onnx.export", "write it as pt2"


@notebook_bar("exporting")
def export_onnx(
    model: Model,
    out: str | Path,
    *,
    dtype: DType = "float32",
    overwrite: bool = False,
    on_progress: OnProgress | None = None,
) -> ExportedFiles:
    """Write both nets as ONNX, for programs and devices without Python.

    `generator.onnx` takes `z` (N, latent_dim) and gives `images` (N, C, H, W) in [-1, 1]. `discriminator.onnx` takes
    `images`, and `labels` (N, classes), one-hot, of conditional nets; it gives `logits` (N,) and, of a DCGAN, the map
    of each layer: `features_0` (N, channels, side, side) and so on. N may be any number. Batch norm is folded into the
    layer before it, and transposed convolutions have explicit pads alone, without output_padding or auto_pad, on which
    converters disagree. Both files are run by onnxruntime and compared with torch.

    Args:
        model: The model. Nets of your own are exported, too, if they are made of common layers.
        out: The folder to make.
        dtype: "float16" rounds the weights, which halves the files; they are computed with in float32.
        overwrite: Replace an exported model at `out`.
        on_progress: Called with (steps done, in all).

    Raises:
        DcganError: The extra "export" is not installed.
        ModelError: Something is at `out`; the model predicts frames; a net of your own has other layers; or a file
            differs from its net.
        OSError: The disk is full, or cannot be written.

    Example:
        >>> dcgan.export_onnx(dcgan.load("faces"), "faces-onnx")
    """
    check_onnx()
    check_format_draws(model, "ONNX files")
    from dcgan.export.onnx_nodes import OPSET, onnx_model

    step = Steps(7, on_progress)
    generator, discriminator = plain_copy(model.generator), WithFeatures(plain_copy(model.discriminator))
    z = example_latents(model)
    with torch.inference_mode():
        images = generator(z)
    step()
    features = [f"features_{number}" for number in range(discriminator.layers)]
    with exporting(model, Path(out), "onnx", dtype, overwrite=overwrite) as card:
        for name, net, inputs, outputs in (
            ("generator.onnx", generator, {"z": z}, ["images"]),
            ("discriminator.onnx", discriminator, discriminator_inputs(model, z, images), ["logits", *features]),
        ):
            graph = graph_of(net, [*inputs.values()], REMEDY_OF_OURS if model.interface.nets else REMEDY)
            step()
            content = onnx_model(graph, [*inputs], outputs, {"dcgan": model.identity}, dtype).SerializeToString()
            step()
            card.differences[name] = _difference(name, content, net, inputs, exact=dtype == "float32")
            (card.folder / name).write_bytes(content)
            step()
        card.details["opset"] = OPSET
    return summary(Path(out))


def check_onnx() -> None:
    """Refuse, before any work, where ONNX cannot be written.

    Raises:
        DcganError: The extra "export" is not installed.
    """
    if any(find_spec(name) is None for name in ("onnx", "onnxruntime")):
        raise DcganError("ONNX needs the extra: pip install 'dcgan[export]'")


def _difference(name: str, content: bytes, net: nn.Module, inputs: dict[str, Tensor], *, exact: bool) -> float:
    """How much what onnxruntime computes from a file differs at most from what torch computes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    computed = session.run(None, {given: tensor.numpy() for given, tensor in inputs.items()})
    with torch.inference_mode():
        made = net(*inputs.values())
    expected = [tensor.numpy() for tensor in (made if isinstance(made, tuple) else (made,))]
    worst = 0.0
    for here, there in zip(computed, expected, strict=True):
        difference = float(np.abs(here - there).max())
        check_finite_difference(name, difference)
        if exact:
            check_difference(name, difference, float(np.abs(there).max()))
        worst = max(worst, difference)
    return worst
