"""How near predicted frames are to the true ones."""

import numpy as np
import pytest

from dcgan.metrics.restoration import psnr, sharpness, ssim
from dcgan.prediction.scores import MOST, score_frames
from dcgan.types import Pixels

RANDOM = np.random.default_rng(0)
TRUE: Pixels = RANDOM.integers(60, 190, (3, 2, 12, 12, 3), dtype=np.uint8)  # three clips of two frames
NEAR: Pixels = (TRUE + RANDOM.integers(-20, 20, TRUE.shape)).astype(np.uint8)
LAST: Pixels = RANDOM.integers(0, 255, (3, 12, 12, 3), dtype=np.uint8)


def test_each_step_is_the_mean_over_clips() -> None:
    scores = score_frames(LAST, NEAR, TRUE)
    assert scores.clips == 3
    for step in (0, 1):
        pairs = [(TRUE[clip, step], NEAR[clip, step]) for clip in range(3)]
        assert scores.psnr[step] == pytest.approx(np.mean([psnr(*pair) for pair in pairs]))
        assert scores.sharpness[step] == pytest.approx(np.mean([sharpness(*pair) for pair in pairs]))
        assert scores.ssim is not None
        assert scores.ssim[step] == pytest.approx(np.mean([ssim(*pair) for pair in pairs]))


def test_copies_are_of_the_last_frame_at_every_step() -> None:
    scores = score_frames(LAST, NEAR, TRUE)
    for step in (0, 1):
        expected = np.mean([psnr(TRUE[clip, step], LAST[clip]) for clip in range(3)])
        assert scores.copied_psnr[step] == pytest.approx(expected)


def test_frames_that_are_the_same_count_as_60_decibels() -> None:
    scores = score_frames(TRUE[:, 0], TRUE, TRUE)
    assert scores.psnr == scores.sharpness == (MOST, MOST)
    assert scores.copied_psnr[0] == MOST > scores.copied_psnr[1]


def test_frames_too_small_for_windows_have_no_ssim() -> None:
    small = TRUE[:, :, :6, :6]
    scores = score_frames(small[:, 0], small, small)
    assert scores.ssim is None
    assert scores.rows()[0][-2:] == ("–", "–")


def test_json_and_people_read_the_same_numbers() -> None:
    scores = score_frames(LAST, NEAR, TRUE)
    facts = scores.facts()
    assert facts["psnr"] == list(scores.psnr)
    assert f"{scores.psnr[1]:.2f}" in str(scores).splitlines()[2]
