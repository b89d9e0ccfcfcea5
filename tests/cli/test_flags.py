"""Flags that many verbs share are the same everywhere."""

import pytest
from cyclopts import App

from dcgan.choices import EXTRACTORS
from dcgan.cli import app
from dcgan.cli.flags import AsJson, Device, Source, ThemeName, choices_of, need
from dcgan.errors import UsageError


@pytest.fixture
def shell() -> App:
    shell = App(exit_on_error=False, print_error=False, result_action="return_value")

    @shell.default
    def verb(
        source: Source, /, *, device: Device = "auto", theme: ThemeName = "light", as_json: AsJson = False
    ) -> tuple[str, str, str, bool]:
        return source, device, theme, as_json

    return shell


def test_they_are_taken_by_their_names(shell: App) -> None:
    assert shell(["photos"]) == ("photos", "auto", "light", False)
    assert shell("photos --device cuda:1 --theme dark --json") == ("photos", "cuda:1", "dark", True)


@pytest.mark.parametrize(
    ("words", "message"), [("--device tpu", "auto, cpu, cuda, cuda:N or mps"), ("--theme blue", '"light", "dark"')]
)
def test_their_errors_list_what_there_is(words: str, message: str, shell: App) -> None:
    with pytest.raises(Exception, match=message):
        shell(f"photos {words}")


def test_their_help_is_written_once(shell: App, capsys: pytest.CaptureFixture[str]) -> None:
    shell("--help")
    out = capsys.readouterr().out
    for words in ("Answer with one line of JSON", "Where to compute", "light, dark", "or a packed set"):
        assert words in out


def test_a_registrys_choices_stand_in_the_help_of_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert choices_of(EXTRACTORS).startswith("efficientnet-lite0 (works offline), inception (")
    app(["evaluate", "--help"])
    out = capsys.readouterr().out
    assert [name for name in EXTRACTORS if name not in out] == []


def test_a_value_out_of_its_range_is_refused_with_the_range() -> None:
    need(True, "--frames", "2 to 1000", 2)
    with pytest.raises(UsageError, match="--frames must be 2 to 1000, not 1"):
        need(False, "--frames", "2 to 1000", 1)
