"""Sounds as sources: their clips become spectrograms."""

import csv
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest
import soundfile
from numpy.typing import NDArray
from PIL import Image

from dcgan.data import sounds
from dcgan.data.cache import open_pictures
from dcgan.data.items import Reason, Skipped, sound_of
from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare, split
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.sound_files import read_clip, resample
from dcgan.data.sources import open_source
from dcgan.errors import PackedSetError, SourceError, UsageError
from dcgan.probing.comparison import split_pictures
from dcgan.probing.protocol import ProbeOptions
from dcgan.probing.splits import groups_of
from dcgan.sound.spectrogram import SoundFormat

OPTIONS = PrepareOptions(size=32, rate=8000, seconds=0.512)


def tone(hertz: float, seconds: float, rate: int = 8000) -> NDArray[np.float64]:
    return np.asarray(0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two labels, three recordings each, of half a second."""
    for label, hertz in (("low", 200), ("high", 2000)):
        (tmp_path / "sounds" / label).mkdir(parents=True)
        for number in range(3):
            sound = tone(hertz + 10 * number, 0.512)
            soundfile.write(tmp_path / "sounds" / label / f"{number}.wav", sound, 8000)
    return tmp_path / "sounds"


def test_a_folder_of_sounds_becomes_a_packed_set_of_spectrograms(folder: Path, tmp_path: Path) -> None:
    report = prepare(folder, tmp_path / "packed", OPTIONS)
    packed = PackedSet.open(report.path)
    assert (report.used, report.skipped) == (6, {})
    assert packed.pixels.shape == (6, 32, 32, 1)
    assert packed.label_names == ("high", "low")
    assert packed.names[0] == "high/0.wav"
    assert packed.sound == SoundFormat(8000, 0.512)
    highest = [int(pixels[:, 16, 0].argmax()) for pixels in packed.pixels]
    assert max(highest[:3]) < min(highest[3:])  # rows count from the top


def test_rate_and_length_are_proposed_by_the_recordings(tmp_path: Path) -> None:
    for number, seconds in enumerate([0.2] * 18 + [0.5, 3.0]):
        soundfile.write(tmp_path / f"{number:02}.wav", tone(440, seconds, 11025), 11025)
    source = open_source(tmp_path, PrepareOptions(size=16))
    sound = sound_of(source)
    assert sound
    assert sound.rate == 11025
    assert sound.seconds == pytest.approx(0.23, abs=0.02)


def test_a_proposed_rate_is_at_most_16_kilohertz(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.flac", tone(440, 1, 44100), 44100)
    sound = sound_of(open_source(tmp_path))
    assert sound
    assert sound.rate == 16_000


def test_a_long_recording_gives_several_clips(tmp_path: Path) -> None:
    sound = np.concatenate([tone(hertz, 0.512) for hertz in (200, 600, 1800)])
    soundfile.write(tmp_path / "long.wav", sound, 8000)
    packed = PackedSet.open(prepare(tmp_path / "long.wav", tmp_path / "packed", OPTIONS).path)
    assert packed.names == ["long.wav#1", "long.wav#2", "long.wav#3"]
    rows = [int(pixels[:, 16, 0].argmax()) for pixels in packed.pixels]
    assert rows == sorted(rows, reverse=True)


@pytest.mark.parametrize(
    ("name", "format_", "subtype"),
    [
        ("a.wav", "WAV", "PCM_24"),
        ("a.wav", "WAV", "FLOAT"),
        ("a.flac", "FLAC", "PCM_16"),
        ("a.ogg", "OGG", "VORBIS"),
        ("a.mp3", "MP3", "MPEG_LAYER_III"),
        ("a.aiff", "AIFF", "PCM_16"),
    ],
)
def test_formats_rates_and_channels_make_no_difference(name: str, format_: str, subtype: str, tmp_path: Path) -> None:
    plain = read_clip(write(tmp_path / "plain.wav", tone(440, 2)), 1.25, 0.5, 8000)
    stereo = np.stack([tone(440, 2, 44100)] * 2, axis=1)
    soundfile.write(tmp_path / name, stereo, 44100, format=format_, subtype=subtype)
    clip = read_clip(tmp_path / name, 1.25, 0.5, 8000)
    assert isinstance(plain, np.ndarray)
    assert isinstance(clip, np.ndarray)
    assert len(clip) == len(plain) == 4000
    spectrum, expected = (np.abs(np.fft.rfft(one)) for one in (clip, plain))
    assert spectrum.argmax() == expected.argmax() == 220
    assert spectrum.max() == pytest.approx(expected.max(), rel=0.05)


@pytest.mark.parametrize(
    ("channels", "why"),
    [
        (np.stack([tone(440, 0.5), -tone(440, 0.5)], axis=1), "its channels cancel each other"),
        (np.full((4000, 2), 0.5), "every sample is the same"),
    ],
)
@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_what_nothing_is_heard_of_is_silent(
    channels: NDArray[np.float64], why: str, subtype: str, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "quiet.wav", channels, 8000, subtype=subtype)
    clip = read_clip(tmp_path / "quiet.wav", 0, 0.5, 8000)
    assert isinstance(clip, Skipped)
    assert (clip.reason, why in clip.detail) == (Reason.SILENT, True)


def test_what_a_lower_rate_cannot_hold_is_left_out() -> None:
    high = tone(6000, 1, 44100).astype(np.float32)
    assert np.abs(resample(high, 44100, 8000)[400:-400]).max() < 0.01


def test_what_cannot_be_used_is_listed_with_its_reason_and_the_rest_goes_on(tmp_path: Path) -> None:
    source = tmp_path / "sounds"
    source.mkdir()
    write(source / "a good one.wav", tone(440, 0.5))
    write(source / "silent.wav", np.zeros(4000))
    write(source / "clipped.wav", np.clip(100 * tone(440, 0.5), -1, 1))
    (source / "nothing.wav").touch()
    (source / "text.mp3").write_text("la la la")
    (source / "damaged.flac").write_bytes(b"fLaC" + bytes(500))
    (source / "locked.m4p").write_bytes(b"\0\0\0 ftypM4P " + bytes(300))
    soundfile.write(source / "no samples.wav", np.zeros(0), 8000)
    soundfile.write(source / "three samples.wav", np.full(3, 0.5), 8000)
    soundfile.write(source / "no numbers.wav", np.full(4096, np.nan), 8000, subtype="FLOAT")
    write(source / "header only.wav", tone(440, 0.5))
    (source / "header only.wav").write_bytes((source / "header only.wav").read_bytes()[:44])
    (source / "notes.txt").write_text("of the recording")
    report = prepare(source, tmp_path / "packed", OPTIONS)
    assert report.used == 1
    assert report.skipped == {
        "silent": 1,
        "clipped": 1,
        "empty file": 3,
        "not a sound": 3,
        "too small": 1,
        "corrupt": 1,
    }
    assert report.ignored == {".txt": 1}


def test_a_recording_that_was_cut_off_gives_what_it_has(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.wav", tone(440, 4)).read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) // 2])
    assert prepare(tmp_path / "cut.wav", tmp_path / "packed", OPTIONS).used == 4


def test_a_folder_with_pictures_is_one_of_pictures(folder: Path, tmp_path: Path) -> None:
    Image.new("L", (32, 32)).save(folder / "low" / "cover.png")
    report = prepare(folder, tmp_path / "packed", PrepareOptions(size=32))
    assert (report.used, report.ignored) == (1, {".wav": 6})
    assert PackedSet.open(report.path).sound is None


def test_what_is_not_read_does_not_make_a_folder_one_of_pictures(folder: Path, tmp_path: Path) -> None:
    Image.new("L", (32, 32)).save(folder / "low" / "._cover.png")
    (folder / "run" / "sheets").mkdir(parents=True)
    (folder / "run" / "run.json").write_text('{"format": 5, "fingerprint": "0"}')
    Image.new("L", (32, 32)).save(folder / "run" / "sheets" / "1.png")
    (folder / "low" / "up").symlink_to("..")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "sounds").symlink_to(folder)
    for source in (folder, tmp_path / "linked"):
        assert sound_of(open_source(source, OPTIONS)) == SoundFormat(8000, 0.512)
    Image.new("L", (32, 32)).save(folder / "low" / "cover.png")
    assert sound_of(open_source(tmp_path / "linked")) is None


def test_a_folder_of_sounds_alone_that_are_all_broken_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("no")
    with pytest.raises(SourceError, match=r"none of 1 sounds can be read: 1 not a sound \(not recognized as WAV"):
        open_source(tmp_path)


def test_an_archive_of_sounds_is_refused_with_the_remedy(folder: Path, tmp_path: Path) -> None:
    import shutil

    archive = shutil.make_archive(str(tmp_path / "sounds"), "zip", folder)
    with pytest.raises(SourceError, match="Sounds are read from folders: unpack them into one"):
        open_source(archive)


def test_the_parts_of_a_split_and_sets_made_of_sets_are_of_sounds_too(folder: Path, tmp_path: Path) -> None:
    parts = split(folder, tmp_path / "parts", OPTIONS, train=0.5)
    smaller = prepare(parts.train.path, tmp_path / "smaller", PrepareOptions(size=16))
    for path in (parts.train.path, parts.test.path, smaller.path):
        assert PackedSet.open(path).sound == SoundFormat(8000, 0.512)


def test_a_split_keeps_each_recording_whole(tmp_path: Path) -> None:
    for label in ("low", "high"):
        (tmp_path / "sounds" / label).mkdir(parents=True)
        for number in range(5):
            soundfile.write(tmp_path / "sounds" / label / f"{number}.wav", tone(300 + number, 2.048), 8000)
    split(tmp_path / "sounds", tmp_path / "parts", OPTIONS, train=0.6)
    names = [PackedSet.open(tmp_path / "parts" / part).names for part in ("train", "test")]
    assert [len(part) for part in names] == [24, 16]
    recordings = [{sounds.recording_of(name) for name in part} for part in names]
    assert [len(part) for part in recordings] == [6, 4]
    assert not recordings[0] & recordings[1]
    with pytest.raises(SourceError, match="1 recording are too few to split: train would get none"):
        split(tmp_path / "sounds" / "low" / "0.wav", tmp_path / "one", OPTIONS, train=0.4)


def test_what_classifies_clips_holds_recordings_out_whole(tmp_path: Path) -> None:
    for label in ("low", "high"):
        (tmp_path / "sounds" / label).mkdir(parents=True)
        for number in range(4):
            soundfile.write(tmp_path / "sounds" / label / f"{number}.wav", tone(300 + number, 1.024), 8000)
    data = open_pictures(tmp_path / "sounds", size=32, sound=SoundFormat(8000, 0.512))
    assert groups_of(data).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7]
    splits = split_pictures(data, None, ProbeOptions(), seed=0)
    assert isinstance(splits.test, np.ndarray)
    held_out, learned = ({sounds.recording_of(data.names[row]) for row in rows} for rows in (splits.test, splits.train))
    assert len(held_out) == 2
    assert not held_out & learned


@pytest.mark.parametrize(("size", "rate", "seconds"), [(256, 22050, 60.0), (256, 11025, 60.0), (52, 44100, 0.01)])
def test_clips_of_whole_columns_are_neither_too_long_nor_too_short(
    size: int, rate: int, seconds: float, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "a.wav", tone(300, 61, rate), rate)
    sound = sound_of(open_source(tmp_path / "a.wav", PrepareOptions(size=size, rate=rate, seconds=seconds)))
    assert sound
    assert 0.01 <= sound.seconds <= 60


def test_sounds_of_different_clips_cannot_be_joined(folder: Path, tmp_path: Path) -> None:
    first = prepare(folder, tmp_path / "first", OPTIONS).path
    second = prepare(folder, tmp_path / "second", PrepareOptions(size=32, rate=8000, seconds=0.256)).path
    with pytest.raises(SourceError, match=r"first has clips of 0\.512 seconds .* prepare sounds with the same `rate`"):
        prepare([str(first), str(second)], tmp_path / "both")
    joined = prepare([str(first), str(folder)], tmp_path / "joined", OPTIONS)
    assert PackedSet.open(joined.path).sound == SoundFormat(8000, 0.512)


def test_sounds_of_a_pattern_have_one_length_and_a_damaged_one_is_skipped(tmp_path: Path) -> None:
    for name, seconds in (("a.wav", 0.3), ("b.wav", 0.7), ("c.wav", 0.7)):
        soundfile.write(tmp_path / name, tone(440, seconds), 8000)
    (tmp_path / "d.wav").write_bytes(b"RIFF, and no more")
    report = prepare(f"{tmp_path}/*.wav", tmp_path / "packed", PrepareOptions(size=32))
    packed = PackedSet.open(report.path)
    assert (packed.names, report.skipped) == (["a.wav", "b.wav", "c.wav"], {"not a sound": 1})
    assert packed.sound == sound_of(open_source(tmp_path, PrepareOptions(size=32)))


def test_spectrograms_have_no_colors(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="spectrograms are gray: they cannot have `channels` 3"):
        prepare(folder, tmp_path / "packed", PrepareOptions(size=32, channels=3))


@pytest.mark.parametrize("options", [{"rate": 10}, {"rate": 10**6}, {"seconds": 0.001}, {"seconds": 100.0}])
def test_rates_and_lengths_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=f"`{next(iter(options))}` must be"):
        PrepareOptions(**options)  # type: ignore[arg-type]


def test_a_damaged_description_of_sounds_is_refused(folder: Path, tmp_path: Path) -> None:
    packed = prepare(folder, tmp_path / "packed", OPTIONS).path
    file = packed / "dataset.json"
    file.write_text(file.read_text().replace('"rate": 8000,\n    "seconds"', '"rate": -1,\n    "seconds"'))
    with pytest.raises(PackedSetError, match="does not describe its sounds"):
        PackedSet.open(packed)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (PrepareOptions(size=1024), "4,096 samples, too few for `size` 1024: take a `size` of 512 or less"),
        (PrepareOptions(size=64, seconds=0.01), "80 samples, too few for `size` 64"),
        (PrepareOptions(size=16, seconds=60), "too long for `size` 16: take `seconds` 4 or less"),
    ],
)
def test_clips_that_a_picture_cannot_show_are_refused(options: PrepareOptions, why: str, folder: Path) -> None:
    with pytest.raises(UsageError, match=why):
        open_source(folder, options)


def test_the_report_says_what_a_clip_is(folder: Path, tmp_path: Path) -> None:
    report = prepare(folder, tmp_path / "packed", OPTIONS)
    assert report.headline == f"6 clips of 0.512 seconds at 8000 Hz packed: {tmp_path / 'packed'}"
    assert report.to_dict()["sound"] == {"rate": 8000, "seconds": 0.512}


def test_flags_of_sounds_are_not_for_pictures(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has pictures, not sounds: leave `rate` and `seconds` out"):
        prepare(np.zeros((4, 16, 16), np.uint8), tmp_path / "packed", OPTIONS)


def test_a_packed_set_has_the_clips_that_it_has(folder: Path, tmp_path: Path) -> None:
    packed = prepare(folder, tmp_path / "packed", OPTIONS).path
    for options in (PrepareOptions(size=16, rate=16000), PrepareOptions(size=16, seconds=0.4)):
        with pytest.raises(PackedSetError, match=r"has clips of 0\.512 .*, and no clips of .*, or leave `rate` and"):
            prepare(packed, tmp_path / "again", options)
    assert prepare(packed, tmp_path / "again", PrepareOptions(size=16, rate=8000, seconds=0.51)).sound


def test_what_a_model_of_sounds_is_given_is_cut_into_its_clips(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))
    shorter = SoundFormat(8000, 0.256)
    assert open_pictures(folder, size=32, sound=shorter).sound == shorter
    packed = prepare(folder, tmp_path / "packed", OPTIONS).path
    with pytest.raises(
        PackedSetError, match=r"has clips of 0\.512 seconds .*, and clips of 0\.256 seconds .* are needed"
    ):
        open_pictures(packed, size=32, sound=shorter)


def test_sounds_need_their_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "find_spec", lambda _: None)
    with pytest.raises(SourceError, match=r"sounds need the extra: pip install 'dcgan\[audio\]'"):
        open_source(folder)


def write(path: Path, sound: NDArray[np.float64]) -> Path:
    soundfile.write(path, sound, 8000)
    return path


def test_clips_of_a_recording_that_are_skipped_for_one_reason_share_a_row(folder: Path, tmp_path: Path) -> None:
    silence = np.zeros(round(3 * 0.512 * 8000))
    soundfile.write(folder / "low" / "night.wav", np.concatenate([silence, tone(200, 0.512), silence]), 8000)
    soundfile.write(folder / "low" / "pause.wav", silence[: round(0.512 * 8000)], 8000)
    report = prepare(folder, tmp_path / "packed", OPTIONS)
    with report.skipped_file.open(newline="") as file:
        rows = [(row["name"], row["reason"], row["detail"].split(":")[0]) for row in csv.DictReader(file)]
    assert rows == [
        ("low/night.wav", "silent", "clips 1 to 3"),
        ("low/night.wav", "silent", "clips 5 to 7"),
        ("low/pause.wav", "silent", "no sample is above 0.001 of full scale"),
    ]
    assert report.skipped == {"silent": 7}
    names = PackedSet.open(report.path).index("name", "row").filter(pc.field("row") < 0)["name"].to_pylist()
    assert names == [f"low/night.wav#{number}" for number in (1, 2, 3, 5, 6, 7)] + ["low/pause.wav"]
