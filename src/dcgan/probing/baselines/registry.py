"""The ways to features that a probe compares. Adding one is one function and one entry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from dcgan.data.packed import PackedSet
from dcgan.features.extract import GRID, DiscriminatorExtractor, FeatureExtractor, Features
from dcgan.model import Model, Pixels
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.initialize import initialise
from dcgan.networks.memory import use_channels_last
from dcgan.probing.baselines.exemplar_cnn import fit_exemplar
from dcgan.probing.baselines.kmeans import fit_kmeans
from dcgan.probing.baselines.receptive_fields import fit_receptive_fields
from dcgan.randomness import Stream, torch_stream

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Wanted:
    """What a way may need. `learnt` are the pictures to learn from; no way here looks at their labels."""

    model: Model
    learnt: PackedSet
    layers: tuple[int, ...] | None = None
    grid: int = GRID
    centroids: int = 1600
    seed: int = 0
    progress: Progress | None = None


@dataclass(frozen=True)
class Way:
    """A way to features.

    Attributes:
        meaning: In a few words, for a table.
        build: What makes the features.
        depends_on: Which fields of `Wanted` its features depend on, beside the model, the pictures and the seed.
        standardise: Whether each feature is brought to mean 0 and variance 1 for the linear machine.
    """

    meaning: str
    build: Callable[[Wanted], FeatureExtractor]
    depends_on: tuple[str, ...] = ()
    standardise: bool = False


def _dcgan(wanted: Wanted) -> FeatureExtractor:
    extractor = DiscriminatorExtractor(wanted.model, wanted.layers, wanted.grid)
    extractor.measure(wanted.learnt.images, progress=wanted.progress)
    return extractor


def _random(wanted: Wanted) -> FeatureExtractor:
    net = Discriminator(wanted.model.architecture)
    initialise(net, torch_stream(Stream.PROBE, wanted.seed, 2))
    net.to(wanted.model.discriminator.head.weight.device)
    use_channels_last(net)
    return _dcgan(replace(wanted, model=replace(wanted.model, discriminator=net)))


def _kmeans(wanted: Wanted) -> FeatureExtractor:
    return fit_kmeans(wanted.learnt.images, wanted.centroids, seed=wanted.seed, progress=wanted.progress)


def _learned_rf(wanted: Wanted) -> FeatureExtractor:
    return fit_receptive_fields(wanted.learnt.images, wanted.centroids, seed=wanted.seed, progress=wanted.progress)


def _exemplar(wanted: Wanted) -> FeatureExtractor:
    net = fit_exemplar(wanted.model.discriminator, wanted.learnt.images, seed=wanted.seed, progress=wanted.progress)
    return _dcgan(replace(wanted, model=replace(wanted.model, discriminator=net)))


@dataclass(frozen=True)
class _Flat:
    """Pixels in [-1, 1], one after the other."""

    size: int

    def extract(self, pixels: Pixels) -> Features:
        return np.asarray(pixels.reshape(len(pixels), -1) / np.float32(127.5) - 1, np.float32)


def _pixels(wanted: Wanted) -> FeatureExtractor:
    return _Flat(int(np.prod(wanted.learnt.images.shape[1:])))


WAYS: Mapping[str, Way] = MappingProxyType(
    {
        "dcgan": Way("the discriminator's maps", _dcgan, ("layers", "grid")),
        "random": Way("the same net, untrained", _random, ("layers", "grid")),
        "kmeans": Way("K-means of patches (Coates & Ng)", _kmeans, ("centroids",), standardise=True),
        "learned-rf": Way("K-means, learned fields", _learned_rf, ("centroids",), standardise=True),
        "exemplar": Way("Exemplar CNN, the same net", _exemplar, ("layers", "grid")),
        "pixels": Way("the pixels themselves", _pixels),
    }
)
