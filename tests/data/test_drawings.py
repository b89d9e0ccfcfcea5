"""Drawings: they differ from photographs by flat areas, and have a preset of their own."""

import json
from pathlib import Path

import numpy as np
import pytest

from dcgan.cli import app
from dcgan.data.clips import clips_of
from dcgan.data.drawings import looks_drawn
from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.types import Pixels

pytest.importorskip("dicebear", reason="the extra 'demo' is not installed")


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("faces") / "packed"
    prepare("drawn-faces:24", path, PrepareOptions(size=32))
    return path


def packed(folder: Path, pixels: Pixels) -> PackedSet:
    np.save(folder / "pictures.npy", pixels)
    prepare(folder / "pictures.npy", folder / "packed", PrepareOptions(size=64))
    return PackedSet.open(folder / "packed")


def test_pictures_with_flat_areas_look_drawn(tmp_path: Path) -> None:
    flat = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 3), np.uint8).repeat(8, axis=1).repeat(8, axis=2)
    assert looks_drawn(packed(tmp_path, flat))


def test_grain_or_slopes_as_in_photographs_do_not_look_drawn(tmp_path: Path) -> None:
    slope = np.linspace(20, 230, 64)[None, :, None] + np.zeros((64, 64, 3))
    grain = 128 + np.random.default_rng(1).integers(-6, 7, (64, 64, 3))
    assert not looks_drawn(packed(tmp_path, np.stack([slope, grain, slope, grain]).astype(np.uint8)))


def test_a_plain_background_does_not_make_photographs_drawings(tmp_path: Path) -> None:
    pixels = np.full((4, 64, 64, 3), 255, np.uint8)
    pixels[:, 20:44, 20:44] = np.random.default_rng(3).integers(0, 256, (4, 24, 24, 3))
    assert not looks_drawn(packed(tmp_path, pixels))


def test_pictures_of_one_color_are_no_drawings(tmp_path: Path) -> None:
    assert not looks_drawn(packed(tmp_path, np.full((4, 64, 64, 3), 255, np.uint8)))


def test_clips_are_no_drawings(tmp_path: Path) -> None:
    flat = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 3), np.uint8).repeat(8, axis=1).repeat(8, axis=2)
    assert not looks_drawn(clips_of(packed(tmp_path, flat), 5))


def test_slight_noise_of_compression_does_not_hide_that_pictures_are_drawn(tmp_path: Path) -> None:
    flat = np.full((4, 64, 64, 3), 200, np.uint8)
    flat[:, 20:40, 20:40] = 30
    noise = np.random.default_rng(2).integers(0, 3, flat.shape).astype(np.uint8)
    assert looks_drawn(packed(tmp_path, flat + noise))


def test_a_training_on_drawings_names_their_preset(faces: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--dry-run", "--images", "64", "--base-channels", "2", "--threads", "1"]
    app(["train", str(faces), *flags])
    assert "--preset drawings" in capsys.readouterr().out
    app(["train", str(faces), *flags, "--json"])
    assert "--preset drawings" in json.loads(capsys.readouterr().out)["notes"][0]
    app(["train", str(faces), *flags, "--preset", "drawings"])
    assert "try" not in capsys.readouterr().out
