"""The strongest responses of channels, led back to their pictures and cut to what the units see."""

import numpy as np
import pytest
from tests.toy_model import toy_model

from dcgan.inspection.guided import back_propagate
from dcgan.inspection.receptive_field import ReceptiveField, cut_patches, receptive_field
from dcgan.inspection.responses import measure_responses
from dcgan.inspection.strongest import find_strongest

MODEL = toy_model()
PIXELS = MODEL.sample(range(40))


@pytest.mark.parametrize("layer", [0, 1])
def test_each_channel_has_its_pictures_and_the_saliency_of_its_units(layer: int) -> None:
    found = measure_responses(MODEL, PIXELS, layer, 4)
    strongest = find_strongest(MODEL, PIXELS, found, [5, 2], top=3)
    assert strongest.pixels.shape == strongest.saliency.shape == (2, 3, 16, 16, 3)
    for row, channel in enumerate((5, 2)):
        assert np.array_equal(strongest.pixels[row], PIXELS[found.picture[channel, :3]])
        alone = back_propagate(MODEL, strongest.pixels[row], layer, found.units[channel, :3])
        assert strongest.saliency[row] == pytest.approx(alone, abs=1e-6)


def test_cut_they_have_all_of_the_saliency() -> None:
    found = measure_responses(MODEL, PIXELS, 0, 4)
    strongest = find_strongest(MODEL, PIXELS, found, [1])
    field = receptive_field(MODEL.architecture, 0)
    cut = strongest.cut(field)
    assert np.array_equal(cut.pixels[0], cut_patches(strongest.pixels[0], field, found.row[1], found.column[1]))
    assert np.abs(cut.saliency).sum() == pytest.approx(np.abs(strongest.saliency).sum())
    assert cut.saliency.shape == (1, 4, 4, 4, 3)


def test_what_units_see_that_see_all_stays_whole() -> None:
    strongest = find_strongest(MODEL, PIXELS, measure_responses(MODEL, PIXELS, 1), [0])
    assert strongest.cut(ReceptiveField(side=16, step=4, start=-3)) is strongest
