"""The small classifier of attributes."""

import numpy as np
import pytest

from dcgan.errors import LatentError
from dcgan.latent.attribute_classifier import train_attribute_classifier


def squares(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise; with a bright square at the left, at the right, both or neither."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 90, (count, 16, 16, 3)).astype(np.uint8)
    labels = random.random((count, 2)) < 0.5
    pixels[labels[:, 0], 5:10, 1:6] += 150
    pixels[labels[:, 1], 5:10, 10:15] += 150
    return pixels, labels


def test_it_learns_where_things_are() -> None:
    pixels, labels = squares(600)
    calls: list[tuple[int, int | None]] = []
    classifier = train_attribute_classifier(
        pixels, labels, epochs=8, width=8, on_progress=lambda done, total: calls.append((done, total))
    )
    assert classifier.accuracy.min() > 0.95
    assert ((classifier.logits(pixels) > 0) == labels).mean() >= 0.95
    assert calls[-1][0] == calls[-1][1]


def test_the_same_seed_gives_the_same_classifier() -> None:
    pixels, labels = squares(100)
    logits = [
        train_attribute_classifier(pixels, labels, epochs=1, width=4, seed=seed).logits(pixels[:3])
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(logits[0], logits[1])
    assert not np.array_equal(logits[0], logits[2])


def test_the_accuracy_is_that_on_pictures_it_did_not_learn() -> None:
    pixels, _ = squares(400)
    nonsense = np.random.default_rng(1).random((400, 1)) < 0.5
    assert train_attribute_classifier(pixels, nonsense, epochs=4, width=16).accuracy[0] < 0.75


def test_of_too_many_pictures_some_are_chosen_at_random() -> None:
    pixels, _ = squares(200)
    sorted_labels = np.arange(200)[:, None] < 100
    seen: list[tuple[int, int | None]] = []
    train_attribute_classifier(
        pixels, sorted_labels, epochs=1, width=4, most=80, on_progress=lambda *call: seen.append(call)
    )
    assert seen == [(64, 64)]


def test_no_pictures_have_no_logits() -> None:
    pixels, labels = squares(100)
    assert train_attribute_classifier(pixels, labels, epochs=1, width=4).logits(pixels[:0]).shape == (0, 2)


def test_too_few_pictures_or_one_label_only_are_refused() -> None:
    pixels, labels = squares(100)
    with pytest.raises(LatentError, match="too few"):
        train_attribute_classifier(pixels[:10], labels[:10])
    with pytest.raises(LatentError, match="cannot be learned"):
        train_attribute_classifier(pixels, np.ones((100, 1), bool))
