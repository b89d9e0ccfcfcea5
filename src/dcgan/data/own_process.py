"""Readers that a damaged file can crash, each run in a process of its own."""

import subprocess
import sys
from pathlib import Path

from dcgan.errors import SourceError

_CODE = "import sys; sys.path[:] = {path!r}; from {module} import {function}; {function}(*sys.argv[1:])"


def read_apart(path: Path, module: str, function: str, out: Path, *, seconds: float | None = None) -> None:
    """Call `function(path, out)` of a module in another process; it ends with `sys.exit(why)` if it cannot read.

    Args:
        path: The file or folder to read.
        module: Where the function is.
        function: Its name; it takes two texts.
        out: Where it writes what it reads.
        seconds: How long it may take. Default: as long as it likes.

    Raises:
        SourceError: It cannot be read, crashed the reader, or took too long.
    """
    command = [sys.executable, "-c", _CODE.format(path=sys.path, module=module, function=function), str(path), str(out)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise SourceError(f"{path} cannot be read: it takes more than {error.timeout / 60:g} minutes") from error
    if done.returncode:
        lines = done.stderr.decode("utf-8", "backslashreplace").strip().splitlines() or [""]
        why = "it crashed the reader" if done.returncode < 0 else lines[-1]
        raise SourceError(f"{path} cannot be read: {why}")
