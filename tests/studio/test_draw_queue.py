"""Pictures for many clients at once."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import numpy as np
import pytest
from tests.toy_model import toy_model

from dcgan.errors import UsageError
from dcgan.model import Model
from dcgan.studio.answers import BusyError
from dcgan.studio.draw_queue import BATCH, MODELS, MOST_WAITING, DrawQueue
from dcgan.types import Latents, Pixels

MODEL, OTHER = toy_model(), toy_model("uniform")


def run(*wanted: Coroutine[Any, Any, Pixels]) -> list[Pixels | BaseException]:
    async def together() -> list[Pixels | BaseException]:
        return await asyncio.gather(*wanted, return_exceptions=True)

    return asyncio.run(together())


@pytest.mark.parametrize("threads", [1, 3])
def test_every_client_gets_its_own_pictures(threads: int) -> None:
    queue = DrawQueue(threads)
    seeds = [range(5), range(40, 140), [7], range(3)]
    models = [MODEL, OTHER, MODEL, OTHER]
    drawn = run(*(queue.draw(model, model.latents(one)) for model, one in zip(models, seeds, strict=True)))
    for model, one, pixels in zip(models, seeds, drawn, strict=True):
        assert isinstance(pixels, np.ndarray)
        np.testing.assert_array_equal(pixels, model.sample(one))


def test_who_comes_as_soon_as_another_is_served_is_served_too() -> None:
    async def one_after_the_other() -> int:
        queue = DrawQueue(1)
        for seed in range(5):
            await asyncio.wait_for(queue.draw(MODEL, MODEL.latents([seed])), 60)
        return seed

    assert asyncio.run(one_after_the_other()) == 4


def test_what_comes_together_is_drawn_together(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []
    generate = Model.generate

    def counted(self: Model, z: Latents) -> Pixels:
        counts.append(len(z))
        return generate(self, z)

    monkeypatch.setattr(Model, "generate", counted)
    queue = DrawQueue(1)
    run(*(queue.draw(MODEL, MODEL.latents([seed])) for seed in range(100)))
    assert counts == [BATCH, 100 - BATCH]


def test_who_wants_little_does_not_wait_for_who_wants_much() -> None:
    queue, order = DrawQueue(1), []

    async def ask(count: int) -> Pixels:
        pixels = await queue.draw(MODEL, MODEL.latents(range(count)))
        order.append(count)
        return pixels

    run(ask(1000), ask(900), ask(1), ask(2))
    assert order == [1, 2, 900, 1000]


def test_more_than_can_be_drawn_soon_is_refused_and_then_there_is_room_again() -> None:
    queue = DrawQueue(1)
    z = MODEL.latents(range(2))
    huge = np.broadcast_to(z[:1], (MOST_WAITING, z.shape[1]))

    async def crowd() -> None:
        request = asyncio.create_task(queue.draw(MODEL, huge))
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="try again"):
            await queue.draw(MODEL, z)
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        assert len(await queue.draw(MODEL, z)) == 2

    asyncio.run(crowd())


def test_z_that_cannot_be_drawn_fails_alone() -> None:
    queue = DrawQueue(1)
    wrong = np.full((1, 6), np.nan, np.float32)
    one, other = run(queue.draw(OTHER, wrong), queue.draw(MODEL, MODEL.latents([1])))
    assert isinstance(one, UsageError)
    assert isinstance(other, np.ndarray)


def test_a_few_models_stay_in_memory_and_the_oldest_makes_room() -> None:
    queue, loaded = DrawQueue(1), []

    def load(key: int) -> Model:
        loaded.append(key)
        return MODEL

    async def use(*keys: int) -> None:
        for key in keys:
            await queue.model(key, lambda key=key: load(key))  # type: ignore[misc]

    asyncio.run(use(*range(MODELS), 0, MODELS, 0, 1))
    assert loaded == [*range(MODELS), MODELS, 1]
