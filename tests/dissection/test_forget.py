"""Forgetting: the regression over a layer's maps, and maps that are dropped."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.toy_model import toy_model

from dcgan.dissection.boxes import Box, Boxes
from dcgan.dissection.forget import Outside, default_layer, hidden_sides, mask_of, scale_maps, weigh_maps
from dcgan.errors import DcganError, ModelError
from dcgan.model import load

MODEL = toy_model()
SIDES = hidden_sides(MODEL)
LAYER = len(SIDES) - 1
SEEDS = tuple(range(60))
OUTSIDE: tuple[Outside, Outside] = ("random", "matched")


def maps_of(layer: int) -> np.ndarray:
    with torch.inference_mode():
        return [*MODEL.nets.generator.feature_maps(torch.from_numpy(MODEL.latents(SEEDS)))][layer].numpy()


def boxes_where(map_: int) -> Boxes:
    """A box of one cell on each sample, where one map of the layer is strongest."""
    cell = 16 / SIDES[LAYER]
    boxes = []
    for seed, grid in zip(SEEDS, maps_of(LAYER)[:, map_], strict=True):
        y, x = np.unravel_index(grid.argmax(), grid.shape)
        boxes.append(Box(seed, float(x * cell), float(y * cell), float((x + 1) * cell), float((y + 1) * cell)))
    return Boxes(tuple(boxes), SEEDS)


def test_the_map_that_marks_the_boxes_weighs_most() -> None:
    found = weigh_maps(MODEL, boxes_where(2), LAYER)
    assert found.weights.argmax() == 2
    assert found.inside == found.outside == len(SEEDS)
    assert found.area > 0.9
    assert found.accuracy > 0.8


def test_boxes_at_random_are_told_by_chance() -> None:
    random = np.random.default_rng(0)
    corners = random.integers(0, 12, (len(SEEDS), 2)).astype(float)
    boxes = Boxes(tuple(Box(seed, x, y, x + 4, y + 4) for seed, (x, y) in zip(SEEDS, corners, strict=True)), SEEDS)
    assert 0.35 < weigh_maps(MODEL, boxes, LAYER).area < 0.65


def test_what_a_map_always_does_at_a_place_speaks_for_nothing_when_places_are_matched() -> None:
    generator = deepcopy(MODEL.nets.generator)
    with torch.no_grad():
        generator.stem_norm.bias.view(generator.stem_shape)[0, 0, 0] += 10
    model, cell = replace(MODEL, generator=generator), 16 / SIDES[0]
    boxes = Boxes(tuple(Box(seed, 0, 0, cell, cell) for seed in SEEDS[:30]), SEEDS)
    random, matched = (weigh_maps(model, boxes, 0, outside=how) for how in OUTSIDE)
    assert random.area > 0.95
    assert random.weights.argmax() == 0
    assert matched.area < 0.75


def test_a_map_times_a_factor_is_what_the_next_convolution_sees() -> None:
    factors = np.random.default_rng(0).random((maps_of(0).shape[1],), np.float32)
    edited = scale_maps(MODEL, 0, factors)
    with torch.inference_mode():
        z = torch.from_numpy(MODEL.latents(SEEDS))
        first, second = [*MODEL.nets.generator.feature_maps(z)][:2]
        scaled = first * torch.from_numpy(factors)[:, None, None]
        expected = torch.relu(MODEL.nets.generator.norms[0](MODEL.nets.generator.convolutions[0](scaled)))
        torch.testing.assert_close([*edited.nets.generator.feature_maps(z)][1], expected)
    assert not torch.allclose(second, expected)


def test_the_model_itself_stays_and_the_edit_is_noted_and_kept(tmp_path: Path) -> None:
    before, drawn = deepcopy(MODEL.nets.generator.state_dict()), MODEL.sample(range(4))
    factors = np.ones(maps_of(LAYER).shape[1], np.float32)
    factors[[1, 3]] = 0, 0.5
    edited = scale_maps(scale_maps(MODEL, LAYER, factors), LAYER, factors)
    assert all(torch.equal(tensor, before[name]) for name, tensor in MODEL.nets.generator.state_dict().items())
    assert np.array_equal(MODEL.sample(range(4)), drawn)
    assert edited.identity != MODEL.identity
    edited.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert np.array_equal(again.sample(range(4)), edited.sample(range(4)))
    edits = again.details["forgotten"]
    assert isinstance(edits, list)
    assert [edit["layer"] for edit in edits] == [LAYER, LAYER]
    assert edits[0]["factors"] == {"1": 0.0, "3": 0.5}
    assert edits[0]["of"] == MODEL.identity


def test_a_cell_is_inside_where_its_center_is_and_a_box_between_centers_has_one() -> None:
    boxes = Boxes((Box(0, 1.9, 0, 6.1, 4), Box(1, 4.5, 12.5, 5, 13), Box(2, 15.9, 15.9, 16, 16)), (0, 1, 2))
    first, second, third = (mask_of(boxes, seed, 16, 4) for seed in range(3))
    assert np.argwhere(first).tolist() == [[0, 0], [0, 1]]  # centers at 2, 6, 10 and 14
    assert np.argwhere(second).tolist() == [[3, 1]]
    assert np.argwhere(third).tolist() == [[3, 3]]


def test_the_second_highest_layer_is_taken_by_default() -> None:
    assert default_layer(MODEL) == len(SIDES) - 2
    assert weigh_maps(MODEL, boxes_where(0)).layer == len(SIDES) - 2


def test_what_cannot_be_done_is_named() -> None:
    with pytest.raises(ModelError, match="hidden layers of this generator are 0"):
        weigh_maps(MODEL, boxes_where(0), 9)
    with pytest.raises(ModelError, match="maps, not 3"):
        scale_maps(MODEL, 0, np.ones(3, np.float32))
    everything = Boxes((Box(0, 0, 0, 16, 16),), (0,))
    with pytest.raises(DcganError, match="cover every place"):
        weigh_maps(MODEL, everything)
