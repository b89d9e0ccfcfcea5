"""One queue for the pictures that clients want drawn: what comes together is drawn together, each client in turn."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from dcgan.data.workers import cores
from dcgan.model import Model
from dcgan.studio.answers import BusyError
from dcgan.types import Latents, Pixels

GATHER = 0.004
"""Seconds that a request waits for others to be drawn with."""
SHARE = 32
"""Pictures of a request that are drawn before it is another's turn: what the page asks for at once."""
BATCH = 64
"""Pictures that are drawn together."""
MOST_WAITING = 8192
"""Pictures that may wait: it bounds the memory, and how long the last one waits."""
MODELS = 3
"""Models that are held in memory."""


@dataclass(eq=False)
class _Request:
    model: Model
    z: Latents
    pixels: Pixels
    done: asyncio.Future[Pixels]
    begun: int = 0
    drawn: int = 0

    def next_rows(self, most: int) -> slice:
        """The next rows to draw."""
        start = self.begun
        self.begun = min(len(self.z), start + min(SHARE, most))
        return slice(start, self.begun)


class DrawQueue:
    """Draws z with models for any number of clients: a batch on each core at a time, each by one thread.

    Every client is answered in turn, a share at a time: one that wants a thousand pictures keeps nobody waiting who
    wants one. One thread a batch, because threads that share a batch wait for one another: beside a training, whose
    threads take the cores, two are slower than one.

    Args:
        threads: Batches that are drawn at the same time. Default: one for each core that this process may use.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads or cores()
        self._executor = ThreadPoolExecutor(self._threads, "draw", initializer=torch.set_num_threads, initargs=(1,))
        self._waiting: deque[_Request] = deque()
        self._pictures = 0
        self._models: OrderedDict[Hashable, Model] = OrderedDict()
        self._loading = asyncio.Lock()
        self._drawing: set[asyncio.Task[None]] = set()
        self._serving = 0  # of those tasks, those that will still look for who waits

    async def model(self, key: Hashable, load: Callable[[], Model]) -> Model:
        """A model from memory, or loaded; the one that was used least recently makes room for it.

        Args:
            key: Names it; another checkpoint of a run has another key.
            load: Loads it.
        """
        if key not in self._models:
            async with self._loading:
                if key not in self._models:  # another client may have asked for it meanwhile
                    self._models[key] = await asyncio.to_thread(load)
                    if len(self._models) > MODELS:
                        self._models.popitem(last=False)
        self._models.move_to_end(key)
        return self._models[key]

    async def draw(self, model: Model, z: Latents) -> Pixels:
        """Draw pictures (N, H, W, C), uint8, from z (N, latent_dim).

        Raises:
            BusyError: Too many pictures wait already.
            UsageError: z does not fit the model.
        """
        if self._pictures + len(z) > MOST_WAITING:
            raise BusyError("the studio is drawing too many pictures now: try again in a few seconds")
        pixels = np.empty((len(z), model.size, model.size, model.channels), np.uint8)
        request = _Request(model, z, pixels, asyncio.get_running_loop().create_future())
        self._waiting.append(request)
        self._pictures += len(z)
        if self._serving < self._threads:
            self._serving += 1
            task = asyncio.create_task(self._serve())
            self._drawing.add(task)
            task.add_done_callback(self._drawing.discard)
        try:
            return await request.done
        finally:
            self._pictures -= len(z)

    async def close(self) -> None:
        """Draw no more."""
        for task in self._drawing:
            task.cancel()
        await asyncio.gather(*self._drawing, return_exceptions=True)
        self._executor.shutdown(cancel_futures=True)

    async def _serve(self) -> None:
        """Draw batch after batch until nobody waits."""
        try:
            await asyncio.sleep(GATHER)
            while batch := self._next_batch():
                await self._draw(batch)
        finally:
            self._serving -= 1  # nothing is awaited since it found nobody: who comes now starts another

    async def _draw(self, batch: list[tuple[_Request, slice]]) -> None:
        """Draw a batch, and hand out what is complete."""
        z, model = np.concatenate([request.z[rows] for request, rows in batch]), batch[0][0].model
        try:
            pixels = await asyncio.get_running_loop().run_in_executor(self._executor, model.generate, z)
        except Exception as error:
            for request, _ in batch:
                self._fail(request, error)
            return
        start = 0
        for request, rows in batch:
            count = rows.stop - rows.start
            request.pixels[rows] = pixels[start : start + count]
            start += count
            request.drawn += count
            if request.drawn == len(request.z) and not request.done.done():
                request.done.set_result(request.pixels)

    def _next_batch(self) -> list[tuple[_Request, slice]]:
        """A share of each request for the model of the first one; who is not done goes to the end of the queue."""
        self._waiting = deque(request for request in self._waiting if not request.done.done())
        model, room, batch = self._waiting and self._waiting[0].model, BATCH, list[tuple[_Request, slice]]()
        for _ in range(len(self._waiting)):
            if not room:
                break
            request = self._waiting.popleft()
            if request.model is model:
                rows = request.next_rows(room)
                batch.append((request, rows))
                room -= rows.stop - rows.start
            if request.model is not model or request.begun < len(request.z):
                self._waiting.append(request)
        return batch

    def _fail(self, request: _Request, error: Exception) -> None:
        """Give the rest of a request up."""
        if request in self._waiting:
            self._waiting.remove(request)
        if not request.done.done():
            request.done.set_exception(error)
