"""Checkpoints of the common tutorial nets (`netG.pth`, `netD.pth`) as a model of ours."""

import pickle
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from dcgan.errors import ModelError
from dcgan.model import Model
from dcgan.networks.architecture import CHANNELS, Architecture, LatentDistribution
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.generator import Generator
from dcgan.networks.initialize import untrained_discriminator
from dcgan.networks.layers import ConvLayer
from dcgan.networks.memory import use_channels_last
from dcgan.tutorial_nets import EPS, KERNEL_SIZE, STEM_SIDE

Tensors = dict[str, Tensor]
_INSIDE = ("state_dict", "model", "generator", "netG", "discriminator", "netD")  # of files that hold more than one net
_NORM = frozenset({"weight", "bias", "running_mean", "running_var"})  # of one batch norm
_FLOATS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
_EXPECTED = "the nets of pytorch/examples have 4x4 kernels alone, and batch norm after each hidden layer but D's first"


@dataclass
class _Layer:
    """One convolution of a checkpoint, and the batch norm after it."""

    name: str
    weight: Tensor
    bias: Tensor | None
    norm: Tensors = field(default_factory=dict)


def import_checkpoint(
    generator: str | Path,
    discriminator: str | Path | None = None,
    *,
    latent_distribution: LatentDistribution = "normal",
) -> Model:
    """Build a model from checkpoints of the common tutorial nets (pytorch/examples; PyTorch's DCGAN tutorial).

    They are told by the shapes of their tensors, in their order, whatever they are called: a transposed convolution
    from z to a map of 4x4, then 4x4 kernels of stride 2 that each double the side; the discriminator halves it and
    ends in a 4x4 convolution to one unit. Pictures are 16, 32, 64, 128 or 256 pixels large. In evaluation our nets draw
    and judge what theirs do; the sigmoid at the end of the discriminator is left out, for ours gives logits. Files are
    read without running code that may be in them.

    Args:
        generator: File of the generator's state dict.
        discriminator: File of the discriminator's. Without one the model's discriminator is untrained.
        latent_distribution: That the generator was trained with: "normal", as in those tutorials, or "uniform".

    Raises:
        ModelError: A file cannot be read, holds other things than tensors, or is of another net.

    Example:
        >>> model = dcgan.import_checkpoint("netG.pth", "netD.pth")
        >>> model.save("tutorial-model")
    """
    generator, discriminator = Path(generator), Path(discriminator) if discriminator else None
    layers = _layers(generator, ("generator", "netG"))
    if layers[0].norm == {} and layers[0].weight.shape[1] in CHANNELS:
        raise ModelError(
            f"{generator} holds a discriminator: name the generator's file first, and this file with `discriminator`"
        )
    _check_kernels(generator, layers, normed=layers[:-1])
    judges = _layers(discriminator, ("discriminator", "netD")) if discriminator else None
    if judges and discriminator:
        _check_kernels(discriminator, judges, normed=judges[1:-1])
    architecture = _architecture(generator, layers, judges, latent_distribution)
    net = Generator(architecture)
    _fill(net, _generator_tensors(layers), generator)
    if judges and discriminator:
        judge = Discriminator(architecture)
        _fill(judge, _discriminator_tensors(judges), discriminator)
    else:
        judge = untrained_discriminator(architecture, 0)
    for one in (net, judge):
        use_channels_last(one.eval())
    kept = "running averages, as they were in the checkpoint"
    details: dict[str, object] = {
        "origin": " and ".join(path.name for path in (generator, discriminator) if path),
        "statistics": {"generator": kept, "discriminator": kept if judges else "not measured"},
        **({} if judges else {"untrained": "the discriminator; name its checkpoint to import it, too"}),
    }
    return Model(architecture, net, judge, details)


def _layers(path: Path, keys: tuple[str, str]) -> list[_Layer]:
    """The convolutions of a checkpoint, in their order."""
    layers: list[_Layer] = []
    for name, tensor in _tensors(path, keys).items():
        module, _, kind = name.rpartition(".")
        if kind == "num_batches_tracked":
            continue
        if tensor.dtype not in _FLOATS or tensor.layout != torch.strided or tensor.is_meta:
            kind = f"{tensor.dtype}, {tensor.layout}, on {tensor.device}"
            raise ModelError(f"{path}: {name} ({kind}) is no dense tensor of real floating-point numbers")
        if not tensor.isfinite().all():
            raise ModelError(f"{path}: {name} holds values that are not finite numbers")
        if kind == "weight" and tensor.ndim == 4:
            layers.append(_Layer(module, tensor.float(), None))
        elif layers and kind == "bias" and module == layers[-1].name:
            layers[-1].bias = tensor.float()
        elif layers and kind in _NORM - layers[-1].norm.keys() and tensor.ndim == 1:
            layers[-1].norm[kind] = tensor.float()
        else:
            shape = " x ".join(map(str, tensor.shape))
            raise ModelError(f"{path} is of another net: {name} ({shape}) is neither a convolution nor batch norm")
    if len(layers) < 2:
        raise ModelError(f"{path} is of another net: it has {len(layers)} convolutions; {_EXPECTED}")
    return layers


def _tensors(path: Path, keys: tuple[str, str]) -> Tensors:
    """The tensors of a file; a part of it where that is under one of the `keys`, or of other usual names."""
    if not path.is_file():
        raise ModelError(f"no file at {path}")
    try:
        with warnings.catch_warnings(action="ignore"):  # of torch, about what the errors below say
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"{path} holds more than tensors, such as a whole module; reading that could run code, so it was refused. "
            "Save the state dict by itself: torch.save(netG.state_dict(), ...)"
        ) from error
    except Exception as error:  # of damaged files torch raises RuntimeError, KeyError, struct.error, and others
        raise ModelError(f"{path} is damaged, or is not a PyTorch checkpoint") from error
    for key in (*keys, *_INSIDE):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
            break
    if not isinstance(content, Mapping) or not all(isinstance(one, Tensor) for one in content.values()):
        raise ModelError(f"{path} holds no state dict: save it with torch.save(netG.state_dict(), ...)")
    return {str(name): tensor for name, tensor in content.items()}


def _check_kernels(path: Path, layers: list[_Layer], normed: list[_Layer]) -> None:
    for layer in layers:
        sides = tuple(layer.weight.shape[2:])
        if sides != (KERNEL_SIZE, KERNEL_SIZE):
            raise ModelError(
                f"{path} is of another net: {layer.name} has a kernel of {sides[0]}x{sides[1]}; {_EXPECTED}"
            )
        parts = _NORM if any(layer is one for one in normed) else set()
        if layer.norm.keys() != parts:
            has = ", ".join(sorted(layer.norm)) or "no batch norm"
            raise ModelError(f"{path} is of another net: after {layer.name} it has {has}; {_EXPECTED}")
        if parts and layer.bias is not None and layer.bias.shape != layer.norm["running_mean"].shape:
            raise ModelError(f"{path} is of another net: the bias of {layer.name} does not fit its batch norm")
        if not parts and layer.bias is not None and layer.bias.any():
            raise ModelError(f"{path} is of another net: {layer.name} has a bias, and dcgan's layer has none")


def _architecture(
    path: Path, layers: list[_Layer], judges: list[_Layer] | None, latent_distribution: LatentDistribution
) -> Architecture:
    widths = [layer.weight.shape[1] for layer in layers]  # transposed convolutions are (inputs, outputs, ...)
    size = STEM_SIDE * 2 ** (len(layers) - 1)
    sides = [layer.weight.shape[0] for layer in judges[:-1]] if judges else widths[-2::-1]
    if judges and (len(judges) != len(layers) or judges[0].weight.shape[1] != widths[-1]):
        other = f"{STEM_SIDE * 2 ** (len(judges) - 1)} pixels and {judges[0].weight.shape[1]} channels"
        raise ModelError(f"`discriminator` judges pictures of {other}, the generator draws {size} and {widths[-1]}")
    try:
        return Architecture(
            size=size,
            channels=widths[-1],
            latent_dim=layers[0].weight.shape[0],
            latent_distribution=latent_distribution,
            stem_channels=widths[0],
            generator=tuple(ConvLayer(width, KERNEL_SIZE, 2) for width in widths[1:]),
            discriminator=tuple(ConvLayer(width, KERNEL_SIZE, 2) for width in sides),
            batch_norm_eps=EPS,
        )
    except ValueError as error:
        raise ModelError(f"{path} has a net that dcgan cannot build: {error}") from error


def _generator_tensors(layers: list[_Layer]) -> Tensors:
    """By our names. What a stem's batch norm has for a channel, ours has for each of its 16 units: it does the same."""
    stem, *rest = layers
    tensors = {"stem.weight": stem.weight.permute(1, 2, 3, 0).flatten(0, 2)}
    for kind, tensor in _norm(stem).items():
        tensors[f"stem_norm.{kind}"] = tensor.repeat_interleave(STEM_SIDE**2)
    return tensors | _named(rest, rest[:-1])


def _discriminator_tensors(layers: list[_Layer]) -> Tensors:
    *convolutions, head = layers
    return {"head.weight": head.weight.flatten(1)} | _named(convolutions, convolutions[1:])


def _named(convolutions: list[_Layer], normed: list[_Layer]) -> Tensors:
    tensors = {f"convolutions.{number}.weight": layer.weight for number, layer in enumerate(convolutions)}
    for number, layer in enumerate(normed):
        tensors |= {f"norms.{number}.{kind}": tensor for kind, tensor in _norm(layer).items()}
    return tensors


def _norm(layer: _Layer) -> Tensors:
    """Of a layer's batch norm; a bias before it only moves its mean."""
    mean = layer.norm["running_mean"]
    return layer.norm | {"running_mean": mean if layer.bias is None else mean - layer.bias}


def _fill(net: nn.Module, tensors: Tensors, path: Path) -> None:
    expected = net.state_dict()
    for name, tensor in expected.items():
        if tensors[name].shape != tensor.shape:
            shapes = f"{tuple(tensors[name].shape)}, not {tuple(tensor.shape)}"
            raise ModelError(f"{path} is of another net: its tensor for {name} has the shape {shapes}")
        if name.endswith("running_var") and (tensors[name] < 0).any():
            raise ModelError(f"{path} holds variances below 0")
    net.load_state_dict(tensors)
