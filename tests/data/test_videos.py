"""Frames of videos."""

import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from dcgan.data import videos
from dcgan.data.cache import open_pictures
from dcgan.data.clips import clips_of, find_films
from dcgan.data.items import Reason, Skipped
from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.sources import open_source
from dcgan.errors import PackedSetError, SourceError, UsageError
from dcgan.figures.video import write_video
from dcgan.types import Pixels

if TYPE_CHECKING:
    from av import VideoFrame


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
    assert report.headline == f"20 frames packed: {tmp_path / 'packed'}"
    assert PackedSet.open(tmp_path / "packed").noun == "frame"


def test_a_packed_set_says_how_many_frames_of_a_second_it_has(film: Path, tmp_path: Path) -> None:
    Image.new("RGB", (16, 16)).save(tmp_path / "still.png")
    options = PrepareOptions(size=16, fps=5)
    prepare(film, tmp_path / "video", options)
    prepare([tmp_path / "still.png", film], tmp_path / "joined", options)
    prepare(tmp_path / "video", tmp_path / "again", options)
    prepare(film, tmp_path / "some", PrepareOptions(size=16, fps=5, limit=3))
    assert {PackedSet.open(tmp_path / name).fps for name in ("video", "joined", "again", "some")} == {5}
    prepare(tmp_path / "still.png", tmp_path / "stills", options)
    assert PackedSet.open(tmp_path / "stills").fps is None
    with pytest.raises(PackedSetError, match="video has 5 frames a second of its videos, and 10 are needed here"):
        open_pictures(tmp_path / "video", fps=10)
    assert len(open_pictures(tmp_path / "video", fps=5)) == 10


def test_a_damaged_number_of_frames_a_second_is_refused(film: Path, tmp_path: Path) -> None:
    prepare(film, tmp_path / "packed", PrepareOptions(size=16))
    card = tmp_path / "packed" / "dataset.json"
    card.write_text(card.read_text("utf-8").replace('"fps": 1.0,\n  "source"', '"fps": "few",\n  "source"'), "utf-8")
    with pytest.raises(PackedSetError, match="does not say how many frames of a second it has"):
        PackedSet.open(tmp_path / "packed")


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
    assert report.skipped == {Reason.TRUNCATED: 1}


@pytest.mark.parametrize("name", ["a.avi", "a.mkv", "a.mp4"])
def test_a_video_that_was_cut_off_is_truncated_and_a_whole_one_is_not(name: str, tmp_path: Path) -> None:
    options = {"movflags": "faststart"} if name == "a.mp4" else {}
    path = encode(tmp_path / name, [(64, 48)] * 40, "mpeg4", options)
    whole = list(open_source(path, PrepareOptions(fps=10)))
    assert len(whole) == 40
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    *frames, last = open_source(path, PrepareOptions(fps=10))
    assert 10 < len(frames) < 30
    assert last.content == Skipped(Reason.TRUNCATED, "the video ends here, earlier than its header says")


def test_what_is_no_video_is_refused(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.mp4").write_bytes(film.read_bytes()[:200])
    with pytest.raises(
        SourceError, match=r"a\.mp4 cannot be used: not a video \(has no pictures: only sound, or its header"
    ):
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


def test_frames_are_counted_from_the_first_wherever_a_video_begins(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mpg", [(64, 48)] * 10, "mpeg2video")  # MPEG's first frame comes after half a second
    names = [item.name for item in open_source(path, PrepareOptions(fps=5))]
    assert names == ["000000.000", "000000.200", "000000.400", "000000.600", "000000.800"]


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mov", "mpeg4"),
        ("a.mkv", "mpeg4"),
        ("a.avi", "mpeg4"),
        ("a.webm", "libvpx"),
        ("a.flv", "flv"),
        ("a.wmv", "wmv2"),
        ("a.mpg", "mpeg2video"),
        ("a.ts", "mpeg2video"),
        ("a.m2v", "mpeg2video"),
    ],
)
def test_videos_are_recognized_by_content(name: str, codec: str, tmp_path: Path) -> None:
    encode(tmp_path / name, [(64, 48)] * 5, codec).rename(tmp_path / "nameless")
    assert len(list(open_source(tmp_path / "nameless", PrepareOptions(fps=10)))) == 5


# Folders of videos


@pytest.fixture
def folder(film: Path, tmp_path: Path) -> Path:
    """Two labels: three seconds in two videos, and two seconds in one."""
    for name in ("walk/a.mp4", "run/c.mp4"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(film.read_bytes())
    (tmp_path / "in" / "walk" / "more").mkdir()
    encode(tmp_path / "in" / "walk" / "more" / "b.mov", [(64, 48)] * 10, "mpeg4")
    return tmp_path / "in"


def test_a_folder_of_videos_gives_the_frames_of_each_with_its_folder_as_label(folder: Path, tmp_path: Path) -> None:
    source = open_source(folder, PrepareOptions(fps=2))
    items = list(source)
    assert source.total == len(items) == 10
    assert [item.name for item in items[:5]] == [
        "run/c.mp4/000000.000",
        "run/c.mp4/000000.500",
        "run/c.mp4/000001.000",
        "run/c.mp4/000001.500",
        "walk/a.mp4/000000.000",
    ]
    packed = PackedSet.open(prepare(folder, tmp_path / "set", PrepareOptions(size=16, fps=10)).path)
    assert packed.label_names == ("run", "walk")
    assert str(find_films(packed).count(15)) == "12 clips of 3 films; 1 film is too short"
    clips = clips_of(packed, 5)
    assert len(clips) == 16 + 16 + 6
    assert np.bincount(clips.labels).tolist() == [16, 22]
    shades = np.asarray(clips.pixels[3])[8, 8, ::3].astype(int)
    assert np.abs(shades - 12 * np.arange(3, 8)).max() <= 6


def test_videos_of_a_list_are_films_of_their_own(folder: Path, tmp_path: Path) -> None:
    paths = [folder / "walk" / "a.mp4", folder / "run" / "c.mp4"]
    packed = PackedSet.open(prepare(paths, tmp_path / "set", PrepareOptions(size=16, fps=10)).path)
    assert packed.names[1] == "a.mp4/000000.100"
    assert str(find_films(packed).count(5)) == "32 clips of 2 films"


def test_a_damaged_video_of_a_pattern_is_skipped(film: Path, tmp_path: Path) -> None:
    shutil.copy(film, tmp_path / "a.mp4")
    (tmp_path / "b.mp4").write_bytes(film.read_bytes()[:200])
    report = prepare(f"{tmp_path}/*.mp4", tmp_path / "packed", PrepareOptions(size=16, fps=10))
    packed = PackedSet.open(report.path)
    assert (len(packed), packed.names[0], packed.fps) == (20, "a.mp4/000000.000", 10)
    assert report.skipped == {"not a video": 1}


def test_a_flat_folder_of_videos_has_no_labels(film: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.mp4", "b.mp4", "c without extension"):
        (tmp_path / "in" / name).write_bytes(film.read_bytes())
    (tmp_path / "in" / "notes.txt").write_text("of the videos")
    source = open_source(tmp_path / "in")
    assert {item.label for item in source} == {None}
    assert (source.total, source.ignored) == (6, {".txt": 1})


def test_what_cannot_be_used_is_listed_with_its_reason_and_the_rest_goes_on(film: Path, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    data = film.read_bytes()
    (source / "a good one.mp4").write_bytes(data)
    encode(source / "changes size.m2v", [(64, 48)] * 6 + [(96, 64)] * 6, "mpeg2video")
    (source / "cut off.mp4").write_bytes(data[:1000])
    (source / "empty.mp4").touch()
    start = data.index(b"mdat") + 4
    (source / "frames gone.mp4").write_bytes(data[:start] + bytes(len(data) - start))
    (source / "link.mp4").symlink_to(tmp_path / "nowhere")
    encode(source / "one frame.avi", [(64, 48)], "mpeg4")
    write_sound(source / "only sound.mp4")
    (source / "playlist.mp4").write_text("#EXTM3U\n#EXTINF:1,\na good one.mp4\n#EXT-X-ENDLIST\n")
    (source / "text.mkv").write_text("and cut")
    report = prepare(source, tmp_path / "set", PrepareOptions(size=16, fps=10))
    packed = PackedSet.open(report.path)
    skipped = {row["name"]: row["reason"] for row in packed.index().to_pylist() if row["row"] < 0}
    assert skipped == {
        "cut off.mp4": "corrupt",
        "empty.mp4": "empty file",
        "frames gone.mp4": "corrupt",
        "link.mp4": "unreadable",
        "only sound.mp4": "not a video",
        "playlist.mp4": "not a video",
        "text.mkv": "not a video",
    }
    width = Counter(packed.used("width")["width"].to_pylist())
    first, second = width[64] - 20 - 1, width[96]  # FFmpeg drops a frame where the size changes
    assert (first, second) in ((5, 6), (6, 6))
    count = find_films(packed).count(3)
    assert (count.films, count.too_short, count.clips) == (3, 1, 18 + first - 2 + second - 2)


def test_a_video_of_a_folder_that_breaks_off_gives_its_frames_and_the_next_one_follows(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = encode(tmp_path / "in" / "a.mkv", [(64, 48)] * 20, "mpeg4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    encode(tmp_path / "in" / "b.mkv", [(64, 48)] * 5, "mpeg4")
    items = list(open_source(tmp_path / "in", PrepareOptions(fps=10)))
    assert sum(item.name.startswith("a.mkv/") for item in items) in range(1, 20)
    assert [item.name for item in items[-5:]] == [f"b.mkv/{number / 10:010.3f}" for number in range(5)]


def test_a_reader_that_fails_on_one_video_does_not_end_the_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upright, calls = videos._upright, []

    def fail_once(frame: "VideoFrame") -> Pixels:
        calls.append(frame)
        if len(calls) == 2:
            raise MemoryError("too large")
        return upright(frame)

    monkeypatch.setattr(videos, "_upright", fail_once)
    items = list(open_source(folder, PrepareOptions(fps=2)))
    assert items[1].content == Skipped(Reason.TRUNCATED, "the video ends here: too large")
    assert items[1].name == "run/c.mp4"
    assert len(items) == 1 + 1 + 4 + 2


def test_a_folder_with_pictures_is_one_of_pictures(folder: Path, tmp_path: Path) -> None:
    Image.new("L", (32, 32)).save(folder / "walk" / "cover.png")
    report = prepare(folder, tmp_path / "set", PrepareOptions(size=16))
    assert (report.used, report.ignored) == (1, {".mp4": 2, ".mov": 1})


def test_a_packed_set_has_the_frames_that_it_has(folder: Path, tmp_path: Path) -> None:
    packed = prepare(folder, tmp_path / "set", PrepareOptions(size=16, fps=2)).path
    with pytest.raises(PackedSetError, match="has 2 frames a second of its videos, not 5: name the videos themselves"):
        prepare(packed, tmp_path / "again", PrepareOptions(size=16, fps=5))


def test_an_archive_of_videos_is_refused_with_the_remedy(folder: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "videos"), "zip", folder)
    with pytest.raises(SourceError, match="Videos are read from folders: unpack them into one"):
        open_source(archive)


def test_a_folder_of_animated_gifs_gives_their_first_frames(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_video([np.full((32, 32, 3), shade, np.uint8) for shade in (0, 250)], tmp_path / "in" / "a.gif", 10)
    assert prepare(tmp_path / "in", tmp_path / "set", PrepareOptions(size=16)).used == 1


def test_fps_makes_another_set_and_so_does_another_video(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    assert len(open_pictures(folder, size=8)) == 2 + 1 + 2
    faster = open_pictures(folder, size=8, fps=5)
    assert len(faster) == 10 + 5 + 10
    assert open_pictures(folder, size=8, fps=5).path == faster.path
    shutil.copy(folder / "run" / "c.mp4", folder / "run" / "d.mp4")
    assert len(open_pictures(folder, size=8, fps=5)) == 35
    with pytest.raises(UsageError, match="`fps` must be above 0"):
        open_pictures(folder, fps=-1)


def test_folders_of_videos_need_the_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(videos, "find_spec", lambda _: None)
    with pytest.raises(SourceError, match=r"videos need the extra: pip install 'dcgan\[video\]'"):
        open_source(folder)


def encode(path: Path, sizes: list[tuple[int, int]], codec: str, options: dict[str, str] | None = None) -> Path:
    """A video of noise at 10 frames a second, one of each size (width, height); other sizes begin another stream."""
    import av
    from av.video.stream import VideoStream

    streams = []
    for size in dict.fromkeys(sizes):
        random = np.random.default_rng(0)
        with av.open(str(path), "w", options=options or {}) as out:
            stream = out.add_stream(codec, 10)
            assert isinstance(stream, VideoStream)
            stream.width, stream.height = size
            stream.pix_fmt = "yuv420p"
            for _ in range(sizes.count(size)):
                pixels = random.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
                out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            out.mux(stream.encode())
        streams.append(path.read_bytes())
    path.write_bytes(b"".join(streams))
    return path


def write_sound(path: Path) -> None:
    import av

    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", 8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        out.mux(stream.encode(frame))
        out.mux(stream.encode())
