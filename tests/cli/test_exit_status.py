"""How commands end: 2 for every wrong use, 1 for what the world does, and an error that is one message."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import App, UnknownOptionError

from dcgan import cli
from dcgan.cli import app, explain, main, names_of_parameters
from dcgan.cli.console import as_flags, stderr
from dcgan.errors import DcganError, ModelError, UsageError

VERBS = sorted(verb for verb in app if not verb.startswith("-"))


def arguments(verb: str) -> Iterator[tuple[str, bool]]:
    """What the verb calls its parameters, and whether they are required."""
    command = app[verb]
    assert isinstance(command, App)
    return ((argument.name, bool(argument.required)) for argument in command.assemble_argument_collection())


def status(*words: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["dcgan", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture(autouse=True)
def messages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> io.StringIO:
    monkeypatch.chdir(tmp_path)  # whatever a verb may write
    messages = io.StringIO()
    monkeypatch.setattr(stderr, "_file", messages)  # the property would come back as what it was captured by
    return messages


@pytest.mark.parametrize("verb", VERBS)
def test_an_unknown_flag_is_wrong_use_of_every_verb(
    verb: str, messages: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = [("x" if name.isupper() else f"{name}=x") for name, required in arguments(verb) if required]
    assert status(verb, *needed, "--sise", "64", monkeypatch=monkeypatch) == 2
    assert "--sise" in messages.getvalue()
    assert f"`dcgan {verb} --help`" in messages.getvalue()


@pytest.mark.parametrize("flag", ["--rate=8000", "--background"])
def test_a_flag_of_prepare_is_named_as_such(flag: str) -> None:
    words = ["train", "birds", flag, "1"]
    with pytest.raises(UnknownOptionError) as caught:
        app(words)
    said = (
        f"train has no {flag.partition('=')[0]}, but `dcgan prepare` has: prepare a packed set with it, and name that"
    )
    assert explain(caught.value, words) == (said, 2)
    assert "prepare" not in explain(caught.value, ["sample", "faces", flag])[0]


@pytest.mark.parametrize("verb", [verb for verb in VERBS if any(required for _, required in arguments(verb))])
def test_a_missing_argument_is_wrong_use_of_every_verb(
    verb: str, messages: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert status(verb, monkeypatch=monkeypatch) == 2
    assert next(name for name, required in arguments(verb) if required) in messages.getvalue()


@pytest.mark.parametrize("verb", [verb for verb in VERBS if "--json" in dict(arguments(verb))])
def test_a_flag_without_its_value_or_a_switch_with_one_is_wrong_use_of_every_verb(
    verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert status(verb, "--json=perhaps", monkeypatch=monkeypatch) == 2


@pytest.mark.parametrize("words", [["fly"], ["--nope"], ["trian", "x"]])
def test_an_unknown_verb_is_wrong_use(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert status(*words, monkeypatch=monkeypatch) == 2


def test_an_unknown_verb_is_answered_with_one_that_is_near(
    messages: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    status("trian", "x", monkeypatch=monkeypatch)
    assert messages.getvalue() == "error: there is no verb trian; did you mean train?\n"


@pytest.mark.parametrize(
    "words",
    [
        ["sample", "faces", "--batch-size", "1.5"],
        ["train", "x", "--size", "big"],
        ["train", "x", "--precision", "float8"],
        ["train", "x", "--images"],
        ["evaluate", "a", "b", "c"],
        ["evaluate", "a", "b", "--device", "tpu"],
        ["evaluate", "a", "b", "--neighbors", "near.mp3"],
        ["evaluate", "a", "b", "--extractor", "vgg"],
        ["evaluate", "a", "b", "--samples", "0"],
    ],
)
def test_bad_values_and_contradictions_are_wrong_use(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert status(*words, monkeypatch=monkeypatch) == 2


@pytest.mark.parametrize("words", [["sample", "nowhere"], ["evaluate", "nowhere", "nowhere"], ["train", "nowhere"]])
def test_what_is_missing_in_the_world_is_no_wrong_use(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert status(*words, monkeypatch=monkeypatch) == 1


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (UsageError("`samples` must be 1 or more"), ("--samples must be 1 or more", 2)),
        (ModelError("`generated` is broken"), ("GENERATED is broken", 1)),
        (OSError(28, "No space left on device", "sheet.png"), ("sheet.png: No space left on device", 1)),
        (KeyboardInterrupt(), ("stopped", 130)),
    ],
)
def test_each_kind_of_error_has_its_status(error: BaseException, expected: tuple[str, int]) -> None:
    assert explain(error, ["evaluate", "a", "b"]) == expected


def test_names_that_no_text_file_can_hold_are_refused_with_the_remedy(
    messages: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert status("prepare", "photos\udcff", "packed", monkeypatch=monkeypatch) == 2
    assert messages.getvalue() == "error: photos\\xff is not valid UTF-8: rename that file or folder\n"
    message, code = explain(
        UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates not allowed"), ["prepare", "a", "b"]
    )
    assert code == 1
    assert "rename it" in message


def test_without_memory_the_message_names_a_remedy() -> None:
    message, code = explain(MemoryError(), ["evaluate", "a", "b"])
    assert code == 1
    assert "fewer" in message


def test_an_error_is_one_line_of_json_for_machines(messages: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    assert status("sample", "nowhere", "--json", monkeypatch=monkeypatch) == 1
    answer = json.loads(messages.getvalue())
    assert answer["status"] == 1
    assert "nowhere" in answer["error"]


@pytest.mark.parametrize(("raised", "code"), [(KeyboardInterrupt, 130), (BrokenPipeError, 141)])
def test_stopped_and_unread_commands_have_the_shells_status(
    raised: type[BaseException], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(words: list[str]) -> None:
        raise raised

    monkeypatch.setattr(cli, "app", interrupted)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert status("sample", "faces", monkeypatch=monkeypatch) == code


@pytest.mark.parametrize("words", [["--help"], ["train", "--help"], ["presets"]])
def test_a_reader_that_goes_away_ends_the_command_in_silence(words: list[str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "dcgan", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(60) == 141
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()


def test_parameters_are_named_as_the_verb_has_them() -> None:
    names = names_of_parameters(["evaluate", "a", "b", "--held-out", "c"])
    assert names["generated"] == "GENERATED"
    assert names["held_out"] == "--held-out"
    assert names["as_json"] == "--json"
    assert names_of_parameters(["train", "x"])["base_channels"] == "--base-channels"
    assert names_of_parameters([]) == names_of_parameters(["fly"]) == {}


def test_only_parameters_of_the_verb_become_flags() -> None:
    text = as_flags("`layer` must be 0 to 3: see `nvidia` and `dcgan train --help`", {"layer": "--layer"})
    assert text == "--layer must be 0 to 3: see `nvidia` and `dcgan train --help`"


def test_errors_reach_python_as_they_are() -> None:
    with pytest.raises(DcganError, match="nowhere"):
        app(["sample", "nowhere"])
