"""Samples of a model beside the training pictures that are nearest to them, to be looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcgan.data.cache import source_name
from dcgan.data.packed import PackedSet
from dcgan.data.sources import PictureSource
from dcgan.errors import UsageError
from dcgan.figures.nearest_pictures import nearest_figure
from dcgan.figures.notebook import html_of
from dcgan.figures.theme import THEMES, Theme
from dcgan.metrics.distances import Floats, squared_distances
from dcgan.metrics.extractors import Extractor, ExtractorOptions, build_extractor
from dcgan.model import Model
from dcgan.model_pictures import open_for
from dcgan.progress import notebook_bar
from dcgan.randomness import Stream, rng
from dcgan.short_repr import ShortRepr
from dcgan.types import Features, OnProgress, Pixels
from dcgan.words import counted

MOST_NEAREST = 100
MOST_FOR_SCALE = 200  # pictures of the set whose own distances are measured
BLOCK = 256  # pictures of the set at once


@dataclass(frozen=True, eq=False, repr=False)
class NearestPictures(ShortRepr):
    """Samples, and of each the nearest pictures of a set, the nearest first.

    Attributes:
        source: Where the set came from.
        searched: How many pictures it has; all of them were searched.
        extractor: Identity of what distances are measured in.
        names: N names of the samples: the seed, or # and the index of its z.
        pixels: (N, H, W, C), uint8.
        neighbors: (N, K, H, W, C), uint8; mirrored where the mirror image is nearer.
        neighbor_names: N times K names of pictures in the source.
        distance: (N, K), in units of `scale`: 1 is as near as pictures of the set usually are to each other. In units
            of the features where `scale` is 0.
        scale: The median distance of a picture of the set to its nearest other, in units of the features; 0 where all
            are the same, or there is one.
        mirrored: (N, K), which neighbors are mirrored; None if mirror images were not searched.
    """

    source: str
    searched: int
    extractor: str
    names: tuple[str, ...]
    pixels: Pixels
    neighbors: Pixels
    neighbor_names: tuple[tuple[str, ...], ...]
    distance: Floats
    scale: float
    mirrored: NDArray[np.bool_] | None = None

    def facts(self) -> dict[str, object]:
        """The result as JSON has it."""
        rows = [{"sample": name, "nearest": self._facts_of(row)} for row, name in enumerate(self.names)]
        return {"source": self.source, "searched": self.searched, "extractor": self.extractor, "samples": rows}

    def _facts_of(self, row: int) -> list[dict[str, object]]:
        pairs = zip(self.neighbor_names[row], self.distance[row], strict=True)
        found: list[dict[str, object]] = [{"name": name, "distance": round(float(far), 4)} for name, far in pairs]
        if self.mirrored is not None:
            found = [{**one, "mirrored": bool(so)} for one, so in zip(found, self.mirrored[row], strict=True)]
        return found

    def figure(self, theme: Theme = THEMES["light"]) -> Image.Image:
        """A row a sample: the sample, then its nearest pictures, each with its distance."""
        return nearest_figure(self.pixels, self.neighbors, self.names, self.distance, theme)

    def __str__(self) -> str:
        nearest = self.distance[:, 0]
        closest = int(nearest.argmin())
        of = counted(self.searched, "picture") + ("" if self.mirrored is None else " and their mirror images")
        far = f"times as far from the nearest of {of} as those are from each other"
        if not self.scale:  # they are all the same, or only one
            far = f"from the nearest of {of}, in units of the features"
        return (
            f"{np.median(nearest):.2f} {far} (median of {len(self.names)} samples)\n"
            f"the nearest of all is {self.names[closest]}, at {nearest[closest]:.2f}; a copy would be at 0"
        )

    def _repr_html_(self) -> str:
        return html_of(self.figure(), alt="samples at the left of their nearest pictures")


@notebook_bar("searching")
def nearest_pictures(
    model: Model,
    source: PictureSource,
    *,
    seeds: Sequence[int] = range(16),
    latents: NDArray[np.floating] | None = None,
    nearest: int = 5,
    extractor: str | Extractor = "perceptual",
    on_progress: OnProgress | None = None,
) -> NearestPictures:
    """Find the pictures of a set that are nearest to samples of a model: is it repeating what it was trained on?

    All pictures of the set are searched, in flat memory, as fast as the extractor is. If the model was trained with
    `horizontal_flip`, their mirror images are searched as well.

    Args:
        model: Whose samples.
        source: The pictures that it was trained on: whatever `open_pictures` takes.
        seeds: Which samples, seeds from 0 to 2^63 - 1.
        latents: z of the samples (N, latent_dim) instead.
        nearest: How many pictures to find for each, 1 to 100.
        extractor: What distances are measured in: a name of `dcgan.choices.EXTRACTORS`, or one of your own. The
            DCGAN's own, "perceptual", takes seconds for ten thousand pictures; "efficientnet-lite0" minutes.
        on_progress: Called with (done, total) while the set is prepared, and while its features are extracted.

    Raises:
        UsageError: A parameter is out of its range.
        ModelError: The extractor is the model's own, and its nets are no DCGAN's.
        DcganError: The pictures, or the extractor's weights, cannot be read.

    Example:
        >>> found = dcgan.nearest_pictures(dcgan.load("runs/photos"), "photos/", seeds=range(8))
        >>> found.figure().save("neighbors.png")
    """
    if not 1 <= nearest <= MOST_NEAREST:
        raise UsageError(f"`nearest` must be 1 to {MOST_NEAREST}, not {nearest}")
    z = model.latents(seeds) if latents is None else np.asarray(latents)
    names = [str(seed) for seed in seeds] if latents is None else [f"#{row}" for row in range(len(z))]
    if not names:
        raise UsageError("no samples are named: give `seeds`, or `latents` of one or more rows")
    if isinstance(extractor, str):
        extractor = build_extractor(extractor, ExtractorOptions(model=model, device=str(model.device)))
    data = open_for(model, source, on_progress=on_progress)
    if nearest > len(data):
        raise UsageError(f"`nearest` is {nearest}, but `source` has only {counted(len(data), 'picture')}")
    pixels = model.generate(z)
    some = rng(Stream.EVALUATION_IMAGES).permutation(len(data))[:MOST_FOR_SCALE]
    parts, own = (pixels, data.pixels[some]), np.concatenate((np.full(len(pixels), -1), some))
    views = [np.concatenate([extractor.extract(part) for part in parts])]
    if model.saw_mirror_images:
        views.append(np.concatenate([extractor.extract(np.ascontiguousarray(part[:, :, ::-1])) for part in parts]))
    index, distance, view = _search(views, own, nearest, data, extractor, on_progress or (lambda *_: None))
    between = distance[len(pixels) :, 0]
    index, distance, mirrored = index[: len(pixels)], distance[: len(pixels)], view[: len(pixels)] == 1
    scale = float(np.median(between)) if len(data) > 1 else 0.0
    return NearestPictures(
        source=source_name(source),
        searched=len(data),
        extractor=extractor.identity,
        names=tuple(names),
        pixels=pixels,
        neighbors=_pictures(data, index, mirrored),
        neighbor_names=_names(data, index),
        distance=distance / scale if scale else distance,
        scale=scale,
        mirrored=mirrored if model.saw_mirror_images else None,
    )


def _search(
    views: Sequence[Features],
    own: NDArray[np.intp],
    count: int,
    data: PackedSet,
    extractor: Extractor,
    on_progress: OnProgress,
) -> tuple[NDArray[np.intp], Floats, NDArray[np.intp]]:
    """The pictures of a set that are nearest to each query, the nearest first: index, distance and view, (N, count).

    The set is read once, block by block; none of its features are kept.

    Args:
        views: Features (N, D) of the queries, and of other views of them; the nearest view counts.
        own: (N,), the index of the picture that a query itself is, which is passed over; -1 if it is none.
        count: How many.
        data: The set.
        extractor: What makes the features.
        on_progress: Called with (pictures searched, in all).
    """
    index = np.full((len(own), count), -1)
    squared = np.full((len(own), count), np.inf)
    view = np.zeros((len(own), count), np.intp)
    for start in range(0, len(data), BLOCK):
        block = extractor.extract(np.asarray(data.pixels[start : start + BLOCK]))
        of_views = np.stack([_all_distances(one, block) for one in views])
        found, nearest_view = of_views.min(axis=0), of_views.argmin(axis=0)
        inside = (own >= start) & (own < start + len(block))
        found[inside, own[inside] - start] = np.inf
        index = np.hstack((index, np.broadcast_to(np.arange(start, start + len(block)), found.shape)))
        squared, view = np.hstack((squared, found)), np.hstack((view, nearest_view))
        best = np.argsort(squared, axis=1, kind="stable")[:, :count]  # of equal ones the first
        index, squared, view = (np.take_along_axis(values, best, axis=1) for values in (index, squared, view))
        on_progress(min(start + BLOCK, len(data)), len(data))
    return index, np.sqrt(squared), view


def _all_distances(queries: Features, block: Features) -> Floats:
    """Squared distances (N, M)."""
    return np.concatenate([distances for _, distances in squared_distances(queries, block)])


def _pictures(data: PackedSet, index: NDArray[np.intp], mirrored: NDArray[np.bool_]) -> Pixels:
    pictures = np.array(data.pixels[index.ravel()]).reshape(*index.shape, *data.pixels.shape[1:])
    pictures[mirrored] = pictures[mirrored][:, :, ::-1]
    return pictures


def _names(data: PackedSet, index: NDArray[np.intp]) -> tuple[tuple[str, ...], ...]:
    names = data.names
    return tuple(tuple(names[position] for position in row) for row in index)
