"""Evaluation as a whole: what is measured, on what, and what is kept for the next time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image
from tests.export.lively import lively_model
from tests.training.toys import TOY, discs

import dcgan
from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.errors import DcganError, ModelError, PackedSetError, SourceError, UsageError
from dcgan.metrics.evaluate import evaluate
from dcgan.metrics.extractors import Extractor, build_extractor
from dcgan.metrics.features import generated_features, real_features, some_positions
from dcgan.metrics.frechet import frechet_distance, moments
from dcgan.metrics.kernel import kernel_distance
from dcgan.metrics.parzen import parzen_log_likelihood
from dcgan.metrics.results import Distances, Evaluation
from dcgan.metrics.sides import SetSide, open_models, prepare_sides
from dcgan.model import Model
from dcgan.randomness import Stream, rng
from dcgan.training.run import train
from dcgan.types import Features, Pixels


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
def held_out(home: Path) -> PackedSet:
    return packed(home / "held-out", 40, skip=80)


def test_a_folder_of_pictures_goes_before_a_model_of_that_name_that_comes_with_dcgan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(open_models("faces", "faces", "cpu")[1], Model)
    (tmp_path / "faces").mkdir()
    assert open_models("faces", "faces", "cpu") == ("faces", "faces")
    (tmp_path / "faces").rmdir()
    packed(tmp_path / "faces", 4)
    assert isinstance(open_models("faces", "faces", "cpu")[1], PackedSet)


def test_a_size_of_0_is_refused_and_not_taken_for_none(data: PackedSet) -> None:
    with pytest.raises(UsageError, match="size"):
        evaluate(data.path, data.path, extractor="pixels", size=0)


def test_gray_and_color_pictures_are_shown_as_pairs(home: Path) -> None:
    for name, mode in (("gray", "L"), ("color", "RGB")):
        (home / name).mkdir()
        for number in range(16):
            Image.new(mode, (16, 16), number if mode == "L" else (number, 0, 9)).save(home / name / f"{number}.png")
    closest = distances_of(evaluate(home / "gray", home / "color", extractor="pixels")).closest
    assert closest.generated.shape == closest.real.shape == (16, 16, 16, 3)


def test_a_folder_without_one_readable_picture_is_named(home: Path, data: PackedSet) -> None:
    (home / "damaged").mkdir()
    (home / "damaged" / "x.png").write_text("no picture")
    (home / "whole").mkdir()
    Image.new("RGB", (16, 16)).save(home / "whole" / "0.png")
    with pytest.raises(SourceError, match="damaged: none of its pictures can be read"):
        evaluate(home / "whole", home / "damaged", extractor="pixels")


def test_features_of_a_picture_are_the_same_however_many_are_measured(data: PackedSet) -> None:
    few, many = (real_features(data, build_extractor("efficientnet-lite0"), count) for count in (70, 80))
    rows = np.searchsorted(some_positions(data, 80), some_positions(data, 70))
    assert np.array_equal(few, many[rows])


def test_features_are_given_where_the_cache_cannot_be_written(
    data: PackedSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "file" / "cache"))
    assert real_features(data, build_extractor("pixels"), 16).shape[0] == 16


@pytest.fixture(scope="module")
def unseen(home: Path) -> PackedSet:
    """Enough of them for a Parzen log-likelihood."""
    return packed(home / "unseen", 150, skip=80)


@pytest.fixture(scope="module")
def model(data: PackedSet, home: Path) -> Model:
    return dcgan.load(train(data.path, home / "run", replace(TOY, images=16)).run)


@pytest.fixture
def extractor() -> Extractor:
    return build_extractor("pixels")


def distances_of(result: Evaluation) -> Distances:
    assert result.distances is not None
    return result.distances


def test_an_untrained_generator_is_far_from_the_pictures(model: Model, data: PackedSet, extractor: Extractor) -> None:
    result = evaluate(model, data, extractor=extractor)
    assert (result.pictures, result.size) == (80, 16)
    found = distances_of(result)
    assert found.frechet > 1
    assert found.kernel.mean > 0.01
    assert found.two_sample.accuracy > 0.9
    assert found.precision_recall.coverage < 0.2
    assert found.extractor == extractor.identity
    assert found.memorization is None


def test_the_distances_are_those_of_the_features_of_each_side(model: Model, data: PackedSet) -> None:
    found = distances_of(evaluate(model, data, extractor="pixels"))
    extract = build_extractor("pixels").extract
    real = extract(np.asarray(data.pixels))
    generated = np.concatenate([extract(model.sample(seeds)) for seeds in (range(64), range(64, 80))])
    assert found.frechet == frechet_distance(moments([real]), moments([generated]))
    assert found.kernel == kernel_distance(real, generated, rng(Stream.EVALUATION_SUBSETS))


def test_generated_pictures_that_repeat_the_training_set_are_perfect_by_distance_and_found_out_by_their_neighbors(
    data: PackedSet, held_out: PackedSet
) -> None:
    found = distances_of(evaluate(data, data, extractor="pixels", held_out=held_out))
    assert found.frechet < 1e-3
    assert found.precision_recall.precision == found.precision_recall.recall == 1
    assert found.two_sample.accuracy < 0.1
    assert found.memorization is not None
    assert found.memorization.rate == 1
    assert found.memorization.held_out_rate < 0.2
    assert found.memorization.neighbors.index.tolist() == list(range(80))
    assert np.array_equal(found.closest.generated, found.closest.real)


def test_the_closest_pictures_of_a_model_are_those_of_its_seeds(
    model: Model, data: PackedSet, held_out: PackedSet
) -> None:
    found = distances_of(evaluate(model, data, extractor="pixels", held_out=held_out, samples=20))
    assert found.memorization is not None
    nearest = found.memorization.neighbors.distance.argsort()
    assert np.array_equal(found.closest.generated, model.sample(nearest.tolist()))
    assert len(found.closest.real) == 20


def test_held_out_pictures_change_no_neighbor_and_samples_bounds_every_set(
    model: Model, data: PackedSet, held_out: PackedSet
) -> None:
    taken: list[int] = []
    pixels = build_extractor("pixels")

    def extract(batch: Pixels) -> Features:
        taken.append(len(batch))
        return pixels.extract(batch)

    counting = Extractor("counting", "counts", extract)
    result = evaluate(model, data, extractor=counting, held_out=held_out, samples=20)
    assert taken == 3 * [64]  # mini-batches of 20, filled up
    assert any("among 20 of 80 pictures" in text for text in result.warnings)
    plain = evaluate(model, data, extractor="pixels", samples=20)
    assert np.array_equal(distances_of(plain).closest.real, distances_of(result).closest.real)


def test_a_side_may_be_the_path_of_a_model_or_of_pictures(model: Model, data: PackedSet, home: Path) -> None:
    by_path = evaluate(home / "run", str(data.path), extractor="pixels", device="cpu")
    assert by_path.generated == str(home / "run")
    expected = evaluate(model, data, extractor="pixels")
    assert distances_of(by_path).frechet == distances_of(expected).frechet


def test_two_models_share_no_latent_vectors(model: Model) -> None:
    found = distances_of(evaluate(model, model, extractor="pixels", samples=32))
    assert found.frechet > 0
    assert found.two_sample.accuracy > 0.2  # the same pictures would be each other's neighbors: 0


@pytest.mark.parametrize("nets", ["gan-2014-mnist", "lapgan"])
def test_a_discriminator_without_maps_is_refused_before_pictures_are_prepared(
    nets: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")  # which preparing would say
    prepared: list[int] = []
    with pytest.raises(ModelError, match="use another `extractor`"):
        evaluate(
            lively_model(nets),
            tmp_path / "photos",
            extractor="discriminator",
            on_progress=lambda done, _: prepared.append(done),
        )
    assert prepared == []
    assert not (tmp_path / "cache").exists()


def test_the_discriminator_that_judges_is_that_of_the_model_on_either_side(model: Model, data: PackedSet) -> None:
    there = evaluate(model, data, extractor="discriminator")
    back = evaluate(data, model, extractor="discriminator")
    assert distances_of(there).extractor == distances_of(back).extractor
    with pytest.raises(UsageError, match="is a part of a model"):
        evaluate(data, data, extractor="discriminator")


def photos(folder: Path, *sizes: tuple[int, int]) -> Path:
    """Twenty pictures, of these sizes in turn."""
    folder.mkdir()
    for number in range(20):
        pixels = np.random.default_rng(number).integers(0, 256, (*sizes[number % len(sizes)][::-1], 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")
    return folder


def test_two_folders_are_compared_at_the_size_that_all_their_pictures_have(tmp_path: Path) -> None:
    first, second = photos(tmp_path / "first", (24, 24)), photos(tmp_path / "second", (24, 24))
    result = evaluate(first, second, extractor="pixels")
    assert (result.size, result.pictures) == (24, 20)
    assert distances_of(result).frechet < 1e-9  # the same pictures


def test_pictures_of_different_sizes_are_resized_only_when_that_is_said(tmp_path: Path) -> None:
    small, large = photos(tmp_path / "small", (24, 24)), photos(tmp_path / "large", (40, 40))
    wide, mixed = photos(tmp_path / "wide", (40, 24)), photos(tmp_path / "mixed", (24, 24), (40, 24))
    with pytest.raises(UsageError, match=r"24 x 24 pixels in .*small and 40 x 40 pixels in .*large.* give the `size`"):
        evaluate(small, large, extractor="pixels")
    with pytest.raises(UsageError, match=r"40 x 24 pixels.* give the `size`"):
        evaluate(wide, wide, extractor="pixels")
    with pytest.raises(UsageError, match=r"10 of 20 pictures of .*mixed are not 24 x 24 pixels.* give the `size`"):
        evaluate(small, mixed, extractor="pixels")
    assert evaluate(small, large, extractor="pixels", size=16).size == 16


def recordings(folder: Path, seconds: float, rate: int = 8000) -> Path:
    folder.mkdir()
    for number in range(20):
        sound = np.random.default_rng(number).normal(size=round(seconds * rate)) / 10
        soundfile.write(folder / f"{number:02d}.wav", sound, rate)
    return folder


def test_recordings_are_compared_in_clips_of_one_kind(tmp_path: Path) -> None:
    short, fast = recordings(tmp_path / "short", 0.256), recordings(tmp_path / "fast", 0.512, 16000)
    made = [prepare(side, tmp_path / f"{side.name}-set", PrepareOptions(size=16)).path for side in (short, fast)]
    clips = []
    for sides in ((short, fast), (fast, made[0]), (made[0], fast)):
        one, other = prepare_sides(*sides, open_models(*sides, "cpu"), size=16)
        assert isinstance(one, SetSide)
        assert isinstance(other, SetSide)
        assert one.data.sound == other.data.sound
        clips.append(one.data.sound)
    assert len(set(clips)) == 1
    for first, second in (made, (made[0], photos(tmp_path / "photos", (16, 16)))):
        with pytest.raises(DcganError, match="`rate` and `seconds`"):
            evaluate(first, second, extractor="pixels", size=16)


def test_pictures_are_brought_to_the_size_of_a_packed_set_or_a_model(model: Model, data: PackedSet, home: Path) -> None:
    folder = photos(home / "photos", (24, 24))
    assert evaluate(folder, data, extractor="pixels").size == data.size
    assert evaluate(model, folder, extractor="pixels").size == model.architecture.size


def test_a_result_shows_itself_in_a_notebook_and_names_its_measures(data: PackedSet, held_out: PackedSet) -> None:
    result = evaluate(data, data, extractor="pixels", held_out=held_out)
    html = result._repr_html_()
    assert "<table>" in html
    assert "<img" in html
    for name, value, _ in result.rows():
        assert name in html
        assert value in html
        assert name in str(result)


def test_pictures_that_cannot_be_used_and_small_numbers_are_noted(tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", (24, 24))
    (folder / "broken.png").write_bytes(b"no picture")
    result = evaluate(folder, folder, extractor="pixels")
    assert "1 of 21 pictures was skipped" in result.warnings[0]
    assert "20 pictures are few for a Fréchet distance" in result.warnings[-1]


def test_mirrored_copies_are_found_if_the_model_was_trained_on_mirror_images(
    model: Model, held_out: PackedSet, home: Path
) -> None:
    np.save(home / "made.npy", model.sample(range(60))[:, :, ::-1])  # mirror images of what it draws
    flipped = replace(model, details={**model.details, "recipe": {"horizontal_flip": True}})
    plain, mirrored = (
        evaluate(one, home / "made.npy", extractor="pixels", held_out=held_out).distances for one in (model, flipped)
    )
    assert plain
    assert mirrored
    assert plain.memorization
    assert mirrored.memorization
    assert (plain.memorization.rate, mirrored.memorization.rate) == (0, 1)
    assert np.array_equal(*mirrored.closest)
    assert not np.array_equal(*plain.closest)
    assert "and their mirror images" in str(mirrored.rows())
    assert "mirror" not in str(plain.rows())


def test_held_out_pictures_that_are_none_are_told(data: PackedSet, held_out: PackedSet) -> None:
    apart, same = (evaluate(data, data, extractor="pixels", held_out=others) for others in (held_out, data))
    told = "80 of 80 pictures of "
    assert not any(told in warning for warning in apart.warnings)
    assert any(told in warning and "they are not held out" in warning for warning in same.warnings)


def test_features_of_real_pictures_are_measured_once_and_again_when_the_pictures_or_the_extractor_differ(
    data: PackedSet, extractor: Extractor, cache: Path, home: Path
) -> None:
    calls: list[int] = []

    def counted(pixels: np.ndarray) -> np.ndarray:
        calls.append(len(pixels))
        return extractor.extract(pixels)

    noted = Extractor("pixels", "noted", counted)
    first = real_features(data, noted, 50)
    assert calls == [64]  # filled up, so that a picture's features do not depend on how many there are
    assert np.array_equal(real_features(data, noted, 50), first)
    assert calls == [64]
    real_features(data, noted, 40)
    real_features(packed(home / "others", 50, skip=3), noted, 50)
    real_features(data, Extractor("pixels", "other weights", counted), 50)
    assert calls == 4 * [64]
    for file in cache.glob("features-*.npy"):
        file.write_bytes(b"\x93NUMPY")  # damaged: measured again
    assert np.array_equal(real_features(data, noted, 50), first)


def test_all_pictures_are_taken_in_their_order(data: PackedSet, extractor: Extractor) -> None:
    assert some_positions(data, 80).tolist() == list(range(80))
    np.testing.assert_array_equal(real_features(data, extractor, 80), extractor.extract(np.asarray(data.pixels)))


def test_generated_features_are_those_of_the_first_seeds(model: Model, extractor: Extractor) -> None:
    calls: list[tuple[int, int | None]] = []
    features = generated_features(model, extractor, 70, lambda done, total: calls.append((done, total)))
    np.testing.assert_allclose(features, extractor.extract(model.sample(range(70))), atol=0.02)
    assert calls == [(64, 70), (70, 70)]
    np.testing.assert_allclose(generated_features(model, extractor, 6, first_seed=64), features[64:], atol=0.02)


def test_sets_that_do_not_fit_or_are_too_small_are_refused(
    model: Model, data: PackedSet, extractor: Extractor, home: Path
) -> None:
    large, small = packed(home / "large", 20, size=32), packed(home / "small", 5)
    with pytest.raises(UsageError, match="16 x 16 and 32 x 32 pixels"):
        evaluate(model, large, extractor=extractor)
    with pytest.raises(PackedSetError, match="too few"):
        evaluate(model, small, extractor=extractor)
    with pytest.raises(UsageError, match="`samples` must be 16 or more"):
        evaluate(model, data, extractor=extractor, samples=3)
    with pytest.raises(UsageError, match="`size` is 32"):
        evaluate(model, data, extractor=extractor, size=32)
    with pytest.raises(UsageError, match="`held_out`"):
        evaluate(data, model, extractor=extractor, held_out=data)
    with pytest.raises(UsageError, match="`extractor` must be one of"):
        evaluate(model, data, extractor="vgg")


def test_the_parzen_log_likelihood_is_of_random_held_out_pictures_a_tenth_of_which_choose_sigma(
    model: Model, data: PackedSet, unseen: PackedSet
) -> None:
    found = evaluate(model, data, metrics=["parzen"], held_out=unseen).parzen
    assert found is not None
    shuffled = np.asarray(unseen.pixels)[rng(Stream.EVALUATION_IMAGES, 1).permutation(150)]
    validation, test = shuffled[:15], shuffled[15:]
    assert found.generated == parzen_log_likelihood(model.sample(range(80)), validation, test)
    assert found.real == parzen_log_likelihood(np.asarray(data.pixels), validation, test)
    assert found.generated.mean < found.real.mean  # it is hardly trained


def test_weights_of_an_extractor_that_nothing_reads_are_refused(model: Model, unseen: PackedSet) -> None:
    with pytest.raises(UsageError, match="only distances need one: add distances to `metrics`"):
        evaluate(model, unseen, metrics=["parzen"], held_out=unseen, weights=Path("inception.safetensors"))


def test_samples_bounds_the_pictures_of_a_parzen_log_likelihood(model: Model, unseen: PackedSet) -> None:
    result = evaluate(model, unseen, metrics=["parzen"], held_out=unseen, samples=100)
    assert result.parzen is not None
    for found in (result.parzen.generated, result.parzen.real):
        assert (found.samples, found.validation, found.test, found.dimensions) == (100, 10, 90, 256)


def test_without_distances_no_features_are_extracted(model: Model, data: PackedSet, unseen: PackedSet) -> None:
    def extract(pixels: Pixels) -> Features:
        raise AssertionError

    result = evaluate(model, data, metrics=["parzen"], held_out=unseen, extractor=Extractor("none", "none", extract))
    assert result.distances is None
    assert "extractor" not in result.facts()
    assert "<img" not in result._repr_html_()
    assert [name for name, _, _ in result.rows()] == ["Parzen log-likelihood", "that of real pictures"]
    assert "135 held-out ones scored in 256 dimensions, 15 more for sigma" in str(result)
    assert not any("Fréchet" in text for text in result.warnings)


def test_both_groups_of_metrics_stand_beside_each_other_and_change_nothing(
    model: Model, data: PackedSet, unseen: PackedSet
) -> None:
    both = evaluate(model, data, metrics=["distances", "parzen"], held_out=unseen, extractor="pixels")
    alone = evaluate(model, data, held_out=unseen, extractor="pixels")
    assert alone.parzen is None
    assert both.parzen == evaluate(model, data, metrics=["parzen"], held_out=unseen).parzen
    assert both.facts().items() >= alone.facts().items()
    assert both.rows()[:-2] == alone.rows()


def test_a_parzen_log_likelihood_that_compares_with_no_published_one_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "colors.npy"
    np.save(path, discs(130, channels=3))
    result = evaluate(path, path, metrics=["parzen"], held_out=path)
    known, few, colors = result.warnings
    assert "they are not held out" in known
    assert (
        few
        == "published Parzen log-likelihoods use 10,000 samples; with 130 the value is lower, so do not compare them"
    )
    assert "gray pictures; values for color pictures cannot be compared" in colors


def test_what_has_no_parzen_log_likelihood_is_refused(
    model: Model, data: PackedSet, held_out: PackedSet, unseen: PackedSet, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="not trained on: name them with `held_out`"):
        evaluate(model, data, metrics=["parzen"])
    with pytest.raises(PackedSetError, match="held-out has 40 pictures, too few for a Parzen log-likelihood; 100"):
        evaluate(model, data, metrics=["parzen"], held_out=held_out)
    with pytest.raises(UsageError, match="`samples` must be 100 or more for a Parzen log-likelihood, not 99"):
        evaluate(model, data, metrics=["parzen"], held_out=unseen, samples=99)
    for metrics, named in ((["fid"], "fid"), ([], "none")):
        with pytest.raises(UsageError, match=f"`metrics` must be distances or parzen or both, not {named}"):
            evaluate(model, data, metrics=metrics, held_out=unseen)
    with pytest.raises(UsageError, match=r'`metrics` must be a list of names, such as \["parzen"\], not a single text'):
        evaluate(model, data, metrics="parzen", held_out=unseen)
    np.save(tmp_path / "colors.npy", discs(20, channels=3))
    prepare(tmp_path / "colors.npy", tmp_path / "colors", PrepareOptions(size=16))
    with pytest.raises(UsageError, match=r"same channels: .*colors has 3, .*packed 1; prepare"):
        evaluate(tmp_path / "colors", data, metrics=["parzen"], held_out=unseen)
