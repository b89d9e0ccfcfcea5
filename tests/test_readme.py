"""Every command and every Python block of the README runs, in the order of the page, on tiny pictures and nets."""

import json
import re
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.cli.test_predict_frames import write_video
from tests.docs.blocks import TINY_NETS, blocks, commands, run_command
from tests.test_release_import import released
from tests.training.test_frame_prediction import moving_squares

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
RELEASE = "svhn_unsup_all_conv_dcgan_100z_gaussian_lr_0.0005_64mb"

# What is changed of a command, so that it takes seconds: lengths, numbers of pictures, the width of the nets.
SMALLER = {
    r"(dcgan train .*--out .*)": rf"\1 {TINY_NETS}",
    "--size 64": "--size 32",
    "--minutes 60": "--steps 4",
    "--preset paper-64": "--preset paper-64 --steps 2",
    "--preset frame-predictor": "--preset frame-predictor --size 32 --steps 2",
    "--device cuda ": "",  # where there is none; TINY_NETS names the CPU
    "--images 2000000": "--images 64",
    "--seeds 0-9999": "--seeds 0-99",
    "drawn-faces:2000": "drawn-faces:40",
    r"(dcgan probe .*)": r"\1 --repeats 2 --centroids 8 --C 1e-3,1e-2",
    r"(dcgan evaluate .*)": r"\1 --extractor pixels",
    r"^dcgan studio$": "dcgan studio --help",  # it serves until Ctrl-C: tests/cli/test_studio.py
    r"(dcgan (?:inpaint|project) .*)": r"\1 --steps 4",
}
SMALLER_PYTHON = {
    'dcgan.train("photos/", "runs/photos", dcgan.Recipe(size=64, minutes=60))': 'dcgan.train("photos/", "runs/python", '
    "dcgan.Recipe(size=32, steps=2, base_channels=4, batch_size=8))",
}


def prepare(home: Path) -> None:
    """What the README takes for granted: pictures of yours, some of them labeled, boxes, the authors' files."""
    random = np.random.default_rng(0)
    for folder, count in (("photos", 120), ("bedrooms", 16), ("labeled/light", 40), ("labeled/dark", 40)):
        (home / folder).mkdir(parents=True)
        for number in range(count):
            levels = random.integers(0, 120, (40, 48, 3)) + 120 * (folder != "labeled/dark")
            Image.fromarray(levels.astype(np.uint8)).save(home / folder / f"{number}.png")
    for folder in ("videos", "new-videos"):
        (home / folder).mkdir()
        write_video(home / folder / "squares.mp4", moving_squares(frames=15, size=32)[0].repeat(3, axis=-1))
    (home / "portraits").mkdir()
    shutil.copy(ROOT / "tests" / "curation" / "astronaut.jpg", home / "portraits")
    boxes = [{"seed": seed, "left": 4, "top": 4, "right": 12, "bottom": 14} for seed in range(12)]
    looked_at = {"boxes": boxes, "seeds": list(range(24))}
    (home / "windows.json").write_text(json.dumps(looked_at))
    released(home / RELEASE)
    (home / "docs" / "pictures").mkdir(parents=True)


def test_every_command_and_python_block_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    for line in commands(README, "dcgan"):
        run_command(line, SMALLER)
        if "--minutes" in line:  # one training stands for that on rooms, which the README does not show
            shutil.copytree("runs/photos", "runs/rooms")
    names: dict[str, object] = {
        "photos": np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3)).astype(np.uint8),
        "labels": np.arange(20) % 2,
    }
    for block in blocks(README, "python"):
        for ours, smaller in SMALLER_PYTHON.items():
            block = block.replace(ours, smaller)
        exec(compile(block, README.name, "exec"), names)
    pixels = names["pixels"]
    assert isinstance(pixels, np.ndarray)
    assert pixels.shape == (64, 32, 32, 3)


def test_make_has_the_targets_and_the_package_the_extras_that_are_named() -> None:
    targets = {line.split(":")[0] for line in (ROOT / "Makefile").read_text("utf-8").splitlines()}
    for line in commands(README, "make"):
        assert line.split()[1] in targets
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    for line in commands(README, "pip"):
        assert set(line.split("[")[1].split("]")[0].split(",")) <= set(extras)


def test_linked_files_are_there() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README.read_text("utf-8")):
        assert (ROOT / target).exists(), target
