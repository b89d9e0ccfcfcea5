"""The ways to features that a probe compares. Adding one is one function and one entry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from dcgan.data.packed import PackedSet
from dcgan.features.extract import GRID, DiscriminatorExtractor, FeatureExtractor
from dcgan.model import Model
from dcgan.networks.discriminator import Discriminator
from dcgan.networks.initialize import initialize
from dcgan.networks.memory import use_channels_last
from dcgan.probing.baselines.exemplar_cnn import fit_exemplar
from dcgan.probing.baselines.kmeans import fit_kmeans
from dcgan.probing.baselines.receptive_fields import fit_receptive_fields
from dcgan.randomness import Stream, torch_rng
from dcgan.types import Features, OnProgress, Pixels


@dataclass(frozen=True)
class Wanted:
    """What a way may need. `learned` are the pictures to learn from; no way here looks at their labels."""

    model: Model
    learned: PackedSet
    layers: tuple[int, ...] | None = None
    grid: int = GRID
    centroids: int = 1600
    seed: int = 0
    on_progress: OnProgress | None = None


@dataclass(frozen=True)
class Way:
    """A way to features.

    Attributes:
        meaning: In a few words, for a table.
        build: What makes the features.
        depends_on: Which fields of `Wanted` its features depend on, beside the model, the pictures and the seed.
        standardize: Whether each feature is brought to mean 0 and variance 1 for the linear machine.
    """

    meaning: str
    build: Callable[[Wanted], FeatureExtractor]
    depends_on: tuple[str, ...] = ()
    standardize: bool = False


def _dcgan(wanted: Wanted) -> FeatureExtractor:
    extractor = DiscriminatorExtractor(wanted.model, wanted.layers, wanted.grid)
    extractor.measure(wanted.learned.pixels, on_progress=wanted.on_progress)
    return extractor


def _random(wanted: Wanted) -> FeatureExtractor:
    net = Discriminator(wanted.model.architecture)
    initialize(net, torch_rng(Stream.RANDOM_WEIGHTS, wanted.seed))
    net.to(wanted.model.nets.discriminator.head.weight.device)
    use_channels_last(net)
    return _dcgan(replace(wanted, model=replace(wanted.model, discriminator=net)))


def _kmeans(wanted: Wanted) -> FeatureExtractor:
    return fit_kmeans(wanted.learned.pixels, wanted.centroids, seed=wanted.seed, on_progress=wanted.on_progress)


def _learned_rf(wanted: Wanted) -> FeatureExtractor:
    return fit_receptive_fields(
        wanted.learned.pixels, wanted.centroids, seed=wanted.seed, on_progress=wanted.on_progress
    )


def _exemplar(wanted: Wanted) -> FeatureExtractor:
    net = fit_exemplar(
        wanted.model.nets.discriminator, wanted.learned.pixels, seed=wanted.seed, on_progress=wanted.on_progress
    )
    return _dcgan(replace(wanted, model=replace(wanted.model, discriminator=net)))


@dataclass(frozen=True)
class _Flat:
    """Pixels in [-1, 1], one after the other."""

    size: int

    def extract(self, pixels: Pixels) -> Features:
        return np.asarray(pixels.reshape(len(pixels), -1) / np.float32(127.5) - 1, np.float32)


def _pixels(wanted: Wanted) -> FeatureExtractor:
    return _Flat(int(np.prod(wanted.learned.pixels.shape[1:])))


WAYS: Mapping[str, Way] = MappingProxyType(
    {
        "dcgan": Way("the discriminator's maps", _dcgan, ("layers", "grid")),
        "random": Way("the same net, untrained", _random, ("layers", "grid")),
        "kmeans": Way("K-means of patches (Coates & Ng)", _kmeans, ("centroids",), standardize=True),
        "learned-rf": Way("K-means, learned fields", _learned_rf, ("centroids",), standardize=True),
        "exemplar": Way("Exemplar CNN, the same net", _exemplar, ("layers", "grid")),
        "pixels": Way("the pixels themselves", _pixels),
    }
)
