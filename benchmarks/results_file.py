"""Results of long benchmarks: a line of JSON for each training, so that what is there already is not repeated."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Result = dict[str, Any]


def read_results(path: Path) -> list[Result]:
    """All lines so far."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def is_there(path: Path, key: Mapping[str, object]) -> bool:
    """Whether a line has all of these values; says so if one does."""
    found = any(key.items() <= result.items() for result in read_results(path))
    if found:
        print(f"is in {path} already: {json.dumps(dict(key))}", file=sys.stderr)
    return found


def add_result(path: Path, result: Result) -> None:
    """Write a line, and print it."""
    line = json.dumps(result)
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    print(line, flush=True)
