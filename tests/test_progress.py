"""Progress goes to the caller's callback, to a bar in a notebook, or nowhere."""

import io

import pytest
from rich.console import Console

import dcgan
from dcgan import progress
from dcgan.types import OnProgress


def test_a_bar_shows_what_is_done_of_how_much() -> None:
    output = io.StringIO()
    with progress.progress_bar("extracting", Console(file=output, force_terminal=True, width=100)) as on_progress:
        on_progress(30, None)
        on_progress(40, 120)
    assert "extracting" in output.getvalue()
    assert "40/120" in output.getvalue()


def test_a_bar_that_nothing_moved_leaves_nothing_behind() -> None:
    output = io.StringIO()
    with progress.progress_bar("extracting", Console(file=output, force_terminal=True)):
        pass
    assert output.getvalue() == ""


def test_a_part_of_the_work_moves_the_bar_of_the_whole() -> None:
    calls: list[tuple[int, int | None]] = []
    second = progress.Part(lambda done, total: calls.append((done, total)), before=30, total=100)
    second(0, 20)
    second(20, 20)
    assert calls == [(30, 100), (50, 100)]


@progress.notebook_bar("extracting")
def extract(count: int, on_progress: OnProgress | None = None) -> int:
    """Something that takes a while."""
    for done in range(count):
        if on_progress:
            on_progress(done + 1, count)
    return count


def test_the_callers_callback_goes_first(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    calls: list[tuple[int, int | None]] = []
    assert extract(2, lambda done, total: calls.append((done, total))) == 2
    assert calls == [(1, 2), (2, 2)]
    assert capsys.readouterr().err == ""


def test_a_script_stays_silent_and_a_notebook_shows_a_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert extract(2) == 2
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    assert extract(count=2) == 2
    assert "extracting" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    [
        *("prepare", "open_pictures", "evaluate", "inspect", "forget", "insert", "find_concepts"),
        *("extract_features", "probe", "fit_classifier", "project", "train_encoder", "inpaint"),
    ],
)
def test_every_long_function_shows_a_bar_in_a_notebook(name: str) -> None:
    assert getattr(dcgan, name).__wrapped__


def test_steps_are_counted_from_none_to_all() -> None:
    seen: list[tuple[int, int | None]] = []
    step = progress.Steps(2, lambda done, total: seen.append((done, total)))
    step()
    step()
    assert seen == [(0, 2), (1, 2), (2, 2)]
