"""Work on all cores, such as decoding, in processes that may die: the picture that killed one is skipped, no other.

Each worker is a Python of its own that reads chunks from its standard input and answers on its standard output, with
one thread of this process to feed it. It is started afresh, neither forked nor by `multiprocessing`, for three
reasons: it works from any script, also without `if __name__ == "__main__"`; no thread or lock of the caller is copied
into it; and when it dies, it is known which chunk it held.
"""

import os
import pickle
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any, Protocol, TypeVar

from dcgan.data.decode import Decoded, DecodeOptions, decode_content
from dcgan.data.items import Content, Item, Reason, Skipped, Stored, held_bytes
from dcgan.data.opening import Digest
from dcgan.errors import SourceError

T = TypeVar("T")
R = TypeVar("R", covariant=True)


class Job(Protocol[R]):
    """What is done with the content of each item. It is pickled on its way to the workers, and so are its results."""

    @property
    def result_bytes(self) -> int:
        """About how large a result is."""

    def __call__(self, content: Content) -> tuple[R | Skipped, Digest | None]:
        """Work on content; never raises. The digest is None where it could not be read."""


@dataclass(frozen=True)
class Decoding:
    """The job of decoding pictures."""

    options: DecodeOptions

    @property
    def result_bytes(self) -> int:
        """Of the pixels."""
        return self.options.size**2 * (self.options.channels or 3)

    def __call__(self, content: Content) -> tuple[Decoded | Skipped, Digest | None]:
        """Decode a picture."""
        return decode_content(content, self.options)


MIN_ITEMS_FOR_WORKERS = 64
"""Fewer items are decoded in this process: starting the workers would take longer."""
SECONDS_PER_ITEM = 60.0
"""How long one item of a chunk may take on average before its worker counts as hung."""

_CHUNK_ITEMS = 32
_CHUNK_BYTES = 8 << 20  # of content, and of results: memory does not grow with the size of the pictures
_CHUNKS_PER_WORKER = 3  # in flight
_BYTES_IN_FLIGHT = 256 << 20  # of content, over all workers, besides the chunk that is read next
_KILLED = -9  # exit status of a process that was ended from outside
_WORKER_CODE = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); sys.path[:] = {path!r}; "
    "from dcgan.data.workers import serve; serve()"
)  # Ctrl-C reaches the whole process group, but it is the parent that ends its workers


def work_on_all(
    items: Iterable[Item], job: Job[T], workers: int = 0
) -> Generator[tuple[Item, tuple[T | Skipped, Digest | None]]]:
    """Do a job on items in parallel. The results are the same, and in the same order, for any number of workers.

    The items that come back carry no content. At any time a bounded number of them is in memory.

    Args:
        items: Taken as they are needed.
        job: What is done with each.
        workers: How many processes; 0: one for each core that this process may use.
    """
    items = iter(items)
    first = _take(items)
    stored = any(isinstance(item.content, Stored) for item in first)  # reading it may crash the process
    if len(first) < MIN_ITEMS_FOR_WORKERS and _bytes_of(first) < _CHUNK_BYTES and not stored:
        for item in first:
            yield _without_content(item), job(item.content)
        return
    count = workers or cores()
    waiting: deque[_Waiting] = deque()
    with _Workers(count, job) as pool:
        for chunk in _chunks(chain(first, items), job.result_bytes):
            size = _bytes_of(chunk)
            while waiting and (
                len(waiting) == count * _CHUNKS_PER_WORKER
                or sum(earlier.bytes for earlier in waiting) + size > _BYTES_IN_FLIGHT
            ):
                yield from waiting.popleft().results()
            waiting.append(_Waiting([_without_content(item) for item in chunk], size, pool.submit(chunk)))
        while waiting:
            yield from waiting.popleft().results()


@dataclass(frozen=True)
class _Waiting:
    """A chunk on its way: its items without their content, how large that was, and what will come of it."""

    items: list[Item]
    bytes: int
    future: Future[list[Any]]

    def results(self) -> Iterator[tuple[Item, Any]]:
        """Wait for it."""
        return zip(self.items, self.future.result(), strict=True)


def _take(items: Iterator[Item]) -> list[Item]:
    """The first items: as many as are worth starting workers for, or fewer large ones."""
    first: list[Item] = []
    size = 0
    for item in islice(items, MIN_ITEMS_FOR_WORKERS):
        first.append(item)
        size += held_bytes(item.content)
        if size >= _CHUNK_BYTES:
            break
    return first


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def serve() -> None:
    """Be a worker: do the job on the chunks that come on standard input until it ends."""
    parent_ended = suppress(EOFError, pickle.UnpicklingError, BrokenPipeError)
    with parent_ended, os.fdopen(os.dup(0), "rb") as chunks, os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # what a library prints must not get among the answers
        job: Job[object] = pickle.load(chunks)
        pickle.dump("ready", answers)
        answers.flush()
        while True:
            contents: list[Content] = pickle.load(chunks)
            pickle.dump([job(content) for content in contents], answers)
            answers.flush()


class _WorkerDiedError(Exception):
    """A worker ended, or was ended, before it answered."""


class _Worker:
    """One process. Its imports run while the first chunk is on its way."""

    def __init__(self, job: Job[object]) -> None:
        command = [sys.executable, "-c", _WORKER_CODE.format(path=sys.path)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._job: Job[object] | None = job  # until it is sent

    def work(self, contents: list[Content]) -> list[Any]:
        """Have the job done on a chunk.

        Raises:
            _WorkerDiedError: There is no answer: the worker died, or took too long and was killed.
            SourceError: The worker could not even start.
        """
        if self._job:
            self._begin(self._job)
            self._job = None
        timeout = threading.Timer(SECONDS_PER_ITEM * len(contents), self.kill)
        timeout.start()
        try:
            self._send(contents)
            answer: list[Any] = self._receive()
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise _WorkerDiedError from error
        finally:
            timeout.cancel()
        return answer

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()

    def wait(self) -> int:
        """Wait until the process has ended; its exit status."""
        self._process.communicate()
        return self._process.returncode

    def _begin(self, job: Job[object]) -> None:
        try:
            self._send(job)
            self._receive()
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise SourceError(f"a process for decoding pictures could not start: {sys.executable}") from error

    def _send(self, message: object) -> None:
        assert self._process.stdin
        pickle.dump(message, self._process.stdin)
        self._process.stdin.flush()

    def _receive(self) -> Any:
        assert self._process.stdout
        return pickle.load(self._process.stdout)


class _Workers:
    """A fixed number of workers, each replaced when it dies."""

    def __init__(self, count: int, job: Job[object]) -> None:
        self._job = job
        self._lock = threading.Lock()
        self._closing = False
        self._alive: set[_Worker] = set()
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._threads = ThreadPoolExecutor(count)
        for _ in range(count):
            self._idle.put(self._start())

    def __enter__(self) -> "_Workers":
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._closing = True
            for worker in self._alive:
                worker.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._alive:
            worker.wait()

    def submit(self, chunk: list[Item]) -> Future[list[Any]]:
        """Queue a chunk."""
        return self._threads.submit(self._work, [item.content for item in chunk])

    def _start(self) -> _Worker:
        worker = _Worker(self._job)
        self._alive.add(worker)
        return worker

    def _work(self, contents: list[Content]) -> list[Any]:
        worker = self._idle.get()
        try:
            return worker.work(contents)
        except _WorkerDiedError:
            if self._closing:
                raise
            status, worker = self._replace(worker)
        finally:
            self._idle.put(worker)  # in any case: other threads may be waiting for one
        if len(contents) == 1:
            return [(Skipped(Reason.CRASHED, _describe_exit(status)), None)]
        return [self._work([content])[0] for content in contents]

    def _replace(self, dead: _Worker) -> tuple[int, _Worker]:
        """Replace a worker that died; its exit status, and the new worker."""
        dead.kill()
        status = dead.wait()
        with self._lock:
            self._alive.discard(dead)
            return status, dead if self._closing else self._start()


def _chunks(items: Iterable[Item], result_bytes: int) -> Iterator[list[Item]]:
    chunk: list[Item] = []
    size = 0
    for item in items:
        chunk.append(item)
        size += result_bytes + held_bytes(item.content)
        if len(chunk) == _CHUNK_ITEMS or size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _bytes_of(items: Iterable[Item]) -> int:
    return sum(held_bytes(item.content) for item in items)


def _without_content(item: Item) -> Item:
    return replace(item, content=b"")


def _describe_exit(status: int) -> str:
    if status == _KILLED:
        return "its process was killed: it took too long, or the memory ran out"
    return f"its process ended with signal {-status}" if status < 0 else f"its process ended with status {status}"
