"""A package of someone else adds a loss and a baseline: the one in examples/plugin, installed for real."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLE = Path(__file__).parents[1] / "examples" / "plugin"
TINY = ("--base-channels", "4", "--batch-size", "8", "--latent-dim", "4", "--steps", "2", "--device", "cpu")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package installed, by pip, without a network."""
    home = tmp_path_factory.mktemp("plugin")
    source = shutil.copytree(EXAMPLE, home / "source")  # building leaves files beside the source
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    offline = ("--no-index", "--no-deps", "--no-build-isolation")
    subprocess.run([*pip, *offline, "--target", home / "site", source], check=True)
    return home / "site"


def dcgan(installed: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(installed), *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONPATH": paths, "COLUMNS": "200"}
    command = [sys.executable, "-m", "dcgan", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty pictures of two classes: dark and light noise."""
    path = tmp_path_factory.mktemp("pictures") / "pictures.npz"
    labels = np.arange(40) % 2
    noise = np.random.default_rng(0).integers(0, 100, (40, 16, 16, 3)) + 150 * labels[:, None, None, None]
    np.savez(path, images=noise.astype(np.uint8), labels=labels)
    return path


@pytest.fixture(scope="module")
def run(installed: Path, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was trained with the package's loss."""
    out = tmp_path_factory.mktemp("runs") / "run"
    done = dcgan(installed, "train", pictures, "--out", out, "--size", "16", "--loss", "least-squares", *TINY)
    assert done.returncode == 0, done.stderr
    return out


def test_help_offers_the_loss_and_says_whose_it_is(installed: Path) -> None:
    text = dcgan(installed, "train", "--help").stdout
    assert "least-squares" in text
    assert "dcgan-example-plugin" in text


def test_a_run_trains_with_the_loss_and_keeps_its_name(run: Path) -> None:
    assert 'loss = "least-squares"' in (run / "recipe.toml").read_text("utf-8")


def test_a_probe_compares_with_the_baseline(installed: Path, run: Path, pictures: Path) -> None:
    done = dcgan(installed, "probe", run, pictures, "--baselines", "color-histogram", "--device", "cpu", "--json")
    assert done.returncode == 0, done.stderr
    accuracy = {row["baseline"]: row["accuracy"] for row in json.loads(done.stdout)["results"]}
    assert accuracy["color-histogram"] == 1.0  # dark and light differ in nothing but their histograms


def test_without_the_package_the_error_lists_what_there_is(pictures: Path, tmp_path: Path) -> None:
    done = dcgan(tmp_path, "train", pictures, "--out", tmp_path / "run", "--loss", "least-squares")
    assert done.returncode == 2
    assert "--loss must be" in done.stderr
    assert "hinge" in done.stderr
