"""A model as programs of torch.export: files that run wherever PyTorch does, without dcgan."""

import warnings
from pathlib import Path

import torch
from torch import Tensor

from dcgan.export.card import ExportedFiles, check_difference, example_latents, exporting, summary
from dcgan.export.discriminator import WithFeatures, discriminator_inputs
from dcgan.export.trace import plain_copy, trace
from dcgan.model import Model
from dcgan.progress import Steps, notebook_bar
from dcgan.types import OnProgress


@notebook_bar("exporting")
def export_program(
    model: Model, out: str | Path, *, overwrite: bool = False, on_progress: OnProgress | None = None
) -> ExportedFiles:
    """Write both nets as `generator.pt2` and `discriminator.pt2`.

    `torch.export.load("generator.pt2").module()` takes z (N, latent_dim) and gives images (N, C, H, W) in [-1, 1]; the
    discriminator takes images, and labels (N, classes), one-hot, of conditional nets, and gives logits (N,) and, of a
    DCGAN, the map of each layer, as a tuple. Of a model that predicts frames z are the frames before, one after the
    other, flattened (N, history * C * H * W), images the next ones, and the discriminator takes clips (N,
    frames * C, H, W). N may be any number. TorchScript, which did this before, is deprecated.

    Args:
        model: The model; nets of your own work if torch can trace them.
        out: The folder to make.
        overwrite: Replace an exported model at `out`.
        on_progress: Called with (steps done, in all).

    Raises:
        ModelError: Something is at `out`, a net cannot be traced, or a file differs from its net.
        OSError: The disk is full, or cannot be written.

    Example:
        >>> dcgan.export_program(dcgan.load("faces"), "faces-pt2")
        >>> generator = torch.export.load("faces-pt2/generator.pt2").module()
    """
    step = Steps(7, on_progress)
    generator, discriminator = plain_copy(model.generator), WithFeatures(plain_copy(model.discriminator))
    z = example_latents(model)
    with torch.inference_mode():
        images = generator(z)
    step()
    inputs = discriminator_inputs(model, z, images)
    with exporting(model, Path(out), "pt2", "float32", overwrite=overwrite) as card:
        for name, net, given in (
            ("generator.pt2", generator, {"z": z}),
            ("discriminator.pt2", discriminator, inputs),
        ):
            program = trace(net, [tensor[:2] for tensor in given.values()])
            step()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # as in `trace`
                torch.export.save(program, card.folder / name)
                loaded = torch.export.load(card.folder / name).module()
            step()
            worst = 0.0
            with torch.inference_mode():
                for rows in (z[:1], z):  # one row alone, and many
                    few = [tensor[: len(rows)] for tensor in given.values()]
                    for here, there in zip(_all(loaded(*few)), _all(net(*few)), strict=True):
                        difference = float((here - there).abs().max())
                        check_difference(name, difference, float(there.abs().max()))
                        worst = max(worst, difference)
            card.differences[name] = worst
            step()
    return summary(Path(out))


def _all(given: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return given if isinstance(given, tuple) else (given,)
