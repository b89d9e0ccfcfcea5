"""A model as state dicts of the common tutorial nets: `netG.pth` and `netD.pth`, where its nets are such nets."""

from pathlib import Path

import torch
from torch import Tensor, nn

from dcgan.errors import ModelError
from dcgan.export.card import CHECKED, ExportedFiles, check_difference, exporting, summary
from dcgan.export.trace import plain_copy
from dcgan.model import Model
from dcgan.networks.batch_norm import BatchNorm
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.generator import Generator
from dcgan.progress import Steps, notebook_bar
from dcgan.tutorial_nets import EPS, KERNEL_SIZE, STEM_SIDE, tutorial_discriminator, tutorial_generator
from dcgan.types import OnProgress

UNITS = STEM_SIDE**2  # of each channel of the first map
_UNTRAINED = "it is untrained, since the model was imported without its weights"


@notebook_bar("exporting")
def export_state_dict(
    model: Model, out: str | Path, *, overwrite: bool = False, on_progress: OnProgress | None = None
) -> ExportedFiles:
    """Write `netG.pth` and `netD.pth`, by the names of the nets in pytorch/examples (`main.0.weight` and so on).

    A net is written if it is such a net: pictures of 4 * 2^n pixels, 4x4 kernels of stride 2, batch norm. Of a
    generator that dcgan trained, the stem's batch norm has a mean and a variance for each unit, where theirs has one
    for each channel: it cannot be written so. Those that `import_checkpoint` made can. What was not written, and why,
    is in `details["not_written"]`.

    Args:
        model: The model.
        out: The folder to make.
        overwrite: Replace an exported model at `out`.
        on_progress: Called with (steps done, in all).

    Raises:
        ModelError: Something is at `out`, or neither net is such a net: the message says why.
        OSError: The disk is full, or cannot be written.

    Example:
        >>> dcgan.export_state_dict(dcgan.load("faces"), "faces-weights").details["not_written"]
    """
    nets = model.nets_for("a state dict", "write it as onnx or pt2" if model.draws else "write it as pt2")
    untrained = str(model.details.get("untrained", ""))  # "the discriminator; ...", of a model that was imported
    reasons = {
        "netG.pth": _UNTRAINED if "the generator" in untrained else _why_no_generator(nets.generator),
        "netD.pth": _UNTRAINED if "the discriminator" in untrained else _why_no_discriminator(nets.discriminator),
    }
    why = {name: reason for name, reason in reasons.items() if reason}
    if len(why) == len(reasons):
        both = "; ".join(f"{name}: {reason}" for name, reason in why.items())
        raise ModelError(
            f"these nets are not those of the tutorials: {both}. Use `dcgan export MODEL --to onnx` or --to pt2"
        )
    step = Steps(3, on_progress)
    z = torch.from_numpy(model.latents(CHECKED))
    generator, discriminator = plain_copy(nets.generator), plain_copy(nets.discriminator)
    assert isinstance(generator, Generator)
    assert isinstance(discriminator, Discriminator)
    with exporting(model, Path(out), "state-dict", "float32", overwrite=overwrite) as card, torch.inference_mode():
        images = generator(z)
        step()
        if not reasons["netG.pth"]:
            net = _as_tutorial_generator(generator)
            _save(net, card.folder / "netG.pth")
            card.differences["netG.pth"] = float((net(z[:, :, None, None]) - images).abs().max())
        step()
        if not reasons["netD.pth"]:
            net = _as_tutorial_discriminator(discriminator)
            _save(net, card.folder / "netD.pth")
            judged = torch.sigmoid(discriminator(images))
            card.differences["netD.pth"] = float((net(images).flatten() - judged).abs().max())
        step()
        for name, difference in card.differences.items():
            check_difference(name, difference, 1.0)
        card.details["not_written"] = why
    return summary(Path(out))


def _why_no_generator(net: Generator) -> str | None:
    """Why no net of the tutorials is this function; None if one is."""
    if tuple(net.stem_shape[1:]) != (STEM_SIDE, STEM_SIDE):
        return f"its first map is {net.stem_shape[1]}x{net.stem_shape[2]}, theirs 4x4"
    for layer in net.convolutions:
        if type(layer) is not nn.ConvTranspose2d or not _is_theirs(layer) or layer.output_padding != (0, 0):
            return "its transposed convolutions are not all 4x4 with stride 2 and padding 1"
    parts = (tensor.reshape(-1, UNITS) for tensor in net.stem_norm.state_dict().values())
    if any((part != part[:, :1]).any() for part in parts):
        return (
            "batch norm of its stem has a mean and a variance for each of the 16 units of a channel, "
            "theirs one for all of them"
        )
    return _why_no_norms([net.stem_norm, *net.norms])


def _why_no_discriminator(net: Discriminator) -> str | None:
    if any(not isinstance(norm, BatchNorm) for norm in net.norms) or net.head.bias is not None:
        return "it has biases in place of batch norm (spectral normalization)"
    for layer in net.convolutions:
        if type(layer) is not nn.Conv2d or not _is_theirs(layer):
            return "its convolutions are not all 4x4 with stride 2 and padding 1"
    if net.head.in_features != UNITS * net.convolutions[-1].out_channels:
        return "its last map is not 4x4"
    return _why_no_norms([*net.norms])


def _is_theirs(layer: nn.Conv2d | nn.ConvTranspose2d) -> bool:
    return (layer.kernel_size, layer.stride, layer.padding) == ((KERNEL_SIZE,) * 2, (2, 2), (1, 1))


def _why_no_norms(norms: list[nn.Module]) -> str | None:
    small = any((norm.running_var + norm.eps < EPS).any() for norm in norms)  # type: ignore[operator]
    return f"its batch norm divides by less than their epsilon of {EPS:g} allows" if small else None


def _as_tutorial_generator(net: Generator) -> nn.Sequential:
    kernels = [layer.get_parameter("weight") for layer in net.convolutions]  # (inputs, outputs, 4, 4)
    stem = net.stem.weight.reshape(*net.stem_shape, -1).permute(3, 0, 1, 2)
    theirs = tutorial_generator(stem.shape[0], [len(kernel) for kernel in kernels], kernels[-1].shape[1])
    stem_norm = {name: tensor[::UNITS] for name, tensor in _norm(net.stem_norm).items()}
    return _filled(theirs, nn.ConvTranspose2d, [stem, *kernels], [stem_norm, *map(_norm, net.norms)])


def _as_tutorial_discriminator(net: Discriminator) -> nn.Sequential:
    kernels = [layer.get_parameter("weight") for layer in net.convolutions]  # (outputs, inputs, 4, 4)
    head = net.head.weight.reshape(1, -1, STEM_SIDE, STEM_SIDE)
    theirs = tutorial_discriminator(kernels[0].shape[1], [len(kernel) for kernel in kernels])
    return _filled(theirs, nn.Conv2d, [*kernels, head], [*map(_norm, net.norms)])


def _norm(norm: nn.Module) -> dict[str, Tensor]:
    """Of our batch norm, with its epsilon made theirs."""
    tensors = norm.state_dict()
    return {**tensors, "running_var": tensors["running_var"] + (norm.eps - EPS)}  # type: ignore[operator]


def _filled(
    theirs: nn.Sequential, kind: type[nn.Module], kernels: list[Tensor], norms: list[dict[str, Tensor]]
) -> nn.Sequential:
    for layer, kernel in zip((one for one in theirs if isinstance(one, kind)), kernels, strict=True):
        layer.load_state_dict({"weight": kernel})
    for layer, norm in zip((one for one in theirs if isinstance(one, nn.BatchNorm2d)), norms, strict=True):
        layer.load_state_dict({**norm, "num_batches_tracked": torch.tensor(0)})
    return theirs.eval()


def _save(net: nn.Sequential, path: Path) -> None:
    """Save by the names that the tutorials give; `torch.save` pickles, which is what those who read it expect."""
    torch.save({f"main.{name}": tensor for name, tensor in net.state_dict().items()}, path)
