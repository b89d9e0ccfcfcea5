"""How many CPU threads a training takes: those that find a processor free."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch
from tests.training.toys import TOY, discs

from dcgan.device import free_threads
from dcgan.training.callbacks import Callback
from dcgan.training.logger import read_events
from dcgan.training.run import resume, train

ALL = 4


@pytest.fixture(autouse=True)
def several_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 1, 2, 3}, raising=False)
    before = torch.get_num_threads()
    torch.set_num_threads(ALL)
    yield
    torch.set_num_threads(before)


def load(monkeypatch: pytest.MonkeyPatch, *percents: float) -> None:
    """Let the processors be so busy."""
    monkeypatch.setattr(psutil, "cpu_percent", lambda _seconds, percpu: [*percents])


@pytest.mark.parametrize(
    ("percents", "threads"),
    [
        ((0, 3, 1, 0), 4),
        ((100, 3, 1, 0), 3),
        ((60, 60, 60, 60), 2),
        ((100, 100, 100, 100), 1),
        ((0, 0, 0, 0, 100, 100, 100, 100), 4),  # those that this process may not use are none of its business
    ],
)
def test_other_work_takes_its_share_of_the_threads(
    percents: tuple[float, ...], threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(monkeypatch, *percents)
    assert free_threads() == threads


def test_the_load_of_this_machine_can_be_measured() -> None:
    assert 1 <= free_threads() <= ALL


class Recorder(Callback):
    def __init__(self) -> None:
        self.notes: list[str] = []
        self.threads = 0

    def on_step(self, _state: object, _target: int) -> None:
        self.threads = torch.get_num_threads()

    def on_event(self, kind: str, text: str) -> None:
        if kind == "note":
            self.notes.append(text)


def test_a_training_on_a_busy_machine_takes_fewer_threads_and_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(monkeypatch, 100, 0, 0, 0)
    recorder, recipe = Recorder(), replace(TOY, threads=None, images=16)
    train(discs(), tmp_path / "run", recipe, callbacks=[recorder])
    assert recorder.threads == 3
    (note,) = recorder.notes
    assert "3 of 4 threads" in note
    assert "`threads` 4 uses all" in note
    assert [event["text"] for event in read_events(tmp_path / "run" / "events.jsonl") if event["kind"] == "note"] == [
        note
    ]
    load(monkeypatch, 0, 0, 0, 0)  # a resumed run keeps to what it began with, bit for bit
    again = Recorder()
    resume(tmp_path / "run", {"images": 32}, callbacks=[again])
    assert (again.threads, again.notes) == (3, [])
    assert torch.get_num_threads() == ALL


def test_threads_that_were_asked_for_are_taken_whatever_the_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(monkeypatch, 100, 100, 0, 0)
    recorder = Recorder()
    train(discs(), tmp_path / "run", replace(TOY, threads=2, images=16), callbacks=[recorder])
    assert (recorder.threads, recorder.notes) == (2, [])


def test_an_idle_machine_gives_all_threads_and_no_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(monkeypatch, 0, 0, 0, 0)
    recorder = Recorder()
    train(discs(), tmp_path / "run", replace(TOY, threads=None, images=16), callbacks=[recorder])
    assert (recorder.threads, recorder.notes) == (ALL, [])
