"""What the verbs print: one short answer to stdout, everything else to stderr."""

import json
import os
import re
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import NoReturn

from rich.console import Console

from dcgan import progress

CONTROLS = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {ord("\n"), ord("\t")}, "\N{REPLACEMENT CHARACTER}")

PARAMETER = re.compile(r"`([A-Za-z][a-z0-9_]*)`")


class Bystander(Console):
    """A console that nobody has to listen to: when its reader is gone the work goes on in silence."""

    def on_broken_pipe(self) -> None:
        """Say nothing from now on."""
        self.quiet = True


class Answers(Console):
    """A console whose reader matters: when that has gone (`| head`), the command ends."""

    def on_broken_pipe(self) -> None:
        """End the command, not as a failure of its own: see `dcgan.cli.main`."""
        raise BrokenPipeError


stdout = Answers(soft_wrap=True, highlight=False, markup=False, emoji=False)
stderr = Bystander(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)


def answer(text: str, facts: Mapping[str, object], as_json: bool) -> None:
    """Print the verb's result to stdout: `text` for people, or `facts` as one line of JSON for machines."""
    stdout.print(json.dumps(facts, default=str, allow_nan=False) if as_json else harmless(text))


def say(text: str) -> None:
    """Print something by the way, on stderr."""
    stderr.print(harmless(text))


def warn(text: str) -> None:
    """Print something that the user should not miss, on stderr."""
    stderr.print(f"warning: {harmless(text)}", style="yellow")


def complain(text: str) -> None:
    """Print an error on stderr; of several ranks, those that do not lead give their number."""
    rank = os.environ.get("RANK", "0")
    stderr.print(f"error{'' if rank == '0' else f' (rank {rank})'}: {harmless(text)}", style="red")


def harmless(text: str) -> str:
    """Without what would drive the terminal, such as the escapes that a stranger's file may hold in its names."""
    return text.translate(CONTROLS)


def fail(text: str, status: int, as_json: bool) -> NoReturn:
    """End the command with an error: a message for people, or one line of JSON on stderr for machines."""
    if as_json:
        stderr.print(json.dumps({"error": text, "status": status}))
    else:
        complain(text)
    sys.exit(status)


def as_flags(text: str, names: Mapping[str, str] | None = None) -> str:
    """A message of the library for the command line, where a parameter has another name.

    Args:
        text: The message, with names of parameters in backticks.
        names: What the verb calls each parameter that it has: `layer` is --layer, `source` is SOURCE. Whatever else
            stands in backticks is left as it is. By default all of them are taken for flags.
    """
    if names is None:
        return PARAMETER.sub(lambda match: "--" + match[1].replace("_", "-"), text)
    return PARAMETER.sub(lambda match: names.get(match[1], match[0]), text)


def progress_bar(description: str) -> AbstractContextManager[progress.Bar]:
    """A bar with count, rate and time left on stderr, from the first call of the callback until the block ends."""
    return progress.progress_bar(description, stderr)
