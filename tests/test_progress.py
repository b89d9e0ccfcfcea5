"""Progress goes to the caller's callback, to a bar in a notebook, or nowhere."""

import io

import pytest
from rich.console import Console

from dcgan import progress


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


def test_the_callers_callback_goes_first() -> None:
    calls: list[tuple[int, int | None]] = []
    with progress.default("extracting", lambda done, total: calls.append((done, total))) as on_progress:
        on_progress(1, 2)
    assert calls == [(1, 2)]


def test_a_script_stays_silent_and_a_notebook_shows_a_bar(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress.default("extracting") as on_progress:
        on_progress(1, 2)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    with progress.default("extracting") as on_progress:
        on_progress(1, 2)
    assert "extracting" in capsys.readouterr().err
