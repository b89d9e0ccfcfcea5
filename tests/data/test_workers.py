"""Decoding in several processes: the same results in the same order, whatever happens to a process."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any, cast

import numpy as np
import pytest

from dcgan.data import workers
from dcgan.data.decode import Decoded, DecodeOptions
from dcgan.data.items import Content, Item, Reason, Skipped
from dcgan.data.workers import MIN_ITEMS_FOR_WORKERS, Decoding, work_on_all
from dcgan.errors import SourceError

OPTIONS = DecodeOptions(size=8)
KILLED = "its process was killed: it took too long, or the memory ran out"


class Deadly:
    """Kills the worker that receives it."""

    def __init__(self, how: Any, *arguments: object) -> None:
        self.how, self.arguments = how, arguments

    def __reduce__(self) -> tuple[object, ...]:
        return self.how, self.arguments


def gray(level: int) -> Content:
    return np.full((8, 8, 3), level, np.uint8)


def items(count: int, deadly: dict[int, Deadly] | None = None) -> Iterator[Item]:
    for number in range(count):
        content = (deadly or {}).get(number, gray(number % 256))
        yield Item(str(number), cast("Content", content))


def levels(count: int, processes: int, deadly: dict[int, Deadly] | None = None) -> dict[str, int | Skipped]:
    found: dict[str, int | Skipped] = {}
    for item, (result, _) in work_on_all(items(count, deadly), Decoding(OPTIONS), processes):
        found[item.name] = int(result.pixels[0, 0, 0]) if isinstance(result, Decoded) else result
    return found


@pytest.mark.parametrize("count", [0, 1, *(MIN_ITEMS_FOR_WORKERS + n for n in (-1, 0, 1)), 500])
def test_results_come_in_order_whatever_the_number_of_workers(count: int) -> None:
    expected = {str(number): number % 256 for number in range(count)}
    for processes in (1, 3):
        found = levels(count, processes)
        assert found == expected
        assert list(found) == list(expected)


@pytest.mark.parametrize(
    ("deadly", "how"),
    [
        (Deadly(os._exit, 7), "its process ended with status 7"),
        (Deadly(signal.raise_signal, signal.SIGSEGV), f"its process ended with signal {int(signal.SIGSEGV)}"),
        (
            Deadly(signal.raise_signal, signal.SIGKILL),
            "its process was killed: it took too long, or the memory ran out",
        ),
    ],
    ids=["exit", "crash", "killed"],
)
def test_the_picture_that_kills_its_process_is_skipped_and_all_others_are_used(deadly: Deadly, how: str) -> None:
    found = levels(200, 2, {70: deadly, 71: deadly, 199: deadly})
    skipped = Skipped(Reason.CRASHED, how)
    assert found == {str(n): skipped if n in (70, 71, 199) else n for n in range(200)}


def test_a_picture_that_takes_for_ever_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "SECONDS_PER_ITEM", 0.5)
    monkeypatch.setattr(workers, "_CHUNK_ITEMS", 2)
    found = levels(80, 2, {70: Deadly(time.sleep, 60)})
    assert [name for name, result in found.items() if isinstance(result, Skipped)] == ["70"]


def test_a_worker_that_cannot_start_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_WORKER_CODE", "raise SystemExit(1)")
    with pytest.raises(SourceError, match="could not start"):
        levels(100, 2)


def test_a_bounded_number_of_items_is_in_memory() -> None:
    taken = 0

    def counted() -> Iterator[Item]:
        nonlocal taken
        for item in items(3000):
            taken += 1
            yield item

    ahead = 0
    for done, _ in enumerate(work_on_all(counted(), Decoding(OPTIONS), 2)):
        ahead = max(ahead, taken - done)
    assert ahead <= 2 * 32 * 3 + MIN_ITEMS_FOR_WORKERS


def test_large_pictures_go_in_smaller_chunks() -> None:
    large = [Item("", bytes(3 << 20))] * 10
    assert [len(chunk) for chunk in workers._chunks(large, workers.Decoding(OPTIONS).result_bytes)] == [3, 3, 3, 1]
    wide = [Item("", b"")] * 10
    assert [len(chunk) for chunk in workers._chunks(wide, workers.Decoding(DecodeOptions(1024, 4)).result_bytes)] == [
        2
    ] * 5


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that a test starts."""
    processes: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            processes.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    return processes


def test_stopping_early_ends_the_processes(started: list[subprocess.Popen[bytes]]) -> None:
    threads = threading.active_count()
    with closing(work_on_all(items(5000), Decoding(OPTIONS), 2)) as results:
        next(results)
        assert [process.returncode for process in started] == [None, None]
    assert [process.returncode for process in started] == [-signal.SIGKILL] * 2
    deadline = time.monotonic() + 5  # a timer that was canceled takes a moment to end
    while threading.active_count() > threads:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_source_that_fails_half_way_ends_the_processes(started: list[subprocess.Popen[bytes]]) -> None:
    def failing() -> Iterator[Item]:
        yield from items(300)
        raise SourceError("the disk went away")

    with pytest.raises(SourceError, match="went away"):
        list(work_on_all(failing(), Decoding(OPTIONS), 2))
    assert [process.returncode for process in started] == [-signal.SIGKILL] * 2


def test_a_script_without_a_main_guard_works(tmp_path: Any) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import numpy as np\n"
        "from dcgan.data.decode import DecodeOptions\n"
        "from dcgan.data.items import Item\n"
        "from dcgan.data.workers import Decoding, work_on_all\n"
        "items = [Item(str(n), np.zeros((8, 8, 3), np.uint8)) for n in range(100)]\n"
        "print(len(list(work_on_all(items, Decoding(DecodeOptions(8)), 2))))\n"
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=60, check=False, env=_environment()
    )
    assert (done.stdout, done.stderr) == ("100\n", "")


def test_workers_import_nothing_heavy() -> None:
    code = "import sys, dcgan.data.workers; print(sorted({'torch', 'pyarrow', 'rich', 'cyclopts'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_environment())
    assert done.stdout == "[]\n"


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
