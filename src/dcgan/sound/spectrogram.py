"""Sounds as pictures, and pictures as sounds: the spectrogram, and its inversion after Griffin and Lim (1984).

A clip of sound becomes a square gray picture: time from left to right, frequency from the bottom up in bands that are
as wide as the ear's (Slaney's mel scale), brightness for loudness in decibels. So whatever learns from pictures learns
from sounds, as in SpecGAN (Donahue et al. 2019).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from dcgan.types import Pixels

Waveform = NDArray[np.float32]
"""(samples,) in [-1, 1], one channel."""
Waveforms = NDArray[np.float32]
"""(N, samples) in [-1, 1]."""

RANGE = 60.0
"""Decibels from white, the loudest band of a clip, down to black."""
_WINDOW_SECONDS = 0.032  # at least: shorter ones cannot tell the bands of speech apart
_OVERLAP = 4  # windows at any moment, at least
_FREQUENCY_STEPS = 30  # from bands to frequencies
_PHASE_STEPS = 60
_MOMENTUM = 0.99  # the fast Griffin-Lim algorithm (Perraudin et al. 2013)
_LOUDEST = 0.9  # of the sounds that are made
_TINY = 1e-9


@dataclass(frozen=True)
class SoundFormat:
    """What a clip of sound is, before it is a picture.

    Attributes:
        rate: Samples a second, Hz.
        seconds: Length of a clip.
    """

    rate: int
    seconds: float

    @classmethod
    def from_card(cls, card: object) -> "SoundFormat":
        """The format that a file describes as {"rate": ..., "seconds": ...}.

        Raises:
            ValueError: It does not, or its numbers are out of range.
        """
        if not isinstance(card, dict):
            raise ValueError("it is not a pair of rate and seconds")
        rate, seconds = card.get("rate"), card.get("seconds")
        if not isinstance(rate, int) or not 1000 <= rate <= 192_000:
            raise ValueError(f"the rate must be 1000 to 192000 Hz, not {rate}")
        if not isinstance(seconds, int | float) or not 0 < seconds <= 600:
            raise ValueError(f"a clip must have at most 600 seconds, not {seconds}")
        return cls(rate, float(seconds))

    def __str__(self) -> str:
        return f"clips of {self.seconds:g} seconds at {self.rate} Hz"

    def hop(self, size: int) -> int:
        """Samples from one column of a picture of `size` x `size` pixels to the next."""
        return max(1, round(self.rate * self.seconds / size))

    def samples(self, size: int) -> int:
        """Samples of a clip, a whole number of columns."""
        return size * self.hop(size)

    def window(self, size: int) -> int:
        """Samples that a column looks at, an even number more than a hop."""
        hop = self.hop(size)
        longest = max(_OVERLAP * hop, round(_WINDOW_SECONDS * self.rate))
        return longest + (longest - hop) % 2  # so that the first column has as much before its middle as after


def to_spectrogram(sound: Waveform, format_: SoundFormat, size: int) -> Pixels:
    """The spectrogram of a clip.

    Args:
        sound: (samples,); what is shorter than the clip is padded with silence, what is longer is cut off.
        format_: What a clip is.
        size: Side of the picture, pixels.

    Returns:
        (size, size, 1); black all over for silence.
    """
    clip = np.zeros(format_.samples(size), np.float32)
    clip[: len(sound)] = sound[: len(clip)]
    bands = np.abs(_transform(clip, format_, size)) @ _bands(format_, size).T
    loudest = max(float(bands.max()), _TINY)
    decibels = 20 * np.log10(np.maximum(bands / loudest, 10 ** (-RANGE / 20)))
    pixels = np.rint(255 * (1 + decibels / RANGE)).astype(np.uint8)
    return np.ascontiguousarray(pixels.T[::-1, :, None])


def sounds_of(spectrograms: Pixels, format_: SoundFormat) -> Waveforms:
    """Sounds whose spectrograms are these, as nearly as can be; the same pictures always give the same sounds.

    A spectrogram lacks the phases: they are found by turns of transforming there and back. Each sound depends on its
    own picture alone.

    Args:
        spectrograms: (N, S, S, 1).
        format_: What a clip is.

    Returns:
        (N, samples), the loudest sample of each 0.9; silence for black pictures.
    """
    size = spectrograms.shape[1]
    decibels = RANGE * (spectrograms[:, ::-1, :, 0].transpose(0, 2, 1) / 255.0 - 1)
    bands = np.where(decibels <= -RANGE, 0, 10 ** (decibels / 20))
    sounds = [_invert(_frequencies_of(one, _bands(format_, size)), format_, size) for one in bands]
    return np.stack(sounds) if sounds else np.empty((0, format_.samples(size)), np.float32)


def _frequencies_of(bands: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The loudness of each frequency that explains that of the bands, none below 0, by multiplicative updates."""
    target, gram = bands @ weights, weights.T @ weights
    magnitudes = target.copy()
    for _ in range(_FREQUENCY_STEPS):
        magnitudes *= target / (magnitudes @ gram + _TINY)
    return magnitudes


def _invert(magnitudes: NDArray[np.float64], format_: SoundFormat, size: int) -> Waveform:
    """A sound (samples,) whose transform has these magnitudes (columns, frequencies)."""
    phases = np.exp(2j * np.pi * np.random.default_rng(0).random(magnitudes.shape))
    before = np.zeros_like(phases)
    for _ in range(_PHASE_STEPS):
        now = _transform(_sound(magnitudes * phases, format_, size), format_, size)
        ahead = now + _MOMENTUM * (now - before)
        phases, before = ahead / np.maximum(np.abs(ahead), _TINY), now
    sound = _sound(magnitudes * phases, format_, size)
    return (sound * (_LOUDEST / max(float(np.abs(sound).max()), _TINY))).astype(np.float32)


def _transform(sound: NDArray[np.floating], format_: SoundFormat, size: int) -> NDArray[np.complex128]:
    """The short-time Fourier transform (columns, frequencies) of a sound (samples,)."""
    window, hop = _window(format_, size), format_.hop(size)
    edge = (len(window) - hop) // 2
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound, edge), len(window))[::hop]
    return np.fft.rfft(frames * window, _points(format_, size))


def _sound(transform: NDArray[np.complex128], format_: SoundFormat, size: int) -> NDArray[np.float64]:
    """The sound (samples,) whose transform is the nearest to this one (columns, frequencies) by least squares."""
    window, hop = _window(format_, size), format_.hop(size)
    frames = np.fft.irfft(transform, _points(format_, size))[:, : len(window)] * window
    padded = np.zeros(format_.samples(size) + len(window) - hop)
    weight = np.zeros_like(padded)
    for column, frame in enumerate(frames):
        padded[column * hop : column * hop + len(window)] += frame
        weight[column * hop : column * hop + len(window)] += window**2
    edge = (len(window) - hop) // 2
    return (padded / np.maximum(weight, _TINY))[edge : edge + format_.samples(size)]


def _points(format_: SoundFormat, size: int) -> int:
    """Of the Fourier transform: twice the window or more, so that even the narrowest band has a frequency."""
    return int(2 ** np.ceil(np.log2(2 * format_.window(size))))


def _window(format_: SoundFormat, size: int) -> NDArray[np.float64]:
    length = format_.window(size)
    return 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(length) + 0.5) / length)


@cache
def _bands(format_: SoundFormat, size: int) -> NDArray[np.float64]:
    """How much of each frequency is in each band: (size, frequencies), triangles that sum to 1 in each band."""
    frequencies = np.fft.rfftfreq(_points(format_, size), 1 / format_.rate)
    edges = _hertz(np.linspace(0, _mels(np.array(format_.rate / 2)), size + 2))[:, None]
    rising = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    triangles = np.maximum(0, np.minimum(rising, falling))
    nearest = np.abs(frequencies - edges[1:-1]).argmin(axis=1)
    triangles[np.arange(size), nearest] += _TINY  # a band that is narrower than the step between frequencies has one
    return np.asarray(triangles / triangles.sum(axis=1, keepdims=True))


def _mels(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's mel scale: even up to 1,000 Hz, then by ratios."""
    return np.where(hertz < 1000, hertz * 3 / 200, 15 + 27 * np.log(np.maximum(hertz, 1) / 1000) / np.log(6.4))


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mels < 15, mels * 200 / 3, 1000 * np.exp(np.log(6.4) * (mels - 15) / 27))
