"""The command line starts quickly, and explains itself."""

import json
import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import pytest

from dcgan.choices import PRESETS
from dcgan.cli import app

HEAVY = {"torch", "numpy", "PIL", "pyarrow", "safetensors", "tensorboard", "dicebear", "starlette", "uvicorn"}
VERBS = (
    *(
        "train",
        "demo",
        "predict-frames",
        "prepare",
        "split",
        "dedup",
        "faces",
        "find-names",
        "download",
        "presets",
        "sample",
        "evaluate",
        "neighbors",
        "compare",
        "studio",
    ),
    *("keep", "export", "import", "push", "walk", "arithmetic", "turn", "concepts", "inspect", "forget", "insert"),
    *("project", "train-encoder", "inpaint"),
    *("extract-features", "probe", "paper-table", "fit-classifier", "classify"),
)


def dcgan(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "dcgan", *words], capture_output=True, text=True, check=False)


def test_no_help_page_imports_anything_heavy() -> None:
    pages = [["--help"], ["--version"], *([verb, "--help"] for verb in VERBS)]
    code = f"""
import sys, dcgan.cli
for words in {pages}:
    dcgan.cli.app(words)
    print(*words, sorted({HEAVY} & sys.modules.keys()), file=sys.stderr)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stderr.splitlines() == [" ".join([*words, "[]"]) for words in pages]


SMALLEST = """
from cyclopts import App

app = App()
@app.command
def verb(number: int = 1) -> None: "Do it."
app(["--help"])
"""


def test_help_comes_at_once() -> None:
    def seconds(*command: str) -> float:
        """Processor time."""
        before = sum(getrusage(RUSAGE_CHILDREN)[:2])
        subprocess.run([sys.executable, *command], capture_output=True, check=True)
        return sum(getrusage(RUSAGE_CHILDREN)[:2]) - before

    both = [(seconds("-m", "dcgan", "--help"), seconds("-c", SMALLEST)) for _ in range(7)]  # in turn: others work, too
    ours, smallest = map(min, zip(*both, strict=True))
    assert ours < 3 * smallest  # which has one verb of the same library; ours imports nothing heavy


def test_the_shell_completes_verbs_and_flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))  # whose .bashrc is changed
    script = tmp_path / "completion"
    app(["--install-completion", "--shell", "bash", "--output", str(script)])
    ask = f"""
        source {script}
        complete=$(complete -p dcgan | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        for words in "dcgan neig" "dcgan sample --see"; do
            COMP_WORDS=($words); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); $complete; echo ${{COMPREPLY[@]}}
        done
    """
    result = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["neighbors", "--seeds"]


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    app(["--help"])
    out = capsys.readouterr().out
    assert [verb for verb in VERBS if verb not in out] == []


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    app([verb, "--help"])
    assert f"dcgan {verb}" in capsys.readouterr().out.partition("For example")[2]


def test_the_flags_of_training_are_there_by_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    app(["train", "--help"])
    out = capsys.readouterr().out
    names = (
        "size channels base-channels batch-size lr seed checkpoint-every keep "
        "device precision preset on-collapse resume"
    )
    lengths = "images epochs steps minutes about-minutes"
    assert [name for name in (names + " " + lengths).split() if f"--{name}" not in out] == []


def test_presets_are_listed_with_their_parameter_counts(capsys: pytest.CaptureFixture[str]) -> None:
    app(["presets", "--json"])
    rows = json.loads(capsys.readouterr().out)
    assert {"default", "paper-64", "paper-imagenet-32", "paper-svhn-32"} <= rows.keys()
    # 5x5 kernels between 1024, 512, 256, 128 and 3 channels, the linear stem and a gain and a bias a unit normalized
    kernels = 25 * (1024 * 512 + 512 * 256 + 256 * 128 + 128 * 3)
    assert rows["paper-64"]["generator"] == 100 * 16 * 1024 + kernels + 2 * (16 * 1024 + 512 + 256 + 128)
    assert rows["paper-64"]["discriminator"] == kernels + 16 * 1024 + 2 * (256 + 512 + 1024)


def test_presets_say_the_kernel_size_that_is_used_and_none_of_nets_without_layers_of_a_dcgan(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app(["presets", "--json"])
    listed = json.loads(capsys.readouterr().out)
    kernels = {name: facts["kernel_size"] for name, facts in listed.items() if "kernel_size" in facts}
    assert kernels == {
        "default": 3,
        "quick": 3,
        "best": 3,
        "drawings": 3,
        "paper-64": 5,
        "paper-imagenet-32": 3,
        "paper-svhn-32": 5,
        "paper-mnist-conditional": 5,
        "frame-predictor": 3,
    }
    assert None not in [value for facts in listed.values() for value in facts.values()]


def test_presets_fit_a_terminal_of_80_columns() -> None:
    out = dcgan("presets").stdout
    assert max(map(len, out.splitlines())) <= 80
    assert [name for name in PRESETS if f"{name} " not in out] == []


@pytest.mark.parametrize(
    "words",
    [
        ["fly"],
        ["prepare", "", "out"],
        ["prepare", "x", "out", "--workers", "5000"],
        ["train", "x", "--sise", "64"],
        ["train", "x", "--size", "big"],
        ["train", "x", "--precision", "float8"],
        ["sample"],
        ["train", "x", "--images"],
    ],
)
def test_wrong_usage_is_answered_without_a_traceback(words: list[str]) -> None:
    result = dcgan(*words)
    assert result.returncode in (1, 2)
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr.strip()
