"""Long work that the page begins, follows and may cancel: a bounded number of jobs, of which some work at a time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Generic, TypeVar

from dcgan.errors import DcganError, UsageError
from dcgan.studio.answers import BusyError

T = TypeVar("T")
_LOG = logging.getLogger(__name__)


@dataclass(eq=False)
class Job(Generic[T]):
    """Work that waits, is under way, or has ended.

    Attributes:
        phase: Which part of it is under way, where it has several.
        done: Steps of that part done so far, and of how many; the number in all may be unknown.
        result: What came of it, once it is done.
        error: Why nothing came of it.
        canceled: Whether it is to end: work in a thread looks at it with each step.
    """

    phase: str = ""
    done: tuple[int, int | None] = (0, None)
    result: T | None = None
    error: str | None = None
    canceled: bool = False
    task: "asyncio.Task[None] | None" = field(default=None, repr=False)

    def facts(self) -> dict[str, object]:
        """What the page shows of it while there is no result."""
        if self.error:
            return {"error": self.error}
        found: dict[str, object] = {"done": self.done[0], "total": self.done[1]}
        return {"phase": self.phase, **found} if self.phase else found

    def on_progress(self, done: int, total: int | None) -> None:
        """Note how far it is.

        Raises:
            CanceledError: It is to end.
        """
        if self.canceled:
            raise CanceledError("this was canceled")
        self.done = (done, total)


class CanceledError(DcganError):
    """Somebody has canceled the work."""


class Jobs(Generic[T]):
    """Jobs by name. The oldest that has ended makes room for a new one.

    Args:
        at_once: How many work at the same time; the others wait.
        most: How many there are, with those that wait and those that have ended.
        forget: Called with the name of one that made room.
    """

    def __init__(self, at_once: int, most: int, forget: Callable[[str], None] = lambda _: None) -> None:
        self._at_once = asyncio.Semaphore(at_once)
        self._most = most
        self._forget = forget
        self._jobs: dict[str, Job[T]] = {}

    def begin(self, work: Callable[[str, Job[T]], Awaitable[T]]) -> str:
        """Begin work as soon as there is room; return the name of the job.

        Args:
            work: Called with the job and its name; returns the result.

        Raises:
            BusyError: Too many wait already.
        """
        if len(self._jobs) >= self._most:
            ended = next((name for name, job in self._jobs.items() if job.task is None or job.task.done()), None)
            if ended is None:
                raise BusyError("the studio is busy with other work: try again in a minute")
            del self._jobs[ended]
            self._forget(ended)
        name, job = token_hex(8), Job[T]()
        self._jobs[name] = job
        job.task = asyncio.create_task(self._run(name, job, work))
        return name

    def of(self, name: str) -> Job[T]:
        """A job by its name.

        Raises:
            UsageError: There is none, or it made room for others.
        """
        if name not in self._jobs:
            raise UsageError("the studio no longer has this result: start it again")
        return self._jobs[name]

    def result(self, name: str) -> T:
        """What came of a job.

        Raises:
            UsageError: There is no such job, or it has no result yet.
        """
        result = self.of(name).result
        if result is None:
            raise UsageError("this result is not ready yet: wait until it is")
        return result

    def cancel(self, name: str) -> None:
        """End a job; one that has ended stays as it is.

        Raises:
            UsageError: There is no such job.
        """
        job = self.of(name)
        if job.task is None or job.task.done():
            return
        job.canceled, job.error = True, "this was canceled"
        job.task.cancel()

    async def close(self) -> None:
        """End all of them."""
        for name in self._jobs:
            self.cancel(name)
        await asyncio.gather(*(job.task for job in self._jobs.values() if job.task), return_exceptions=True)

    async def _run(self, name: str, job: Job[T], work: Callable[[str, Job[T]], Awaitable[T]]) -> None:
        try:
            async with self._at_once:
                job.result = await work(name, job)
        except DcganError as error:
            job.error = str(error).replace("`", "")
        except OSError as error:
            job.error = f"cannot read or write: {error.strerror or error}"
        except Exception:
            _LOG.exception("a job of the studio failed")
            job.error = "dcgan made a mistake here; the terminal in which the studio was started shows it"
