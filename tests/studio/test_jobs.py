"""Long work of the studio: some works at a time, the rest waits, and all of it can be given up."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from dcgan.errors import DcganError, UsageError
from dcgan.studio.answers import BusyError
from dcgan.studio.jobs import CanceledError, Job, Jobs


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 20))


async def settled(jobs: Jobs[str], name: str) -> Job[str]:
    job = jobs.of(name)
    assert job.task
    await asyncio.wait([job.task])
    return job


def test_a_job_says_how_far_it_is_and_what_came_of_it() -> None:
    async def test() -> None:
        jobs, go = Jobs[str](at_once=1, most=2), asyncio.Event()

        async def work(_name: str, job: Job[str]) -> str:
            job.on_progress(3, 7)
            await go.wait()
            return "made"

        name = jobs.begin(work)
        while jobs.of(name).facts() != {"done": 3, "total": 7}:
            await asyncio.sleep(0)
        with pytest.raises(UsageError, match="not ready yet"):
            jobs.result(name)
        go.set()
        await settled(jobs, name)
        assert jobs.result(name) == "made"

    run(test)


def test_jobs_wait_for_one_another_and_the_oldest_that_ended_makes_room() -> None:
    async def test() -> None:
        forgotten, working, go = list[str](), list[str](), asyncio.Event()
        jobs = Jobs[str](at_once=1, most=2, forget=forgotten.append)

        async def work(name: str, _job: Job[str]) -> str:
            working.append(name)
            await go.wait()
            return name

        first, second = jobs.begin(work), jobs.begin(work)
        await asyncio.sleep(0.01)
        assert working == [first]
        with pytest.raises(BusyError):
            jobs.begin(work)
        go.set()
        await settled(jobs, second)
        third = jobs.begin(work)
        assert forgotten == [first]
        with pytest.raises(UsageError, match="no longer has this result"):
            jobs.of(first)
        await settled(jobs, third)
        assert jobs.result(third) == third

    run(test)


def test_what_goes_wrong_is_a_sentence() -> None:
    async def fails(error: Exception) -> str:
        jobs = Jobs[str](at_once=1, most=1)

        async def work(_name: str, _job: Job[str]) -> str:
            raise error

        return str((await settled(jobs, jobs.begin(work))).facts()["error"])

    async def test() -> None:
        assert await fails(DcganError("`boxes`: there are none")) == "boxes: there are none"
        assert await fails(OSError(28, "No space left on device")) == "cannot read or write: No space left on device"
        assert "the terminal in which the studio was started shows it" in await fails(KeyError("x"))

    run(test)


@pytest.mark.parametrize("waits", [False, True])
def test_a_canceled_job_ends_whether_it_works_or_waits(waits: bool) -> None:
    async def test() -> None:
        jobs, seen = Jobs[str](at_once=1, most=2), list[str]()

        async def work(_name: str, _job: Job[str]) -> str:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                seen.append("ended")
                raise
            return ""

        names = [jobs.begin(work), jobs.begin(work)]
        if not waits:
            await asyncio.sleep(0.01)
        jobs.cancel(names[waits])
        job = await settled(jobs, names[waits])
        assert job.facts() == {"error": "this was canceled"}
        assert seen == ([] if waits else ["ended"])
        with pytest.raises(CanceledError):  # what a thread hears with its next step
            job.on_progress(1, 2)
        await jobs.close()

    run(test)
