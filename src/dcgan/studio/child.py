"""Python processes of the studio's own: what decodes strangers' pictures, and what trains."""

import os
import sys


def python_command(module: str, *words: str) -> list[str]:
    """The command that runs a module of this installation."""
    return [sys.executable, "-P", "-m", module, *words]  # -P: the folder that it works in has no modules


def python_environment() -> dict[str, str]:
    """This process's environment, with its modules."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
