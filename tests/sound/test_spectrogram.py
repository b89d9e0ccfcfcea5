"""Spectrograms of sounds, and sounds of spectrograms."""

import numpy as np
import pytest

from dcgan.sound.spectrogram import SoundFormat, Waveform, sounds_of, to_spectrogram

CLIP = SoundFormat(8000, 0.512)


def tone(hertz: float, seconds: float = 0.512, rate: int = 8000) -> Waveform:
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate).astype(np.float32)


def loudest_row(hertz: float, size: int = 64) -> int:
    picture = to_spectrogram(tone(hertz), CLIP, size)
    return int(picture[:, size // 2, 0].argmax())


@pytest.mark.parametrize("size", [16, 32, 64, 128])
def test_a_clip_is_a_gray_square(size: int) -> None:
    picture = to_spectrogram(tone(440), CLIP, size)
    assert picture.shape == (size, size, 1)
    assert picture.dtype == np.uint8
    assert picture.max() == 255


def test_every_band_has_a_frequency_however_narrow_it_is() -> None:
    picture = to_spectrogram(
        np.random.default_rng(0).normal(0, 0.1, 44100).astype(np.float32), SoundFormat(44100, 1), 512
    )
    assert picture.max(axis=1).min() > 0


def test_high_tones_are_above_low_ones() -> None:
    rows = [loudest_row(hertz) for hertz in (200, 400, 800, 1600, 3200)]
    assert rows == sorted(rows, reverse=True)
    assert len(set(rows)) == 5


def test_time_runs_from_left_to_right() -> None:
    late = np.concatenate([np.zeros(2048, np.float32), tone(440, 0.256)])
    columns = to_spectrogram(late, CLIP, 64)[:, :, 0].max(axis=0)
    assert columns[:28].max() == 0
    assert columns[36:].min() > 200


def test_loudness_does_not_matter() -> None:
    loud, soft = (to_spectrogram(factor * tone(440), CLIP, 32) for factor in (1.0, 0.01))
    assert np.abs(loud.astype(int) - soft).max() <= 1


def test_what_is_shorter_is_padded_with_silence_and_what_is_longer_is_cut_off() -> None:
    short, long = (to_spectrogram(tone(440, seconds), CLIP, 64) for seconds in (0.25, 5.0))
    assert short[:, 40:].max() == 0
    assert np.array_equal(long[:, :60], to_spectrogram(tone(440), CLIP, 64)[:, :60])


def test_silence_is_black_and_black_is_silence() -> None:
    black = to_spectrogram(np.zeros(4096, np.float32), CLIP, 32)
    assert not black.any()
    assert not sounds_of(black[None], CLIP).any()


def test_a_tone_is_heard_again() -> None:
    [again] = sounds_of(to_spectrogram(tone(1000), CLIP, 64)[None], CLIP)
    spectrum = np.abs(np.fft.rfft(again))
    assert len(again) == 4096
    assert np.abs(again).max() == pytest.approx(0.9)
    assert abs(spectrum.argmax() * 8000 / 4096 - 1000) < 40


def test_the_spectrogram_of_the_sound_of_a_spectrogram_is_that_spectrogram() -> None:
    glide = np.sin(2 * np.pi * np.cumsum(np.linspace(200, 3000, 4096)) / 8000).astype(np.float32)
    picture = to_spectrogram(glide, CLIP, 64)
    again = to_spectrogram(sounds_of(picture[None], CLIP)[0], CLIP, 64)
    decibels = 60 * np.abs(again.astype(float) - picture).mean() / 255
    assert decibels < 2


def test_a_sound_depends_on_its_own_picture_alone() -> None:
    pictures = np.stack([to_spectrogram(tone(hertz), CLIP, 32) for hertz in (300, 900, 2700)])
    together = sounds_of(pictures, CLIP)
    assert np.array_equal(together[1], sounds_of(pictures[1:2], CLIP)[0])
    assert np.array_equal(together, sounds_of(pictures, CLIP))
    assert sounds_of(pictures[:0], CLIP).shape == (0, together.shape[1])


@pytest.mark.parametrize(
    ("card", "why"),
    [
        ("loud", "it is not a pair of rate and seconds"),
        ({"rate": 8000}, "a clip must have at most 600 seconds, not None"),
        ({"rate": 8000.5, "seconds": 1}, "the rate must be 1000 to 192000 Hz, not 8000.5"),
        ({"rate": 8, "seconds": 1}, "the rate must be"),
        ({"rate": 8000, "seconds": 1e9}, "a clip must have"),
        ({"rate": 8000, "seconds": float("nan")}, "a clip must have"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(card: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        SoundFormat.from_card(card)
