"""Strongest responses and statistics: of a stream the same as of everything at once."""

from dataclasses import fields

import numpy as np
import pytest
import torch
from tests.toy_model import toy_model

from dcgan.errors import ModelError
from dcgan.inspection.responses import measure_layers, measure_responses
from dcgan.model import Model
from dcgan.pixels import to_images

MODEL = toy_model()
PIXELS = MODEL.sample(range(150))


def with_a_dead_feature() -> Model:
    """Feature 3 of the last layer is pushed below 0 everywhere."""
    model = toy_model()
    with torch.no_grad():
        model.nets.discriminator.get_parameter("norms.0.weight")[3] = 0
        model.nets.discriminator.get_parameter("norms.0.bias")[3] = -1
    return model


def test_a_net_that_diverged_is_refused() -> None:
    model = toy_model()
    with torch.no_grad():
        model.nets.discriminator.get_parameter("norms.0.bias").fill_(float("nan"))
    with pytest.raises(ModelError, match="numbers that are not finite"):
        measure_responses(model, PIXELS, 1)


@pytest.mark.parametrize("layer", [0, 1])
def test_a_stream_gives_what_one_pass_over_all_gives(layer: int) -> None:
    with torch.no_grad():
        maps = MODEL.nets.discriminator.activations(to_images(torch.from_numpy(PIXELS)))[layer].numpy()
    found = measure_responses(MODEL, PIXELS, layer, 5, batch_size=32)
    assert found.mean == pytest.approx(maps.mean(axis=(0, 2, 3)), rel=1e-4, abs=1e-6)
    assert found.std == pytest.approx(maps.std(axis=(0, 2, 3)), rel=1e-3)
    assert found.positive_positions == pytest.approx((maps > 0).mean(axis=(0, 2, 3)), abs=1e-3)
    assert found.positive_pictures == pytest.approx((maps > 0).any(axis=(2, 3)).mean(axis=0), abs=1e-3)
    largest = np.sort(maps.max(axis=(2, 3)), axis=0)[::-1][:5].T
    assert found.value == pytest.approx(largest, rel=1e-4)
    feature, row, column = found.units.reshape(-1, 3).T
    assert maps[found.picture.ravel(), feature, row, column] == pytest.approx(found.value.ravel(), rel=1e-4)


def test_the_batch_does_not_matter() -> None:
    every = measure_responses(MODEL, PIXELS, 1, 4, batch_size=1000)
    for batch_size in (1, 7, 64, 150):
        some = measure_responses(MODEL, PIXELS, 1, 4, batch_size=batch_size)
        for field in fields(every):
            found, expected = getattr(some, field.name), getattr(every, field.name)
            assert found == pytest.approx(expected, rel=1e-4, abs=1e-6), field.name


def test_the_strongest_come_from_different_pictures_and_in_order() -> None:
    found = measure_responses(MODEL, PIXELS, 1, 6)
    assert (np.diff(found.value, axis=1) <= 0).all()
    assert all(len(set(row)) == 6 for row in found.picture.tolist())


def test_of_equal_responses_the_earlier_picture_counts() -> None:
    same = np.repeat(PIXELS[:1], 9, axis=0)
    assert (measure_responses(MODEL, same, 1, 4, batch_size=3).picture == np.arange(4)).all()


def test_fewer_pictures_than_wanted_are_all_kept() -> None:
    assert measure_responses(MODEL, PIXELS[:3], 1, 8).value.shape == (16, 3)


def test_dead_features_are_those_that_never_respond() -> None:
    found = measure_responses(with_a_dead_feature(), PIXELS, 1)
    assert found.dead.tolist() == [3]
    assert (found.value[3] < 0).all()
    assert found.mean[3] == pytest.approx(-0.2)


def test_all_layers_are_measured_together_as_each_alone() -> None:
    together = measure_layers(MODEL, PIXELS, keep=3)
    assert [found.layer for found in together] == [0, 1]
    for found in together:
        alone = measure_responses(MODEL, PIXELS, found.layer, 3)
        assert all(np.array_equal(getattr(found, one.name), getattr(alone, one.name)) for one in fields(alone))


def test_selectivity_is_how_far_the_strongest_lie_above_the_mean_in_standard_deviations() -> None:
    found = measure_responses(MODEL, PIXELS, 1, 5)
    assert found.selectivity == pytest.approx((found.value.mean(axis=1) - found.mean) / found.std)
    assert (found.selectivity > 0).all()


def test_a_dead_feature_has_no_selectivity_and_no_deviations() -> None:
    found = measure_responses(with_a_dead_feature(), PIXELS, 1)
    assert (found.std[3], found.selectivity[3]) == (0, 0)
    assert found.deviations(found.value[:, 0])[3] == 0


def test_progress_ends_with_all() -> None:
    told: list[tuple[int, int | None]] = []
    measure_responses(MODEL, PIXELS, 0, on_progress=lambda *now: told.append(now))
    assert told == [(64, 150), (128, 150), (150, 150)]


def test_what_cannot_be_measured_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        measure_responses(MODEL, PIXELS[:0], 1)
    with pytest.raises(ValueError, match="at least 1"):
        measure_responses(MODEL, PIXELS, 1, 0)
    with pytest.raises(ModelError, match="`layer` -1"):
        measure_responses(MODEL, PIXELS, -1)
