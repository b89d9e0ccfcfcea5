"""The scripts of the exported page, run by Node."""

import json
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="needs Node")


def evaluate(expression: str, *names: str, model: Path | None = None) -> Any:  # whatever JSON can say
    """The value of an expression with what the scripts of these names define, and `model.js` of a page."""
    texts = [files("dcgan.export").joinpath("page", name).read_text("utf-8") for name in names]
    if model:
        texts.append(model.read_text("utf-8"))
    script = "\n".join([*texts, f"console.log(JSON.stringify({expression}));"])
    command = [NODE or "", "--input-type=module", "-"]
    return json.loads(subprocess.run(command, input=script, capture_output=True, text=True, check=True).stdout)
