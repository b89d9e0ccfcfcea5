"""Drawings: they differ from photographs by flat areas, and have a preset of their own."""

from pathlib import Path

import numpy as np
import pytest

from dcgan.cli import app
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.training.pictures import looks_drawn

pytest.importorskip("dicebear", reason="the extra 'demo' is not installed")


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("faces") / "packed"
    prepare("drawn-faces:24", path, PrepareOptions(size=32))
    return path


def test_pictures_with_flat_areas_look_drawn_and_those_with_grain_do_not() -> None:
    flat = np.repeat(np.repeat(np.random.default_rng(0).integers(0, 256, (8, 8, 8, 3), np.uint8), 8, 1), 8, 2)
    assert looks_drawn(flat)
    grain = np.random.default_rng(1).integers(-6, 7, flat.shape)
    assert not looks_drawn(np.clip(flat + grain, 0, 255).astype(np.uint8))


def test_a_smooth_photograph_does_not_look_drawn() -> None:
    slope = np.linspace(0, 255, 64).astype(np.uint8)
    assert not looks_drawn(np.broadcast_to(slope[None, None, :, None], (4, 64, 64, 3)).copy())


def test_compression_does_not_hide_that_pictures_are_drawn() -> None:
    flat = np.full((4, 64, 64, 3), 200, np.uint8)
    flat[:, 20:40, 20:40] = 30
    assert looks_drawn(flat + np.random.default_rng(2).integers(0, 3, flat.shape).astype(np.uint8))


def test_a_training_on_drawings_names_their_preset(faces: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--dry-run", "--images", "64", "--base-channels", "2", "--threads", "1"]
    app(["train", str(faces), *flags])
    assert "--preset drawings" in capsys.readouterr().out
    app(["train", str(faces), *flags, "--preset", "drawings"])
    assert "try" not in capsys.readouterr().out
