"""Evaluation as a whole: what is measured, on what, and what is kept for the next time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.training.toys import TOY, discs

import dcgan
from dcgan.data.packed import PackedSet
from dcgan.data.prepare import PrepareOptions, prepare
from dcgan.errors import ModelError
from dcgan.metrics.evaluate import evaluate
from dcgan.metrics.extractors import Extractor, build_extractor
from dcgan.metrics.features import generated_features, real_features, some_positions
from dcgan.model import Model
from dcgan.training.run import train


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evaluate")


@pytest.fixture(autouse=True)
def cache(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DCGAN_CACHE", str(home / "cache"))
    return home / "cache"


def packed(path: Path, count: int, skip: int = 0, size: int = 16) -> PackedSet:
    np.save(path.with_suffix(".npy"), discs(count + skip, size)[skip:, ..., 0])
    prepare(path.with_suffix(".npy"), path, PrepareOptions(size=size, channels=1))
    return PackedSet.open(path)


@pytest.fixture(scope="module")
def data(home: Path) -> PackedSet:
    return packed(home / "packed", 80)


@pytest.fixture(scope="module")
def model(data: PackedSet, home: Path) -> Model:
    return dcgan.load(train(data.path, home / "run", replace(TOY, images=16)).run)


@pytest.fixture
def extractor() -> Extractor:
    return build_extractor("pixels")


class Repeater:
    """A generator that draws the training pictures themselves."""

    def __init__(self, model: Model, data: PackedSet) -> None:
        self.architecture = model.architecture
        self.data = data

    def sample(self, seeds: range) -> np.ndarray:
        return np.asarray(self.data.pixels[list(seeds)])


def test_an_untrained_generator_is_far_from_the_pictures(model: Model, data: PackedSet, extractor: Extractor) -> None:
    result = evaluate(model, data, extractor)
    assert result.pictures == 80
    assert result.frechet > 1
    assert result.kernel.mean > 0.01
    assert result.two_sample.accuracy > 0.9
    assert result.neighborhoods.coverage < 0.2
    assert result.extractor == extractor.identity
    assert result.memorizing is None


def test_a_generator_that_repeats_its_pictures_is_perfect_by_distance_and_found_out_by_its_neighbors(
    model: Model, data: PackedSet, extractor: Extractor, home: Path
) -> None:
    held_out = packed(home / "held-out", 40, skip=80)
    result = evaluate(Repeater(model, data), data, extractor, held_out=held_out)  # type: ignore[arg-type]
    assert result.frechet < 1e-3
    assert result.neighborhoods.precision == result.neighborhoods.recall == 1
    assert result.two_sample.accuracy < 0.1
    assert result.memorizing is not None
    assert result.memorizing.rate == 1
    assert result.memorizing.held_out_rate < 0.2
    assert result.memorizing.neighbors.index.tolist() == list(range(80))


def test_features_of_real_pictures_are_measured_once_and_again_when_the_pictures_or_the_extractor_differ(
    data: PackedSet, extractor: Extractor, cache: Path, home: Path
) -> None:
    calls: list[int] = []

    def counted(pixels: np.ndarray) -> np.ndarray:
        calls.append(len(pixels))
        return extractor.extract(pixels)

    noted = Extractor("pixels", "noted", counted)
    first = real_features(data, noted, 50)
    assert sum(calls) == 50
    assert np.array_equal(real_features(data, noted, 50), first)
    assert sum(calls) == 50
    real_features(data, noted, 40)
    real_features(packed(home / "others", 50, skip=3), noted, 50)
    real_features(data, Extractor("pixels", "other weights", counted), 50)
    assert sum(calls) == 50 + 40 + 50 + 50
    for file in cache.glob("features-*.npy"):
        file.write_bytes(b"\x93NUMPY")  # damaged: measured again
    assert np.array_equal(real_features(data, noted, 50), first)


def test_all_pictures_are_taken_in_their_order(data: PackedSet, extractor: Extractor) -> None:
    assert some_positions(data, 80).tolist() == list(range(80))
    np.testing.assert_array_equal(real_features(data, extractor, 80), extractor.extract(np.asarray(data.pixels)))


def test_drawn_features_are_those_of_the_first_seeds(model: Model, extractor: Extractor) -> None:
    told: list[tuple[int, int | None]] = []
    features = generated_features(model, extractor, 70, lambda done, total: told.append((done, total)))
    np.testing.assert_allclose(features, extractor.extract(model.sample(range(70))), atol=0.02)
    assert told == [(64, 70), (70, 70)]


def test_sets_that_do_not_fit_or_are_too_small_are_refused(
    model: Model, data: PackedSet, extractor: Extractor, home: Path
) -> None:
    with pytest.raises(ModelError, match="--size and --channels"):
        evaluate(model, packed(home / "large", 20, size=32), extractor)
    with pytest.raises(ModelError, match="too few"):
        evaluate(model, packed(home / "small", 5), extractor)
    with pytest.raises(ModelError, match="too few"):
        evaluate(model, data, extractor, samples=3)
