"""Files of sound: read a clip of one, and write WAV."""

import io
import math
import wave
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from math import gcd
from pathlib import Path

import numpy as np

from dcgan.errors import SourceError
from dcgan.files import write_atomic
from dcgan.sound.spectrogram import SoundFormat, Waveform

_MARGIN = 0.05  # seconds read before and after a clip, so that resampling does not ring at its ends
_LONGEST = 24 * 3600  # seconds; what claims to be longer is no recording


@dataclass(frozen=True)
class Recording:
    """What the header of a sound file says of it."""

    rate: int
    """Samples a second, Hz."""
    frames: int
    """How many samples of each channel."""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.frames / self.rate


class SoundError(Exception):
    """A sound cannot be read; the message says why, and `is_sound` whether the file is one at all."""

    def __init__(self, why: str, *, is_sound: bool = True) -> None:
        super().__init__(why)
        self.is_sound = is_sound


def check_reader(what: object) -> None:
    """Refuse sounds where the library that reads them is missing.

    Raises:
        SourceError: It is not installed.
    """
    if find_spec("soundfile") is None:
        raise SourceError(f"{what}: sounds need the extra: pip install 'dcgan[audio]'")


def inspect_sound(path: Path) -> Recording:
    """What a file's header says: quick, nothing is decoded.

    Raises:
        SoundError: It is no sound, or empty.
    """
    import soundfile

    try:
        found = soundfile.info(str(path))
    except soundfile.LibsndfileError as error:
        raise SoundError(_why(error), is_sound=False) from error
    if found.frames <= 0 or found.samplerate <= 0:
        raise SoundError("it has no samples")
    if found.frames / found.samplerate > _LONGEST:
        raise SoundError(f"its header claims {found.frames / found.samplerate / 3600:,.0f} hours")
    return Recording(found.samplerate, found.frames)


def read_clip(path: Path, start: float, seconds: float, rate: int) -> Waveform:
    """A part of a recording, its channels averaged, at another rate.

    Args:
        path: The file: WAV, FLAC, Ogg, MP3 or another that libsndfile reads.
        start: Where it begins, seconds.
        seconds: How long it is at most; less is left of the recording at its end.
        rate: Samples a second that it is brought to, Hz.

    Returns:
        (samples,), float32 in [-1, 1].

    Raises:
        SoundError: It cannot be decoded.
    """
    import soundfile

    try:
        with soundfile.SoundFile(str(path)) as file:
            first = round(start * file.samplerate)
            last = first + round(seconds * file.samplerate)
            margin = round(_MARGIN * file.samplerate) if rate != file.samplerate else 0
            begin = max(0, first - margin)
            file.seek(min(begin, file.frames))
            read = file.read(last + margin - begin, dtype="float32", always_2d=True)
            source_rate = file.samplerate
    except (soundfile.LibsndfileError, RuntimeError, ValueError) as error:
        raise SoundError(_why(error)) from error
    sound = np.nan_to_num(read.mean(axis=1), posinf=0, neginf=0)
    kept = min(last, begin + len(sound)) - first
    skipped = first - begin
    if rate == source_rate:
        return np.asarray(sound[skipped : skipped + max(0, kept)], np.float32)
    resampled = resample(sound, source_rate, rate)
    first = round(skipped * rate / source_rate)
    return np.asarray(resampled[first : first + round(max(0, kept) * rate / source_rate)], np.float32)


def resample(sound: Waveform, rate: int, new_rate: int) -> Waveform:
    """The same sound (samples,) at another rate, without what that cannot hold: by its Fourier transform."""
    step = rate // gcd(rate, new_rate)
    samples = step * math.ceil(len(sound) / step)  # so that the new number of samples is whole
    if samples == 0:
        return sound
    new_samples = samples // step * (new_rate // gcd(rate, new_rate))
    spectrum = np.fft.rfft(np.pad(sound, (0, samples - len(sound))))
    changed = np.zeros(new_samples // 2 + 1, complex)
    common = min(len(spectrum), len(changed))
    changed[:common] = spectrum[:common]
    return np.asarray(np.fft.irfft(changed, new_samples) * (new_samples / samples), np.float32)


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


def _why(error: Exception) -> str:
    """What libsndfile says, without the name of the file."""
    return str(getattr(error, "error_string", "") or error).rstrip(".")
