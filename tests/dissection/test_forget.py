"""Forgetting: maps that are dropped, and the model that comes out."""

from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.toy_model import toy_model

from dcgan.dissection.boxes import Box, Boxes, write_boxes
from dcgan.dissection.forget import forget, scale_maps
from dcgan.dissection.map_classifier import hidden_sides
from dcgan.errors import DcganError, LatentError, UsageError
from dcgan.latent.arithmetic import arithmetic
from dcgan.latent.concepts import add_concepts, concept_of_seeds, own_concepts
from dcgan.loading import load

MODEL = toy_model()
LAYER = len(hidden_sides(MODEL)) - 1
SEEDS = tuple(range(20))
BOXES = Boxes(tuple(Box(seed, seed % 8, 2, seed % 8 + 6, 9) for seed in SEEDS[:15]), SEEDS)


def maps_of(layer: int) -> np.ndarray:
    with torch.inference_mode():
        return [*MODEL.nets.generator.feature_maps(torch.from_numpy(MODEL.latents(SEEDS)))][layer].numpy()


def test_maps_with_a_weight_above_the_threshold_are_dropped() -> None:
    result = forget(MODEL, BOXES, LAYER)
    assert result.dropped.tolist() == (result.classifier.weights > 0).tolist()
    expected = scale_maps(MODEL, LAYER, np.where(result.dropped, 0, 1).astype(np.float32))
    assert result.after.identity == expected.identity != MODEL.identity
    assert result.control is None
    assert result.changes()["after"].inside > 0
    assert forget(MODEL, BOXES, LAYER, threshold=0.1).dropped.sum() < result.dropped.sum()


def test_boxes_can_come_from_a_file(tmp_path: Path) -> None:
    write_boxes(BOXES, 16, tmp_path / "boxes.json")
    assert forget(MODEL, tmp_path / "boxes.json").after.identity == forget(MODEL, BOXES).after.identity


def test_the_control_drops_as_many_random_maps() -> None:
    result = forget(MODEL, BOXES, LAYER, control=True)
    assert [*result.changes()] == ["after", "random maps"]
    assert result.control is not None
    edits = result.control.details["forgotten"]
    assert isinstance(edits, list)
    assert len(edits[0]["factors"]) == result.dropped.sum()
    assert result.control.identity != result.after.identity
    assert result.figure().height > forget(MODEL, BOXES, LAYER).figure().height + 60


def test_a_notebook_shows_samples_before_and_after() -> None:
    assert "maps of layer" in forget(MODEL, BOXES)._repr_html_()


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


def test_the_model_itself_stays_and_its_details_list_the_edit(tmp_path: Path) -> None:
    before, pixels = deepcopy(MODEL.nets.generator.state_dict()), MODEL.sample(range(4))
    factors = np.ones(maps_of(LAYER).shape[1], np.float32)
    factors[[1, 3]] = 0, 0.5
    edited = scale_maps(scale_maps(MODEL, LAYER, factors), LAYER, factors)
    assert all(torch.equal(tensor, before[name]) for name, tensor in MODEL.nets.generator.state_dict().items())
    assert np.array_equal(MODEL.sample(range(4)), pixels)
    assert edited.identity != MODEL.identity
    edited.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert np.array_equal(again.sample(range(4)), edited.sample(range(4)))
    edits = again.details["forgotten"]
    assert isinstance(edits, list)
    assert [edit["layer"] for edit in edits] == [LAYER, LAYER]
    assert edits[0]["factors"] == {"1": 0.0, "3": 0.5}
    assert edits[0]["of"] == MODEL.identity


def test_concepts_of_the_model_before_are_not_those_of_the_edited_one(tmp_path: Path) -> None:
    MODEL.save(tmp_path / "model")
    model = load(tmp_path / "model")
    add_concepts(tmp_path / "model" / "concepts.toml", [concept_of_seeds("a", [1, 2], model)], model)
    assert own_concepts(model) == tmp_path / "model" / "concepts.toml"
    edited = scale_maps(model, LAYER, np.zeros(maps_of(LAYER).shape[1], np.float32))
    assert own_concepts(edited) is None
    with pytest.raises(LatentError, match="there is no concept 'a': the model has none of its own"):
        arithmetic(edited, "a")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layer": 9}, "`layer` 9: the hidden layers of this generator are 0"),
        ({"scale": 1.0}, "`scale` must be -10 to less than 1, not 1"),
        ({"seed": -1}, "`seed` must be a whole number from 0"),
        ({"threshold": 1000.0}, "no map of layer . has a weight above it"),
        ({"threshold": float("nan")}, "`threshold` must be a finite number"),
        ({"negatives": "all"}, "`negatives` must be random or matched"),
    ],
)
def test_a_value_out_of_its_range_is_named(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        forget(MODEL, BOXES, **arguments)  # type: ignore[arg-type]


def test_boxes_that_leave_nothing_to_learn_are_named() -> None:
    with pytest.raises(DcganError, match="there are no boxes"):
        forget(MODEL, Boxes((), (0,)))
    with pytest.raises(DcganError, match="cover every position"):
        forget(MODEL, Boxes((Box(0, 0, 0, 16, 16),), (0,)))


def test_factors_of_another_layer_are_refused() -> None:
    with pytest.raises(UsageError, match="`factors` has 3 values"):
        scale_maps(MODEL, 0, np.ones(3, np.float32))
