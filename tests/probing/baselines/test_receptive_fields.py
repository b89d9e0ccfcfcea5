"""The K-means of several layers, against its steps written out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.probing.in_memory import InMemory
from tests.toy_model import toy_model

from dcgan.data.packed import PackedSet
from dcgan.errors import UsageError
from dcgan.probing.baselines import receptive_fields
from dcgan.probing.baselines.kmeans import fit_kmeans
from dcgan.probing.baselines.receptive_fields import (
    ReceptiveFieldFeatures,
    choose_fields,
    energy_similarity,
    fit_receptive_fields,
)
from dcgan.probing.comparison import probe

RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.integers(0, 256, (24, 21, 18, 3)).astype(np.uint8)


def fitted(pixels: NDArray[np.uint8] = PIXELS, centroids: int = 12, seed: int = 0) -> ReceptiveFieldFeatures:
    return fit_receptive_fields(pixels, centroids, fields=3, maps=5, patches=800, iterations=2, seed=seed)


def test_similarity_is_that_of_the_squares_of_each_whitened_pair() -> None:
    points = RANDOM.normal(size=(400, 4)) ** 3 @ RANDOM.normal(size=(4, 4)) + 5
    alike = energy_similarity(torch.from_numpy(points)).numpy()
    for j in range(4):
        for k in range(j):
            pair = points[:, [j, k]]
            pair = (pair - pair.mean(axis=0)) / pair.std(axis=0)
            values, vectors = np.linalg.eigh(pair.T @ pair / len(pair))
            z = pair @ (vectors / np.sqrt(values) @ vectors.T)
            expected = np.corrcoef(z[:, 0] ** 2, z[:, 1] ** 2)[0, 1]
            assert alike[j, k] == pytest.approx(expected, abs=1e-4)
            assert alike[k, j] == pytest.approx(expected, abs=1e-4)
    assert np.diag(alike) == pytest.approx(1)


def test_receptive_fields_are_of_maps_that_share_energy() -> None:
    loud = RANDOM.exponential(size=(4000, 3)) > 1  # three sources, each of which drives the size of four columns
    points = RANDOM.normal(size=(4000, 12)) * (0.2 + np.repeat(loud, 4, axis=1))
    shuffled = RANDOM.permutation(12)
    alike = energy_similarity(torch.from_numpy(points[:, shuffled]))
    fields = choose_fields(alike, 12, 4, np.random.default_rng(0))
    sources = [sorted((shuffled[field] // 4).tolist()) for field in fields.numpy()]
    assert sorted(sources) == [[0] * 4, [1] * 4, [2] * 4]  # equal ones are taken once


def test_maps_that_are_correlated_only_are_not_alike() -> None:
    first, noise = RANDOM.normal(size=(2, 20_000))
    alike = energy_similarity(torch.from_numpy(np.stack([first, 0.8 * first + 0.6 * noise], axis=1)))
    assert abs(alike[0, 1]) < 0.05


def test_a_map_that_never_changes_is_like_no_other() -> None:
    points = RANDOM.normal(size=(50, 3))
    points[:, 1] = 2
    alike = energy_similarity(torch.from_numpy(points))
    assert torch.isfinite(alike).all()
    assert alike[1].tolist() == [0, 1, 0]


def test_there_are_no_more_maps_in_a_field_than_there_are() -> None:
    assert choose_fields(torch.eye(3), 5, 8, np.random.default_rng(0)).tolist() == [[0, 1, 2]]


def means(maps: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """(H, W, K) averaged over squares."""
    rows, columns = (range(0, length, side) for length in maps.shape[:2])
    return np.array([[maps[y : y + side, x : x + side].mean(axis=(0, 1)) for x in columns] for y in rows])


def four_sums(maps: NDArray[np.float64]) -> NDArray[np.float64]:
    top, left = (maps.shape[0] + 1) // 2, (maps.shape[1] + 1) // 2
    parts = [maps[:top, :left], maps[:top, left:], maps[top:, :left], maps[top:, left:]]
    return np.concatenate([part.sum(axis=(0, 1)) for part in parts])


def triangles(white: NDArray[np.float64], centroids: NDArray[np.float64]) -> NDArray[np.float64]:
    distance = np.linalg.norm(white - centroids, axis=1)
    return np.asarray(np.maximum(0, distance.mean() - distance))


def test_a_picture_is_encoded_as_it_is_written() -> None:
    encoder = fitted()
    picture = PIXELS[0].transpose(2, 0, 1).astype(np.float64)
    codes = np.empty((16, 13, 12))
    for y in range(16):
        for x in range(13):
            patch = picture[:, y : y + 6, x : x + 6].ravel()
            patch = (patch - patch.mean()) / np.sqrt(patch.var(ddof=1) + 10)
            white = (patch - encoder.first.mean.numpy()) @ encoder.first.whitening.numpy()
            codes[y, x] = triangles(white, encoder.first.centroids.numpy().astype(np.float64))
    expected, side = [four_sums(codes)], 3
    for layer in encoder.deeper:
        maps, side = means(codes, side), 2
        codes = np.empty((maps.shape[0] - 1, maps.shape[1] - 1, layer.size))
        for y in range(codes.shape[0]):
            for x in range(codes.shape[1]):
                found = []
                for group in range(len(layer.fields)):
                    seen = [maps[y + j, x + i, k] for k in layer.fields[group] for j in (0, 1) for i in (0, 1)]
                    white = (np.array(seen) - layer.means[group].numpy()) @ layer.whitenings[group].numpy()
                    found.append(triangles(white, layer.centroids[group].numpy().astype(np.float64)))
                codes[y, x] = np.concatenate(found)
        expected.append(four_sums(codes))
    features = encoder.extract(PIXELS[:1])
    assert features.shape == (1, encoder.size)
    assert features[0] == pytest.approx(np.concatenate(expected), rel=1e-3, abs=2e-2)


def test_the_first_layer_is_that_of_kmeans() -> None:
    alone = fit_kmeans(PIXELS, 12, patches=800, iterations=2)
    assert np.array_equal(fitted().extract(PIXELS)[:, :48], alone.extract(PIXELS))


def test_the_seed_names_it() -> None:
    first, again, other = (fitted(seed=seed).extract(PIXELS) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


def test_a_picture_has_the_same_features_in_any_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = fitted()
    together = encoder.extract(PIXELS)
    monkeypatch.setattr(receptive_fields, "BATCH", 1)
    assert encoder.extract(PIXELS) == pytest.approx(together, rel=1e-4, abs=1e-3)
    assert encoder.extract(PIXELS[:0]).shape == (0, encoder.size)


@pytest.mark.parametrize("shape", [(16, 16, 1), (15, 15, 3), (33, 20, 4)])
def test_any_shape_has_three_layers(shape: tuple[int, int, int]) -> None:
    pixels = RANDOM.integers(0, 256, (6, *shape)).astype(np.uint8)
    encoder = fitted(pixels, centroids=4)
    assert len(encoder.deeper) == 2
    assert np.isfinite(encoder.extract(pixels)).all()


def test_pictures_of_one_gray_do_no_harm() -> None:
    flat = np.full((5, 16, 16, 1), 7, np.uint8)
    assert np.isfinite(fitted(flat, centroids=2).extract(flat)).all()


def test_progress_reaches_its_end() -> None:
    told: list[tuple[int, int | None]] = []
    fit_receptive_fields(
        PIXELS, 12, fields=3, maps=5, patches=500, iterations=2, on_progress=lambda *step: told.append(step)
    )
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert {total for _, total in told} == {2 + 2 * (24 + 3)}


@pytest.mark.parametrize(
    ("pixels", "centroids", "layers", "message"),
    [
        (PIXELS[:, :14], 12, 3, "too small for 3 layers"),
        (PIXELS[:2], 900, 3, "`centroids` 900 is too many for 2 pictures"),
        (PIXELS, 12, 0, "1 or more"),
        (PIXELS, 0, 3, "`centroids` must be 1 to 1000"),
    ],
)
def test_what_cannot_be_learned_is_refused(
    pixels: NDArray[np.uint8], centroids: int, layers: int, message: str
) -> None:
    with pytest.raises((UsageError, ValueError), match=message):
        fit_receptive_fields(pixels, centroids, layers=layers, patches=1000, iterations=1)


def stripes(count: int) -> PackedSet:
    """Faint stripes, up and down or across, at any place of a noise: no pixel alone tells the one from the other."""
    labels = np.arange(count) % 2
    images = RANDOM.integers(60, 190, (count, 16, 16, 1)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        y, x, phase = RANDOM.integers([7, 7, 4])
        wave = np.where((np.arange(10) + phase) // 2 % 2, 50, -50)[:, None]
        image[y : y + 10, x : x + 10, 0] += (wave if label else wave.T).astype(np.uint8)
    return InMemory(Path(), images, labels, ("across", "up and down"), "")


def test_a_probe_of_it_tells_what_pixels_do_not() -> None:
    learn, test = stripes(300), replace(stripes(200), fingerprint="others")
    results = probe(toy_model(channels=1), learn, test=test, baselines=["learned-rf", "pixels"], centroids=32)
    found = {name: result.mean for name, (result,) in results.probed.items()}
    assert found["learned-rf"] > 0.9
    assert found["pixels"] < 0.7
