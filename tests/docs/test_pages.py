"""Python blocks of all pages run, on tiny pictures and nets; commands name verbs and flags that there are."""

import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from cyclopts import App
from PIL import Image
from tests.docs.blocks import FENCE, blocks

from dcgan.choices import LOSSES
from dcgan.cli import app
from dcgan.training.recipe import Recipe
from dcgan.training.run import train

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
WITHOUT_PLUGIN = [page for page in PAGES if page.stem != "extend"]  # tests/test_plugin.py runs what that page says
WITH_PYTHON = [page for page in PAGES if "```python" in page.read_text("utf-8")]

TINY = 'steps=4, batch_size=8, base_channels=4, device="cpu"'
SMALLER = {  # lengths alone; all else is as it stands
    r"latent_dim=100, minutes=20": 'steps=4, batch_size=8, device="cpu"',  # nets of your own have a width
    r"minutes=20": TINY,
    r'\{"minutes": 30\}': '{"steps": 6}',
    r'Recipe\(loss="my-least-squares"\)': f'Recipe(loss="my-least-squares", size=32, {TINY})',
    r"range\(1000\)": "range(4)",
    r"step % 100 == 99": "step % 2 == 1",
    r"steps=500": "steps=2",
    r"repeats=20": "repeats=2, C=[1e-3, 1e-2]",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures, labeled pictures, sounds and a run: what pages take for granted."""
    home = tmp_path_factory.mktemp("pages")
    random = np.random.default_rng(0)
    for folder, low in (("photos", 0), ("labeled/light", 120), ("labeled/dark", 0)):
        (home / folder).mkdir(parents=True)
        for number in range(40):
            levels = random.integers(low, low + 120, (32, 32, 3)).astype(np.uint8)
            Image.fromarray(levels).save(home / folder / f"{number}.png")
    (home / "birds").mkdir()
    for number in range(8):
        soundfile.write(home / "birds" / f"{number}.wav", random.normal(0, 0.1, 4096), 16_000)
    tiny = Recipe(size=32, steps=2, batch_size=8, base_channels=4, device="cpu")
    train(home / "photos", home / "runs" / "photos", tiny)
    return home


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: page.stem)
def test_python_blocks_run(page: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(LOSSES, "_added", dict(LOSSES._added))  # what a page adds is gone afterwards
    for block in blocks(page, "python"):
        for pattern, smaller in SMALLER.items():
            block = re.sub(pattern, smaller, block)
        exec(compile(block, page.name, "exec"), {})


@pytest.mark.parametrize("page", WITHOUT_PLUGIN, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_name_verbs_and_flags_that_there_are(page: Path) -> None:
    text = page.read_text("utf-8").replace("\\\n", " ")
    for line in re.findall(r"^(?:    )?(?:OMP_NUM_THREADS=1 )?dcgan (.*)$", "\n".join(shell_lines(text)), re.MULTILINE):
        verb, *tokens = shlex.split(line, comments=True)
        parser = App(default_command=app[verb].default_command)  # without the files that a recipe comes from
        parser.parse_args(tokens, exit_on_error=False, print_error=False)


def shell_lines(text: str) -> list[str]:
    """Indented lines, and those of blocks in sh."""
    fenced = "".join(body for language, body in FENCE.findall(text) if language == "sh")
    outside = FENCE.sub("", text)
    return [*fenced.splitlines(), *(line for line in outside.splitlines() if line.startswith("    "))]
