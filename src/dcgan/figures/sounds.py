"""Sheets of sounds: the waveform of each above its spectrogram."""

import numpy as np
from numpy.typing import NDArray

from dcgan.types import Pixels

_HEIGHT = 4  # a waveform has a quarter of its spectrogram's height
_PAPER, _INK = 255, 40


def draw_sounds(spectrograms: Pixels, sounds: NDArray[np.float32]) -> Pixels:
    """A picture (H, S, 1) of each sound, for sheets: its waveform above its spectrogram.

    Args:
        spectrograms: (N, S, S, 1) uint8.
        sounds: (N, samples) in [-1, 1].
    """
    size = spectrograms.shape[2]
    waveforms = np.stack([draw_waveform(sound, size, max(8, size // _HEIGHT)) for sound in sounds])
    return np.concatenate([waveforms, spectrograms], axis=1)


def draw_waveform(sound: NDArray[np.float32], width: int, height: int) -> Pixels:
    """A waveform as a picture (height, width, 1), dark on white: each column from its least sample to its largest."""
    pieces = np.array_split(sound, width)
    low = np.array([piece.min(initial=0) for piece in pieces])
    high = np.array([piece.max(initial=0) for piece in pieces])
    rows = np.linspace(1, -1, height)[:, None]
    half = 1 / height  # so that silence is a line
    inked = (rows >= low - half) & (rows <= high + half)
    return np.where(inked, _INK, _PAPER).astype(np.uint8)[:, :, None]
