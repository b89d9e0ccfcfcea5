"""The walk through latent space, and the paper's test for memorization (section 6.1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
from PIL import Image

from dcgan.errors import UsageError
from dcgan.figures.labeled_grid import labeled_grid
from dcgan.figures.notebook import html_of
from dcgan.figures.perceptual_steps import plot_perceptual_steps
from dcgan.figures.theme import THEMES, Theme
from dcgan.latent.interpolation import Fractions, interpolate_latents
from dcgan.latent.perceptual import Distances, perceptual_distances
from dcgan.latent.samples import SeedsOrLatents, latents_of, names_of
from dcgan.model import Model
from dcgan.randomness import Stream, check_seed, rng
from dcgan.short_repr import ShortRepr
from dcgan.types import Latents, Pixels

Distance = Literal["latent", "perceptual"]

KEYS = 9  # random samples of a walk, as in the paper
FINER = 4  # pictures generated for each frame, to find where perceptual distances are even
PAIRS = 256  # random pairs of pictures that a step is compared with
ALIKE = 1e-6  # perceptual distance of two pictures that are the same but for rounding


@dataclass(frozen=True, repr=False)
class Walk(ShortRepr):
    """A walk along a series of latent vectors: a row for each pair of neighbors, each beginning where the last ended.

    Attributes:
        z: (R, F, latent_dim), float32.
        pixels: (R, F, H, W, C), uint8.
        labels: R labels, each with the samples at the two ends: "3 to 17".
        is_loop: Whether the last row ends where the first begins.
    """

    z: Latents
    pixels: Pixels
    labels: tuple[str, ...]
    is_loop: bool

    def figure(self, theme: Theme = THEMES["light"]) -> Image.Image:
        """The walk as a grid, a line of pictures for each row, as in the paper's figure 4."""
        return labeled_grid(self.pixels, theme, rows=self.labels)

    @property
    def film_length(self) -> int:
        """How many frames `film` gives."""
        rows, frames = self.pixels.shape[:2]
        return int(rows * (frames - 1))

    def film(self, wall: int = 1) -> Iterator[Pixels]:
        """The pictures (wall, H, W, C) of each frame of a film.

        Args:
            wall: Pictures beside each other in a frame, each further along the same loop, at even distances.

        Raises:
            UsageError: Several pictures are asked for, and the walk is no loop.
        """
        if wall < 1 or (wall > 1 and not self.is_loop):
            raise UsageError(f"`wall` must be 1 or more, and 1 unless the walk is a loop; not {wall}")
        pictures = self.pixels[:, :-1].reshape(-1, *self.pixels.shape[2:])  # a row's last is the next row's first
        offsets = np.arange(wall) * len(pictures) // wall
        for frame in range(len(pictures)):
            yield pictures[(frame + offsets) % len(pictures)]

    def _repr_html_(self) -> str:
        return html_of(self.figure())


@dataclass(frozen=True, repr=False)
class PerceptualSteps(ShortRepr):
    """How different neighboring frames of a walk look, beside pairs of random samples.

    Attributes:
        steps: (R, F - 1), the perceptual distance of each frame to the next.
        random_pairs: (P,), those of pairs of random samples: what a jump to another picture would be.
        labels: R labels of rows.
    """

    steps: Distances
    random_pairs: Distances
    labels: tuple[str, ...]

    @property
    def largest(self) -> Distances | None:
        """(R,), the largest step of each row as a share of the median random pair: near 1 would be no walk at all.

        None where most random samples look alike, so that there is nothing to compare with.
        """
        median = np.median(self.random_pairs)
        return np.asarray(self.steps.max(axis=1) / median) if median > ALIKE else None

    def figure(self, theme: Theme = THEMES["light"]) -> Image.Image:
        """A chart of all steps above the range of random pairs."""
        return plot_perceptual_steps(self.steps, self.random_pairs, self.labels, theme)

    def _repr_html_(self) -> str:
        return html_of(self.figure())


def interpolate(
    model: Model,
    keys: SeedsOrLatents | None = None,
    frames: int = 10,
    *,
    loop: bool = False,
    even: Distance = "latent",
    seed: int = 0,
    label: str | None = None,
) -> Walk:
    """Walk from sample to sample: linearly for uniform z, as in the paper, along great circles for normal z.

    Args:
        model: Whose latent space.
        keys: Samples to walk through, two or more: seeds, or z (K, latent_dim). Default: nine random ones.
        frames: Pictures in each row, with the samples at its two ends; 2 or more.
        loop: Go from the last key back to the first, in one row more.
        even: In which distance neighboring frames of a row lie equally far from each other: in "latent" space, or in
            the "perceptual" distance of their pictures (see `perceptual_distances`; dcgan's own nets only).
        seed: Names the nine random keys.
        label: Of conditional nets: the label to hold all the way. Default: from the label of each key to the next.

    Raises:
        UsageError: A value is out of its range, there are fewer than two keys, or no such label.
        ModelError: `even` is "perceptual", and the model's nets are no DCGAN's; or they predict frames.

    Example:
        >>> walk = dcgan.interpolate(dcgan.load("faces"), [3, 17, 40])
        >>> walk.pixels.shape
        (2, 10, 32, 32, 3)
    """
    if even not in get_args(Distance):
        raise UsageError(f"`even` must be {' or '.join(get_args(Distance))}, not {even!r}")
    model.check_draws()
    if even == "perceptual":
        model.nets_for("`even` perceptual", "take `even` latent")
    if frames < 2:
        raise UsageError(f"`frames` must be 2 or more, not {frames}")
    if keys is None:
        keys = random_keys(seed)
    if len(keys) < 2:
        raise UsageError(f"a walk needs 2 or more samples, not {len(keys)}")
    z, names = latents_of(model, keys), names_of(keys)
    if label is not None:
        z = model.labeled(z, label)
    if loop:
        z, names = np.concatenate([z, z[:1]]), [*names, names[0]]
    rows = np.stack([_row(model, first, second, frames, even) for first, second in pairwise(z)])
    pixels = model.generate(rows.reshape(-1, rows.shape[2]))
    labels = tuple(f"{first} to {second}" for first, second in pairwise(names))
    return Walk(rows, pixels.reshape(*rows.shape[:2], *pixels.shape[1:]), labels, loop)


def walk_latents(model: Model, keys: Latents, positions: Fractions) -> Latents:
    """Places on a walk from sample to sample, as `interpolate` walks.

    Args:
        model: Whose latent space.
        keys: z (K, latent_dim), K of 2 or more.
        positions: (P,), each from 0, the first key, to K - 1, the last: 1.5 lies half the distance from the second to
            the third.

    Returns:
        z (P, latent_dim), float32.

    Raises:
        UsageError: There are fewer than two keys, or a position is out of its range.
    """
    if len(keys) < 2:
        raise UsageError(f"a walk needs 2 or more samples, not {len(keys)}")
    if not ((positions >= 0) & (positions <= len(keys) - 1)).all():
        raise UsageError(f"`positions` must be 0 to {len(keys) - 1}, from the first sample to the last")
    rows = np.minimum(positions.astype(int), len(keys) - 2)
    z = np.empty((len(positions), model.latent_dim), np.float32)
    for row in np.unique(rows):
        here = rows == row
        z[here] = interpolate_latents(model, keys[row], keys[row + 1], positions[here] - row)
    return z


def random_keys(seed: int = 0, count: int = KEYS) -> list[int]:
    """Seeds of random samples to walk through; the same `seed` names the same ones.

    Raises:
        UsageError: `seed` is no whole number from 0 to 2^63 - 1.
    """
    check_seed(seed)
    return [int(key) for key in rng(Stream.WALK_KEYS, seed).choice(10_000, count, replace=False)]


def measure_steps(model: Model, walk: Walk) -> PerceptualSteps:
    """The paper's test: a generator that has memorized its pictures would jump from one to the next.

    Raises:
        ModelError: The model's nets are no DCGAN's.
    """
    steps = np.stack([perceptual_distances(model, row[:-1], row[1:]) for row in walk.pixels])
    seeds = rng(Stream.WALK_PAIRS).choice(2**31, 2 * PAIRS, replace=False).tolist()
    pictures = model.sample(seeds)
    return PerceptualSteps(steps, perceptual_distances(model, pictures[:PAIRS], pictures[PAIRS:]), walk.labels)


def _row(model: Model, first: Latents, second: Latents, frames: int, even: Distance) -> Latents:
    t = np.linspace(0, 1, frames)
    if even == "perceptual":
        t = _perceptually_even(model, first, second, frames)
    return interpolate_latents(model, first, second, t)


def _perceptually_even(model: Model, first: Latents, second: Latents, frames: int) -> Fractions:
    """Where frames lie at equal perceptual distances along the path, by the lengths of many small steps."""
    fine = np.linspace(0, 1, FINER * (frames - 1) + 1)
    pictures = model.generate(interpolate_latents(model, first, second, fine))
    lengths = np.concatenate([[0.0], perceptual_distances(model, pictures[:-1], pictures[1:]).cumsum()])
    if lengths[-1] == 0:
        return np.linspace(0, 1, frames)
    return np.interp(np.linspace(0, lengths[-1], frames), lengths, fine)
