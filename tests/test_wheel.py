"""The wheel alone, installed in an environment of its own away from the sources, has all that dcgan needs to run."""

import json
import os
import re
import shutil
import site
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "dcgan"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `python -m build` makes: a source distribution, and the wheel that is built from it."""
    home = tmp_path_factory.mktemp("built")
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", home / "source" / "src", ignore=ignored)  # building leaves files beside the source
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, home / "source")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(home / "dist"), str(home / "source")]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return home / "dist"


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment with the wheel, and beside it the dependencies of this one."""
    home = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / "env"], check=True)
    programs = home / "env" / ("Scripts" if os.name == "nt" else "bin")
    pip = (sys.executable, "-m", "pip", "--python", programs / "python", "--disable-pip-version-check", "install")
    subprocess.run([*pip, "--quiet", "--no-index", "--no-deps", next(built.glob("*.whl"))], check=True)
    (own,) = (home / "env").rglob("site-packages")
    # as plain folders: a dcgan that this environment has for development is in a .pth file of its own, not in them
    (own / "dependencies.pth").write_text("\n".join(site.getsitepackages()), "utf-8")
    return programs


def run(installed: Path, cwd: Path, *words: object) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"DCGAN_CACHE": str(cwd / "cache"), "OMP_NUM_THREADS": "1"}
    command = [str(installed / str(words[0])), *map(str, words[1:])]
    return subprocess.Popen(
        command, cwd=cwd, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_both_distributions_have_every_file_of_the_package(built: Path) -> None:
    files = {path.relative_to(PACKAGE.parent).as_posix() for path in PACKAGE.rglob("*") if path.is_file()}
    expected = {name for name in files if "__pycache__" not in name}
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        assert {name for name in wheel.namelist() if name.startswith("dcgan/")} == expected
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"src/{name}" for name in expected} | {"pyproject.toml", "README.md", "LICENSE"} <= names


# the demo as it is, but for 10,000 faces that would have to be drawn
DEMO = """
import sys, dcgan.cli
print(dcgan.__file__, dcgan.load("faces").identity)
sys.modules["dcgan.cli.demo"].SOURCE = "drawn-faces:80"
dcgan.cli.main()
"""


def test_the_demo_trains_and_the_shipped_model_samples(installed: Path, tmp_path: Path) -> None:
    demo = run(installed, tmp_path, "python", "-c", DEMO, "demo", "--minutes", "0.001", "--json")
    out, err = demo.communicate(timeout=300)
    assert demo.returncode == 0, err
    loaded, result = out.splitlines()
    file, identity = loaded.split()
    assert Path(file).is_relative_to(installed.parent)
    assert len(identity) == 16
    assert (tmp_path / json.loads(result)["run"] / "report.html").is_file()


def test_the_page_on_which_masks_are_painted_is_there_with_all_that_it_loads(installed: Path, tmp_path: Path) -> None:
    words = ("inpaint", "faces", "drawn-faces:2", "--draw", "--mask", "masks", "--steps", "2", "--out", "filled")
    with run(installed, tmp_path, "dcgan", *words) as page:
        assert page.stderr is not None
        address = next(found[0] for line in page.stderr if (found := re.search(r"http://\S+/", line)))
        loaded = {"": fetch(address)}
        while new := {name for text in loaded.values() for name in named_files(text)} - loaded.keys():
            loaded |= {name: fetch(address + name) for name in new}
        page.terminate()
        page.communicate(timeout=60)
    assert {"masks.css", "masks.js", "png.js"} <= loaded.keys()


def fetch(address: str) -> str:
    with urlopen(address, timeout=30) as answer:
        text: str = answer.read().decode()
        return text


def named_files(text: str) -> set[str]:
    """The scripts and style sheets that a page or a script loads."""
    return set(re.findall(r"""["'(](?:\./)?([\w-]+\.(?:js|css))["')]""", text))
