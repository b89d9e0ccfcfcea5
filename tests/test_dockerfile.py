"""The Dockerfile copies files that there are, and installs extras that the package has."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINES = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ").splitlines()


def arguments(instruction: str) -> list[list[str]]:
    """The words of each instruction of a kind, in their order."""
    return [line.split()[1:] for line in LINES if line.startswith(f"{instruction} ")]


def test_what_is_copied_is_there_and_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in ignored
    copied = {name for words in arguments("COPY") if not words[0].startswith("--from") for name in words[:-1]}
    assert {"src", "pyproject.toml", "constraints.txt"} <= copied
    for name in copied:
        assert (ROOT / name).exists(), name
        assert f"!{name}" in ignored, name


def test_what_the_package_is_built_from_is_copied_before_it_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    text = "\n".join(LINES)
    copied = text.partition("'.[")[0]
    for name in (project["readme"], *project["license-files"], "src"):
        assert re.search(rf"^COPY .*\b{re.escape(name)}\b", copied, re.MULTILINE), name


def test_the_extras_that_are_installed_are_those_of_the_package() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    (installed,) = re.findall(r"'\.\[(.*?)\]'", "\n".join(LINES))
    assert set(installed.split(",")) <= set(extras)
    assert set(extras) - set(installed.split(",")) == {"cluster", "download", "docs", "dev"}


def test_it_runs_as_nobody_special_and_its_program_is_installed() -> None:
    assert arguments("USER") == [["1000"]]  # by number, as clusters want it
    assert arguments("ENTRYPOINT") == [['["dcgan"]']]
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert "dcgan" in scripts


def test_torch_is_the_cpu_build_unless_a_build_argument_says_otherwise() -> None:
    assert ["TORCH_INDEX=https://download.pytorch.org/whl/cpu"] in arguments("ARG")
    (torch,) = [line for line in LINES if line.startswith("RUN pip install") and line.endswith(" torch")]
    assert '"$TORCH_INDEX"' in torch
