"""What the tests of the training room share."""

import pytest


@pytest.fixture(autouse=True)
def few_images_for_statistics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure batch-norm statistics on few images: with a toy's mini-batches of 4 it is most of what a run does."""
    monkeypatch.setattr("dcgan.training.snapshots.STATISTICS_IMAGES", 64)
