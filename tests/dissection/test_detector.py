"""The detector of what drawn faces wear."""

import numpy as np
import pytest
import torch
from tests.toy_model import toy_model

from dcgan.dissection.detector import boxes_by, detect, masked_faces, train_detector
from dcgan.errors import UsageError
from dcgan.pixels import to_images


def test_it_finds_the_exact_pixels_on_faces_it_has_not_seen() -> None:
    detector = train_detector(*masked_faces("glasses", 500, 16))
    pixels, masks = masked_faces("glasses", 60, 16, seed=1)
    with torch.inference_mode():
        found = detector(to_images(torch.from_numpy(pixels)))[:, 0].numpy() > 0
    assert (found & masks).sum() / (found | masks).sum() > 0.6


def test_the_mask_is_what_differs_without_the_part() -> None:
    pixels, masks = masked_faces("hat", 20, 16)
    assert pixels.shape == (20, 16, 16, 3)
    assert 0 < masks.any(axis=(1, 2)).sum() < 20
    assert not masks[:, -1].any()
    with pytest.raises(UsageError, match="not 'nose'; draw boxes around that by hand"):
        masked_faces("nose", 1, 16)


def test_boxes_lie_around_what_is_found() -> None:
    class Corner(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            logits = torch.full((len(images), 1, 16, 16), -1.0)
            logits[1:, :, 2:5, 8:12] = 1
            return logits

    found = boxes_by(Corner(), toy_model(), [4, 5, 6])
    assert found.seeds == (4, 5, 6)
    assert [(box.seed, box.left, box.top, box.right, box.bottom) for box in found.boxes] == [
        (5, 8, 2, 12, 5),
        (6, 8, 2, 12, 5),
    ]
    assert np.all([isinstance(box.left, float) for box in found.boxes])


def test_a_detectors_seed_is_checked_before_faces_are_drawn() -> None:
    with pytest.raises(UsageError, match="`seed` must be a whole number from 0"):
        detect(toy_model(channels=1), "glasses", range(4), seed=2**64)


def test_a_detector_needs_rgb_pictures() -> None:
    with pytest.raises(UsageError, match="has 1 channels; a detector needs RGB"):
        detect(toy_model(channels=1), "glasses", range(4))
