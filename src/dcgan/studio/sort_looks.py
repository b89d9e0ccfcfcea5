"""Looks at the pictures of sortings: each a process that can be stopped, one at a time."""

import asyncio
import json
from contextlib import aclosing, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from dcgan.errors import DcganError
from dcgan.studio.answers import inside
from dcgan.studio.child import said_by
from dcgan.studio.contents import model_path, source_path
from dcgan.studio.seen_pictures import SeenPictures, looking_model, model_of_features
from dcgan.studio.sorter import Sorter
from dcgan.studio.sorting import Sorting

State = Literal["looking", "ready", "stopped", "failed"]


@dataclass
class Look:
    """A look at the pictures of a sorting.

    Attributes:
        sorting: Of which.
        phase: What is done: "waiting", then "pictures" are prepared, then "features" extracted.
        done: Pictures so far, and of how many; the number in all may be unknown.
        error: Why they cannot be sorted.
        sorter: What came of the last look that went well.
        newest: Names the model as it was at the last look: a run that goes on has newer ones.
    """

    sorting: Sorting
    phase: str = "waiting"
    done: tuple[int, int | None] = (0, None)
    error: str | None = None
    sorter: Sorter | None = None
    newest: str = ""
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def under_way(self) -> bool:
        """Whether its process works, or waits for its turn."""
        return self.task is not None and not self.task.done()

    def facts(self) -> dict[str, object]:
        """All of it for the page."""
        decisions = self.sorting.decisions()
        state: State = "failed" if self.error else "ready" if self.sorter else "stopped"
        found: dict[str, object] = {
            "model": decisions.model,
            "source": decisions.pictures,
            "classes": decisions.classes,
            "horizontal_flip": decisions.horizontal_flip,
            "version": decisions.version,
            "state": "looking" if self.under_way and not self.sorter else state,
            "looking": self.under_way,
            "phase": self.phase,
            "done": self.done[0],
            "total": self.done[1],
            "error": self.error,
        }
        if self.sorter:
            found |= {"outdated": self.sorter.seen.digest != self.newest, **self.sorter.facts()}
        return found


class Looks:
    """The sortings of a studio's folder.

    Args:
        folder: The studio's.
        device: Where to extract features.
    """

    def __init__(self, folder: Path, device: str) -> None:
        self._folder = folder
        self._device = device
        self._known: dict[Path, Look] = {}
        self._turn = asyncio.Lock()  # a process may need a gigabyte

    def of(self, name: str) -> Look:
        """What is known of a sorting.

        Raises:
            UsageError: It is outside the folder.
            DcganError: There is no such sorting, or it is damaged.
        """
        path = inside(self._folder, name)
        look = self._known.get(path) or Look(Sorting(path))
        look.sorting.decisions()
        return self._known.setdefault(path, look)

    def begin(self, name: str, *, again: bool = False) -> Look:
        """Look at the pictures of a sorting, unless that is under way; `again` takes the run's newest model."""
        look = self.of(name)
        if not look.under_way:
            look.phase, look.done, look.error = "waiting", (0, None), None
            look.task = asyncio.create_task(self._look(look, again))
        return look

    async def stop(self, name: str) -> Look:
        """Stop looking. What was known before stays."""
        look = self.of(name)
        if look.under_way and look.task:
            look.task.cancel()
            with suppress(asyncio.CancelledError):
                await look.task
        return look

    async def close(self) -> None:
        """End what is under way."""
        tasks = [look.task for look in self._known.values() if look.task and not look.task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self, look: Look, again: bool) -> None:
        try:
            asked = json.dumps(await asyncio.to_thread(self._asked, look, again))
            async with self._turn, aclosing(said_by(self._folder, "dcgan.studio.sort_features", asked)) as lines:
                async for said in lines:
                    if "phase" in said:
                        look.phase, look.done = said["phase"], (said["done"], said["total"])
                    elif "error" in said:
                        look.error = said["error"]
                    else:
                        look.sorter = await asyncio.to_thread(self._open, look, Path(said["packed"]))
        except (DcganError, OSError) as error:
            look.error = str(error).replace("`", "")

    def _asked(self, look: Look, again: bool) -> dict[str, object]:
        """What its process is asked: to look with the model of the features that there are, or with the newest."""
        decisions = look.sorting.decisions()
        kept = model_of_features(look.sorting.path)
        try:
            newest = looking_model(model_path(self._folder, decisions.model))
        except DcganError:
            if kept is None or again:
                raise
            newest = kept  # it was removed, and its copy is here
        look.newest = newest.digest
        return {
            "model": asdict(newest if kept is None or again else kept),
            "source": source_path(self._folder, decisions.pictures),
            "sorting": str(look.sorting.path),
            "device": self._device,
            "again": again,
            "horizontal_flip": decisions.horizontal_flip,
        }

    @staticmethod
    def _open(look: Look, packed: Path) -> Sorter:
        seen = SeenPictures.open(look.sorting.path, packed)
        before = look.sorter
        return before if before and before.seen.is_as(seen) else Sorter(look.sorting, seen)  # it may learn just now
