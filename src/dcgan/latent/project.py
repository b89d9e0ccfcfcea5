"""Which z draws this picture? Projection: the z whose picture is nearest, found by gradient descent."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dcgan.data.packed import PackedSet
from dcgan.data.sources import PictureSource
from dcgan.errors import PackedSetError, UsageError
from dcgan.files import RUN_FILE, parse_json
from dcgan.latent.checks import check_whole
from dcgan.latent.descent import DescentOptions, Found, descend, random_starts
from dcgan.latent.encoder import Encoder, load_encoder
from dcgan.latent.perceptual import squared_distances, unit_maps
from dcgan.latent.projection import Errors, Projection, joined
from dcgan.model import Model
from dcgan.model_pictures import open_for
from dcgan.networks.discriminator import Discriminator
from dcgan.pixels import full_batches, to_images
from dcgan.progress import Part, notebook_bar
from dcgan.randomness import Stream, rng
from dcgan.types import OnProgress, Pixels, PixelStore

REFERENCES = 32  # training pictures that are projected, too, by default
_PICTURES = 64  # whose feature maps are in memory at once
_GRAY_LEVELS = 127.5  # of a difference of 1 between images


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
            raise UsageError(f"`feature_weight` must be 0 to 1,000,000, not {self.feature_weight:g}")


@notebook_bar("projecting")
def project(
    model: Model,
    pictures: PictureSource,
    options: ProjectOptions | None = None,
    *,
    encoder: Encoder | str | Path | None = None,
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
        encoder: Makes the first guess for one more start; or its file (see `train_encoder`).
        reference: Pictures that the model was trained on, of which some are projected, too: errors up to theirs are
            within its reach. Default: those of the run that the model is from, if their packed set is still there.
        references: How many of them, 0 or more.
        frames: How many z of each descent are kept for a film; 0, or 2 to 10,000.
        on_progress: Called with (steps of descents done, in all). Default: a progress bar in a notebook.

    Raises:
        SourceError: The pictures cannot be read.
        PackedSetError: The packed set is broken, or its size or channels are not the model's.
        UsageError: `references` or `frames` is out of its range.
        ModelError: The model's nets are no DCGAN's, and `feature_weight` is not 0; or the generator draws no numbers.
        LatentError: The encoder is another model's, or its file cannot be read.

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
    encoder: Encoder | str | Path | None = None,
    reference: PictureSource | None = None,
    references: int = REFERENCES,
    frames: int = 0,
    on_progress: OnProgress | None = None,
) -> Iterator[Projection]:
    """Project 64 pictures at a time, for whoever wants to keep what is done when the work is stopped.

    Parameters and errors are those of `project`; `joined` makes one of the parts.
    """
    model.check_draws()
    options = options or ProjectOptions()
    compared_net(model, options)
    check_whole("references", references, 0)
    if isinstance(encoder, str | Path):
        encoder = load_encoder(encoder, model)
    packed = open_for(model, pictures)
    trained_on, names = training_pictures(model, reference, references), packed.names
    each = (options.starts + (encoder is not None)) * options.steps
    total = (len(packed) + len(trained_on)) * each

    def search(pixels: Pixels, before: int, frames: int = 0) -> _Searched:
        tell = None if on_progress is None else Part(on_progress, before * each, total)
        return _search(model, pixels, options, encoder, frames, tell)

    reference_errors = np.empty(0)
    for start, pixels in _in_parts(trained_on):
        drawn = model.generate(search(pixels, start).found.z[:, 0])
        reference_errors = np.append(reference_errors, errors_of(drawn, pixels))
    for start, pixels in _in_parts(packed.pixels):
        found, random_errors = search(pixels, len(trained_on) + start, frames)
        drawn = model.generate(found.z[:, 0])
        yield Projection(
            names=tuple(names[start : start + len(pixels)]),
            pictures=pixels,
            z=found.z[:, 0],
            pixels=drawn,
            errors=errors_of(drawn, pixels),
            random_errors=random_errors,
            reference_errors=reference_errors,
            path=found.path[:, :, 0],
        )


def compared_net(model: Model, options: ProjectOptions) -> Discriminator | None:
    """The discriminator whose features are compared, in evaluation mode; None where pixels alone are.

    Raises:
        ModelError: The model's nets are no DCGAN's, and `feature_weight` is not 0.
    """
    if not options.feature_weight:
        return None
    nets = model.nets_for("a `feature_weight` above 0", "use `feature_weight` 0, which compares pixels alone")
    return nets.discriminator.eval()


def _in_parts(pixels: Pixels | PixelStore) -> Iterator[tuple[int, Pixels]]:
    """Pictures to search for together, with the number of those before."""
    for start in range(0, len(pixels), _PICTURES):
        yield start, np.array(pixels[start : start + _PICTURES])


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
    packed = open_for(model, source) if source is not None else _own_set(model)
    if packed is None:
        return np.empty((0, model.size, model.size, model.channels), np.uint8)
    count = len(packed.pixels)
    chosen = rng(Stream.REFERENCE_IMAGES).choice(count, min(most, count), replace=False)
    return np.array(packed.pixels[np.sort(chosen)])


def _own_set(model: Model) -> PackedSet | None:
    """The packed set that the run of a model was trained on, if it is still the same."""
    folders = [] if model.folder is None else model.folder.resolve().parents[:2]  # of RUN/model, of RUN/checkpoints/1
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


class _Searched(NamedTuple):
    found: Found
    random_errors: Errors


def _search(
    model: Model,
    pixels: Pixels,
    options: ProjectOptions,
    encoder: Encoder | None,
    frames: int,
    on_progress: OnProgress | None,
) -> _Searched:
    targets = to_images(torch.from_numpy(pixels)).to(model.device)
    net, maps = compared_net(model, options), []
    if net is not None:
        with torch.no_grad():
            batches = [
                [layer[: len(rows)] for layer in unit_maps(net, targets[filled])]
                for rows, filled in full_batches(len(targets), model.device)
            ]
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
