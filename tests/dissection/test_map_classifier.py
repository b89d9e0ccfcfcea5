"""The logistic regression on a layer's maps."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.toy_model import toy_model

from dcgan.dissection.boxes import Box, Boxes
from dcgan.dissection.map_classifier import Negatives, fit_map_classifier, hidden_sides

MODEL = toy_model()
SIDES = hidden_sides(MODEL)
LAYER = len(SIDES) - 1
SEEDS = tuple(range(60))
NEGATIVES: tuple[Negatives, Negatives] = ("random", "matched")


def boxes_where(channel: int) -> Boxes:
    """A box of one position on each sample, where one map of the layer is strongest."""
    with torch.inference_mode():
        maps = [*MODEL.nets.generator.feature_maps(torch.from_numpy(MODEL.latents(SEEDS)))][LAYER].numpy()
    cell = 16 / SIDES[LAYER]
    boxes = []
    for seed, grid in zip(SEEDS, maps[:, channel], strict=True):
        y, x = np.unravel_index(grid.argmax(), grid.shape)
        boxes.append(Box(seed, float(x * cell), float(y * cell), float((x + 1) * cell), float((y + 1) * cell)))
    return Boxes(tuple(boxes), SEEDS)


def test_the_map_that_marks_the_boxes_has_the_largest_weight() -> None:
    found = fit_map_classifier(MODEL, boxes_where(2), LAYER)
    assert found.weights.argmax() == 2
    assert found.positives == found.negatives == len(SEEDS)
    assert found.roc_auc > 0.9
    assert found.accuracy > 0.8


def test_random_boxes_are_classified_by_chance() -> None:
    random = np.random.default_rng(0)
    corners = random.integers(0, 12, (len(SEEDS), 2)).astype(float)
    boxes = Boxes(tuple(Box(seed, x, y, x + 4, y + 4) for seed, (x, y) in zip(SEEDS, corners, strict=True)), SEEDS)
    assert 0.35 < fit_map_classifier(MODEL, boxes, LAYER).roc_auc < 0.65


def test_with_matched_negatives_what_a_map_always_does_at_a_position_is_no_evidence() -> None:
    generator = deepcopy(MODEL.nets.generator)
    with torch.no_grad():
        generator.stem_norm.bias.view(generator.stem_shape)[0, 0, 0] += 10
    model, cell = replace(MODEL, generator=generator), 16 / SIDES[0]
    boxes = Boxes(tuple(Box(seed, 0, 0, cell, cell) for seed in SEEDS[:30]), SEEDS)
    random, matched = (fit_map_classifier(model, boxes, 0, negatives=how) for how in NEGATIVES)
    assert random.roc_auc > 0.95
    assert random.weights.argmax() == 0
    assert matched.roc_auc < 0.75


def test_inside_means_are_those_in_the_boxes() -> None:
    whole = Boxes(tuple(Box(seed, 0, 0, 16, 8) for seed in range(6)), tuple(range(6)))
    found = fit_map_classifier(MODEL, whole, 1)
    with torch.inference_mode():
        maps = list(MODEL.nets.generator.feature_maps(torch.from_numpy(MODEL.latents(range(6)))))[1]
    expected = maps[:, :, : maps.shape[2] // 2].mean(dim=(0, 2, 3)).numpy()
    assert found.inside_means == pytest.approx(expected, rel=1e-4)


def test_too_few_samples_to_hold_some_out_are_not_judged() -> None:
    found = fit_map_classifier(MODEL, Boxes((Box(0, 0, 0, 8, 8),), (0,)), LAYER)
    assert np.isnan(found.accuracy)
    assert np.isnan(found.roc_auc)


def test_the_second_highest_layer_is_taken_by_default() -> None:
    assert fit_map_classifier(MODEL, boxes_where(0)).layer == len(SIDES) - 2
