"""Python processes of the studio's own: what decodes strangers' pictures, and what trains."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dcgan.files import parse_json


def python_command(module: str, *words: str) -> list[str]:
    """The command that runs a module of this installation."""
    return [sys.executable, "-P", "-m", module, *words]  # -P: the folder that it works in has no modules


def python_environment() -> dict[str, str]:
    """This process's environment, with its modules."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


async def follow(command: Sequence[str], folder: Path, on_line: Callable[[dict[str, Any]], None]) -> int:
    """Run a process to its end, and return its status; it is killed if the task is canceled.

    Args:
        command: What to run.
        folder: Where.
        on_line: Called with each line that it prints, an object in JSON.
    """
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=python_environment(), stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
    )
    try:
        assert process.stdout is not None
        async for line in process.stdout:
            on_line(parse_json(line))
        return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
