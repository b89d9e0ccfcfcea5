"""Clips: which frames follow each other, and how they are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dcgan.curation.deduplicate import deduplicate
from dcgan.data.clip_pixels import Clips
from dcgan.data.clips import clips_of, find_films, natural_keys
from dcgan.data.index_writer import Origin
from dcgan.data.items import Item, Reason, Skipped
from dcgan.data.packed import PackedSet
from dcgan.data.packed_writer import PackedSetWriter, write_packed_set
from dcgan.data.prepare import prepare, split
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.sharded_pixels import ShardedPixels
from dcgan.data.sources import open_source
from dcgan.errors import PackedSetError, UsageError
from dcgan.training.batches import ImageLoader
from dcgan.types import Pixels


@dataclass(frozen=True)
class Frame:
    name: str
    skipped: bool = False
    width: int | None = 64
    label: str | None = None


def shade(number: int) -> Pixels:
    """A picture that shows its number."""
    return np.stack([np.full((8, 8), value, np.uint8) for value in (number, 100 + number, 200)], axis=-1)


def pack(path: Path, frames: Sequence[Frame]) -> PackedSet:
    """The frames in this order; the picture of frame i shows i."""
    with write_packed_set(path, size=8, channels=3) as writer:
        add_all(writer, frames, 0)
        writer.finish("a test", {}, {})
    return PackedSet.open(path)


def pack_in_shards(path: Path, frames: Sequence[Frame], size: int) -> PackedSet:
    """The same in shards of so many frames."""
    with write_packed_set(path, size=8, channels=3) as writer:
        for first in range(0, len(frames), size):
            with write_packed_set(writer.folder / "shard", size=8, channels=3) as shard:
                add_all(shard, frames[first : first + size], first)
                shard.finish("a shard", {}, {})
            writer.append(PackedSet.open(writer.folder / "shard"))
            for file in (writer.folder / "shard").iterdir():
                file.unlink()
            (writer.folder / "shard").rmdir()
        writer.finish("a test", {}, {})
    return PackedSet.open(path)


def add_all(writer: PackedSetWriter, frames: Sequence[Frame], first: int) -> None:
    for number, frame in enumerate(frames, first):
        item = Item(frame.name, b"", frame.label)
        if frame.skipped:
            writer.skip(item, Skipped(Reason.CORRUPT), Origin(frame.width, 48))
        else:
            writer.add(shade(number), item, Origin(frame.width, 48))


def numbers(clips: PackedSet) -> list[list[int]]:
    """Which frames each clip is made of."""
    assert np.array_equal(np.asarray(clips.pixels)[..., 2::3], np.full((len(clips), 8, 8, clips.frames), 200))
    assert np.array_equal(np.asarray(clips.pixels)[..., 1::3], np.asarray(clips.pixels)[..., ::3] + 100)
    found: list[list[int]] = np.asarray(clips.pixels)[:, 0, 0, ::3].tolist()
    return found


def film(name: str, count: int) -> list[Frame]:
    return [Frame(f"{name}/{number}.png") for number in range(count)]


# Which frames follow each other


def test_a_clip_begins_at_every_frame_that_has_followers_in_its_film(tmp_path: Path) -> None:
    clips = clips_of(pack(tmp_path / "set", [*film("a", 4), *film("b", 1), *film("c/d", 3)]), 3)
    assert numbers(clips) == [[0, 1, 2], [1, 2, 3], [5, 6, 7]]
    assert (clips.frames, clips.channels, clips.size, len(clips)) == (3, 3, 8, 3)


def test_frames_stand_in_the_natural_order_of_their_names(tmp_path: Path) -> None:
    names = ["frame10.png", "frame2.png", "frame1.png", "frame002b.png"]
    clips = clips_of(pack(tmp_path / "set", [Frame(name) for name in names]), 4)
    in_order = [names[number] for number in numbers(clips)[0]]
    assert in_order == ["frame1.png", "frame2.png", "frame002b.png", "frame10.png"]


def test_numbers_are_compared_by_value_however_long_they_are() -> None:
    in_order = "2021\n3 2021\n12 a a9 a9b2 a9b10 a10 a{nines} a1{zeros} b é2 é10".format(nines="9" * 30, zeros="0" * 30)
    names = sorted(in_order.split(" "))
    keys = natural_keys(pa.array(names, pa.large_string()))
    by_key = [names[number] for number in np.argsort(np.array(keys.to_pylist(), object))]
    assert by_key == in_order.split(" ")


def test_names_without_a_folder_are_one_film(tmp_path: Path) -> None:
    packed = pack(tmp_path / "set", [Frame("0.png"), Frame("a/1.png"), Frame("1.png"), Frame("a/0.png")])
    assert numbers(clips_of(packed, 2)) == [[0, 2], [3, 1]]


def test_a_film_is_broken_where_a_frame_was_skipped(tmp_path: Path) -> None:
    frames = film("a", 7)
    frames[3] = Frame("a/3.png", skipped=True)
    packed = pack(tmp_path / "set", frames)
    assert numbers(clips_of(packed, 2)) == [[0, 1], [1, 2], [4, 5], [5, 6]]
    assert str(find_films(packed).count(3)) == "2 clips of 1 film"


def test_a_film_is_broken_where_its_size_changes(tmp_path: Path) -> None:
    frames = [Frame(f"{number}.png", width=width) for number, width in enumerate((64, 64, 32, 32, None, None))]
    packed = pack(tmp_path / "set", frames)
    assert numbers(clips_of(packed, 2)) == [[0, 1], [2, 3], [4, 5]]


def test_films_are_counted(tmp_path: Path) -> None:
    frames = [*film("a", 5), *film("b", 2), *film("c", 1), Frame("d/0.png", skipped=True), *film("e", 3)]
    films = find_films(pack(tmp_path / "set", frames))
    count = films.count(3)
    assert (count.films, count.frames, count.clips, count.too_short, count.longest) == (4, 11, 4, 2, 5)
    assert str(count) == "4 clips of 4 films; 2 films are too short"
    assert films.clips(3).film_count == count


def test_a_set_without_a_clip_says_what_it_has_and_what_to_do(tmp_path: Path) -> None:
    packed = pack(tmp_path / "set", [*film("a", 2), *film("b", 1)])
    why = (
        r"has no clip of 3 frames: of 2 films with 3 frames the longest has 2 without a break\. .* more frames a second"
    )
    with pytest.raises(PackedSetError, match=why):
        clips_of(packed, 3)
    assert find_films(packed).count(3).clips == 0


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.builds(
            Frame,
            st.builds(
                "{}{}{}".format,
                st.sampled_from(["", "a/", "a/b/", "1/"]),
                st.sampled_from(["", "f", "0"]),
                st.integers(0, 120),
            ),
            st.sampled_from([False, False, False, True]),
            st.sampled_from([64, 64, 64, 32, None]),
            st.sampled_from(["x", "y", None]),
        ),
        min_size=1,
        max_size=30,
        unique_by=lambda frame: frame.name,
    ).filter(lambda frames: not all(frame.skipped for frame in frames)),
    st.integers(1, 4),
)
def test_clips_are_those_that_a_loop_finds(
    tmp_path_factory: pytest.TempPathFactory, frames: list[Frame], length: int
) -> None:
    films: dict[str, list[int]] = {}
    for number, frame in enumerate(frames):
        films.setdefault(frame.name.rpartition("/")[0], []).append(number)
    expected = []
    for rows in films.values():
        rows.sort(key=lambda row: (*split_numbers(frames[row].name.rpartition("/")[2]), frames[row].name))
        for start in range(len(rows) - length + 1):
            clip = rows[start : start + length]
            if not any(frames[row].skipped for row in clip) and len({frames[row].width for row in clip}) == 1:
                expected.append(clip)
    packed = pack(tmp_path_factory.mktemp("set") / "set", frames)
    assert find_films(packed).count(length).clips == len(expected)
    if not expected:
        return
    clips = clips_of(packed, length)
    assert numbers(clips) == expected
    labels = [frames[clip[0]].label for clip in expected]
    assert [clips.label_names[label] if label >= 0 else None for label in clips.labels] == labels
    assert clips.names == [frames[clip[0]].name for clip in expected]


def split_numbers(name: str) -> tuple[str, int]:
    """The text before a number, and the number: "f07" -> ("f", 7)."""
    text = name.rstrip("0123456789")
    return text, int(name[len(text) :])


# How they are read


FRAMES = [*film("a", 7), *film("b", 2), *film("c", 5)]
STACKED = np.concatenate(
    [
        np.stack([np.concatenate([shade(first + n) for n in range(3)], axis=-1) for first in films])
        for films in (range(5), range(9, 12))
    ]
)


@pytest.fixture(params=[None, 1, 4], ids=["one array", "a shard a frame", "shards"])
def clips(tmp_path: Path, request: pytest.FixtureRequest) -> PackedSet:
    """Three films as clips of three frames, in one array and in shards."""
    path = tmp_path / "set"
    return clips_of(pack(path, FRAMES) if request.param is None else pack_in_shards(path, FRAMES, request.param), 3)


@pytest.mark.parametrize(
    "key",
    [
        0,
        -1,
        np.int64(3),
        slice(None),
        slice(2, 6),
        slice(None, None, -2),
        slice(5, 2),
        [1, 1, 7],
        [],
        np.array([[0, 7], [-8, 3]]),
        np.arange(8) % 3 == 0,
        np.zeros(8, bool),
    ],
    ids=str,
)
def test_clips_are_indexed_as_an_array_is(clips: PackedSet, key: int) -> None:
    taken = clips.pixels[key]
    expected = STACKED[np.asarray(key, np.int64) if isinstance(key, list) else key]
    assert taken.dtype == np.uint8
    assert taken.shape == expected.shape
    assert np.array_equal(taken, expected)


def test_clips_are_a_store_of_pixels(clips: PackedSet) -> None:
    pixels = clips.pixels
    assert isinstance(pixels, Clips)
    assert (pixels.shape, len(pixels), pixels.nbytes) == (STACKED.shape, 8, STACKED.nbytes)
    assert np.array_equal(np.asarray(pixels), STACKED)
    assert np.array_equal(np.stack(list(pixels)), STACKED)
    with pytest.raises(ValueError, match="only as a copy"):
        np.array(pixels, copy=False)
    assert repr(pixels) == "Clips((8, 8, 8, 9), 3 frames each)"


@pytest.mark.parametrize("key", [8, -9, [0, 8], 1.5, np.ones(7, bool)], ids=str)
def test_there_is_no_clip_outside(clips: PackedSet, key: int) -> None:
    with pytest.raises(IndexError):
        clips.pixels[key]


def test_the_rest_of_the_set_stays(clips: PackedSet) -> None:
    packed = PackedSet.open(clips.path)
    assert (clips.fingerprint, clips.label_names, clips.skipped) == (packed.fingerprint, (), 0)
    clips.verify()
    assert packed.frames == 1


def test_clips_are_loaded_as_images_with_the_channels_of_all_frames(clips: PackedSet) -> None:
    loader = ImageLoader(clips.pixels, torch.device("cpu"))
    images = loader.images(np.array([6, 0, 6]))
    assert images.shape == (3, 9, 8, 8)
    expected = torch.from_numpy(STACKED[[6, 0, 6]]).permute(0, 3, 1, 2).float() / 127.5 - 1
    assert torch.allclose(images, expected, atol=1e-6)


def test_a_set_that_is_cut_off_while_a_run_trains_is_refused(clips: PackedSet) -> None:
    loader = ImageLoader(clips.pixels, torch.device("cpu"))
    loader.images(np.array([7]))
    is_sharded = isinstance(PackedSet.open(clips.path).pixels, ShardedPixels)
    last = sorted(clips.path.glob("pixels*.npy"))[-1]
    with last.open("r+b") as file:
        file.truncate(last.stat().st_size - 192)
    with pytest.raises(PackedSetError, match=f"{last.name} was cut off while a run trains on it"):
        loader.images(np.array([7]))
    if is_sharded:
        loader.images(np.array([0]))  # all its frames are in other files


# What has no clips


def test_what_is_no_set_of_frames_is_refused(tmp_path: Path) -> None:
    packed = pack(tmp_path / "set", film("a", 5))
    with pytest.raises(UsageError, match="`frames` must be 1 or more, not 0"):
        clips_of(packed, 0)
    for frames in (1, 2):
        clips = clips_of(packed, frames)
        with pytest.raises(PackedSetError, match=f"are clips of {frames} frames already"):
            clips_of(clips, 2)
        with pytest.raises(PackedSetError, match=f"clips of {frames} frames cannot be a source of pictures"):
            open_source(clips)


@pytest.mark.parametrize("frames", [2, 5])
def test_frames_that_were_chosen_at_random_have_no_clips(tmp_path: Path, frames: int) -> None:
    array = np.arange(20, dtype=np.uint8)[:, None, None] * np.ones((8, 8), np.uint8)
    some = PackedSet.open(prepare(array, tmp_path / "some", PrepareOptions(size=8, limit=10)).path)
    with pytest.raises(PackedSetError, match=r"is 10 pictures chosen at random \(`limit`\)"):
        clips_of(some, frames)
    part = PackedSet.open(split(array, tmp_path / "parts", PrepareOptions(size=8)).train.path)
    with pytest.raises(PackedSetError, match="is one part of a split"):
        find_films(part).count(frames)
    whole = PackedSet.open(prepare(array, tmp_path / "whole", PrepareOptions(size=8, limit=100)).path)
    assert len(clips_of(whole, frames)) == 21 - frames


def test_a_set_that_is_prepared_again_has_the_breaks_of_the_first(tmp_path: Path) -> None:
    packed = pack(tmp_path / "set", [Frame(f"{number}.png", skipped=number == 4) for number in range(10)])
    prepare(packed, tmp_path / "again", PrepareOptions(size=8))
    assert clips_of(PackedSet.open(tmp_path / "again"), 3).film_count == clips_of(packed, 3).film_count


@pytest.mark.parametrize("limit", [0, 3, 15])
def test_frames_that_were_chosen_at_random_stay_so_in_a_set_that_is_made_of_them(tmp_path: Path, limit: int) -> None:
    array = np.random.default_rng(0).integers(0, 256, (20, 8, 8), np.uint8)
    some = prepare(array, tmp_path / "some", PrepareOptions(size=8, limit=10)).path
    prepare(some, tmp_path / "again", PrepareOptions(size=8, limit=limit))
    prepare([some], tmp_path / "listed", PrepareOptions(size=8, limit=limit))
    deduplicate(tmp_path / "again", tmp_path / "unique")
    for name in ("again", "listed", "unique"):
        with pytest.raises(PackedSetError, match=r"pictures chosen at random \(`limit`\)"):
            clips_of(PackedSet.open(tmp_path / name), 2)


def test_spectrograms_are_no_frames(tmp_path: Path) -> None:
    import soundfile

    soundfile.write(tmp_path / "a.wav", np.sin(np.arange(16000) / 5), 8000)
    sounds = PackedSet.open(
        prepare(tmp_path / "a.wav", tmp_path / "set", PrepareOptions(size=16, rate=8000, seconds=0.5)).path
    )
    with pytest.raises(PackedSetError, match="has recordings, and no frames of films"):
        clips_of(sounds, 2)


def test_a_set_whose_index_lacks_names_is_refused(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    packed = pack(tmp_path / "set", film("a", 3))
    pq.write_table(packed.index().drop_columns(["name"]), packed.path / "index.parquet")
    with pytest.raises(PackedSetError, match=r"index\.parquet cannot be read \(No match for .*name"):
        clips_of(packed, 2)


# From sources


def test_folders_of_frames_are_films(tmp_path: Path) -> None:
    for label, count in (("walk", 4), ("run", 12)):
        (tmp_path / "in" / label).mkdir(parents=True)
        for number in range(count):
            Image.new("L", (16, 16), number).save(tmp_path / "in" / label / f"{number}.png")
    (tmp_path / "in" / "run" / "5.png").write_bytes((tmp_path / "in" / "run" / "5.png").read_bytes()[:40])
    packed = PackedSet.open(prepare(tmp_path / "in", tmp_path / "set", PrepareOptions(size=8)).path)
    clips = clips_of(packed, 4)
    shades = np.asarray(clips.pixels)[:, 0, 0].tolist()
    assert shades == [[0, 1, 2, 3], [1, 2, 3, 4], [6, 7, 8, 9], [7, 8, 9, 10], [8, 9, 10, 11], [0, 1, 2, 3]]
    assert [clips.label_names[label] for label in clips.labels] == ["run"] * 5 + ["walk"]
