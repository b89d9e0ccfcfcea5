"""A model: a trained generator and discriminator with their recipe, and what can be asked of them."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

import numpy as np
import torch
from torch import Tensor, nn

from dcgan.atomic_files import new_folder
from dcgan.device import resolve_device
from dcgan.errors import ModelError, UsageError
from dcgan.figures.notebook import html_of
from dcgan.figures.sheets import sheet
from dcgan.files import why_taken
from dcgan.generation import generate
from dcgan.model_folder import CARD, write_model
from dcgan.model_nets import DiscriminatorNet, Nets, dcgan_discriminator, dcgan_nets
from dcgan.networks.architecture import Architecture, Interface, LatentDistribution
from dcgan.pixels import to_images
from dcgan.randomness import latents_from_seeds, truncated, with_label
from dcgan.sound.spectrogram import SoundFormat, Waveforms, sounds_of
from dcgan.types import DType, Latents, Pixels
from dcgan.words import some_of

if TYPE_CHECKING:
    from PIL.Image import Image

DEFAULT_FPS, FASTEST = 10.0, 1000.0  # frames a second: where the recipe is not known, and at most


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
    def saw_mirror_images(self) -> bool:
        """Whether it was trained with `horizontal_flip`, or began with a model that was."""
        origins = (self.details.get("recipe"), self.details.get("start"))
        return any(isinstance(origin, dict) and origin.get("horizontal_flip") is True for origin in origins)

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
        return dcgan_nets(self.interface, self.generator, self.discriminator, what, remedy)

    def discriminator_net(self, what: str, remedy: str = "take a model with the nets dcgan") -> DiscriminatorNet:
        """The discriminator as a DCGAN's, also that of nets that predict frames, which judges clips.

        Args:
            what: What needs its layers, as for `nets_for`.
            remedy: What to do where it is of another kind.

        Raises:
            ModelError: It is of another kind.
        """
        return dcgan_discriminator(self.interface, self.discriminator, what, remedy)

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
        tensors = (*self.generator.parameters(), *self.generator.buffers())
        return next((tensor.device for tensor in tensors), torch.device("cpu"))

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
        z = truncated(z, truncation, nets.noise_dim)
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

    def generate(self, z: "Latents | Tensor", *, batch_size: int = 64, batch_statistics: bool = False) -> Pixels:
        """Generate a picture from each latent vector.

        With the fixed statistics of the generator a picture depends on its z alone: on one machine it is the same to
        the bit, whatever is generated beside it, in whatever order and by however many threads; on another it may
        differ by a gray level. With `batch_statistics` it depends on the others of its mini-batch, as in the paper.

        Args:
            z: (N, latent_dim).
            batch_size: Pictures in a mini-batch of `batch_statistics`, 2 or more.
            batch_statistics: Normalize by the mini-batch at hand; dcgan's own nets with batch norm only.

        Returns:
            Pixels (N, H, W, C), uint8.

        Raises:
            ModelError: `batch_statistics` with nets of your own, or with a generator that has no batch norm.
            UsageError: z has another shape or holds values that are no numbers; or `batch_statistics` with a single
                picture, or a `batch_size` below 2.
        """
        z = torch.as_tensor(z, dtype=torch.float32, device=self.device)
        return generate(self.interface, self.generator, z, batch_size if batch_statistics else None)

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
            raise ModelError(
                "this model has learned from pictures and makes no sounds: use a model that was trained on sounds"
            )
        return sounds_of(pixels, self.sound)

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
            batch_size: Pictures in a mini-batch of `batch_statistics`, 2 or more.
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
            ModelError: Something is there already, or weights are too large for "float16".
            OSError: The disk is full, or the folder cannot be written.
        """
        path = Path(path)
        if why := why_taken(path, CARD, "a model", overwrite=overwrite):
            raise ModelError(why)
        with new_folder(path, overwrite=overwrite) as folder:
            self.write_into(folder, dtype=dtype)

    def write_into(self, folder: Path, *, dtype: DType = "float32") -> None:
        """Write two safetensors files, and `model.json` with their checksums, into a folder that is being made."""
        kind = "architecture" if self.interface.nets else "interface"
        card = {"nets": self.interface.nets, kind: asdict(self.interface), **self.details}
        write_model(folder, self.generator, self.discriminator, card, dtype)

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
        picture = html_of(sheet(self.sample(range(16)), columns=8), "the pictures of seeds 0 to 15")
        return f"{picture}<br><code>{escape(repr(self))}</code>"


def _picture(pixels: Pixels) -> "Image":
    from PIL import Image

    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
