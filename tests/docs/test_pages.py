"""The Python blocks of the how-tos run, on tiny pictures and nets, and their shell lines name verbs and flags that there are."""

import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.docs.blocks import blocks

from dcgan.cli import app

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
WITH_PYTHON = [page for page in PAGES if "```python" in page.read_text("utf-8")]

TINY = 'steps=4, batch_size=8, base_channels=4, device="cpu"'
SMALLER = {  # lengths alone; all else is as it stands
    r"minutes=20": TINY,
    r'\{"minutes": 30\}': '{"steps": 6}',
    r'Recipe\(loss="my-least-squares"\)': f'Recipe(loss="my-least-squares", size=32, {TINY})',
    r"range\(1000\)": "range(4)",
    r"step % 100 == 99": "step % 2 == 1",
    r"repeats=20": "repeats=2, C=[1e-3, 1e-2]",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures, labeled pictures and a run: what pages take for granted."""
    home = tmp_path_factory.mktemp("pages")
    random = np.random.default_rng(0)
    for folder, low in (("photos", 0), ("labeled/light", 120), ("labeled/dark", 0)):
        (home / folder).mkdir(parents=True)
        for number in range(40):
            levels = random.integers(low, low + 120, (32, 32, 3)).astype(np.uint8)
            Image.fromarray(levels).save(home / folder / f"{number}.png")
    train = f"train {home / 'photos'} --out {home / 'runs/photos'} --size 32"
    app([*train.split(), *"--steps 2 --batch-size 8 --base-channels 4 --device cpu".split()], exit_on_error=False)
    return home


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: page.stem)
def test_python_blocks_run(page: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    for block in blocks(page, "python"):
        for pattern, smaller in SMALLER.items():
            block = re.sub(pattern, smaller, block)
        exec(compile(block, page.name, "exec"), {})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_parse(page: Path) -> None:
    for line in page.read_text("utf-8").splitlines():
        if re.match(r"(    )?(OMP_NUM_THREADS=1 )?dcgan ", line):
            tokens = shlex.split(line, comments=True)
            app.parse_args(tokens[tokens.index("dcgan") + 1 :], exit_on_error=False)
