"""Verbs that look at pictures with a model."""

from pathlib import Path

import pytest
from PIL import Image
from tests.toy_model import toy_model

from dcgan.cli.sources import open_pictures
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.errors import PackedSetError


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "photos"
    folder.mkdir()
    for n in range(3):
        Image.new("RGB", (20, 20), (90 * n, 0, 0)).save(folder / f"{n}.png")
    return folder


def test_pictures_that_cannot_be_used_are_named_each_time(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (photos / "broken.png").write_bytes(b"no picture")
    for _ in range(2):  # the second time they come from the cache
        assert len(open_pictures(str(photos), toy_model())) == 3
        message = capsys.readouterr().err
        assert f"{photos}: 1 of 4 pictures was skipped" in message
        listed = Path(message.split("was skipped; ")[1].partition(" lists each")[0])
        assert "broken.png" in listed.read_text()


def test_where_all_can_be_used_there_is_no_warning(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_pictures(str(photos), toy_model())
    assert "warning" not in capsys.readouterr().err


def test_a_packed_set_of_another_size_is_refused(photos: Path, tmp_path: Path) -> None:
    prepare(photos, tmp_path / "packed", PrepareOptions(size=32))
    with pytest.raises(PackedSetError, match=r"size 32, and size 16 is needed here: .* `size` 16"):
        open_pictures(str(tmp_path / "packed"), toy_model())
