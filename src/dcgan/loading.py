"""Loading a model: from a folder, a checkpoint, a run, the Hub, or by its name. No pickle is read: it runs no code."""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from dcgan.choices import NETS
from dcgan.device import resolve_device
from dcgan.errors import ModelError
from dcgan.model import Model
from dcgan.model_folder import CARD, find, read_card, read_tensors
from dcgan.networks.architecture import Interface
from dcgan.networks.memory import use_channels_last
from dcgan.sound.spectrogram import SoundFormat

NO_DETAILS = ("format", "architecture", "interface", "nets", "sha256")  # of a card: they are not about its making


def load(
    path: str | Path,
    device: str = "auto",
    *,
    generator: nn.Module | None = None,
    discriminator: nn.Module | None = None,
) -> Model:
    """Load a model from a model folder, a checkpoint, a run (its newest), or by its name.

    Args:
        path: Where it is, the name of one that comes with dcgan, or hf://OWNER/NAME[@REVISION] of the Hugging Face Hub,
            which is downloaded into the Hub's cache (extra `hub`).
        device: "auto", "cpu", "cuda", "cuda:1" or "mps".
        generator: Of a model whose nets are your own: a net of the class that was trained, which is filled in place.
        discriminator: The same for the discriminator.

    Raises:
        ModelError: There is none, or it is broken: what is wrong and where. Or it needs nets of your own.
        DeviceError: This machine has no such device.
    """
    device, folder = resolve_device(device), find(path)
    card = read_card(folder)
    interface = _interface(folder, card)
    _check_labels(folder, card.get("labels"), interface.classes)
    _check_sound(folder, card.get("sound"), interface)
    if interface.nets:
        if generator is not None or discriminator is not None:
            raise ModelError(f"the nets in {folder} are dcgan's own; leave `generator` and `discriminator` out")
        family = NETS[interface.nets]
        with torch.device("meta"):
            generator, discriminator = family.generator(interface), family.discriminator(interface)
    if generator is None or discriminator is None:
        raise ModelError(
            f"the nets in {folder} are not dcgan's own: hand in nets of the classes that were trained, "
            "dcgan.load(..., generator=..., discriminator=...)"
        )
    for name, net in (("generator", generator), ("discriminator", discriminator)):
        _fill(net, read_tensors(folder / f"{name}.safetensors", card), folder / f"{name}.safetensors")
        net.to(device).eval()
        if interface.nets:
            use_channels_last(net)
    details = {key: value for key, value in card.items() if key not in NO_DETAILS}
    return Model(interface, generator, discriminator, details, folder)


def _interface(folder: Path, card: Mapping[str, object]) -> Interface:
    try:
        own = card.get("interface")
        if isinstance(own, dict) and "architecture" not in card:
            return Interface.from_card(own)
        values, nets = card.get("architecture"), card.get("nets", "dcgan")
        if not isinstance(values, dict):
            raise ValueError("it is missing")
        if not isinstance(nets, str) or nets not in NETS:
            raise ValueError(f"this dcgan has no nets {json.dumps(nets)}; it has {', '.join(NETS)}")
        built = NETS[nets].architecture.from_card(values)
        if (built.classes >= 2) != NETS[nets].conditional:
            needed = "2 or more" if NETS[nets].conditional else "0"
            raise ValueError(f"classes of the nets {nets} must be {needed}, not {built.classes}")
        return built
    except ValueError as error:
        raise ModelError(f"{folder / CARD} has an architecture that cannot be built: {error}") from error
    except (TypeError, KeyError, ZeroDivisionError) as error:  # which speak of Python
        raise ModelError(
            f"{folder / CARD} has an architecture that cannot be built: its entries are not those of its nets"
        ) from error


def _check_labels(folder: Path, labels: object, classes: int) -> None:
    """Refuse names of labels of which two are the same, or that are not as many as the nets are given."""
    if labels is None or not classes:
        return
    names = {name for name in labels if isinstance(name, str)} if isinstance(labels, list) else set()
    if not isinstance(labels, list) or not len(names) == len(labels) == classes:
        raise ModelError(f"{folder / CARD} is damaged: its labels must be {classes} different names")


def _check_sound(folder: Path, card: object, interface: Interface) -> None:
    """Refuse sounds that cannot be heard."""
    if card is None:
        return
    try:
        SoundFormat.from_card(card)
        if interface.channels != 1:
            raise ValueError("its pictures have colors")
    except ValueError as error:
        raise ModelError(f"{folder / CARD} is damaged: it does not describe its sounds: {error}") from error


def _kind_of(tensor: Tensor) -> str:
    """Type and shape in words: "float32, 64 x 3 x 5 x 5"."""
    shape = " x ".join(map(str, tensor.shape)) or "one number"
    return f"{str(tensor.dtype).removeprefix('torch.')}, {shape}"


def _fill(net: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    expected = net.state_dict()
    if tensors.keys() != expected.keys():
        odd = ", ".join(sorted(tensors.keys() ^ expected.keys())[:4])
        raise ModelError(f"{path} does not hold the tensors of these nets: {odd} ...")
    for name, tensor in tensors.items():
        right = expected[name]
        if tensor.shape != right.shape or tensor.dtype not in (right.dtype, torch.float16):
            raise ModelError(f"{path}: {name} should be {_kind_of(right)}, or float16, not {_kind_of(tensor)}")
        if not tensor.isfinite().all():
            raise ModelError(f"{path}: {name} holds values that are not finite numbers")
        if name.endswith("running_var") and (tensor < 0).any():
            raise ModelError(f"{path}: {name} holds variances below 0")
    whole = {name: tensor.to(expected[name].dtype) for name, tensor in tensors.items()}
    net.load_state_dict(whole, assign=True)
