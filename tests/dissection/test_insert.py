"""Maps that are forced on where a box is."""

import numpy as np
import pytest
import torch
from tests.toy_model import toy_model

from dcgan.dissection.boxes import Box, Boxes
from dcgan.dissection.forget import MapWeights, hidden_sides, weigh_maps
from dcgan.dissection.insert import insert, usual_place
from dcgan.errors import DcganError

MODEL = toy_model()
PLACES = Boxes((Box(3, 0, 0, 8, 8), Box(5, 8, 8, 16, 16)), (3, 5))


def weights(layer: int, levels: float) -> MapWeights:
    width = len(MODEL.nets.generator.get_parameter(f"convolutions.{layer}.weight"))
    every = np.full(width, levels, np.float32)
    return MapWeights(layer, every.astype(np.float64), every, 1, 1, 1.0, 1.0)


@pytest.mark.parametrize("layer", range(len(hidden_sides(MODEL))))
def test_the_rest_of_the_net_draws_on_from_any_layer(layer: int) -> None:
    z = torch.from_numpy(MODEL.latents(range(4)))
    with torch.inference_mode():
        h = list(MODEL.nets.generator.feature_maps(z))[layer]
        assert torch.equal(MODEL.nets.generator.forward_from(h, layer), MODEL.nets.generator(z))


@pytest.mark.parametrize("layer", range(len(hidden_sides(MODEL))))
def test_forced_to_nothing_nothing_changes(layer: int) -> None:
    drawn = insert(MODEL, weights(layer, 0), weights(layer, 1).weights > 0, PLACES)
    assert drawn.seeds == (3, 5)
    assert np.array_equal(drawn.before, MODEL.sample([3, 5]))
    assert np.array_equal(drawn.after, drawn.before)
    assert drawn.inside == drawn.outside == 0


def test_what_is_forced_changes_the_picture_there_and_not_far_away() -> None:
    top = len(hidden_sides(MODEL)) - 1  # nearest to the picture: its units reach a pixel or two beyond the box
    drawn = insert(MODEL, weights(top, 9), weights(top, 9).weights > 0, PLACES)
    change = np.abs(drawn.after.astype(int) - drawn.before).sum(axis=3) > 0
    assert change[0, :8, :8].mean() > 0.9
    assert not change[0, 11:].any()
    assert not change[1, :5].any()
    assert drawn.inside > 5 * drawn.outside


def test_maps_that_are_not_chosen_are_left_alone() -> None:
    none = np.zeros(len(weights(1, 9).weights), np.bool_)
    drawn = insert(MODEL, weights(1, 9), none, PLACES)
    assert np.array_equal(drawn.after, drawn.before)


def test_levels_are_the_mean_inside_the_boxes() -> None:
    whole = Boxes(tuple(Box(seed, 0, 0, 16, 8) for seed in range(6)), tuple(range(6)))
    found = weigh_maps(MODEL, whole, 1)
    with torch.inference_mode():
        maps = list(MODEL.nets.generator.feature_maps(torch.from_numpy(MODEL.latents(range(6)))))[1]
    expected = maps[:, :, : maps.shape[2] // 2].mean(dim=(0, 2, 3)).numpy()
    assert found.levels == pytest.approx(expected, rel=1e-4)


def test_the_usual_place_is_the_median_box() -> None:
    boxes = Boxes((Box(0, 1, 1, 5, 5), Box(1, 2, 2, 6, 6), Box(2, 9, 9, 16, 16)), (0, 1, 2, 8))
    assert usual_place(boxes, (8, 9)).boxes == (Box(8, 2, 2, 6, 6), Box(9, 2, 2, 6, 6))
    with pytest.raises(DcganError, match="no boxes"):
        usual_place(Boxes((), (1,)), (1,))
