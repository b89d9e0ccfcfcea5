"""The baseline: random weights that have a seed, with statistics of the pictures at hand."""

import numpy as np
import pytest
import torch
from tests.toy_model import toy_model

from dcgan.errors import ModelError
from dcgan.inspection.inputs import BATCH
from dcgan.inspection.responses import measure_responses
from dcgan.inspection.untrained import untrained
from dcgan.training.recipe import Recipe
from dcgan.training.state import TrainingState
from dcgan.training.transfer import with_nets_of

MODEL = toy_model()
PIXELS = MODEL.sample(range(150))


def test_a_seed_names_the_weights() -> None:
    first, again, other = (measure_responses(untrained(MODEL, PIXELS, seed), PIXELS, 1) for seed in (0, 0, 1))
    assert np.array_equal(first.value, again.value)
    assert not np.allclose(first.value, other.value)


def test_they_are_those_that_a_training_with_this_seed_begins_with() -> None:
    model = toy_model()
    recipe = with_nets_of(model, Recipe(seed=5, device="cpu", precision="float32"))
    state = TrainingState(recipe)
    ours = untrained(model, PIXELS, 5).discriminator.state_dict()
    theirs = state.discriminator.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs if name.endswith("weight"))


def test_statistics_are_of_the_pictures_and_the_model_is_left_alone() -> None:
    before = {name: tensor.clone() for name, tensor in MODEL.nets.discriminator.state_dict().items()}
    found = measure_responses(untrained(MODEL, PIXELS[:BATCH]), PIXELS[:BATCH], 1)
    assert found.positive_positions == pytest.approx(np.full(16, 0.5), abs=0.25)  # normalized about 0
    assert all(torch.equal(tensor, before[name]) for name, tensor in MODEL.nets.discriminator.state_dict().items())


@pytest.mark.parametrize("count", [1, 63, 64, 100])
def test_few_pictures_will_do(count: int) -> None:
    told: list[tuple[int, int | None]] = []
    model = untrained(MODEL, PIXELS[:count], on_progress=lambda *now: told.append(now))
    assert np.isfinite(measure_responses(model, PIXELS[:count], 1).value).all()
    assert told == [(64, 64)]


def test_pictures_of_another_shape_are_refused() -> None:
    with pytest.raises(ModelError, match="pictures of shape"):
        untrained(MODEL, PIXELS[:, :8, :8])
