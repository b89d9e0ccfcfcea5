"""Code blocks of a page, and how a command of the documentation is run as it stands but on less."""

import re
import shlex
from pathlib import Path

from dcgan.cli import app

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TINY_NETS = "--base-channels 4 --batch-size 8 --device cpu"


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language, in the order of the page."""
    return [text for name, text in FENCE.findall(page.read_text("utf-8")) if name == language]


def commands(page: Path, program: str) -> list[str]:
    """The lines of a page's shell blocks that run a program; continued lines are joined."""
    lines = "".join(blocks(page, "sh")).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.split(" ")[0] == program]


def run_command(line: str, smaller: dict[str, str]) -> None:
    """Run a line that begins with `dcgan` in this process, after replacing each pattern of `smaller`."""
    for pattern, replacement in smaller.items():
        line = re.sub(pattern, replacement, line)
    tokens = shlex.split(line, comments=True)[1:]
    assert app(tokens, exit_on_error=False) in (None, 0), line
