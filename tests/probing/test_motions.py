"""Motions of labeled films, recognized by the discriminator of a model that predicts frames."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.test_model_pictures import predictor
from tests.training.test_frame_prediction import moving_squares

from dcgan.choices import BASELINES
from dcgan.data.clips import film_of_each
from dcgan.data.packed import PackedSet
from dcgan.errors import ModelError, SourceError, UsageError
from dcgan.features.extract import DiscriminatorExtractor, _features_of, _rows_of, extract_features
from dcgan.inspection.inspect import inspect
from dcgan.model_pictures import open_for
from dcgan.pixels import split_frames, strips
from dcgan.probing.classifier import fit_classifier, load_classifier
from dcgan.probing.comparison import probe, split_pictures
from dcgan.probing.protocol import ProbeOptions
from dcgan.probing.splits import groups_of, split
from dcgan.types import Labels, Pixels

MODEL = predictor(base_channels=8)
FILMS, FRAMES = 20, 8  # of each direction


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))


def two_ways(films: int = FILMS, seed: int = 0) -> tuple[Pixels, Labels]:
    """Squares that move to the right (0) or to the left (1), anywhere: no frame alone tells which."""
    random = np.random.default_rng(seed)
    clips = np.zeros((2 * films, FRAMES, 16, 16, 1), np.uint8)
    for clip in clips:
        top, shade = random.integers(0, 11), random.integers(100, 256)
        for frame, picture in enumerate(clip):
            picture[top : top + 5, frame : frame + 5] = shade
    clips[films:] = clips[films:, ::-1]
    return clips, np.repeat([0, 1], films)


def clips(films: int = FILMS, seed: int = 0) -> PackedSet:
    return open_for(MODEL, two_ways(films, seed))


def test_features_are_of_whole_clips() -> None:
    data = clips(3)
    found = extract_features(MODEL, two_ways(3), device="cpu")
    assert found.features.shape == (6 * 6, DiscriminatorExtractor(MODEL).size)
    assert (found.names, found.labels.tolist()) == (tuple(data.names), data.labels.tolist())
    still = data.pixels[:1].copy()
    still[..., 1] = 0  # another frame in the middle
    other = DiscriminatorExtractor(MODEL).extract(np.concatenate([data.pixels[:1], still]))
    assert np.array_equal(other[0], found.features[0])
    assert not np.array_equal(other[0], other[1])


def test_another_machine_makes_the_same_clips_of_the_rows_that_it_is_given() -> None:
    data, extractor = clips(3), DiscriminatorExtractor(MODEL)
    far = _features_of(_rows_of(data, slice(4, 20)), extractor, data.path)
    assert np.array_equal(far, extractor.extract(data.pixels[4:20]))


def test_motions_that_no_frame_alone_tells_are_recognized() -> None:
    learned, scored = two_ways(), two_ways(10, seed=1)
    found = probe(MODEL, learned, test=scored, labels_per_class=[1, "all"], C=[1e-3, 1e-1], repeats=4, device="cpu")
    assert list(found.probed) == ["dcgan", "random", "pixels"]
    assert found.most_labels("dcgan").mean > 0.9
    few = found.find("dcgan", 1)
    assert few is not None
    assert len(few.accuracies) == 4


def test_the_net_is_trained_on_labeled_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcgan.probing.baselines.supervised.IMAGES_SEEN", 2000)
    found = probe(MODEL, two_ways(), baselines=["supervised"], trials=1, device="cpu")
    assert found.most_labels("supervised").mean > 0.5


def test_films_are_held_out_as_a_whole() -> None:
    data = clips()
    films = film_of_each(data)
    assert len(np.unique(films)) == 2 * FILMS
    splits = split_pictures(data, None, ProbeOptions(), seed=3)
    assert isinstance(splits.test, np.ndarray)
    parts = [set(films[rows].tolist()) for rows in (splits.train, splits.validation, splits.test)]
    assert [len(part) for part in parts] == [28, 4, 8]  # a fifth is scored, a tenth of the rest chooses C
    assert len(set.union(*parts)) == 2 * FILMS
    rows = np.concatenate([splits.train, splits.validation, splits.test])
    assert np.array_equal(np.sort(rows), np.arange(len(data)))


def test_still_pictures_are_split_as_ever() -> None:
    labels = np.arange(100) % 3
    data = PackedSet(Path(), np.zeros((100, 16, 16, 1), np.uint8), labels, ("a", "b", "c"), "")
    for ours, theirs in zip(split(labels, 0.2, 7, groups_of(data)), split(labels, 0.2, 7), strict=True):
        assert np.array_equal(ours, theirs)


def test_a_film_with_two_labels_stays_whole() -> None:
    labels, groups = np.array([0, 0, 1, 1, 1, 0, 0]), np.array([4, 4, 4, 2, 2, 1, 1])
    held_out, others = split(labels, 0.5, 0, groups)
    assert not set(groups[held_out]) & set(groups[others])
    assert len(held_out) + len(others) == 7


@pytest.mark.parametrize("name", ["kmeans", "learned-rf", "exemplar"])
def test_baselines_of_still_pictures_are_refused_before_any_work(name: str) -> None:
    with pytest.raises(UsageError, match=f"`baselines` {name} learn from still pictures.*random, pixels, supervised"):
        probe(MODEL, "nowhere", baselines=["pixels", name], device="cpu")


def test_every_baseline_is_known_to_take_clips_or_not() -> None:
    takes = [name for name in BASELINES if getattr(BASELINES[name], "clips", False)]
    assert takes == ["dcgan", "random", "pixels", "supervised", "finetuned"]


def test_too_few_films_are_refused_with_the_remedy() -> None:
    with pytest.raises(UsageError, match=r"0 has 6 clips; once films are held out, 0 are left .* add films"):
        probe(MODEL, two_ways(1), device="cpu")
    with pytest.raises(SourceError, match="no second film of 0"):
        fit_classifier(MODEL, two_ways(1), device="cpu")


def test_a_classifier_of_motions_is_fitted_saved_and_read(tmp_path: Path) -> None:
    classifier = fit_classifier(MODEL, two_ways(), C=[0.01, 1.0], device="cpu")
    assert classifier.accuracy > 0.9
    classifier.save(tmp_path / "motions")
    loaded = load_classifier(tmp_path / "motions", device="cpu")
    found = loaded.classify(two_ways(5, seed=1))
    compared, agreed = found.agreement
    assert compared == 2 * 5 * 6
    assert agreed > 0.9 * compared
    assert np.array_equal(loaded.predict(clips(5, seed=1).pixels[:7]), found.labels[:7])


def test_clips_are_shown_with_their_frames_in_a_row() -> None:
    data = clips(1)
    shown = strips(data.pixels[:2], 3)
    assert shown.shape == (2, 16, 48, 1)
    assert np.array_equal(shown[0, :, 16:32], split_frames(data.pixels[:1], 3)[0, 1])


def test_looking_into_single_pictures_is_refused() -> None:
    with pytest.raises(ModelError, match=r"inspecting needs the layers of a DCGAN.*frame-predictor: take a"):
        inspect(MODEL, two_ways(1)[0])


def test_frames_in_a_folder_of_each_film_keep_the_label_of_the_folder_above(tmp_path: Path) -> None:
    for film, frames in enumerate(moving_squares(films=4)):
        folder = tmp_path / "films" / ("up" if film % 2 else "down") / f"film{film}"
        folder.mkdir(parents=True)
        for number, frame in enumerate(frames):
            Image.fromarray(frame[..., 0]).save(folder / f"{number}.png")
    data = open_for(MODEL, tmp_path / "films")
    assert (data.label_names, len(np.unique(film_of_each(data)))) == (("down", "up"), 4)
