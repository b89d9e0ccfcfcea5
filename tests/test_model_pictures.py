"""The one door: any source comes as the pictures that a model takes, whichever function asks for it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from tests.toy_model import toy_model
from tests.training.test_frame_prediction import moving_squares

import dcgan
from dcgan.errors import PackedSetError, SourceError
from dcgan.model import Model
from dcgan.model_pictures import open_for, open_frames
from dcgan.networks.families import untrained_nets
from dcgan.pixels import split_frames
from dcgan.sound.spectrogram import SoundFormat, to_spectrogram
from dcgan.training.recipe import Recipe

SOUND = SoundFormat(rate=8000, seconds=0.128)


def predictor(base_channels: int = 2, **details: object) -> Model:
    """Untrained nets that predict a frame from two."""
    recipe = Recipe(nets="frame-predictor", size=16, channels=1, base_channels=base_channels, history=2)
    architecture = recipe.lay_out()
    generator, discriminator = untrained_nets(architecture, 0)
    return Model(architecture, generator.eval(), discriminator.eval(), details)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DCGAN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Low and high tones, each in a folder of its own."""
    for label, lowest in (("low", 300), ("high", 2000)):
        (tmp_path / "tones" / label).mkdir(parents=True)
        for number in range(20):
            tone = 0.5 * np.sin(2 * np.pi * (lowest + 20 * number) * np.arange(SOUND.samples(16)) / SOUND.rate)
            soundfile.write(tmp_path / "tones" / label / f"{number:02}.wav", tone, SOUND.rate)
    return tmp_path / "tones"


@pytest.fixture
def model_of_sounds() -> Model:
    model = toy_model(channels=1)
    return replace(model, details={**model.details, "sound": {"rate": SOUND.rate, "seconds": SOUND.seconds}})


def test_recordings_become_spectrograms_of_the_models_clips(recordings: Path, model_of_sounds: Model) -> None:
    data = open_for(model_of_sounds, recordings)
    assert (data.sound, len(data), data.label_names) == (SOUND, 40, ("high", "low"))
    heard, _ = soundfile.read(recordings / "low" / "00.wav", dtype="float32")
    row = next(row for row, name in enumerate(data.names) if name.startswith("low/00.wav"))
    assert np.array_equal(data.pixels[row], to_spectrogram(heard, SOUND, 16))


def test_recordings_and_pictures_are_not_taken_for_each_other(recordings: Path, model_of_sounds: Model) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), np.uint8)
    for model, source, message in (
        (model_of_sounds, pictures, "has pictures, and the model has learned from recordings: give it recordings"),
        (toy_model(), recordings, "has recordings, and the model has learned from pictures: give it pictures"),
        (toy_model(channels=1), recordings, "has recordings, and the model has learned from pictures"),
        (predictor(), recordings, "has recordings, and the model has learned from films: give it films"),
    ):
        with pytest.raises(SourceError, match=message):
            open_for(model, source)


def _extract(model: Model, source: Path) -> int:
    return len(dcgan.extract_features(model, source, statistics=source, device="cpu").names)


def _save(model: Model, source: Path) -> int:
    from dcgan.features.files import save_features

    return save_features(model, source, source.parent / "features.npy", device="cpu").pictures


def _probe(model: Model, source: Path) -> int:
    found = dcgan.probe(model, source, labels_per_class=2, repeats=2, baselines=[], device="cpu")
    learned = found.about["train_pictures"]
    assert isinstance(learned, int)
    return learned + 8 + 4  # a fifth is scored, a tenth of the rest chooses C


def _fit(model: Model, source: Path) -> int:
    return len(dcgan.fit_classifier(model, source, C=[0.1], device="cpu").classify(source))


def _nearest(model: Model, source: Path) -> int:
    return dcgan.nearest_pictures(model, source, seeds=[0], nearest=2).searched


def _inspect(model: Model, source: Path) -> int:
    return len(dcgan.inspect(model, source, top=2).data)


@pytest.mark.parametrize("look", [_extract, _save, _probe, _fit, _nearest, _inspect])
def test_every_function_takes_recordings_for_a_model_of_sounds(
    look: Callable[[Model, Path], int], recordings: Path, model_of_sounds: Model
) -> None:
    assert look(model_of_sounds, recordings) == 40


def test_films_become_clips_named_and_labeled_as_their_first_frames() -> None:
    films = moving_squares(films=3, frames=5)
    data = open_for(predictor(), (films, np.array([1, 0, 1])))
    assert (data.frames, data.channels, data.pixels.shape) == (3, 1, (9, 16, 16, 3))
    assert np.array_equal(split_frames(data.pixels[3:6], 3), [films[1, start : start + 3] for start in range(3)])
    assert [data.label_names[label] for label in data.labels] == ["1"] * 3 + ["0"] * 3 + ["1"] * 3
    assert data.names[0].endswith("[0]/0")


def test_clips_that_were_opened_are_taken_as_they_are() -> None:
    model = predictor()
    data = open_for(model, moving_squares())
    assert open_for(model, data) is data
    assert open_frames(model, moving_squares()).frames == 1


def test_clips_of_another_length_are_refused() -> None:
    data = open_for(predictor(), moving_squares())
    still = toy_model(channels=1)
    longer = Recipe(nets="frame-predictor", size=16, channels=1, base_channels=2, history=4).lay_out()
    for model in (still, replace(still, interface=longer)):
        with pytest.raises(PackedSetError, match="are clips of 3 frames already"):
            open_for(model, data)


def test_pictures_that_are_no_films_are_refused() -> None:
    with pytest.raises(PackedSetError, match="no clip of 3 frames"):
        open_for(predictor(), moving_squares(frames=2))


def test_videos_give_as_many_frames_a_second_as_the_model_has_learned_from(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "film.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        for frame in moving_squares(films=1, frames=20, size=32)[0].repeat(3, axis=-1):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    counts = {fps: len(open_for(predictor(recipe={"fps": fps}), tmp_path / "film.mp4")) for fps in (10.0, 5.0)}
    assert counts == {10.0: 18, 5.0: 8}


def test_still_pictures_have_no_rate() -> None:
    assert (toy_model().frames, toy_model().fps) == (1, None)
    assert (predictor().frames, predictor().fps) == (3, 10)
    assert predictor(recipe={"fps": "fast"}).fps == 10
