"""Ways beside one another, on the same splits."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from tests.toy_model import toy_model

from dcgan.data.packed import PackedSet
from dcgan.data.prepare import PrepareOptions, prepare
from dcgan.probing.baselines.exemplar_cnn import fit_exemplar
from dcgan.probing.baselines.registry import Wanted
from dcgan.probing.comparison import Probing, compare, standardized
from dcgan.probing.protocol import Labeled
from dcgan.types import OnProgress


@contextmanager
def bar(_: str) -> Iterator[OnProgress]:
    yield lambda done, total: None


def test_standardized_features_have_mean_0_and_variance_1_by_the_source() -> None:
    random = np.random.default_rng(0)
    spread = np.array([0.5, 20, 300], np.float32)
    source, test = (
        Labeled((random.normal(size=(5000, 3)) * spread + 7).astype(np.float32), np.zeros(5000, np.int64))
        for _ in range(2)
    )
    ours, theirs = standardized(source, test)
    assert ours.features.mean(axis=0, dtype=np.float64) == pytest.approx(np.zeros(3), abs=1e-3)
    assert ours.features.std(axis=0, dtype=np.float64) == pytest.approx(np.ones(3), abs=0.03)
    assert 0 < abs(theirs.features.mean(dtype=np.float64)) < 0.1


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> PackedSet:
    """Noise, brighter in the half that is the class."""
    folder = tmp_path_factory.mktemp("compare")
    random = np.random.default_rng(0)
    labels = np.arange(200) % 2
    pixels = random.integers(0, 200, (200, 16, 16, 3)).astype(np.uint8)
    for picture, label in zip(pixels, labels, strict=True):
        picture[:, 8 * label : 8 * label + 8] += 15
    np.savez(folder / "pictures.npz", images=pixels, labels=labels)
    prepare(folder / "pictures.npz", folder / "packed", PrepareOptions(size=16))
    return PackedSet.open(folder / "packed")


def test_results_come_one_for_each_count_in_their_order(data: PackedSet) -> None:
    probing = Probing((4, None), penalties=(1e-3,), draws=3)
    found = list(compare("dcgan", Wanted(toy_model(), data), None, probing, bar))
    assert [probed.labels_per_class for probed in found] == [4, None]
    assert [len(probed.accuracies) for probed in found] == [3, 1]


@pytest.mark.parametrize("name", ["dcgan", "supervised"])
def test_a_class_without_pictures_is_named_before_anything_is_extracted(data: PackedSet, name: str) -> None:
    wanted = Wanted(toy_model(), replace(data, label_names=(*data.label_names, "none")))
    with pytest.raises(ValueError, match="none has 0 pictures"):
        next(compare(name, wanted, data, Probing(), extracts_nothing))


def extracts_nothing(name: str) -> AbstractContextManager[OnProgress]:
    raise AssertionError(name)


def test_standardizing_changes_what_is_probed(data: PackedSet) -> None:
    plain, other = (
        next(
            compare("pixels", Wanted(toy_model(), data), None, Probing((4,), (1e-4,), draws=5, standardize=choice), bar)
        )
        for choice in (False, True)
    )
    assert plain.accuracies.tolist() != other.accuracies.tolist()


def test_every_training_learns_other_labels(data: PackedSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcgan.probing.baselines.supervised.SEEN", 200)
    probing = Probing((4, None), trials=1, trainings=3)
    few, every = compare("supervised", Wanted(toy_model(), data), None, probing, bar)
    assert len(few.accuracies) == 3
    assert len(every.accuracies) == 1


def test_an_exemplar_net_is_probed_like_the_models_own(data: PackedSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcgan.probing.baselines.registry.fit_exemplar", partial(fit_exemplar, classes=8, seen=256))
    (probed,) = compare("exemplar", Wanted(toy_model(), data), None, Probing((4,), (1e-3,), draws=3), bar)
    assert probed.mean > 0.6
