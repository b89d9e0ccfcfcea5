"""How near a restored picture is to the true one."""

import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from dcgan.errors import DcganError
from dcgan.metrics.restoration import check_ssim, psnr, sharpness, ssim
from dcgan.types import Mask, Pixels

RANDOM = np.random.default_rng(0)
TRUTH: Pixels = RANDOM.integers(60, 190, (14, 18, 3), dtype=np.uint8)
NEAR: Pixels = (TRUTH + RANDOM.integers(-20, 20, TRUTH.shape)).astype(np.uint8)
MASK: Mask = np.zeros((14, 18), bool)
MASK[4:9, 5:12] = True


def test_psnr_is_that_of_the_mean_squared_difference() -> None:
    squares = [(float(a) - float(b)) ** 2 for a, b in zip(TRUTH.ravel(), NEAR.ravel(), strict=True)]
    assert psnr(TRUTH, NEAR) == pytest.approx(20 * np.log10(255) - 10 * np.log10(sum(squares) / len(squares)))


def test_a_difference_of_one_level_everywhere_is_48_decibels() -> None:
    assert psnr(TRUTH, TRUTH + 1) == psnr(TRUTH + 1, TRUTH) == pytest.approx(48.1308, abs=1e-4)


def test_psnr_of_a_mask_is_that_of_its_pixels_alone() -> None:
    elsewhere = np.where(MASK[..., None], NEAR, 0).astype(np.uint8)
    assert psnr(TRUTH, elsewhere, MASK) == pytest.approx(psnr(TRUTH[4:9, 5:12], NEAR[4:9, 5:12]))
    assert psnr(TRUTH, elsewhere) < psnr(TRUTH, elsewhere, MASK)


def test_the_same_picture_is_infinitely_near_and_wholly_alike() -> None:
    assert psnr(TRUTH, TRUTH) == psnr(TRUTH, TRUTH, MASK) == float("inf")
    assert ssim(TRUTH, TRUTH) == ssim(TRUTH, TRUTH, MASK) == 1


def similarity(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Of two windows of one channel (Wang et al. 2004, equation 13), with unbiased variances."""
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    covariance = np.cov(a.ravel(), b.ravel())
    means = 2 * a.mean() * b.mean() + c1, a.mean() ** 2 + b.mean() ** 2 + c1
    spreads = 2 * covariance[0, 1] + c2, covariance[0, 0] + covariance[1, 1] + c2
    return float(means[0] / means[1] * spreads[0] / spreads[1])


@pytest.mark.parametrize("channels", [1, 3])
def test_ssim_of_a_mask_is_the_mean_over_windows_with_their_centers_in_it(channels: int) -> None:
    truth, near = TRUTH[..., :channels], NEAR[..., :channels]
    by_hand = [
        similarity(*(one[y - 3 : y + 4, x - 3 : x + 4, channel].astype(float) for one in (truth, near)))
        for y, x in np.argwhere(MASK)
        for channel in range(channels)
    ]
    assert ssim(truth, near, MASK) == pytest.approx(np.mean(by_hand), abs=1e-6)


def test_ssim_of_a_mask_does_not_see_what_is_far_from_it() -> None:
    mask = np.zeros((14, 18), bool)
    mask[3:6, 3:6] = True
    elsewhere = NEAR.copy()
    elsewhere[:, 10:] = 0
    assert ssim(TRUTH, elsewhere, mask) == pytest.approx(ssim(TRUTH, NEAR, mask))
    assert ssim(TRUTH, elsewhere) < ssim(TRUTH, NEAR)


def test_more_noise_is_less_alike() -> None:
    noise = RANDOM.normal(0, 1, TRUTH.shape)
    restored = [np.clip(TRUTH + level * noise, 0, 255).astype(np.uint8) for level in (2, 8, 32)]
    for measure in (psnr, ssim):
        scores = [measure(TRUTH, one, MASK) for one in restored]
        assert scores == sorted(scores, reverse=True)


def test_without_scikit_image_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "skimage"]:
        monkeypatch.setitem(sys.modules, name, None)
    for refuse in (check_ssim, lambda: ssim(TRUTH, NEAR)):
        with pytest.raises(DcganError, match=r"pip install 'dcgan\[inpaint\]'"):
            refuse()


def test_sharpness_compares_the_absolute_differences_of_neighbors() -> None:
    def edge(picture: Pixels, y: int, x: int, c: int) -> float:
        here, up, left = (float(picture[at]) / 255 for at in ((y, x, c), (y - 1, x, c), (y, x - 1, c)))
        return abs(here - up) + abs(here - left)

    places = [(y, x, c) for y in range(1, 14) for x in range(1, 18) for c in range(3)]
    mean = sum(abs(edge(TRUTH, *place) - edge(NEAR, *place)) for place in places) / len(places)
    assert sharpness(TRUTH, NEAR) == pytest.approx(-10 * np.log10(mean))


def test_sharpness_does_not_see_how_bright_a_picture_is_and_falls_with_blur() -> None:
    assert sharpness(TRUTH, TRUTH + 20) == float("inf")
    blurred = (TRUTH.astype(float) + np.roll(TRUTH, 1, 0) + np.roll(TRUTH, 1, 1)) / 3
    assert sharpness(TRUTH, blurred.astype(np.uint8)) < sharpness(TRUTH, NEAR)
