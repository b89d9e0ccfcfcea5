"""Python processes of the studio's own: what decodes strangers' pictures, and what trains."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dcgan.errors import DcganError, NoUsablePictureError
from dcgan.files import parse_json

_CRASHED = "the pictures crashed the program that decodes them: leave out those from a source that you do not know"
_MISTAKEN = "dcgan made a mistake; the terminal in which the studio was started shows more"


def python_command(module: str, *words: str) -> list[str]:
    """The command that runs a module of this installation."""
    return [sys.executable, "-P", "-m", module, *words]  # -P: the folder that it works in has no modules


def python_environment() -> dict[str, str]:
    """This process's environment, with its modules."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


async def said_by(folder: Path, module: str, *words: str) -> AsyncGenerator[dict[str, Any], None]:
    """Run a module in a folder, and yield each line that it prints, an object in JSON.

    At the end comes {"error": ...} if the process has crashed. An error is `unusable` if it says that no picture can be
    used. Whoever stops listening (`contextlib.aclosing`) ends it.
    """
    process = await asyncio.create_subprocess_exec(
        *python_command(module, *words),
        cwd=folder,
        env=python_environment(),
        stdin=DEVNULL,
        stdout=PIPE,
    )
    assert process.stdout is not None
    failed = False
    try:
        async for line in process.stdout:
            said = parse_json(line)
            failed = failed or "error" in said
            yield said
        status = await process.wait()
        if status and not failed:
            yield {"error": _CRASHED if status < 0 else _MISTAKEN}
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def say(**facts: object) -> None:
    """Print facts as a line of JSON: in such a process, for the studio to hear."""
    print(json.dumps(facts), flush=True)


@contextmanager
def errors_said() -> Iterator[None]:
    """Say what went wrong in the block, and end the process: it was the user's mistake, or the disk's."""
    try:
        yield
    except DcganError as error:
        say(error=str(error).replace("`", ""), unusable=isinstance(error, NoUsablePictureError))
        sys.exit(1)
    except OSError as error:
        say(
            error=f"cannot read or write: {error.strerror or error}; free some space if the disk is full, and try again"
        )
        sys.exit(1)
