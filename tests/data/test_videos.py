"""Frames of videos."""

from pathlib import Path

import numpy as np
import pytest

from dcgan.data import videos
from dcgan.data.items import Skipped
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.sources import open_source
from dcgan.errors import SourceError, UsageError
from dcgan.figures.video import write_video


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds, 10 frames a second, from black to white."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    write_video((np.full((48, 64, 3), 12 * number, np.uint8) for number in range(20)), path, 10)
    return path


@pytest.mark.parametrize(("fps", "expected"), [(1.0, [0, 10]), (5.0, list(range(0, 20, 2))), (1000.0, list(range(20)))])
def test_frames_are_taken_at_an_even_rate(fps: float, expected: list[int], film: Path) -> None:
    source = open_source(film, PrepareOptions(fps=fps))
    items = list(source)
    assert source.total == len(items) == len(expected)
    shades = [float(item.content.mean()) for item in items if isinstance(item.content, np.ndarray)]
    assert shades == pytest.approx([12 * number for number in expected], abs=6)
    assert items[1].name == f"{expected[1] / 10:010.3f}"


def test_a_video_becomes_a_packed_set(film: Path, tmp_path: Path) -> None:
    report = prepare(film, tmp_path / "packed", PrepareOptions(size=16, fps=10))
    assert (report.used, report.skipped) == (20, {})


def test_a_video_that_ends_early_gives_what_it_has(film: Path, tmp_path: Path) -> None:
    mkv = tmp_path / "film.mkv"  # a format that needs no table at its end
    import av

    with av.open(str(mkv), "w") as out:
        stream = out.add_stream("mpeg4", 10)
        stream.width, stream.height, stream.gop_size = 64, 48, 1
        random = np.random.default_rng(0)
        for _ in range(40):
            frame = av.VideoFrame.from_ndarray(random.integers(0, 256, (48, 64, 3), dtype=np.uint8), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    whole = mkv.read_bytes()
    mkv.write_bytes(whole[: len(whole) // 2])
    report = prepare(mkv, tmp_path / "packed", PrepareOptions(size=16, fps=10))
    assert 10 < report.used < 40


def test_what_is_no_video_is_refused(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.mp4").write_bytes(film.read_bytes()[:200])
    with pytest.raises(SourceError, match=r"a\.mp4 has no pictures: only sound, or its header"):
        open_source(tmp_path / "a.mp4")
    with pytest.raises(UsageError, match="`fps` must be above 0"):
        PrepareOptions(fps=0)
    monkeypatch.setattr(videos, "find_spec", lambda _: None)
    with pytest.raises(SourceError, match=r"pip install 'dcgan\[video\]'"):
        open_source(film)


def test_damage_in_the_middle_is_a_reason_not_an_error(film: Path, tmp_path: Path) -> None:
    data = bytearray(film.read_bytes())
    start = data.index(b"mdat") + 8
    data[start : start + 4000] = bytes(range(250)) * 16
    (tmp_path / "a.mp4").write_bytes(data)
    for item in open_source(tmp_path / "a.mp4", PrepareOptions(fps=10)):
        assert isinstance(item.content, np.ndarray | Skipped)
