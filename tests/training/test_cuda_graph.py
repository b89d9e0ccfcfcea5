"""The captured step: refused where there is nothing to capture, and the same as usual where there is."""

from dataclasses import replace

import pytest
import torch
from tests.training.toys import TOY, discs

from dcgan.errors import RecipeError
from dcgan.training.cuda_graph import CapturedUpdate
from dcgan.training.device import resolve
from dcgan.training.image_loader import Pictures
from dcgan.training.state import TrainingState
from dcgan.training.step import Update, update_nets
from dcgan.training.trainer import train_batch


def test_on_a_cpu_there_is_nothing_to_capture() -> None:
    with pytest.raises(RecipeError, match="--capture"):
        resolve(replace(TOY, capture=True))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("updates", ["both", "alternate"])
def test_replayed_steps_train_as_usual_ones_do_across_a_roll_back_too(updates: str) -> None:
    recipe = TOY.changed({"device": "cuda", "capture": True, "updates": updates, "r1_gamma": 1.0})

    def trained(update: Update) -> torch.Tensor:
        state = TrainingState(recipe)
        pictures = Pictures(discs(), state.device)
        for step in range(40):
            if step == 25:
                state.progress.rollbacks = 1
                state.set_learning_rates()
            train_batch(state, pictures, update)
        return torch.cat([p.detach().flatten() for p in state.generator.parameters()])

    torch.testing.assert_close(trained(CapturedUpdate()), trained(update_nets), atol=1e-4, rtol=1e-3)
