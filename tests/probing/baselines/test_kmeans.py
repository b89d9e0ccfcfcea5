"""The K-means baseline, against its steps written out."""

import numpy as np
import pytest
import torch

from dcgan.errors import UsageError
from dcgan.probing.baselines.kmeans import KMeansFeatures, fit_kmeans, normalize_contrast

RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.integers(0, 256, (30, 12, 12, 3)).astype(np.uint8)


def test_patches_lose_their_brightness_and_contrast() -> None:
    patch = np.array([1.0, 2, 3, 10])
    assert normalize_contrast(torch.from_numpy(patch)).numpy() == pytest.approx((patch - 4) / np.sqrt(50 / 3 + 10))


def test_a_picture_is_encoded_as_it_is_written() -> None:
    size = 6 * 6 * 3
    encoder = KMeansFeatures(
        torch.from_numpy(RANDOM.normal(size=size).astype(np.float32)),
        torch.from_numpy(RANDOM.normal(size=(size, size)).astype(np.float32)),
        torch.from_numpy(RANDOM.normal(size=(5, size)).astype(np.float32)),
    )
    expected = np.zeros((2, 2, 5))
    picture = PIXELS[0].transpose(2, 0, 1).astype(np.float64)
    for y in range(7):
        for x in range(7):
            patch = picture[:, y : y + 6, x : x + 6].ravel()
            patch = (patch - patch.mean()) / np.sqrt(patch.var(ddof=1) + 10)
            white = (patch - encoder.mean.numpy()) @ encoder.whitening.numpy()
            distance = np.linalg.norm(white - encoder.centroids.numpy(), axis=1)
            expected[y // 4, x // 4] += np.maximum(0, distance.mean() - distance)
    assert encoder.extract(PIXELS[:1])[0] == pytest.approx(expected.ravel(), rel=1e-3, abs=1e-2)
    assert encoder.size == 20


def test_whitened_patches_have_no_correlations() -> None:
    fitted = fit_kmeans(PIXELS, 4, patches=5000, iterations=1)
    patches = np.stack(
        [PIXELS[n, y : y + 6, x : x + 6].transpose(2, 0, 1) for n in range(30) for y in range(7) for x in range(7)]
    )
    raw = normalize_contrast(torch.from_numpy(patches.reshape(len(patches), -1).astype(np.float32)))
    white = ((raw - fitted.mean) @ fitted.whitening).numpy()
    covariance = np.cov(white.T)
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 0.35  # of 1,470 overlapping patches
    assert np.diag(covariance).mean() == pytest.approx(0.9, abs=0.1)  # the regularizer takes a tenth


def test_centroids_are_means_of_what_is_nearest_to_them() -> None:
    kinds = np.zeros((60, 8, 8, 1), np.uint8)  # stripes, up and down or across: four patches of two kinds
    kinds[:30, :, ::2] = 200
    kinds[30:, ::2] = 200
    fitted = fit_kmeans(kinds, 4, patches=2000, iterations=10)
    features = fitted.extract(kinds)
    assert np.abs(features[0] - features[1]).max() < 1e-3 * features.max()
    assert np.abs(features[0] - features[40]).max() > 0.1 * features.max()
    used = fitted.centroids.norm(dim=1) > 0
    assert used.sum() >= 2


def test_the_seed_names_the_centroids() -> None:
    first, again, other = (fit_kmeans(PIXELS, 6, patches=500, iterations=3, seed=seed).centroids for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_pictures_that_are_too_small_are_refused() -> None:
    with pytest.raises(UsageError, match="7 pixels a side are too small"):
        fit_kmeans(PIXELS[:, :7, :7], 4)


def test_more_centroids_than_patches_are_refused() -> None:
    with pytest.raises(UsageError, match="`centroids` must be 1 to 10"):
        fit_kmeans(PIXELS, 11, patches=10)
