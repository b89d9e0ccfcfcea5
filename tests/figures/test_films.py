from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from dcgan.errors import DcganError
from dcgan.figures.films import evenly, film

SUFFIXES = [".webp", ".gif", ".apng", ".png"]


def plain(shade: int, size: tuple[int, int] = (40, 40)) -> Image.Image:
    return Image.new("RGB", size, (shade, shade, shade))


def shades(path: Path) -> list[int]:
    """The middle pixel of every frame."""
    with Image.open(path) as picture:
        frames = [frame.convert("L") for frame in ImageSequence.Iterator(picture)]
    return [int(np.asarray(frame)[20, 20]) for frame in frames]


def seconds(path: Path) -> list[float]:
    with Image.open(path) as picture:
        found = []
        for frame in ImageSequence.Iterator(picture):
            frame.load()
            found.append(frame.info["duration"] / 1000)
        return found


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_frames_come_in_order_and_the_last_one_stays(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"film{suffix}"
    film([plain(20), plain(120), plain(220)], path, seconds_per_frame=0.2, hold_last=3)
    assert shades(path) == pytest.approx([20, 120, 220], abs=3)
    assert seconds(path) == pytest.approx([0.2, 0.2, 3])
    with Image.open(path) as picture:
        assert picture.info["loop"] == 0


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_one_frame_is_a_still_picture(tmp_path: Path, suffix: str) -> None:
    film([plain(120)], tmp_path / f"film{suffix}")
    assert shades(tmp_path / f"film{suffix}") == pytest.approx([120], abs=3)


def test_frames_may_be_files(tmp_path: Path) -> None:
    for shade in (20, 220):
        plain(shade).save(tmp_path / f"{shade}.png")
    film([tmp_path / "20.png", tmp_path / "220.png"], tmp_path / "film.webp")
    assert shades(tmp_path / "film.webp") == pytest.approx([20, 220], abs=3)


def test_a_long_film_is_thinned_and_keeps_its_ends(tmp_path: Path) -> None:
    film([plain(shade) for shade in range(250)], tmp_path / "film.png", max_frames=5)
    assert shades(tmp_path / "film.png") == [0, 62, 124, 187, 249]


def test_evenly_takes_the_first_the_last_and_what_lies_evenly_between() -> None:
    assert evenly(range(9), 3) == [0, 4, 8]
    assert evenly("abc", 3) == ["a", "b", "c"]
    assert evenly([], 2) == []
    with pytest.raises(ValueError, match="the first and the last"):
        evenly("abc", 1)


def test_large_frames_are_brought_down(tmp_path: Path) -> None:
    film([plain(0, (100, 50)), plain(9, (100, 50))], tmp_path / "film.png", max_side=60)
    with Image.open(tmp_path / "film.png") as picture:
        assert picture.size == (60, 30)


def test_frames_of_other_sizes_get_the_size_of_the_last(tmp_path: Path) -> None:
    film([plain(20, (10, 10)), plain(220)], tmp_path / "film.png")
    with Image.open(tmp_path / "film.png") as picture:
        assert (picture.size, getattr(picture, "n_frames", 1)) == ((40, 40), 2)


def test_transparent_frames_lie_on_white(tmp_path: Path) -> None:
    film([Image.new("RGBA", (40, 40), (0, 0, 0, 0)), plain(20)], tmp_path / "film.png")
    assert shades(tmp_path / "film.png") == [255, 20]


def test_a_caption_stands_under_its_frame_and_covers_nothing(tmp_path: Path) -> None:
    path = tmp_path / "film.png"
    film([plain(20), plain(220)], path, captions=["", "12"])
    with Image.open(path) as picture:
        bare, written = (np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(picture))
    assert (bare[:40] == 20).all()
    assert (bare[40:] == 255).all()
    assert (written[:40] == 220).all()
    rows, columns = np.nonzero(written[40:] < 128)
    assert 0 < rows.min() < rows.max() < len(written) - 41
    assert columns.mean() == pytest.approx(19.5, abs=2)


def test_captions_follow_their_frames_when_a_film_is_thinned(tmp_path: Path) -> None:
    film([plain(50)] * 3, tmp_path / "all.png", captions=["", "8", ""], max_frames=2)
    with Image.open(tmp_path / "all.png") as picture:
        assert getattr(picture, "n_frames", 1) == 1  # the middle one, the only one that differs, is gone


def test_what_cannot_be_filmed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a frame"):
        film([], tmp_path / "film.webp")
    with pytest.raises(ValueError, match="1 captions for 2 frames"):
        film([plain(0), plain(1)], tmp_path / "film.webp", captions=["a"])
    with pytest.raises(ValueError, match="out of range"):
        film([plain(0)], tmp_path / "film.webp", seconds_per_frame=0)
    with pytest.raises(DcganError, match=r"use \.webp, \.gif, \.apng, \.png"):
        film([plain(0)], tmp_path / "film.mp4")
    assert not list(tmp_path.iterdir())


def test_a_frame_that_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(DcganError, match=r"cannot read the frame .*broken\.png"):
        film([tmp_path / "broken.png"], tmp_path / "film.webp")
    with pytest.raises(DcganError, match=r"missing\.png"):
        film([tmp_path / "missing.png"], tmp_path / "film.webp")
