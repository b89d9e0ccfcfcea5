"""Films of many frames."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from dcgan.errors import DcganError
from dcgan.figures.video import film_frames, write_video


def frames(count: int) -> Iterator[np.ndarray]:
    """A bright square that moves to the right."""
    for place in range(count):
        frame = np.full((32, 48, 3), 40, np.uint8)
        frame[8:24, 2 * place : 2 * place + 12] = (220, 60, 60)
        yield frame


def test_an_mp4_is_h264_and_shows_the_frames(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    write_video(frames(12), tmp_path / "film.mp4", 25)
    with av.open(str(tmp_path / "film.mp4")) as film:
        stream = film.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == 25
        shown = [frame.to_ndarray(format="rgb24") for frame in film.decode(stream)]
    assert len(shown) == 12
    for drawn, wanted in zip(shown, frames(12), strict=True):
        assert np.abs(drawn.astype(int) - wanted).mean() < 8


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_an_animation_begins_anew_and_keeps_its_time(tmp_path: Path, suffix: str) -> None:
    write_video(frames(5), tmp_path / f"film{suffix}", 20)
    with Image.open(tmp_path / f"film{suffix}") as film:
        assert getattr(film, "n_frames", 1) == 5
        assert film.info["loop"] == 0
        film.seek(4)
        film.load()
        assert film.info["duration"] == 50
        assert np.abs(np.asarray(film.convert("RGB")).astype(int) - [*frames(5)][4]).mean() < 8


def test_the_rate_of_a_gif_is_kept_on_the_whole(tmp_path: Path) -> None:
    write_video(frames(16), tmp_path / "film.gif", 30)
    with Image.open(tmp_path / "film.gif") as film:
        lasting = [frame.info["duration"] for frame in ImageSequence.Iterator(film)]
    assert set(lasting) == {30, 40}
    assert abs(sum(lasting) - 16 * 1000 / 30) <= 10


def test_frames_of_transparent_pictures_lie_on_white() -> None:
    hidden = np.full((1, 16, 16, 4), (200, 0, 0, 0), np.uint8)
    (frame,) = film_frames([hidden], 1)
    assert (frame == 255).all()


def test_a_gif_that_stands_still_for_longer_than_it_can_is_refused_with_the_remedy(tmp_path: Path) -> None:
    still = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(DcganError, match=r"stands still for longer than .* write a \.webp or an \.mp4"):
        write_video([still] * 700, tmp_path / "film.gif", 1)
    assert [*tmp_path.iterdir()] == []


def test_a_film_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "film.gif").write_bytes(b"old")

    def broken() -> Iterator[np.ndarray]:
        yield from frames(2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_video(broken(), tmp_path / "film.gif", 20)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("film.gif", b"old")]


@pytest.mark.parametrize(
    ("name", "rate", "count"), [("film.avi", 20, 2), ("film", 20, 2), ("a.gif", 0, 2), ("a.gif", 20, 0)]
)
def test_what_is_no_film_is_refused(tmp_path: Path, name: str, rate: float, count: int) -> None:
    with pytest.raises(DcganError):
        write_video(frames(count), tmp_path / name, rate)
    assert [*tmp_path.iterdir()] == []
