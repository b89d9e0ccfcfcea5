"""What the tests of the training room share."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def few_images_for_statistics() -> Iterator[None]:
    """Measure batch-norm statistics on few images: with a toy's mini-batches of 4 it is most of what a run does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dcgan.training.snapshots.STATISTICS_IMAGES", 64)
        yield
