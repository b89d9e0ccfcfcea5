"""A model: a trained generator and discriminator with their recipe, in a folder of safetensors and JSON.

No pickle is read or written: loading a stranger's model runs no code.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from dcgan.errors import ModelError
from dcgan.files import sha256
from dcgan.model_folder import CARD, FORMAT, find, read_card, read_tensors, write_tensors
from dcgan.networks.batch_norm import batch_statistics as by_the_batch
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.generator import Generator
from dcgan.networks.layouts import Architecture, ConvLayer
from dcgan.networks.memory import use_channels_last
from dcgan.randomness import latents_from_seeds
from dcgan.types import Latents, Pixels


class Nets(NamedTuple):
    """A pair of dcgan's own nets, whose layers can be looked into."""

    architecture: Architecture
    generator: Generator
    discriminator: Discriminator


@dataclass(frozen=True)
class Model:
    """A generator and a discriminator, ready to use.

    Attributes:
        architecture: The shape of the two nets.
        generator: z (N, latent_dim) to images (N, C, H, W) in [-1, 1].
        discriminator: images to logits (N,).
        details: What is known of its making: recipe, images seen, how batch-norm statistics were measured.

    Example:
        >>> model = dcgan.load("runs/faces")
        >>> pixels = model.sample(seeds=range(64))  # (64, H, W, C), uint8
    """

    architecture: Architecture
    generator: Generator
    discriminator: Discriminator
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Side of the square pictures, pixels."""
        return self.architecture.size

    @property
    def channels(self) -> int:
        """1 (gray), 3 (RGB) or 4 (RGBA)."""
        return self.architecture.channels

    @property
    def nets(self) -> Nets:
        """Both nets as dcgan's own, for what looks into their layers."""
        return Nets(self.architecture, self.generator, self.discriminator)

    def write_into(self, folder: Path) -> None:
        """Write the model's files into a folder that is being made."""
        self.save(folder)

    @cached_property
    def identity(self) -> str:
        """Names the function from z to pictures: 16 hexadecimal digits of a hash over the generator's tensors."""
        digest = hashlib.sha256(json.dumps([self.architecture.latent_distribution, self.architecture.size]).encode())
        for name, tensor in sorted(self.generator.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.float().contiguous().cpu().numpy().tobytes())
        return digest.hexdigest()[:16]

    def latents(self, seeds: Iterable[int], truncation: float = 1.0) -> Latents:
        """The z of each seed: (N, latent_dim), float32, scaled by `truncation` (above 0, at most 1) toward 0."""
        if not 0 < truncation <= 1:
            raise ValueError(f"truncation must be above 0 and at most 1, not {truncation}")
        z = latents_from_seeds(seeds, self.architecture.latent_dim, self.architecture.latent_distribution)
        return z * np.float32(truncation)

    @torch.inference_mode()
    def generate(self, z: Latents, *, batch_size: int = 64, batch_statistics: bool = False) -> Pixels:
        """Generate a picture for each latent vector.

        With the fixed statistics of the generator a picture depends on its z alone (to within one gray level: the
        order of sums may differ). With `batch_statistics` it depends on the others of its mini-batch, as in the paper.

        Args:
            z: (N, latent_dim), float32.
            batch_size: Pictures drawn at once.
            batch_statistics: Normalize by the mini-batch at hand.

        Returns:
            Pixels (N, H, W, C), uint8.
        """
        size, channels = self.architecture.size, self.architecture.channels
        pixels = np.empty((len(z), size, size, channels), np.uint8)
        device = next(self.generator.parameters()).device
        for start in range(0, len(z), batch_size):
            batch = torch.from_numpy(z[start : start + batch_size]).to(device)
            if batch_statistics:
                with by_the_batch(self.generator):
                    images = self.generator(batch)
            else:
                images = self.generator(batch)
            pixels[start : start + batch_size] = to_pixels(images)
        return pixels

    def sample(
        self,
        seeds: Iterable[int],
        *,
        truncation: float = 1.0,
        batch_statistics: bool = False,
        batch_size: int = 64,
    ) -> Pixels:
        """Draw the picture of each seed: pixels (N, H, W, C), uint8. The same seed is always the same picture."""
        return self.generate(self.latents(seeds, truncation), batch_size=batch_size, batch_statistics=batch_statistics)

    def save(self, folder: Path, *, half: bool = False) -> None:
        """Write the model into the existing `folder`: two safetensors files, and `model.json` with their checksums.

        With `half`, weights are rounded to half precision; batch norm's numbers, which are few, stay as they are.
        """
        for name, net in self._nets().items():
            tensors = net.state_dict()
            if half:
                tensors = {key: tensor.half() if tensor.ndim > 1 else tensor for key, tensor in tensors.items()}
            write_tensors(tensors, folder / f"{name}.safetensors")
        card = {
            "format": FORMAT,
            "architecture": asdict(self.architecture),
            **self.details,
            "sha256": {f"{name}.safetensors": sha256(folder / f"{name}.safetensors") for name in self._nets()},
        }
        (folder / CARD).write_text(json.dumps(card, indent=2) + "\n", "utf-8")

    def _nets(self) -> dict[str, nn.Module]:
        return {"generator": self.generator, "discriminator": self.discriminator}


def to_pixels(images: Tensor) -> Pixels:
    """Images (N, C, H, W) in [-1, 1] to pixels (N, H, W, C), uint8, rounded to the nearest level."""
    levels = ((images.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return levels.permute(0, 2, 3, 1).contiguous().cpu().numpy()


def to_images(pixels: Tensor) -> Tensor:
    """Pixels (N, H, W, C), uint8, to images (N, C, H, W) in [-1, 1], float32, as channels_last memory."""
    return pixels.permute(0, 3, 1, 2).float().div_(127.5).sub_(1)


def load(path: str | Path, device: str = "cpu") -> Model:
    """Load a model from a model folder, a checkpoint, a run (its newest), or by its name if it comes with dcgan.

    Raises:
        ModelError: There is none, or it is broken: what is wrong and where.
    """
    folder = find(Path(path))
    card = read_card(folder)
    architecture = _architecture(folder, card)
    with torch.device("meta"):
        generator, discriminator = Generator(architecture), Discriminator(architecture)
    for name, net in (("generator", generator), ("discriminator", discriminator)):
        _fill(net, read_tensors(folder / f"{name}.safetensors", card), folder / f"{name}.safetensors")
        net.to(device).eval()
        use_channels_last(net)
    details = {key: value for key, value in card.items() if key not in ("format", "architecture", "sha256")}
    return Model(architecture, generator, discriminator, details)


def _architecture(folder: Path, card: Mapping[str, object]) -> Architecture:
    values = card.get("architecture")
    try:
        if not isinstance(values, dict):
            raise TypeError("it is missing")
        nets = {name: tuple(ConvLayer(**stage) for stage in values[name]) for name in ("generator", "discriminator")}
        return Architecture(**{**values, **nets})
    except (TypeError, ValueError, KeyError, ZeroDivisionError) as error:
        raise ModelError(f"{folder / CARD} has an architecture that cannot be built: {error}") from error


def _fill(net: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    expected = net.state_dict()
    if tensors.keys() != expected.keys():
        odd = ", ".join(sorted(tensors.keys() ^ expected.keys())[:4])
        raise ModelError(f"{path} does not hold the tensors of this architecture: {odd} ...")
    for name, tensor in tensors.items():
        if tensor.shape != expected[name].shape or tensor.dtype not in (torch.float32, torch.float16):
            wanted, found = tuple(expected[name].shape), tuple(tensor.shape)
            raise ModelError(f"{path}: {name} should be float32 or float16 of {wanted}, not {tensor.dtype} of {found}")
        if not tensor.isfinite().all():
            raise ModelError(f"{path}: {name} holds values that are not finite numbers")
        if name.endswith("running_var") and (tensor < 0).any():
            raise ModelError(f"{path}: {name} holds variances below 0")
    net.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, assign=True)
