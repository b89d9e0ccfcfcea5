"""A single picture is a source, too."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.data.pictures import JPEG, encoded

from dcgan.data.cache import open_pictures
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.sources import open_source
from dcgan.errors import NoUsablePictureError


def test_a_picture_is_a_source_of_one(tmp_path: Path) -> None:
    (tmp_path / "me.jpg").write_bytes(JPEG)
    source = open_source(tmp_path / "me.jpg")
    assert (source.total, [item.name for item in source]) == (1, ["me.jpg"])


def test_several_pictures_are_named_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    for name, level in (("me", 20), ("you", 220)):
        (tmp_path / f"{name}.png").write_bytes(encoded(Image.new("RGB", (20, 30), (level, 0, 0)), "PNG"))
    packed = open_pictures([tmp_path / "you.png", tmp_path / "me.png"], size=8)
    assert packed.names == ["you.png", "me.png"]
    assert packed.pixels[:, 0, 0, 0].tolist() == [220, 20]
    assert np.asarray(packed.pixels).shape == (2, 8, 8, 3)


def test_damaged_ones_of_a_pattern_are_skipped_as_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(JPEG)
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    (tmp_path / "c.jpg").touch()
    report = prepare(f"{tmp_path}/*.jpg", tmp_path / "packed", PrepareOptions(size=8))
    assert (report.used, sum(report.skipped.values())) == (1, 2)
    with pytest.raises(NoUsablePictureError, match="none of 1 pictures can be used"):
        prepare(tmp_path / "b.jpg", tmp_path / "other")
