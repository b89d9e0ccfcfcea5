"""A model of sounds: trained, drawn, heard, reported."""

import json
import shutil
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

import dcgan
from dcgan.cli import app
from dcgan.errors import DcganError, ModelError, UsageError
from dcgan.figures.sounds import draw_sounds
from dcgan.latent.samples import Samples
from dcgan.sound.spectrogram import SoundFormat


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model after a few steps on tones, made by the commands that a user types."""
    folder = tmp_path_factory.mktemp("sounds")
    (folder / "tones").mkdir()
    for number in range(80):
        tone = 0.5 * np.sin(2 * np.pi * (200 + 40 * number) * np.arange(2048) / 8000)
        soundfile.write(folder / "tones" / f"{number:02}.wav", tone, 8000)
    flags = ["--size", "16", "--base-channels", "4", "--steps", "3", "--batch-size", "16", "--device", "cpu"]
    app(["train", str(folder / "tones"), "--out", str(folder / "run"), *flags])
    return folder / "run"


def test_a_training_speaks_of_clips(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tones = tmp_path / "tones"
    shutil.copytree(run.parent / "tones", tones)
    soundfile.write(tones / "silent.wav", np.zeros(2048), 8000)
    flags = ["--size", "16", "--base-channels", "4", "--steps", "1", "--device", "cpu"]
    app(["train", str(tones), *flags, "--dry-run"])
    app(["train", str(tones), *flags, "--out", str(tmp_path / "run")])
    said = capsys.readouterr()
    assert said.out.splitlines()[0] == "clips: 80"
    assert "80 clips are few for mini-batches of 64" in said.out
    assert "training on 80 clips, for 1 step, on cpu" in said.err
    assert "1 of 81 clips was skipped" in said.err
    assert "picture" not in said.err
    assert "A DCGAN for 16×16 spectrograms, trained on 80 of them" in (tmp_path / "run" / "report.html").read_text()


def test_a_model_that_learned_from_sounds_knows_their_clips(run: Path) -> None:
    model = dcgan.load(run)
    assert model.sound is not None
    assert (model.sound.rate, model.sound.seconds) == (8000, 0.256)
    assert model.sounds(model.sample([0, 1])).shape == (2, 2048)


def test_samples_are_heard_one_after_another(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "three.wav"
    app(["sample", str(run), "--seeds", "0-2", "--out", str(out)])
    with wave.open(str(out)) as file:
        assert (file.getframerate(), file.getnchannels()) == (8000, 1)
        assert file.getnframes() == 3 * 2048 + 2 * 1600  # with 0.2 seconds between them
        assert any(file.readframes(2048))


def test_arrays_are_written_without_finding_the_phases_of_sounds(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dcgan.latent.samples.sounds_of", lambda *_: pytest.fail("no sound is asked for"))
    app(["sample", str(run), "--seeds", "0-2", "--out", str(tmp_path / "x.npz")])
    assert np.load(tmp_path / "x.npz")["pixels"].shape[0] == 3


def test_a_seed_is_the_same_sound_whatever_is_beside_it(run: Path, tmp_path: Path) -> None:
    alone, together = tmp_path / "alone", tmp_path / "together"
    app(["sample", str(run), "--seeds", "5", "--out", str(alone)])
    app(["sample", str(run), "--seeds", "3-6", "--out", str(together)])
    assert sorted(path.name for path in together.iterdir()) == [f"seed-00000{n}.wav" for n in range(3, 7)]
    assert (alone / "seed-000005.wav").read_bytes() == (together / "seed-000005.wav").read_bytes()


def test_a_sheet_shows_the_waveform_above_each_spectrogram(run: Path, tmp_path: Path) -> None:
    app(["sample", str(run), "--seeds", "0-3", "--columns", "2", "--out", str(tmp_path / "sheet.png")])
    model = dcgan.load(run)
    pixels = model.sample([0])
    drawn = draw_sounds(pixels, model.sounds(pixels))[0, :, :, 0]
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (2 * 64 + 2, 2 * (64 + 32) + 2)  # waveforms of 8 rows, spectrograms of 16, four times
        assert np.array_equal(np.asarray(sheet)[0:96:4, 0:64:4], drawn)
    assert set(np.unique(drawn[:8])) <= {40, 255}
    assert np.array_equal(drawn[8:], pixels[0, :, :, 0])


def test_labels_have_rows_of_their_own_in_a_sheet_of_sounds(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 1)).astype(np.uint8)
    sound = SoundFormat(8000, 0.256)
    z = np.zeros((6, 4), np.float32)
    alone, labeled = (Samples(z, pixels, None, labels, sound).figure() for labels in ((), ("low", "high")))
    assert labeled.height == pytest.approx(2 * (64 + 32), abs=40)  # two rows, with margins
    assert labeled.width > alone.width


def test_a_model_of_sounds_is_compared_with_its_own_clips(run: Path, tmp_path: Path) -> None:
    (tmp_path / "others").mkdir()
    for number in range(20):
        sound = 0.5 * np.sin(2 * np.pi * (300 + 90 * number) * np.arange(9000) / 8000)
        soundfile.write(tmp_path / "others" / f"{number}.wav", sound, 8000)
    app(["prepare", str(tmp_path / "others"), str(tmp_path / "packed"), "--size", "16", "--seconds", "1"])
    with pytest.raises(DcganError, match=r"has clips of 1 seconds .*, and clips of 0\.256 seconds .* are needed here"):
        app(["evaluate", str(run), str(tmp_path / "packed"), "--extractor", "pixels"])
    with pytest.raises(DcganError, match=r"has clips of 1 seconds .* the model to begin with has learned from clips"):
        app(["train", str(tmp_path / "packed"), "--from", str(run), "--steps", "1", "--out", str(tmp_path / "run")])


def test_a_walk_is_heard_frame_by_frame(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "walk.wav"
    app(["walk", str(run), "--seeds", "1,2,3", "--frames", "4", "--out", str(out), "--json"])
    assert json.loads(capsys.readouterr().out)["out"] == [str(out)]
    with wave.open(str(out)) as file:
        assert file.getnframes() == 7 * 2048 + 6 * 1600  # the one in the middle is heard once


def test_the_report_of_a_run_plays_generated_and_real_sounds(run: Path) -> None:
    report = (run / "report.html").read_text("utf-8")
    assert report.count("<audio controls") == 16
    assert "media-src data:" in report


def test_a_model_of_pictures_has_no_sounds(tmp_path: Path) -> None:
    for verb in ("sample", "walk"):
        with pytest.raises(UsageError, match="this model has learned from pictures, not from sounds"):
            app([verb, "faces", "--out", str(tmp_path / "a.wav")])
    assert not list(tmp_path.iterdir())
    faces = dcgan.load("faces")
    with pytest.raises(ModelError, match="this model has learned from pictures and makes no sounds"):
        faces.sounds(faces.sample([0]))


def test_sounds_are_not_enlarged(run: Path, tmp_path: Path) -> None:
    for out in ("a.wav", "folder"):
        with pytest.raises(UsageError, match="is for pictures"):
            app(["sample", str(run), "--seeds", "1", "--scale", "2", "--out", str(tmp_path / out)])


def test_a_model_with_a_damaged_description_of_its_sounds_is_refused(run: Path, tmp_path: Path) -> None:
    dcgan.load(run).save(tmp_path / "model")
    card = tmp_path / "model" / "model.json"
    card.write_text(card.read_text().replace('"rate": 8000', '"rate": 0'))
    with pytest.raises(ModelError, match=r"model\.json is damaged: it does not describe its sounds"):
        dcgan.load(tmp_path / "model")
