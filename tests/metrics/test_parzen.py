"""Parzen windows: log-likelihoods worked out by hand and by two other implementations, and the choice of sigma."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcgan.metrics import parzen
from dcgan.metrics.distances import Floats
from dcgan.metrics.parzen import SIGMAS, parzen_log_likelihood
from dcgan.types import Pixels


def random_pixels(count: int, size: int = 6, channels: int = 1, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, channels), np.uint8)


def blobs(count: int, seed: int, centers: int = 5) -> Floats:
    """Vectors (count, 20) in [0, 1] around the first of five centers, which are the same for each seed."""
    random = np.random.default_rng(seed)
    middles = np.random.default_rng(100).uniform(0.3, 0.7, (5, 20))
    return np.clip(middles[random.integers(centers, size=count)] + 0.1 * random.standard_normal((count, 20)), 0, 1)


def by_logsumexp(samples: Floats, pictures: Floats, sigma: float) -> Floats:
    """The formula of the authors' code, every difference by itself."""
    special = pytest.importorskip("scipy.special")
    exponents = -((pictures[:, None] - samples[None]) ** 2).sum(axis=2) / (2 * sigma**2)
    normalizer = samples.shape[1] * np.log(sigma * np.sqrt(2 * np.pi))
    return np.asarray(special.logsumexp(exponents, axis=1) - np.log(len(samples)) - normalizer)


def test_one_sample_and_two_pictures_worked_out_by_hand() -> None:
    # One number a picture, sigma 1/2: log p(x) = -2 (x - mu)^2 - log(sqrt(2 pi) / 2); the sample is 0, x is 0 and 1.
    found = parzen_log_likelihood(np.array([[0.0]]), np.array([[0.0]]), np.array([[0.0], [1.0]]), sigmas=[0.5])
    highest = -np.log(np.sqrt(2 * np.pi) / 2)
    assert found.mean == pytest.approx(highest - 1)  # of 0 and -2
    assert found.standard_error == pytest.approx(1 / np.sqrt(2))
    assert (found.sigma, found.dimensions, found.samples, found.validation, found.test) == (0.5, 1, 1, 1, 2)


def test_the_density_of_two_samples_is_the_mean_of_their_kernels() -> None:
    samples, x = np.array([[0.0], [1.0]]), np.array([[0.25]])
    kernels = np.exp(-((0.25 - np.array([0, 1])) ** 2) / (2 * 0.3**2)) / (0.3 * np.sqrt(2 * np.pi))
    assert parzen_log_likelihood(samples, x, x, sigmas=[0.3]).mean == pytest.approx(np.log(kernels.mean()))


@pytest.mark.parametrize("sigma", [0.1, 0.3, 1.0])
def test_it_is_the_sum_of_the_paper_over_every_difference(sigma: float) -> None:
    samples, test = random_pixels(40, channels=3), random_pixels(30, channels=3, seed=1)
    found = parzen_log_likelihood(samples, test, test, sigmas=[sigma])
    scores = by_logsumexp(samples.reshape(40, -1) / 255, test.reshape(30, -1) / 255, sigma)
    assert found.mean == pytest.approx(scores.mean(), rel=1e-12)
    assert found.standard_error == pytest.approx(scores.std() / np.sqrt(30), rel=1e-10)


@pytest.mark.parametrize("sigma", [0.1, 0.3, 1.0])
def test_it_is_the_kernel_density_of_scikit_learn(sigma: float) -> None:
    density = pytest.importorskip("sklearn.neighbors").KernelDensity(bandwidth=sigma).fit(blobs(200, 1))
    test = blobs(100, 2)
    found = parzen_log_likelihood(blobs(200, 1), test, test, sigmas=[sigma])
    assert found.mean == pytest.approx(density.score_samples(test).mean(), rel=1e-8)  # its own tolerance


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), step=st.integers(1, 40), rows=st.integers(1, 40))
def test_blocks_do_not_change_the_figures(seed: int, step: int, rows: int) -> None:
    samples, validation, test = (random_pixels(count, seed=seed + count) for count in (23, 9, 31))
    whole = parzen_log_likelihood(samples, validation, test)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parzen, "NUMBERS", step * 36)
        patch.setattr(parzen, "ROWS", rows)
        parts = parzen_log_likelihood(samples, validation, test)
    assert parts.sigma == whole.sigma
    assert parts.mean == pytest.approx(whole.mean, rel=1e-12)
    assert parts.standard_error == pytest.approx(whole.standard_error, rel=1e-9)


def test_pixels_are_vectors_from_0_to_1_whatever_they_are_given_as() -> None:
    samples, validation, test = (random_pixels(20, channels=3, seed=seed) for seed in range(3))
    expected = parzen_log_likelihood(samples, validation, test)
    floats = [pixels / 255 for pixels in (samples, validation, test)]
    assert parzen_log_likelihood(*floats) == expected
    assert parzen_log_likelihood(floats[0], validation, test) == expected
    vectors = [pixels.reshape(20, -1) for pixels in (samples, validation, test)]
    assert parzen_log_likelihood(*vectors) == expected
    rounded = parzen_log_likelihood(floats[0].astype(np.float32), validation, test)
    assert rounded.mean == pytest.approx(expected.mean, rel=1e-6)


def test_sigma_is_one_of_the_papers_ten_and_the_best_on_the_validation_pictures() -> None:
    samples, validation, test = (blobs(count, seed) for seed, count in enumerate((300, 100, 200)))
    found = parzen_log_likelihood(samples, validation, test)
    assert pytest.approx([10 ** (-1 + k / 9) for k in range(10)]) == SIGMAS
    means = {sigma: parzen_log_likelihood(samples, validation, validation, sigmas=[sigma]).mean for sigma in SIGMAS}
    assert found.sigma == max(means, key=means.__getitem__)
    assert found == parzen_log_likelihood(samples, validation, test, sigmas=[found.sigma])


def test_validation_pictures_that_are_samples_choose_the_least_sigma_and_spoil_the_score() -> None:
    samples, unseen, test = blobs(300, 0), blobs(100, 1), blobs(200, 2)
    sigmas = np.logspace(-3, 0, 10).tolist()
    spoiled = parzen_log_likelihood(samples, samples[:100], test, sigmas=sigmas)
    assert spoiled.sigma == 1e-3
    assert spoiled.mean < parzen_log_likelihood(samples, unseen, test, sigmas=sigmas).mean - 1000


def test_a_missing_mode_and_noise_show() -> None:
    validation, test = blobs(200, 1), blobs(400, 2)
    whole = parzen_log_likelihood(blobs(500, 0), validation, test).mean
    for worse in (blobs(500, 0, centers=4), np.random.default_rng(0).random((500, 20))):
        assert parzen_log_likelihood(worse, validation, test).mean < whole - 0.5


def test_centroids_beat_the_pictures_that_they_are_made_of() -> None:
    training, validation, test = blobs(500, 0), blobs(200, 1), blobs(400, 2)
    near = ((training[:, None] - training[None]) ** 2).sum(axis=2).argsort(axis=1)[:, :25]
    centroids = training[near].mean(axis=1)
    real = parzen_log_likelihood(training, validation, test).mean
    assert parzen_log_likelihood(centroids, validation, test).mean > real + 1


def test_pictures_far_from_all_samples_have_a_finite_log_likelihood() -> None:
    black, white = np.zeros((5, 64, 64, 3), np.uint8), np.full((3, 64, 64, 3), 255, np.uint8)
    found = parzen_log_likelihood(black, white, white, sigmas=[0.1])
    dimensions = 64 * 64 * 3
    assert found.mean == pytest.approx(-dimensions * (50 + np.log(0.1 * np.sqrt(2 * np.pi))))
    assert found.standard_error == 0


def test_progress_counts_validation_and_test_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parzen, "ROWS", 8)
    calls: list[tuple[int, int | None]] = []
    pixels = random_pixels(10)
    parzen_log_likelihood(pixels, pixels, pixels, on_progress=lambda done, total: calls.append((done, total)))
    assert calls == [(8, 20), (10, 20), (18, 20), (20, 20)]


def test_what_has_no_log_likelihood_is_refused() -> None:
    pixels = random_pixels(4)
    with pytest.raises(ValueError, match=r"different shapes: samples \(6, 6, 1\), validation \(6, 6, 3\), test"):
        parzen_log_likelihood(pixels, random_pixels(4, channels=3), pixels)
    with pytest.raises(ValueError, match="validation pictures should be 1 or more"):
        parzen_log_likelihood(pixels, pixels[:0], pixels)
    for wrong in (pixels / 127.5 - 1, np.full(pixels.shape, np.nan), pixels.astype(np.float32)):
        with pytest.raises(ValueError, match="samples pictures should be uint8, or floats from 0 to 1"):
            parzen_log_likelihood(wrong, pixels, pixels)
    for sigmas in ([], [0.1, 0], [np.nan]):
        with pytest.raises(ValueError, match="sigmas must be one or more finite numbers above 0"):
            parzen_log_likelihood(pixels, pixels, pixels, sigmas=sigmas)
