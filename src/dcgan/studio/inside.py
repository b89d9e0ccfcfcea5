"""Looks into discriminators: begun as jobs, each by a process of its own, and kept, so that channels open at once.

A process looks, because it decodes strangers' pictures and a cancel ends it at any moment. What the page then asks for,
patches and guided back-propagation of a few channels, takes parts of a second: one thread computes it, in turn, and
what it has made is kept.
"""

import asyncio
import json
import shutil
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import torch

from dcgan.errors import DcganError, UsageError
from dcgan.studio.answers import BusyError
from dcgan.studio.child import said_by
from dcgan.studio.contents import model_path, source_path
from dcgan.studio.inside_look import Look
from dcgan.studio.jobs import Job, Jobs
from dcgan.studio.photo_edits import PhotoEdits, photo_path
from dcgan.studio.seen_pictures import looking_model
from dcgan.studio.sort_features import Looking
from dcgan.types import Pixels

T = TypeVar("T")
PROGRAM = "dcgan.studio.inside_process"
MOST_JOBS = 16
"""Looks that are under way, wait or have ended."""
MOST_KEPT = 8
"""Looks that are kept, each with its models; the one that was used least recently makes room."""
MOST_BYTES = 64 << 20
"""Of answers that are kept."""
MOST_WAITING = 32
"""Answers that may wait to be computed."""
MOST_PHOTOS = 32
"""Photographs that are kept, at the size of a model's pictures."""


@dataclass(frozen=True)
class Asked:
    """What is to be looked at.

    Attributes:
        model: Whose discriminator, as the page names it.
        source: Pictures, as the page names them; None for samples of the model.
        looking: That model.
        path: Those pictures.
    """

    model: str
    source: str | None
    looking: Looking
    path: str | None


class Inside:
    """Looks into the models of a studio's folder, with files of its own in the system's place for temporary ones.

    Args:
        folder: The studio's.
        device: Where to compute.
        photos: Opens photographs.
    """

    def __init__(self, folder: Path, device: str, photos: PhotoEdits) -> None:
        self._folder = folder
        self._device = device
        self._photos = photos
        self._files = TemporaryDirectory(prefix="dcgan-studio-")
        self._root = Path(self._files.name)
        self._looks: OrderedDict[str, Look] = OrderedDict()
        self._made: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
        self._squares: OrderedDict[tuple[object, ...], Pixels] = OrderedDict()
        self._thread = ThreadPoolExecutor(1, "inside", initializer=torch.set_num_threads, initargs=(1,))
        self._waiting = 0
        self.jobs: Jobs[str] = Jobs(at_once=1, most=MOST_JOBS)  # a process may need a gigabyte

    def asked(self, model: str, source: str | None) -> Asked:
        """What to look at.

        Args:
            model: Whose discriminator, as the page names it.
            source: Pictures, as the page names them; None for samples of the model.

        Raises:
            DcganError: There is no such model, its nets are no DCGAN's, or there are no such pictures.
        """
        path = None if source is None else source_path(self._folder, source)
        return Asked(model, source, looking_model(model_path(self._folder, model)), path)

    def begin(self, asked: Asked) -> str:
        """Begin to look at pictures; return the name of the job, of which a key of `get` comes.

        Raises:
            BusyError: Too many wait already.
        """

        async def work(name: str, job: Job[str]) -> str:
            out = self._root / name
            try:
                return await self._look(asked, out, job)
            finally:
                if all(look.folder != out for look in self._looks.values()):
                    await asyncio.to_thread(shutil.rmtree, out, ignore_errors=True)

        return self.jobs.begin(work)

    def get(self, key: str) -> Look:
        """A look that is kept.

        Raises:
            UsageError: It is not, or made room for others.
        """
        if key not in self._looks:
            raise UsageError("the studio no longer has this result: look again")
        self._looks.move_to_end(key)
        return self._looks[key]

    async def make(self, key: str, what: tuple[object, ...], make: Callable[[Look], bytes]) -> bytes:
        """An answer about a look, which is kept.

        Args:
            key: Of the look.
            what: Names the answer.
            make: Makes it, in the thread that computes.

        Raises:
            UsageError: The look is not kept.
            BusyError: Too much waits already.
        """
        look, name = self.get(key), (key, *what)

        def made() -> bytes:
            """In the thread, one at a time: what somebody else has asked for meanwhile is there by now."""
            found = self._made.get(name) or make(look)
            self._made[name] = found
            while sum(map(len, self._made.values())) > MOST_BYTES:
                self._made.popitem(last=False)
            return found

        if (known := self._made.get(name)) is not None:
            return known
        if self._waiting >= MOST_WAITING:
            raise BusyError("the studio is busy with other work: try again in a few seconds")
        self._waiting += 1
        try:
            return await self._in_thread(made)
        finally:
            self._waiting -= 1

    async def photo(self, key: str, name: str) -> tuple[Pixels, tuple[object, ...]]:
        """The center of a photograph at the size of a look's pictures (H, W, C), and what names it.

        Raises:
            DcganError: It cannot be read, or takes too long.
        """
        look = self.get(key)
        path = photo_path(self._folder, name)
        model = look.models["trained"]
        square = (path, path.stat().st_mtime_ns, model.size, model.channels)
        if square not in self._squares:
            self._squares[square] = await self._photos.square(path, model.size, model.channels)
            if len(self._squares) > MOST_PHOTOS:
                self._squares.popitem(last=False)
        self._squares.move_to_end(square)
        return self._squares[square], square

    async def _look(self, asked: Asked, out: Path, job: Job[str]) -> str:
        """Let a process look; return the key of what it has found, or of the same that is kept already."""
        task = {"model": asdict(asked.looking), "source": asked.path, "device": self._device, "out": str(out)}
        key = ""
        async with aclosing(said_by(self._folder, PROGRAM, json.dumps(task))) as lines:
            async for said in lines:
                if "error" in said:
                    raise DcganError(said["error"])
                if "phase" in said:
                    job.phase = said["phase"]
                    job.on_progress(said["done"], said["total"])
                elif "key" in said:
                    key = str(said["key"])
                    if key in self._looks:
                        return key
                else:
                    look = partial(Look.open, out, self._device, asked.model, asked.source, said["packed"])
                    await self._keep(key, await self._in_thread(look))
                    return key
        raise DcganError("the program that looks at pictures ended without an answer: look again")

    async def _keep(self, key: str, look: Look) -> None:
        self._looks[key] = look
        if len(self._looks) > MOST_KEPT:
            _, old = self._looks.popitem(last=False)
            await asyncio.to_thread(shutil.rmtree, old.folder, ignore_errors=True)

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def close(self) -> None:
        """End what is under way, and remove all files."""
        await self.jobs.close()
        self._thread.shutdown(cancel_futures=True)
        await asyncio.to_thread(self._files.cleanup)
