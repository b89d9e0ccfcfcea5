"""Maps that are raised where a box is."""

import numpy as np
import pytest
import torch
from tests.toy_model import toy_model

from dcgan.dissection.boxes import Box, Boxes
from dcgan.dissection.insert import insert, median_box, raise_maps
from dcgan.dissection.map_classifier import MapClassifier, hidden_sides, hidden_width
from dcgan.errors import DcganError, UsageError

MODEL = toy_model()
AT = Boxes((Box(3, 0, 0, 8, 8), Box(5, 8, 8, 16, 16)), (3, 5))
BOXES = Boxes(tuple(Box(seed, 2, seed % 5, 9, seed % 5 + 7) for seed in range(20)), tuple(range(40)))


def classifier(layer: int, level: float) -> MapClassifier:
    """One that was not fitted: every map has the same weight, and the same mean inside the boxes."""
    every = np.full(hidden_width(MODEL, layer), level, np.float32)
    return MapClassifier(layer, every.astype(np.float64), every, 1, 1, 1.0, 1.0)


def every_map(layer: int) -> np.ndarray:
    return np.ones(hidden_width(MODEL, layer), np.bool_)


@pytest.mark.parametrize("layer", range(len(hidden_sides(MODEL))))
def test_the_rest_of_the_net_goes_on_from_any_layer(layer: int) -> None:
    z = torch.from_numpy(MODEL.latents(range(4)))
    with torch.inference_mode():
        h = list(MODEL.nets.generator.feature_maps(z))[layer]
        assert torch.equal(MODEL.nets.generator.forward_from(h, layer), MODEL.nets.generator(z))


@pytest.mark.parametrize("layer", range(len(hidden_sides(MODEL))))
def test_raised_to_0_nothing_changes(layer: int) -> None:
    result = raise_maps(MODEL, classifier(layer, 0), every_map(layer), AT)
    assert result.seeds == (3, 5)
    assert np.array_equal(result.before, MODEL.sample([3, 5]))
    assert np.array_equal(result.after, result.before)
    assert result.change == (0, 0)


def test_raised_maps_change_the_picture_in_the_box_and_not_far_away() -> None:
    top = len(hidden_sides(MODEL)) - 1  # nearest to the picture: its units reach a pixel or two beyond the box
    result = raise_maps(MODEL, classifier(top, 9), every_map(top), AT)
    change = np.abs(result.after.astype(int) - result.before).sum(axis=3) > 0
    assert change[0, :8, :8].mean() > 0.9
    assert not change[0, 11:].any()
    assert not change[1, :5].any()
    assert result.change.inside > 5 * result.change.outside


def test_maps_that_are_not_chosen_are_left_alone() -> None:
    result = raise_maps(MODEL, classifier(1, 9), ~every_map(1), AT)
    assert np.array_equal(result.after, result.before)


def test_the_median_box_has_the_median_of_each_side() -> None:
    boxes = Boxes((Box(0, 1, 1, 5, 5), Box(1, 2, 2, 6, 6), Box(2, 9, 9, 16, 16)), (0, 1, 2, 8))
    assert median_box(boxes, (8, 9)).boxes == (Box(8, 2, 2, 6, 6), Box(9, 2, 2, 6, 6))
    with pytest.raises(DcganError, match="no boxes"):
        median_box(Boxes((), (1,)), (1,))


def test_by_default_the_object_goes_to_the_median_box_of_samples_without_it() -> None:
    result = insert(MODEL, BOXES, strength=2)
    assert result.seeds == tuple(range(20, 32))
    assert result.change.inside > result.change.outside
    assert "<img" in result._repr_html_()


def test_where_it_goes_can_be_said() -> None:
    assert insert(MODEL, BOXES, AT).seeds == (3, 5)


def test_mistakes_are_named() -> None:
    everywhere = Boxes(BOXES.boxes, tuple(range(20)))
    with pytest.raises(UsageError, match="name with `at` a file of boxes"):
        insert(MODEL, everywhere)
    with pytest.raises(UsageError, match="`strength` must be above 0"):
        insert(MODEL, BOXES, strength=0)
    with pytest.raises(UsageError, match="`strength` must be above 0 and at most 1000, not 1e"):
        insert(MODEL, BOXES, strength=1e40)
    with pytest.raises(DcganError, match="`at`: there are no boxes"):
        insert(MODEL, BOXES, Boxes((), (1,)))
