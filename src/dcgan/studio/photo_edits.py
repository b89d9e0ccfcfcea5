"""Photographs that somebody has dropped: each is shown, cut square and filled by a process of its own."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from dcgan.errors import DcganError, UsageError
from dcgan.latent.regions import Region
from dcgan.studio.answers import inside
from dcgan.studio.child import said_by
from dcgan.studio.jobs import Job, Jobs
from dcgan.studio.uploads import Uploads
from dcgan.types import Pixels

PROGRAM = "dcgan.studio.photo_process"
ANSWERS = 4
"""Fillings to choose from: as many as there are descents."""
MOST_FILLINGS = 16
"""That are kept, with those that are under way."""
SECONDS_TO_SHOW = 60
"""After which a photograph that is still being decoded is given up."""


@dataclass(frozen=True)
class Filling:
    """A photograph with what was missing filled in.

    Attributes:
        files: The answers, the best first.
        region: The square that the model saw.
    """

    files: tuple[Path, ...]
    region: Region

    def facts(self) -> dict[str, object]:
        """What the page shows of it."""
        return {"answers": len(self.files), "region": self.region}


def photo_path(folder: Path, name: str) -> Path:
    """The file of a photograph by its path in the studio's folder.

    Raises:
        UsageError: It is outside the folder, or there is none.
    """
    path = inside(folder, name)
    if not path.is_file():
        raise UsageError(f"the picture {name!r} is no longer in the studio's folder: drop it again")
    return path


class PhotoEdits:
    """Opens and fills photographs, with files of its own in the system's place for temporary ones.

    Args:
        device: Where to compute.
        uploads: Of which those are removed that cannot be read.
    """

    def __init__(self, device: str, uploads: Uploads) -> None:
        self._device = device
        self._uploads = uploads
        self._folder = TemporaryDirectory(prefix="dcgan-studio-")
        self._root = Path(self._folder.name)
        self._showing = asyncio.Semaphore(2)
        self.fillings: Jobs[Filling] = Jobs(at_once=1, most=MOST_FILLINGS, forget=self._remove)

    async def show(self, photo: Path) -> Path:
        """A photograph as a PNG of its own, upright and in sRGB; whoever gets it removes it.

        Raises:
            DcganError: It cannot be read, or takes too long.
        """
        return await self._opened("show", photo)

    async def square(self, photo: Path, size: int, channels: int) -> Pixels:
        """The center square of a photograph, as a model learns from it: (size, size, channels), uint8.

        Raises:
            DcganError: It cannot be read, or takes too long.
        """
        path = await self._opened("square", photo, size, channels)
        try:
            with Image.open(path) as image:
                return np.asarray(image).reshape(size, size, channels)
        finally:
            path.unlink()

    def fill(self, photo: Path, mask: bytes, model: Path, region: Region | None = None) -> str:
        """Begin to fill what is missing of a photograph; return the name of the job.

        Args:
            photo: The photograph.
            mask: As PNG of its size, white where it is missing.
            model: Folder of the model that draws what is missing.
            region: The square that the model sees; it must hold all that is missing. Default: that of
                `dcgan.latent.regions.region_for`.

        Raises:
            BusyError: Too many wait already.
        """

        async def work(name: str, job: Job[Filling]) -> Filling:
            folder = self._root / name
            folder.mkdir()
            (folder / "mask.png").write_bytes(mask)
            words = ("fill", photo, folder, model, folder / "mask.png", ANSWERS, self._device, *(region or ()))
            async with aclosing(self._said(*words)) as lines:
                async for said in lines:
                    if "error" in said:
                        raise DcganError(said["error"])
                    if "answers" in said:
                        files = (folder / f"answer-{number}.png" for number in range(1, said["answers"] + 1))
                        return Filling(tuple(files), Region(*said["region"]))
                    job.on_progress(said["done"], said["total"])
            raise DcganError("the program that fills pictures ended without an answer: try again")

        return self.fillings.begin(work)

    def answer(self, name: str, number: int) -> Path:
        """The file of an answer, from 1.

        Raises:
            UsageError: There is none.
        """
        files = self.fillings.result(name).files
        if not 1 <= number <= len(files):
            raise UsageError(f"there are {len(files)} answers, so there is no answer {number}")
        return files[number - 1]

    async def close(self) -> None:
        """End what is under way, and remove all files."""
        await self.fillings.close()
        await asyncio.to_thread(self._folder.cleanup)

    async def _opened(self, verb: str, photo: Path, *words: object) -> Path:
        out = self._root / f"{token_hex(8)}.png"
        async with self._showing:
            try:
                async with asyncio.timeout(SECONDS_TO_SHOW), aclosing(self._said(verb, photo, out, *words)) as lines:
                    async for said in lines:
                        if said.get("unusable"):
                            self._uploads.remove(self._uploads.stored(photo))
                        if "error" in said:
                            raise DcganError(said["error"])
            except TimeoutError as error:
                raise DcganError("this picture takes too long to open: make it smaller first") from error
        return out

    def _said(self, *words: object) -> AsyncGenerator[dict[str, Any], None]:
        return said_by(self._root, PROGRAM, *map(str, words))

    def _remove(self, name: str) -> None:
        shutil.rmtree(self._root / name, ignore_errors=True)
