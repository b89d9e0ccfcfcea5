"""Run a notebook as IPython would, without a server: `python -m tests.docs.run_notebook NOTEBOOK SETTINGS`.

SETTINGS is Python that runs after the first code cell, whose names it replaces. The first error ends the run.
"""

import json
import sys
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell


def run(notebook: Path, settings: str) -> None:
    """Run every code cell.

    Raises:
        Exception: What a cell raised.
    """
    shell = InteractiveShell.instance()
    assert shell.display_formatter is not None
    shell.display_formatter.active_types = ["text/plain", "text/html", "image/png"]  # as a notebook asks for
    cells = ["".join(cell["source"]) for cell in json.loads(notebook.read_text("utf-8"))["cells"] if is_code(cell)]
    for source in (cells[0], settings, *cells[1:]):
        shell.run_cell(source).raise_error()  # type: ignore[no-untyped-call]  # IPython has no types here


def is_code(cell: dict[str, object]) -> bool:
    """Whether a cell holds code."""
    return cell["cell_type"] == "code"


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2])
