"""Sounds are written as WAV files."""

import io
import wave
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from dcgan.atomic_files import write_atomic
from dcgan.sound.spectrogram import SoundFormat, Waveform

PAUSE = 0.2
"""Seconds of silence between the sounds of a file that holds several."""


def write_wav(sounds: Iterable[Waveform], format_: SoundFormat, path: Path, pause: float = 0.0) -> None:
    """Write sounds one after the other as 16-bit WAV, whole or not at all.

    Args:
        sounds: Each (samples,) in [-1, 1].
        format_: Has their rate.
        path: The file.
        pause: Silence between two of them, seconds.

    Raises:
        OSError: The file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, wav_bytes(sounds, format_, pause))


def wav_bytes(sounds: Iterable[Waveform], format_: SoundFormat, pause: float = 0.0) -> bytes:
    """Sounds one after the other as a 16-bit WAV file; arguments as of `write_wav`."""
    silence = np.zeros(round(pause * format_.rate), np.float32)
    parts = [part for sound in sounds for part in (sound, silence)]
    joined = np.concatenate(parts[:-1]) if parts else silence
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(format_.rate)
        file.writeframes((np.clip(joined, -1, 1) * 32767).astype("<i2").tobytes())
    return content.getvalue()
