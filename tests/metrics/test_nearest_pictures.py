"""Samples beside their nearest training pictures: all are searched, copies are found, memory stays flat."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from tests.training.toys import TOY, discs

import dcgan
from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.errors import UsageError
from dcgan.metrics.extractors import Extractor, ExtractorOptions, build_extractor
from dcgan.metrics.nearest_pictures import BLOCK, nearest_pictures
from dcgan.model import Model
from dcgan.training.run import train
from dcgan.types import Pixels

COUNT = BLOCK + 44  # two blocks


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("nearest")
    np.save(home / "discs.npy", discs(COUNT)[..., 0])
    return home


@pytest.fixture(scope="module")
def data(home: Path) -> PackedSet:
    prepare(home / "discs.npy", home / "packed", PrepareOptions(size=16))
    return PackedSet.open(home / "packed")


@pytest.fixture(scope="module")
def model(home: Path, data: PackedSet) -> Model:
    return dcgan.load(train(data, home / "run", TOY).run)


def test_the_neighbors_are_those_that_a_search_of_all_finds(model: Model, data: PackedSet) -> None:
    found = nearest_pictures(model, data, seeds=[3, 17], nearest=4, extractor="pixels")
    extract = build_extractor("pixels").extract
    training, samples = extract(np.asarray(data.pixels)), extract(model.sample([3, 17]))
    distance = np.linalg.norm(samples[:, None].astype(float) - training[None], axis=2)
    order = distance.argsort(axis=1)[:, :4]
    assert np.array_equal(found.neighbors, data.pixels[order.ravel()].reshape(found.neighbors.shape))
    assert found.neighbor_names == tuple(tuple(data.names[index] for index in row) for row in order)
    assert found.distance * found.scale == pytest.approx(np.take_along_axis(distance, order, axis=1), abs=1e-5)
    assert (found.names, found.searched) == (("3", "17"), COUNT)


def test_a_copy_is_at_distance_0_and_another_picture_at_about_1(model: Model, data: PackedSet) -> None:
    """The generator's samples stand for themselves here: they are put among the pictures that are searched."""
    pixels = np.concatenate((np.asarray(data.pixels), model.sample([5])))
    found = nearest_pictures(model, pixels, seeds=[5], nearest=2, extractor="pixels")
    assert found.distance[0, 0] == 0
    assert np.array_equal(found.neighbors[0, 0], found.pixels[0])
    assert "the nearest of all is 5, at 0.00" in str(found)


def test_a_mirrored_copy_is_found_if_the_training_saw_mirror_images(model: Model, data: PackedSet) -> None:
    pixels = np.concatenate((np.asarray(data.pixels), model.sample([5])[:, :, ::-1]))
    plain = nearest_pictures(model, pixels, seeds=[5], extractor="pixels")
    assert plain.distance[0, 0] > 0
    recipe = {**cast(dict[str, object], model.details["recipe"]), "horizontal_flip": True}
    flipped = replace(model, details={**model.details, "recipe": recipe})
    found = nearest_pictures(flipped, pixels, seeds=[5], extractor="pixels")
    assert found.distance[0, 0] == 0
    assert np.array_equal(found.neighbors[0, 0], found.pixels[0])  # as it looks like the sample
    assert len(set(found.neighbor_names[0])) == 5
    assert "and their mirror images" in str(found)
    assert "mirror" not in str(plain)
    (sample,) = cast(list[dict[str, list[dict[str, object]]]], found.facts()["samples"])
    assert found.mirrored is not None
    assert [one["mirrored"] for one in sample["nearest"]] == found.mirrored[0].tolist()
    assert sample["nearest"][0]["mirrored"] is True


def test_a_model_that_began_with_one_of_mirror_images_has_seen_them(model: Model, data: PackedSet, home: Path) -> None:
    mirrored = train(data, home / "mirrored", TOY.changed({"horizontal_flip": True})).run
    began = dcgan.load(train(data, home / "began", TOY.changed({"images": 16}), start_from=mirrored).run)
    assert began.saw_mirror_images
    assert nearest_pictures(began, data, seeds=[5]).mirrored is not None
    assert not model.saw_mirror_images
    assert nearest_pictures(model, data, seeds=[5]).mirrored is None


def test_a_face_that_was_moved_is_still_the_nearest_to_itself() -> None:
    faces = dcgan.load("faces")
    extract = build_extractor("perceptual", ExtractorOptions(model=faces)).extract
    pictures = np.asarray(dcgan.open_pictures("drawn-faces:200", size=faces.size).pixels)
    moved = np.roll(pictures[:50], (1, 1), axis=(1, 2))
    distance = np.linalg.norm(extract(moved)[:, None] - extract(pictures)[None], axis=2)
    assert (distance.argmin(axis=1) == np.arange(50)).mean() > 0.9


def test_z_is_searched_for_like_seeds(model: Model, data: PackedSet) -> None:
    by_seed = nearest_pictures(model, data, seeds=[8])
    by_z = nearest_pictures(model, data, latents=model.latents([8]))
    assert np.array_equal(by_z.neighbors, by_seed.neighbors)
    assert by_z.names == ("#0",)


def test_no_more_than_a_block_is_in_memory(model: Model, data: PackedSet) -> None:
    sizes: list[int] = []

    def extract(pixels: Pixels) -> np.ndarray:
        sizes.append(len(pixels))
        return pixels[:, ::4, ::4, 0].reshape(len(pixels), -1).astype(np.float32)

    progress: list[tuple[int, int | None]] = []
    nearest_pictures(
        model,
        data,
        extractor=Extractor("x", "x", extract),
        on_progress=lambda done, all_: progress.append((done, all_)),
    )
    assert max(sizes) <= BLOCK
    assert progress == [(BLOCK, COUNT), (COUNT, COUNT)]


@pytest.mark.parametrize("nearest", [0, 101])
def test_how_many_are_shown_has_a_range(model: Model, data: PackedSet, nearest: int) -> None:
    with pytest.raises(UsageError, match="`nearest` must be 1 to 100"):
        nearest_pictures(model, data, nearest=nearest)


def test_fewer_pictures_than_neighbors_are_said(model: Model) -> None:
    with pytest.raises(UsageError, match="`nearest` is 5, but `source` has only 3 pictures"):
        nearest_pictures(model, discs(3), nearest=5)


def test_where_all_pictures_are_the_same_distances_are_those_of_the_features(model: Model) -> None:
    for pictures, named in ((discs(1), "1 picture"), (np.repeat(discs(1), 3, axis=0), "3 pictures")):
        found = nearest_pictures(model, pictures, nearest=1)
        assert found.distance.shape == (16, 1)
        assert f"from the nearest of {named}, in units of the features" in str(found)


def test_the_figure_has_a_row_for_each_sample(model: Model, data: PackedSet) -> None:
    found = nearest_pictures(model, data, seeds=range(3), nearest=2)
    taller = nearest_pictures(model, data, seeds=range(6), nearest=2)
    assert found.figure().width == taller.figure().width > 3 * 64
    assert taller.figure().height - found.figure().height > 3 * 64
    assert found._repr_html_().startswith("<img")
