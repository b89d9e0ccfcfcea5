"""Moving samples along an axis of latent space, as the paper turned faces (section 6.3.2)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcgan.errors import UsageError
from dcgan.figures.labeled_grid import labeled_grid
from dcgan.figures.notebook import html_of
from dcgan.figures.theme import THEMES, Theme
from dcgan.latent.concepts import Concept, ConceptSource, resolve_concepts
from dcgan.latent.samples import SeedsOrLatents, latents_of, names_of
from dcgan.model import Model
from dcgan.short_repr import ShortRepr
from dcgan.types import Latents, Pixels

Axis = str | tuple[str, str] | NDArray[np.floating]
"""The name of a concept that is an axis, the names of the concepts that it comes from and goes to, or (latent_dim,)."""


@dataclass(frozen=True, repr=False)
class Turn(ShortRepr):
    """Samples moved along an axis.

    Attributes:
        axis: (latent_dim,), float32.
        axis_name: What figures call it.
        coefficients: (P,), how many times the axis was added; 0 is the sample itself.
        z: (N, P, latent_dim).
        pixels: (N, P, H, W, C).
        labels: N names of the samples.
        concepts: Those that the axis was made from.
    """

    axis: NDArray[np.float32]
    axis_name: str
    coefficients: NDArray[np.float64]
    z: Latents
    pixels: Pixels
    labels: tuple[str, ...]
    concepts: tuple[Concept, ...]

    def figure(self, theme: Theme = THEMES["light"]) -> Image.Image:
        """A line of pictures for each sample, with the coefficient above each column."""
        columns = _written(self.coefficients)
        return labeled_grid(self.pixels, theme, title=self.axis_name, rows=self.labels, columns=columns)

    def _repr_html_(self) -> str:
        return html_of(self.figure())


def turn(
    model: Model,
    samples: SeedsOrLatents,
    axis: Axis,
    *,
    strength: float = 1.0,
    steps: int = 9,
    concepts: ConceptSource = None,
) -> Turn:
    """Move samples along an axis, from `strength` times the axis taken away to as much added.

    Samples of conditional nets keep their labels.

    Args:
        model: Whose latent space.
        samples: Seeds, or z (N, latent_dim).
        axis: The name of a concept that is an axis, such as "glasses-axis"; the names of two concepts, whose means it
            joins, such as ("plain", "glasses"); or a direction (latent_dim,).
        strength: How many times the axis is added at the end, above 0.
        steps: Pictures of each sample, 2 or more; with an odd number the one in the middle is the sample itself.
        concepts: What the names mean: a file of concepts, or concepts by name. Default: the model's own.

    Raises:
        UsageError: A value is out of its range, the concept is no axis, or one of two concepts is an axis.
        LatentError: There is no such concept, or the file cannot be read.
    """
    if steps < 2:
        raise UsageError(f"`steps` must be 2 or more, not {steps}")
    _check(strength)
    direction, name, used = _resolve(model, axis, concepts)
    coefficients = np.linspace(-strength, strength, steps)
    z, pixels = _move(model, latents_of(model, samples), direction, coefficients)
    return Turn(direction, name, coefficients, z, pixels, tuple(names_of(samples)), used)


def turn_film(
    model: Model,
    samples: SeedsOrLatents,
    axis: Axis,
    frames: int,
    *,
    strength: float = 1.0,
    concepts: ConceptSource = None,
) -> Iterator[Pixels]:
    """The pictures (N, H, W, C) of each frame of a film, in which the samples move along the axis to and fro, once.

    The coefficient follows a sine, so that the film slows down at both ends, and has no seam when it is repeated.
    Parameters and errors are those of `turn`; `frames` is how many there are.
    """
    _check(strength)
    z, (direction, *_) = latents_of(model, samples), _resolve(model, axis, concepts)
    coefficients = strength * np.sin(np.linspace(0, 2 * np.pi, frames, endpoint=False))
    return (_move(model, z, direction, coefficients[frame : frame + 1])[1][:, 0] for frame in range(frames))


def move_latents(
    model: Model, z: Latents, direction: NDArray[np.float32], coefficients: NDArray[np.float64]
) -> Latents:
    """Add a direction to latent vectors, as often as each coefficient says; samples keep the labels that they have.

    Args:
        model: Whose latent space.
        z: (N, latent_dim).
        direction: (latent_dim,).
        coefficients: (P,).

    Returns:
        z (N, P, latent_dim), float32.
    """
    direction = np.where(np.arange(len(direction)) < model.interface.noise_dim, direction, np.float32(0))
    return np.asarray(z[:, None] + coefficients[:, None] * direction, np.float32)


def _written(coefficients: NDArray[np.float64]) -> list[str]:
    """Each with its sign and two digits, however large or small; 0 where it is 0 but for rounding."""
    smallest = 1e-6 * np.abs(coefficients).max()
    return [
        np.format_float_positional(value, 2, fractional=False, trim="-", sign=True) if abs(value) > smallest else "0"
        for value in coefficients
    ]


def _check(strength: float) -> None:
    if not 0 < strength <= 100:
        raise UsageError(f"`strength` must be above 0 and at most 100, not {strength:g}")


def _resolve(model: Model, axis: Axis, concepts: ConceptSource) -> tuple[NDArray[np.float32], str, tuple[Concept, ...]]:
    """The direction of an axis, its name, and the concepts that it is made from."""
    if isinstance(axis, str):
        concept = resolve_concepts(model, concepts, [axis])[axis]
        if not concept.is_axis:
            raise UsageError(
                f"`axis` {axis}: this concept is not an axis; name one that is, or two concepts to go between"
            )
        return concept.mean, axis, (concept,)
    if isinstance(axis, tuple | list):
        if len(axis) != 2:
            raise UsageError(f"`axis` goes between two concepts, not {len(axis)}")
        start, end = (resolve_concepts(model, concepts, axis)[name] for name in axis)
        for concept in (start, end):
            if concept.is_axis:
                raise UsageError(
                    f"an axis goes between two concepts of samples, and {concept.name} is an axis itself: name it "
                    "alone, as `axis`"
                )
        return end.mean - start.mean, f"{start.name} to {end.name}", (start, end)
    axis = np.asarray(axis)
    if axis.shape != (model.latent_dim,) or not np.isfinite(axis).all():
        raise UsageError(f"`axis` has the shape {axis.shape}; this model needs ({model.latent_dim},), finite numbers")
    return axis.astype(np.float32), "axis", ()


def _move(
    model: Model, z: Latents, axis: NDArray[np.float32], coefficients: NDArray[np.float64]
) -> tuple[Latents, Pixels]:
    """Each sample at each coefficient: z (N, P, latent_dim), pixels (N, P, H, W, C)."""
    moved = move_latents(model, z, axis, coefficients)
    pixels = model.generate(moved.reshape(-1, moved.shape[2]))
    return moved, pixels.reshape(*moved.shape[:2], *pixels.shape[1:])
