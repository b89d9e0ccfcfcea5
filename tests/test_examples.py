"""The notebooks in examples/ run from the first cell to the last, on tiny settings, and are kept without outputs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
TINY = 'dcgan.Recipe(size=32, steps=4, batch_size=8, base_channels=4, device="cpu")'
SETTINGS = {  # instead of those of the first cell; all else is as it stands. So tiny a net has no concepts: faces has.
    "your_own_pictures": f'PICTURES = "drawn-faces:60"; RECIPE = {TINY}; SAMPLES = 40',
    "paper_in_one_hour": f'PICTURES = "drawn-faces:400"; RECIPE = {TINY}; MODEL = "faces"; EXAMPLES = 3; REPEATS = 2',
    "few_labels": 'LABELED = "drawn-faces:600"; UNLABELED = "drawn-faces:20"; REPEATS = 2',
}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(notebook: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.docs.run_notebook", str(notebook), SETTINGS[notebook.stem]]
    paths = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    environment = {
        **os.environ,
        "PYTHONPATH": paths,
        "DCGAN_CACHE": str(tmp_path / "cache"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(notebook: Path) -> None:
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
