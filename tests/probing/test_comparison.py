"""Baselines beside one another, on the same splits."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from tests.probing.in_memory import InMemory
from tests.toy_model import toy_model

from dcgan.choices import BASELINES
from dcgan.data.packed import PackedSet
from dcgan.errors import DcganError, SourceError, UsageError
from dcgan.probing.baselines.baseline import BuildContext, FeatureBaseline
from dcgan.probing.baselines.exemplar_cnn import fit_exemplar
from dcgan.probing.comparison import probe
from dcgan.probing.labeled_features import LabeledFeatures, standardize
from dcgan.probing.results_file import read_results
from dcgan.types import Features, Pixels

quick = partial(probe, toy_model(), device="cpu", centroids=8)


def noise(count: int, seed: int) -> PackedSet:
    """Noise, brighter in the third that is the class."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    pixels = random.integers(0, 200, (count, 16, 16, 3)).astype(np.uint8)
    for picture, label in zip(pixels, labels, strict=True):
        picture[:, 5 * label : 5 * label + 5] += 12
    return InMemory(Path(), pixels, labels, ("a", "b", "c"), f"noise {seed}")


DATA, TEST = noise(240, 0), noise(90, 1)

AS_EVER = {  # of the 90 test pictures, or 48 held out: right ones of three repeats with 4 labels, and with all
    ("dcgan", False): [26, 25, 29, 36],
    ("dcgan", True): [54, 45, 52, 76],
    ("random", False): [19, 17, 23, 25],
    ("random", True): [38, 45, 34, 64],
    ("pixels", False): [19, 25, 35, 42],
    ("pixels", True): [54, 50, 41, 83],
}


def test_standardized_features_have_mean_0_and_variance_1_by_the_train_set() -> None:
    random = np.random.default_rng(0)
    std = np.array([0.5, 20, 300], np.float32)
    train, test = (
        LabeledFeatures((random.normal(size=(5000, 3)) * std + 7).astype(np.float32), np.zeros(5000, np.int64))
        for _ in range(2)
    )
    ours, theirs = standardize(train, test)
    assert ours.features.mean(axis=0, dtype=np.float64) == pytest.approx(np.zeros(3), abs=1e-3)
    assert ours.features.std(axis=0, dtype=np.float64) == pytest.approx(np.ones(3), abs=0.03)
    assert 0 < abs(theirs.features.mean(dtype=np.float64)) < 0.1


@pytest.mark.parametrize(("name", "other"), AS_EVER)
def test_with_given_c_results_are_what_they_have_always_been(name: str, other: bool) -> None:
    results = quick(
        DATA,
        test=TEST if other else None,
        baselines=[name],
        labels_per_class=[4, "all"],
        C=[1e-3, 1e-2],
        repeats=3,
    )
    few, every = (results.find(name, count) for count in (4, None))
    assert few is not None
    assert every is not None
    scored = 90 if other else 48
    right = [round(scored * accuracy) for accuracy in (*few.accuracies, *every.accuracies)]
    assert right == pytest.approx(AS_EVER[name, other], abs=1)  # rounding may turn a picture on the border


def test_results_come_one_for_each_count_in_their_order() -> None:
    phases: list[str] = []
    results = quick(DATA, baselines=(), labels_per_class=[4, "all", 4], C=[1e-3], repeats=3, on_phase=phases.append)
    assert [result.labels_per_class for result in results.probed["dcgan"]] == [4, None]
    assert [len(result.accuracies) for result in results.probed["dcgan"]] == [3, 1]
    of_numpy = quick(DATA, baselines=(), labels_per_class=np.int64(4), C=[1e-3], repeats=3)  # type: ignore[arg-type]
    assert of_numpy.probed["dcgan"][0].labels_per_class == 4
    assert phases == ["dcgan: fitting", "dcgan: extracting", "dcgan: 4 labels", "dcgan: all labels"]


@pytest.mark.parametrize("name", ["dcgan", "random", "pixels", "kmeans", "learned-rf"])
def test_every_baseline_has_a_c_of_its_own_inside_its_range(name: str) -> None:
    results = quick(DATA, test=TEST, baselines=[name], labels_per_class=[8, "all"], repeats=4)
    for result in results.probed[name]:
        assert result.ends is not None
        assert "open" not in result.ends
        assert result.validation[result.best] == max(result.validation.values())
    assert results.settings[name]["C"] is None
    assert [row["ends"] for row in results.rows()] == [
        {"below": result.ends.below, "above": result.ends.above}
        for found in results.probed.values()
        for result in found
        if result.ends
    ]


class Scaled:
    """A third party's features: the pixels, times a factor."""

    def __init__(self, context: BuildContext, factor: float) -> None:
        self.size = int(np.prod(context.train.pixels.shape[1:]))
        self.factor = factor

    def extract(self, pixels: Pixels) -> Features:
        return np.asarray((pixels.reshape(len(pixels), -1) / 127.5 - 1) * self.factor, np.float32)


def test_a_third_party_adds_a_baseline() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BASELINES, "_added", {})
        BASELINES.add("mine", FeatureBaseline(lambda context: Scaled(context, 1), depends_on=("centroids",)))
        results = quick(DATA, baselines=["mine", "pixels"], C=[1e-3])
        mine, pixels = results.find("mine", None), results.find("pixels", None)
    assert mine is not None
    assert pixels is not None
    assert mine.mean == pixels.mean
    assert results.settings["mine"]["centroids"] == 8
    assert "mine" in results.text()


@pytest.mark.parametrize("name", ["dcgan", "supervised"])
def test_a_class_without_pictures_is_named_before_anything_is_extracted(name: str) -> None:
    data = replace(DATA, label_names=(*DATA.label_names, "none"))
    with pytest.raises(UsageError, match="none has 0 pictures"):
        quick(data, test=replace(TEST, label_names=data.label_names), baselines=[name], on_phase=pytest.fail)


def test_what_cannot_be_compared_is_named() -> None:
    with pytest.raises(SourceError, match="`test` has the pictures that the SVM learns from"):
        quick(DATA, test=DATA)
    with pytest.raises(SourceError, match="`test` has other labels than the pictures that are learned from"):
        quick(DATA, test=replace(TEST, label_names=("x", "y", "z")))
    with pytest.raises(SourceError, match="`source` has one label"):
        quick(replace(DATA, label_names=("a",)))
    with pytest.raises(SourceError, match="of `source` have no label"):
        quick(replace(DATA, labels=np.full(240, -1)))
    with pytest.raises(UsageError, match="`labels_per_class` must be"):
        quick(DATA, labels_per_class="some")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="`baselines` must be some of dcgan, random"):
        quick(DATA, baselines=["magic"])
    for seed in (-1, 2**63):
        with pytest.raises(UsageError, match="`seed` must be a whole number from 0"):
            quick(DATA, seed=seed)


def test_standardizing_changes_what_is_probed() -> None:
    plain, other = (
        quick(DATA, baselines=["pixels"], labels_per_class=4, C=[1e-4], repeats=5, standardize=choice).find("pixels", 4)
        for choice in (False, True)
    )
    assert plain is not None
    assert other is not None
    assert plain.accuracies.tolist() != other.accuracies.tolist()


def test_a_flip_takes_away_what_tells_left_from_right_from_every_baseline() -> None:
    left = DATA.pixels[DATA.labels == 0]  # brighter at the left
    pixels, labels = np.concatenate([left, left[:, :, ::-1]]), np.repeat([0, 1], len(left))
    sides = InMemory(Path(), pixels, labels, ("left", "right"), "sides")
    for flip in (False, True):
        found = quick(sides, baselines=["random", "kmeans", "pixels"], C=[1e-3], horizontal_flip=flip)
        told_apart = {name: result.mean > 0.65 for name, (result,) in found.probed.items() if name != "random"}
        assert told_apart == dict.fromkeys(("dcgan", "kmeans", "pixels"), not flip)
        assert {settings["horizontal_flip"] for settings in found.settings.values()} == {flip}
        assert ("mirror image" in found.text()) == flip


def test_results_with_and_without_a_flip_are_kept_apart_also_in_a_file_of_before_there_was_one(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    probed = partial(quick, DATA, baselines=["pixels"], C=[1e-3], file=file)
    before = probed()
    content = json.loads(file.read_text())
    for settings in content["settings"].values():
        del settings["horizontal_flip"]
    file.write_text(json.dumps(content))
    assert probed().rows() == before.rows()
    with pytest.raises(DcganError, match="has dcgan with `horizontal_flip` False, not True"):
        probed(horizontal_flip=True)


def test_nets_that_learn_from_labels_know_no_flip() -> None:
    with pytest.raises(UsageError, match="averages features, and `baselines` supervised have none"):
        quick(DATA, baselines=["pixels", "supervised"], horizontal_flip=True)


def test_every_training_learns_other_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcgan.probing.baselines.supervised.IMAGES_SEEN", 200)
    results = quick(
        DATA, baselines=["supervised"], labels_per_class=[4, "all"], C=[1e-3], repeats=1, trainings=3, trials=6
    )
    assert [len(result.accuracies) for result in results.probed["supervised"]] == [3, 1]
    assert results.rows()[-1]["trial"] in range(6)


def test_an_exemplar_net_is_probed_like_the_models_own(monkeypatch: pytest.MonkeyPatch) -> None:
    target = "dcgan.probing.baselines.exemplar_cnn.fit_exemplar"
    monkeypatch.setattr(target, partial(fit_exemplar, classes=8, seen=256))
    result = quick(DATA, baselines=["exemplar"], labels_per_class=4, C=[1e-3], repeats=3).find("exemplar", 4)
    assert result is not None
    assert result.mean > 0.4


def test_results_show_themselves_and_can_be_read_again(tmp_path: Path) -> None:
    words = {"labels_per_class": [4, "all"], "C": [1e-3, 1e-2], "repeats": 2, "file": tmp_path / "probe.json"}
    results = quick(DATA, baselines=["pixels"], **words)  # type: ignore[arg-type]
    assert results.table()[0] == ("", "4 labels", "all labels")
    assert [line[0].partition(":")[0] for line in results.table()[1:]] == ["dcgan", "pixels"]
    html = results._repr_html_()
    assert "<table>" in html
    assert "<svg" in html
    assert results.most_labels("pixels").labels_per_class is None
    again = read_results(tmp_path / "probe.json")
    assert again.text() == results.text()
    assert again.curve() == results.curve()
    assert again.warnings() == results.warnings()
    with pytest.raises(DcganError, match=r"with `C` \[0\.001, 0\.01\], not None"):
        quick(DATA, baselines=["pixels"], **{**words, "C": None})  # type: ignore[arg-type]
    content = json.loads((tmp_path / "probe.json").read_text())
    assert content["results"][0]["ends"].keys() == {"below", "above"}
