"""The functions of the pages, run by Node."""

import json
import re
import shutil
import subprocess
from importlib.resources import files
from typing import Any

import pytest

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="needs Node")


def evaluate(call: str, *modules: str) -> Any:  # whatever JSON can say
    """The value of an expression, or what its promise comes to, with the names that the modules export.

    They are put one after another in place of their imports: Node takes files of this name for modules only if it is
    new.
    """
    texts = [files("dcgan.studio").joinpath("page", name).read_text("utf-8") for name in modules]
    code = re.sub("^import .*$", "", "\n".join(texts), flags=re.MULTILINE)
    script = f"{code}\nconsole.log(JSON.stringify(await ({call})))"
    command = [NODE or "", "--input-type=module", "--eval", script]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
