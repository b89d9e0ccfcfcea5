"""Which z draws this picture? Projection: the z whose picture is nearest, found by gradient descent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from dcgan.data.cache import open_pictures
from dcgan.data.packed import PackedSet
from dcgan.data.sources import PictureSource
from dcgan.errors import PackedSetError, UsageError
from dcgan.figures.labeled_grid import labeled_grid
from dcgan.figures.notebook import html_of
from dcgan.figures.projection_errors import plot_projection_errors
from dcgan.figures.theme import THEMES, Theme
from dcgan.files import RUN_FILE, parse_json
from dcgan.latent.descent import DescentOptions, Found, descend, random_starts
from dcgan.latent.encoder import Encoder
from dcgan.latent.perceptual import discriminator_of, squared_distances, unit_maps
from dcgan.model import Model, to_images
from dcgan.progress import Part, notebook_bar
from dcgan.randomness import Stream, rng
from dcgan.short_repr import ShortRepr
from dcgan.types import Latents, OnProgress, Pixels

REFERENCES = 32  # training pictures that are projected, too, by default
_QUANTILE = 0.95  # of their errors: what is above is out of reach
_LEAST_GAIN = 0.75  # of the error of the best random z, where no training pictures are known
_PICTURES = 64  # whose feature maps are in memory at once
SHOWN = 12  # pictures of a figure
_GRAY_LEVELS = 127.5  # of a difference of 1 between images
_BY_PICTURE = ("pictures", "z", "pixels", "errors", "random_errors")

Errors = NDArray[np.float64]
"""(N,), root mean squared differences of pixels, in gray levels (0 to 255)."""


@dataclass(frozen=True, repr=False)
class Projection(ShortRepr):
    """Pictures, and the nearest ones that the model can draw.

    Attributes:
        names: N names of the pictures.
        pictures: (N, H, W, C), uint8, as cropped to the model's size.
        z: (N, latent_dim), float32.
        pixels: (N, H, W, C), uint8, what the generator draws from `z`.
        errors: (N,), how far `pixels` are from `pictures`.
        random_errors: (N,), the same for the best of 1,000 random z.
        reference_errors: (M,), the same for training pictures that were projected in the same way; none if no training
            pictures are known.
        path: (F, N, latent_dim), z along the descent, as many as were asked for.
    """

    names: tuple[str, ...]
    pictures: Pixels
    z: Latents
    pixels: Pixels
    errors: Errors
    random_errors: Errors
    reference_errors: Errors
    path: Latents

    @property
    def limits(self) -> Errors:
        """(N,), the largest error of each picture within the model's reach.

        That of 95 % of the training pictures; where none are known, three quarters of the error of the best random z.
        """
        if len(self.reference_errors):
            return np.full(len(self.errors), np.quantile(self.reference_errors, _QUANTILE))
        return _LEAST_GAIN * self.random_errors

    @property
    def in_reach(self) -> NDArray[np.bool_]:
        """(N,), whether the model can draw each picture about as well as those that it was trained on."""
        return self.errors <= self.limits

    @property
    def memorization(self) -> float:
        """How often a training picture has the smaller error, of all pairs of one with one of these pictures, 0 to 1.

        For pictures that the model never saw, 0.5 says that it draws them as well as those it was trained on; a model
        that has memorized its pictures would be near 1. NaN where no training pictures are known.
        """
        if not len(self.reference_errors):
            return float("nan")
        differences = self.errors[:, None] - self.reference_errors
        return float(((differences > 0) + (differences == 0) / 2).mean())

    def errors_figure(self, theme: Theme = THEMES["light"]) -> Image.Image:
        """A chart of all errors: of these pictures, of training pictures, and of the best of 1,000 random z."""
        groups = {"these pictures": self.errors, "best of 1,000 random z": self.random_errors}
        if len(self.reference_errors):
            groups = {"training pictures": self.reference_errors, **groups}
        return plot_projection_errors(groups, theme)

    def figure(self, theme: Theme = THEMES["light"]) -> Image.Image:
        """The first pictures, and below each its projection, with the error above it in gray levels."""
        shown = slice(SHOWN)
        flags = zip(self.errors[shown], self.in_reach[shown], strict=True)
        columns = [f"{error:.0f}" if near else f"{error:.0f} (out)" for error, near in flags]
        pixels = np.stack([self.pictures[shown], self.pixels[shown]])
        return labeled_grid(pixels, theme, rows=["picture", "projection"], columns=columns)

    def film(self, model: Model) -> Iterator[Pixels]:
        """The frames of a film of the descent: the first pictures, each beside what is drawn so far, (2 N, H, W, C)."""
        for z in self.path[:, :SHOWN]:
            pairs = np.stack([self.pictures[:SHOWN], model.generate(z)], axis=1)
            yield pairs.reshape(-1, *pairs.shape[2:])

    def _repr_html_(self) -> str:
        return html_of(self.figure())


@dataclass(frozen=True)
class ProjectOptions(DescentOptions):
    """How pictures are projected."""

    starts: int = 4
    steps: int = 300
    feature_weight: float = 1.0
    """How much the difference in the discriminator's features counts beside that of pixels, 0 or more."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.feature_weight <= 1e6:
            raise UsageError(f"`feature_weight` must be 0 or more, not {self.feature_weight:g}")


@notebook_bar("projecting")
def project(
    model: Model,
    pictures: PictureSource,
    options: ProjectOptions | None = None,
    *,
    encoder: Encoder | None = None,
    reference: PictureSource | None = None,
    references: int = REFERENCES,
    frames: int = 0,
    on_progress: OnProgress | None = None,
) -> Projection:
    """Find the z of each picture: from the best of 1,000 random ones, by descent of a loss in pixels and in features.

    The loss is the mean squared difference of pixels, as images in [-1, 1], plus `feature_weight` times that of the
    discriminator's maps, each of unit length at each position (see `perceptual_distances`).

    Args:
        model: Whose latent space.
        pictures: From anywhere, as for `prepare`, cropped to the model's size; or a packed set of it.
        options: How z is searched for.
        encoder: Makes the first guess for one more start (see `train_encoder`).
        reference: Pictures that the model was trained on, of which some are projected, too: what their errors are is
            within its reach. Default: those of the run that the model is from, if they are still there.
        references: How many of them, 0 or more.
        frames: How many z of each descent are kept for a film; 0, or 2 or more.
        on_progress: Called with (steps of descents done, in all). Default: a progress bar in a notebook.

    Raises:
        SourceError: The pictures cannot be read.
        PackedSetError: The packed set is broken, or its size or channels are not the model's.
        ModelError: The model's nets are your own, and `feature_weight` is not 0; or the encoder is another model's.

    Example:
        >>> model = dcgan.load("runs/faces")
        >>> found = dcgan.project(model, ["me.jpg", "you.jpg"])
        >>> dcgan.interpolate(model, found.z).figure().save("from-me-to-you.png")
    """
    parts = project_in_parts(
        model,
        pictures,
        options,
        encoder=encoder,
        reference=reference,
        references=references,
        frames=frames,
        on_progress=on_progress,
    )
    return joined(list(parts))


def project_in_parts(
    model: Model,
    pictures: PictureSource,
    options: ProjectOptions | None = None,
    *,
    encoder: Encoder | None = None,
    reference: PictureSource | None = None,
    references: int = REFERENCES,
    frames: int = 0,
    on_progress: OnProgress | None = None,
) -> Iterator[Projection]:
    """Project 64 pictures at a time, for whoever wants to keep what is done when the work is stopped.

    Parameters and errors are those of `project`; `joined` makes one of the parts.
    """
    options = options or ProjectOptions()
    packed = open_pictures(pictures, size=model.size, channels=model.channels)
    trained_on, names = training_pictures(model, reference, references), packed.names
    each = (options.starts + (encoder is not None)) * options.steps
    total = (len(packed.pixels) + len(trained_on)) * each

    def search(pixels: Pixels, before: int, frames: int = 0) -> "_Searched":
        tell = None if on_progress is None else Part(on_progress, before * each, total)
        return _search(model, pixels, options, encoder, frames, tell)

    reference_errors = np.empty(0)
    if len(trained_on):
        reference_errors = errors_of(model.generate(search(trained_on, 0).found.z[:, 0]), trained_on)
    for start in range(0, len(packed.pixels), _PICTURES):
        part = slice(start, start + _PICTURES)
        originals = np.array(packed.pixels[part])
        found, random_errors = search(originals, len(trained_on) + start, frames)
        pixels = model.generate(found.z[:, 0])
        yield Projection(
            names=tuple(names[part]),
            pictures=originals,
            z=found.z[:, 0],
            pixels=pixels,
            errors=errors_of(pixels, originals),
            random_errors=random_errors,
            reference_errors=reference_errors,
            path=found.path[:, :, 0],
        )


def joined(parts: Sequence[Projection]) -> Projection:
    """One projection of the pictures of several, one or more, of the same model with the same reference."""
    first = parts[0]
    together = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _BY_PICTURE}
    path = np.concatenate([part.path for part in parts], axis=1)
    return replace(first, names=tuple(name for part in parts for name in part.names), path=path, **together)


def errors_of(pixels: Pixels, others: Pixels) -> Errors:
    """How far each picture (N, H, W, C) is from its partner."""
    differences = pixels.astype(np.float64) - others
    errors: Errors = np.sqrt((differences**2).mean(axis=(1, 2, 3)))
    return errors


def training_pictures(model: Model, source: PictureSource | None = None, most: int = REFERENCES) -> Pixels:
    """Some of the pictures that a model was trained on: (M, H, W, C); none if they are not known.

    Args:
        model: The model.
        source: Where they are. Default: the packed set of the run that the model is from, if it is still there.
        most: How many, at most.

    Raises:
        SourceError: They cannot be read.
        PackedSetError: The size or channels of the packed set are not the model's.
    """
    packed = open_pictures(source, size=model.size, channels=model.channels) if source is not None else _own_set(model)
    if packed is None:
        return np.empty((0, model.size, model.size, model.channels), np.uint8)
    count = len(packed.pixels)
    chosen = rng(Stream.REFERENCE_IMAGES).choice(count, min(most, count), replace=False)
    return np.array(packed.pixels[np.sort(chosen)])


def _own_set(model: Model) -> PackedSet | None:
    """The packed set that the run of a model was trained on, if it is still the same."""
    folders = [] if model.folder is None else [model.folder.parent, model.folder.parent.parent]  # RUN/checkpoints/1
    for run in folders:
        try:
            card = parse_json((run / RUN_FILE).read_text("utf-8"))
            packed = PackedSet.open(card["data"])
        except (OSError, ValueError, TypeError, KeyError, PackedSetError):
            continue
        same = (packed.size, packed.channels) == (model.size, model.channels)
        if same and packed.fingerprint == card.get("fingerprint"):
            return packed
    return None


def _search(
    model: Model,
    pixels: Pixels,
    options: ProjectOptions,
    encoder: Encoder | None,
    frames: int,
    on_progress: OnProgress | None,
) -> "_Searched":
    targets = to_images(torch.from_numpy(pixels)).to(model.device)
    net, maps = None, []
    if options.feature_weight:
        net = discriminator_of(model)
        with torch.no_grad():
            batches = [unit_maps(net, batch) for batch in targets.split(_PICTURES)]
        maps = [torch.cat(layer) for layer in zip(*batches, strict=True)]

    def in_pixels(images: Tensor, which: Tensor) -> Tensor:
        return (images - targets[which]).square().mean(dim=(1, 2, 3))

    def in_both(images: Tensor, which: Tensor) -> Tensor:
        loss = in_pixels(images, which)
        if net is None:
            return loss
        distances = squared_distances(unit_maps(net, images), [layer[which] for layer in maps])
        return loss + options.feature_weight * distances

    starts, losses = random_starts(model, in_pixels, len(pixels), options)
    if encoder is not None:
        starts = np.concatenate([encoder.encode(model, pixels)[:, None], starts], axis=1)
    found = descend(model, in_both, starts, options, frames=frames, on_progress=on_progress)
    return _Searched(found, _GRAY_LEVELS * np.sqrt(losses[:, 0].astype(np.float64)))


class _Searched(NamedTuple):
    found: Found
    random_errors: Errors
