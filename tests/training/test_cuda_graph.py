"""The captured step: refused where there is nothing to capture, and the same as usual where there is."""

from dataclasses import replace

import pytest
import torch
from tests.training.toys import TOY, discs

from dcgan.errors import RecipeError
from dcgan.training.batches import ImageLoader
from dcgan.training.cuda_graph import GraphReplay
from dcgan.training.distributed import resolve_recipe
from dcgan.training.state import TrainingState
from dcgan.training.step import train_step


def test_on_a_cpu_there_is_nothing_to_capture() -> None:
    with pytest.raises(RecipeError, match="`capture`"):
        resolve_recipe(replace(TOY, capture=True))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("updates", ["both", "alternate"])
def test_replayed_steps_train_as_usual_ones_do_across_a_roll_back_too(updates: str) -> None:
    recipe = TOY.changed({"device": "cuda", "capture": True, "updates": updates, "r1_gamma": 1.0})

    def trained(replay: GraphReplay | None) -> torch.Tensor:
        state = TrainingState(recipe)
        loader = ImageLoader(discs(), state.device)
        for step in range(40):
            if step == 25:
                state.progress.rollbacks = 1
                state.set_learning_rates()
            batch = loader.batch(recipe, step, state.progress.rollbacks)
            train_step(state, batch, replay) if replay else train_step(state, batch)
        return torch.cat([p.detach().flatten() for p in state.generator.parameters()])

    torch.testing.assert_close(trained(GraphReplay()), trained(None), atol=1e-4, rtol=1e-3)
