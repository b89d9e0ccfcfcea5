"""What pictures become before they are learned from: how many can be used, and which cannot, with the reason.

The pictures are a stranger's: they are decoded by a process of their own, of which this module is the program. What it
prepares is kept in the cache, where the training finds it.
"""

import asyncio
import sys
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from dcgan.data.cache import open_pictures
from dcgan.data.drawings import looks_drawn
from dcgan.data.packed import PackedSet
from dcgan.figures.sheets import picture_bytes, sheet
from dcgan.studio.child import errors_said, said_by, say
from dcgan.studio.uploads import Uploads

MOST_LISTED = 500
"""Pictures that cannot be used, of which the page is told."""
SHOWN = 24
"""Pictures of a set that are shown."""


@dataclass
class Intake:
    """A look at pictures that is under way, or done.

    Attributes:
        done: Pictures decoded so far, and of how many; the number in all may be unknown.
        packed: What was made of them, once it is done.
        error: Why they cannot be used.
    """

    done: tuple[int, int | None] = (0, None)
    packed: Path | None = None
    error: str | None = None
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    def facts(self) -> dict[str, object]:
        """All of it for the page, with what cannot be used and why."""
        if self.error:
            return {"error": self.error}
        if self.packed is None:
            return {"done": self.done[0], "total": self.done[1]}
        return describe(PackedSet.open(self.packed))


class Intakes:
    """Looks at pictures, at most one at the same time for the same pictures and size.

    Args:
        folder: The studio's.
        uploads: Of which those are removed that cannot be used.
    """

    def __init__(self, folder: Path, uploads: Uploads) -> None:
        self._folder = folder
        self._uploads = uploads
        self._known: dict[tuple[str, int], Intake] = {}

    def begin(self, source: str, size: int) -> Intake:
        """Look at pictures, unless that is under way."""
        known = self._known.get((source, size))
        if known is None or known.task is None or known.task.done():
            known = self._known[source, size] = Intake()
            known.task = asyncio.create_task(self._look(known, source, size))
        return known

    def of(self, source: str, size: int) -> Intake | None:
        """What was begun, if it was."""
        return self._known.get((source, size))

    async def close(self) -> None:
        """End what is under way."""
        tasks = [one.task for one in self._known.values() if one.task and not one.task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self, intake: Intake, source: str, size: int) -> None:
        stored = self._uploads.stored(source)
        try:
            async with aclosing(said_by(self._folder, "dcgan.studio.intake", source, str(size))) as lines:
                async for said in lines:
                    if "done" in said:
                        intake.done = (said["done"], said["total"])
                    elif "error" in said:
                        intake.error = said["error"]
                        if said.get("unusable"):
                            self._uploads.remove(stored)
                    else:
                        intake.packed = Path(said["packed"])
        except OSError as error:  # no process can be started, or a file not be removed
            intake.error = f"the pictures cannot be looked at: {error.strerror or error}"


def describe(packed: PackedSet) -> dict[str, object]:
    """What a packed set has: how many are used and skipped, and why; the first skipped, the noun, "drawn" or not."""
    index = packed.index()
    skipped = index.filter(pc.equal(index["status"], "skipped"))
    reasons = {entry["values"]: entry["counts"] for entry in pc.value_counts(skipped["reason"]).to_pylist()}
    listed = skipped.select(["name", "reason", "detail"]).slice(0, MOST_LISTED).to_pylist()
    counts = {"used": len(packed), "skipped": len(skipped), "reasons": reasons, "list": listed}
    return {**counts, "size": packed.size, "noun": packed.noun, "drawn": looks_drawn(packed)}


def shown(packed: PackedSet) -> bytes:
    """Some of the prepared pictures, from all over the set, as a sheet in PNG."""
    rows = np.unique(np.linspace(0, len(packed) - 1, min(SHOWN, len(packed))).astype(int))
    return picture_bytes(sheet(np.asarray(packed.pixels[rows]), scale=1), ".png")


def main() -> None:
    """Prepare pictures and print lines of JSON: how far it is, then the packed set, or an error."""
    source, size = sys.argv[1], int(sys.argv[2])
    with errors_said():
        packed = open_pictures(source, size=size, on_progress=lambda done, total: say(done=done, total=total))
        say(packed=str(packed.path.resolve()))


if __name__ == "__main__":
    main()
