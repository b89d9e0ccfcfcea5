"""A model: a trained generator and discriminator with their recipe, in a folder of safetensors and JSON.

No pickle is read or written: loading a stranger's model runs no code.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, overload

import numpy as np
import torch
from torch import Tensor, nn

from dcgan.device import resolve_device
from dcgan.errors import ModelError, UsageError, some_of
from dcgan.figures.sheets import picture_bytes, sheet
from dcgan.files import new_folder, sha256, why_taken
from dcgan.model_folder import CARD, FORMAT, write_tensors
from dcgan.networks.batch_norm import BatchNorm
from dcgan.networks.batch_norm import batch_statistics as by_the_batch
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.generator import Generator
from dcgan.networks.layouts import Architecture, DiscriminatorArchitecture, Interface, LatentDistribution
from dcgan.pixels import full_batches, to_images, to_pixels
from dcgan.randomness import latents_from_seeds, with_label
from dcgan.sound.spectrogram import SoundFormat, Waveforms, sounds_of
from dcgan.types import Latents, Pixels

if TYPE_CHECKING:
    from PIL.Image import Image

DType = Literal["float32", "float16"]
LARGEST = 1e6  # number that z may hold
DEFAULT_FPS, FASTEST = 10.0, 1000.0  # frames a second: where the recipe is not known, and at most


class Nets(NamedTuple):
    """A pair of dcgan's own nets, whose layers can be looked into."""

    architecture: Architecture
    generator: Generator
    discriminator: Discriminator


class DiscriminatorNet(NamedTuple):
    """A DCGAN's discriminator, whose layers can be looked into, whatever generator it has judged."""

    architecture: DiscriminatorArchitecture
    discriminator: Discriminator


@dataclass(frozen=True, repr=False)
class Model:
    """A generator and a discriminator, ready to use.

    Attributes:
        interface: What the nets take and give; of a DCGAN an `Architecture`, which lists all layers.
        generator: z (N, latent_dim) to images (N, C, H, W) in [-1, 1].
        discriminator: images to logits (N,); of conditional nets images and labels, one-hot.
        details: What is known of its making: recipe, images seen, how batch-norm statistics were measured.
        folder: Where it was loaded from, which may hold concepts of its own; None if it was made in memory.

    Example:
        >>> model = dcgan.load("runs/faces")
        >>> pixels = model.sample(seeds=range(64))  # (64, H, W, C), uint8
    """

    interface: Interface
    generator: nn.Module
    discriminator: nn.Module
    details: Mapping[str, object] = field(default_factory=dict)
    folder: Path | None = None

    @property
    def size(self) -> int:
        """Side of the square pictures, pixels."""
        return self.interface.size

    @property
    def channels(self) -> int:
        """1 (gray), 3 (RGB) or 4 (RGBA)."""
        return self.interface.channels

    @property
    def latent_dim(self) -> int:
        """How many numbers z has; of conditional nets those of the label, one-hot, are the last."""
        return self.interface.latent_dim

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the labels that conditional nets are given; none of other nets."""
        names = self.details.get("labels")
        known = [str(name) for name in names] if isinstance(names, list | tuple) else []
        classes = self.interface.classes
        return tuple(known if len(known) == classes else map(str, range(classes)))

    @property
    def sound(self) -> SoundFormat | None:
        """What a clip of sound is, if the pictures are spectrograms; else None."""
        card = self.details.get("sound")
        return None if card is None else SoundFormat.from_card(card)

    @property
    def frames(self) -> int:
        """Frames of what the discriminator judges: of nets that predict frames those of a clip, else 1."""
        return self.interface.frames

    @property
    def fps(self) -> float | None:
        """Frames a second of the videos that nets have learned from which predict frames; None of others."""
        if self.frames == 1:
            return None
        recipe = self.details.get("recipe")
        fps = recipe.get("fps") if isinstance(recipe, dict) else None
        return float(fps) if isinstance(fps, int | float) and 0 < fps <= FASTEST else DEFAULT_FPS

    @property
    def latent_distribution(self) -> LatentDistribution:
        """The distribution of each number of z: "uniform", U(-1, 1), or "normal", N(0, 1)."""
        return self.interface.latent_distribution

    @property
    def nets(self) -> Nets:
        """Both nets as a DCGAN's, for what looks into their layers.

        Raises:
            ModelError: They are of another kind.
        """
        return self.nets_for("this")

    def nets_for(self, what: str, remedy: str = "take a model with the nets dcgan") -> Nets:
        """Both nets as a DCGAN's, for what looks into their layers.

        Args:
            what: What needs them, the subject of the message: "`even` perceptual".
            remedy: What to do where they are of another kind.

        Raises:
            ModelError: They are of another kind.
        """
        match self.interface, self.generator, self.discriminator:
            case Architecture() as architecture, Generator() as generator, Discriminator() as discriminator:
                return Nets(architecture, generator, discriminator)
        raise self._no_dcgan(what, remedy)

    def discriminator_net(self, what: str, remedy: str = "take a model with the nets dcgan") -> DiscriminatorNet:
        """The discriminator as a DCGAN's, also that of nets that predict frames, which judges clips.

        Args:
            what: What needs its layers, as for `nets_for`.
            remedy: What to do where it is of another kind.

        Raises:
            ModelError: It is of another kind.
        """
        match self.interface, self.discriminator:
            case DiscriminatorArchitecture() as architecture, Discriminator() as discriminator:
                return DiscriminatorNet(architecture, discriminator)
        raise self._no_dcgan(what, remedy)

    def _no_dcgan(self, what: str, remedy: str) -> ModelError:
        kind = self.interface.nets or "your own"
        return ModelError(f"{what} needs the layers of a DCGAN, and the nets of this model are {kind}: {remedy}")

    @property
    def architecture(self) -> Architecture:
        """The layers of both nets.

        Raises:
            ModelError: They are of another kind than a DCGAN's.
        """
        return self.nets.architecture

    @property
    def device(self) -> torch.device:
        """Where the generator's weights are."""
        return _device_of(self.generator)

    @cached_property
    def identity(self) -> str:
        """Names the function from z to pictures: 16 hexadecimal digits of a hash over the generator's tensors."""
        digest = hashlib.sha256(json.dumps([self.latent_distribution, self.size]).encode())
        for name, tensor in sorted(self.generator.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.float().contiguous().cpu().numpy().tobytes())
        return digest.hexdigest()[:16]

    def to(self, device: str) -> "Model":
        """Move both nets to a device ("auto", "cpu", "cuda", "cuda:1", "mps"), in place, and return the model.

        Raises:
            DeviceError: This machine has no such device.
        """
        resolved = resolve_device(device)
        return replace(self, generator=self.generator.to(resolved), discriminator=self.discriminator.to(resolved))

    def latents(self, seeds: Iterable[int], truncation: float = 1.0, label: str | None = None) -> Latents:
        """The z of each seed: (N, latent_dim), float32.

        Args:
            seeds: Whole numbers from 0.
            truncation: Scales z toward 0, above 0 and at most 1.
            label: Of conditional nets, one of `labels`. Default: that of each seed, as random as its z.

        Raises:
            UsageError: `truncation` is out of its range, or there is no such label.
            ModelError: The model predicts frames, and has no z to draw.
        """
        self.check_draws()
        if not 0 < truncation <= 1:
            raise UsageError(f"`truncation` must be above 0 and at most 1, not {truncation:g}")
        nets = self.interface
        z = latents_from_seeds(seeds, nets.latent_dim, nets.latent_distribution, nets.classes)
        z = truncated(self, z, truncation)
        return z if label is None else self.labeled(z, label)

    @property
    def draws(self) -> bool:
        """Whether the generator draws pictures from random numbers; one that predicts frames does not."""
        return self.interface.noise_dim > 0

    def check_draws(self) -> None:
        """Refuse nets whose latent vectors are not random, but frames.

        Raises:
            ModelError: This model predicts frames.
        """
        if not self.draws:
            raise ModelError(
                "this model predicts the next frame of a video, and draws no pictures from z: use "
                "`dcgan predict-frames MODEL SOURCE`"
            )

    def labeled(self, z: Latents, label: str) -> Latents:
        """The same z (N, latent_dim) with another label.

        Raises:
            UsageError: There is no such label.
        """
        if label not in self.labels:
            if not self.labels:
                raise UsageError(f"`label` {label!r}: the nets of this model take no label; leave it out")
            raise UsageError(f"`label` {label!r}: this model has {some_of(self.labels)}")
        classes = self.interface.classes
        return with_label(z[:, :-classes], np.full(len(z), self.labels.index(label)), classes)

    @torch.inference_mode()
    def generate(self, z: "Latents | Tensor", *, batch_size: int = 64, batch_statistics: bool = False) -> Pixels:
        """Generate a picture from each latent vector.

        With the fixed statistics of the generator a picture depends on its z alone: on one machine it is the same to
        the bit, whatever is generated beside it, in whatever order and by however many threads; on another it may
        differ by a gray level. With `batch_statistics` it depends on the others of its mini-batch, as in the paper.

        Args:
            z: (N, latent_dim).
            batch_size: Pictures in a mini-batch of `batch_statistics`.
            batch_statistics: Normalize by the mini-batch at hand; dcgan's own nets with batch norm only.

        Returns:
            Pixels (N, H, W, C), uint8.

        Raises:
            ModelError: `batch_statistics` with nets of your own, or with a generator that has no batch norm.
            UsageError: z has another shape or holds values that are no numbers; or `batch_statistics` with a single
                picture.
        """
        z = torch.as_tensor(z, dtype=torch.float32, device=self.device)
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise UsageError(f"z has the shape {tuple(z.shape)}; this model needs (N, {self.latent_dim})")
        if not (z.abs() <= LARGEST).all():
            raise UsageError(f"z holds values that are no numbers, or beyond {LARGEST:g}; those of z are about 1")
        pixels = np.empty((len(z), self.size, self.size, self.channels), np.uint8)
        if batch_statistics:
            if len(z) == 1:
                raise UsageError("`batch_statistics` needs two pictures or more: one alone has no variance")
            self._check_batch_norm()
            starts = list(range(0, len(z), batch_size))
            if len(z) % batch_size == 1:
                starts.pop()  # the one that is left over joins the mini-batch before
            with by_the_batch(self.generator):
                for start, end in pairwise([*starts, len(z)]):
                    pixels[start:end] = to_pixels(self.generator(z[start:end]))
            return pixels
        for rows, filled in full_batches(len(z), self.device):
            pixels[rows] = to_pixels(self.generator(z[filled]))[: len(rows)]
        return pixels

    def sounds(self, pixels: Pixels) -> Waveforms:
        """The sounds of pictures of this model, if it has learned from sounds.

        Args:
            pixels: Spectrograms (N, H, W, 1), as `generate` and `sample` make them.

        Returns:
            (N, samples), float32 in [-1, 1], at the rate of `sound`.

        Raises:
            ModelError: The model has learned from pictures.
        """
        if self.sound is None:
            raise ModelError("this model has learned from pictures, so it has no sounds: train one on sounds")
        return sounds_of(pixels, self.sound)

    def _check_batch_norm(self) -> None:
        """Refuse a generator that does not normalize by dcgan's batch norm, which keeps nothing of a mini-batch."""
        has_norm = any(isinstance(module, BatchNorm) for module in self.generator.modules())
        if not (self.interface.nets and has_norm):
            kind = self.interface.nets or "your own"
            raise ModelError(
                "`batch_statistics` needs dcgan's batch norm, and the generator of this model has none (its nets are "
                f"{kind}): leave it out"
            )

    @overload
    def sample(
        self,
        seeds: Iterable[int],
        *,
        truncation: float = ...,
        label: str | None = ...,
        batch_statistics: bool = ...,
        batch_size: int = ...,
        output: Literal["numpy"] = ...,
    ) -> Pixels: ...

    @overload
    def sample(
        self,
        seeds: Iterable[int],
        *,
        truncation: float = ...,
        label: str | None = ...,
        batch_statistics: bool = ...,
        batch_size: int = ...,
        output: Literal["pil"],
    ) -> "list[Image]": ...

    @overload
    def sample(
        self,
        seeds: Iterable[int],
        *,
        truncation: float = ...,
        label: str | None = ...,
        batch_statistics: bool = ...,
        batch_size: int = ...,
        output: Literal["torch"],
    ) -> Tensor: ...

    def sample(
        self,
        seeds: Iterable[int],
        *,
        truncation: float = 1.0,
        label: str | None = None,
        batch_statistics: bool = False,
        batch_size: int = 64,
        output: Literal["numpy", "pil", "torch"] = "numpy",
    ) -> "Pixels | list[Image] | Tensor":
        """Generate the picture of each seed; the same seed is always the same picture.

        Args:
            seeds: Whole numbers from 0.
            truncation: Scales z toward 0, above 0 and at most 1: more typical pictures, less variety.
            label: Of conditional nets, one of `labels`. Default: that of each seed, as random as its z.
            batch_statistics: Normalize by the mini-batch at hand, as the paper did.
            batch_size: Pictures in a mini-batch of `batch_statistics`.
            output: "numpy": pixels (N, H, W, C), uint8. "pil": a list of PIL images. "torch": images (N, C, H, W) in
                [-1, 1], float32, of 256 levels.

        Raises:
            UsageError: A value is out of its range.
        """
        if output not in ("numpy", "pil", "torch"):
            raise UsageError(f"`output` must be numpy, pil or torch, not {output!r}")
        z = self.latents(seeds, truncation, label)
        pixels = self.generate(z, batch_size=batch_size, batch_statistics=batch_statistics)
        if output == "torch":
            return to_images(torch.from_numpy(pixels))
        return pixels if output == "numpy" else [_picture(one) for one in pixels]

    def save(self, path: str | Path, *, dtype: DType = "float32", overwrite: bool = False) -> None:
        """Write the model as a folder, which appears there whole or not at all.

        Args:
            path: Folder to make.
            dtype: "float16" rounds the weights to half precision; the few numbers of batch norm stay as they are.
            overwrite: Replace a model that is there.

        Raises:
            ModelError: Something is there already.
            OSError: The disk is full, or the folder cannot be written.
        """
        path = Path(path)
        if why := why_taken(path, CARD, "a model", overwrite=overwrite):
            raise ModelError(why)
        with new_folder(path, overwrite=overwrite) as folder:
            self.write_into(folder, dtype=dtype)

    def write_into(self, folder: Path, *, dtype: DType = "float32") -> None:
        """Write two safetensors files, and `model.json` with their checksums, into a folder that is being made."""
        for name, net in (("generator", self.generator), ("discriminator", self.discriminator)):
            tensors = net.state_dict()
            if dtype == "float16":
                tensors = {key: _rounded(tensor) for key, tensor in tensors.items()}
            write_tensors(tensors, folder / f"{name}.safetensors")
        files = ("generator.safetensors", "discriminator.safetensors")
        kind = "architecture" if self.interface.nets else "interface"
        card = {
            "format": FORMAT,
            "nets": self.interface.nets,
            kind: asdict(self.interface),
            **self.details,
            "sha256": {file: sha256(folder / file) for file in files},
        }
        (folder / CARD).write_text(json.dumps(card, indent=2) + "\n", "utf-8")

    def __repr__(self) -> str:
        seen = self.details.get("images")
        after = f", {seen:,} images seen" if isinstance(seen, int) else ""
        kind = self.interface.nets
        nets = "" if kind == "dcgan" else f", {kind}" if kind else ", nets of your own"
        given = f"z {self.latent_distribution} ({self.latent_dim})" if self.draws else f"clips of {self.frames} frames"
        return f"Model({self.size}x{self.size}, {self.channels} channels, {given}{after}{nets}, on {self.device})"

    def _repr_html_(self) -> str:
        """What a notebook shows: its first seeds, if it draws from z."""
        if not self.draws:
            return f"<code>{escape(repr(self))}</code>"
        png = base64.b64encode(picture_bytes(sheet(self.sample(range(16)), columns=8), ".png")).decode()
        return f'<img src="data:image/png;base64,{png}" alt="the pictures of seeds 0 to 15"><br><code>{self!r}</code>'


def truncated(model: Model, z: Latents, truncation: float) -> Latents:
    """Scale z (N, latent_dim) toward 0, but for the label of conditional nets."""
    scale = np.ones(model.latent_dim, np.float32)
    scale[: model.interface.noise_dim] = truncation
    return z * scale


def _picture(pixels: Pixels) -> "Image":
    from PIL import Image

    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def _rounded(tensor: Tensor) -> Tensor:
    """Weights in half precision; biases, statistics and counters as they are."""
    return tensor.half() if tensor.ndim > 1 and tensor.is_floating_point() else tensor


def _device_of(net: nn.Module) -> torch.device:
    return next((tensor.device for tensor in (*net.parameters(), *net.buffers())), torch.device("cpu"))
