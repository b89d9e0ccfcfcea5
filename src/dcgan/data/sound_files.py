"""Reading a clip of a sound file, whatever its format, rate and channels; quick to import, for every worker does."""

import math
from dataclasses import dataclass
from math import gcd
from pathlib import Path

import numpy as np

from dcgan.data.decode_errors import native_messages
from dcgan.data.formats import SOUND_FILES
from dcgan.data.items import Reason, Skipped
from dcgan.sound.spectrogram import Waveform
from dcgan.words import counted

_BEFORE, _AFTER = 0.5, 0.05
"""Seconds read before and after a clip: MP3 needs some frames to come in, and resampling rings at the ends."""
_LONGEST = 24 * 3600  # seconds; what claims to be longer is no recording
_SHORTEST = 0.02  # seconds that are left of a recording for a clip
_SILENT = 1e-3  # of full scale: -60 decibels
_FULL, _CLIPPED = 0.999, 0.2  # full scale, and the share of samples there that is too much


@dataclass(frozen=True)
class Recording:
    """What the header of a sound file says of it."""

    rate: int
    """Samples a second, Hz."""
    seconds: float
    """How long it is."""


def inspect_sound(path: Path) -> Recording | Skipped:
    """What a file's header says, or why it is no sound; nothing is decoded."""
    import soundfile

    try:
        if path.stat().st_size == 0:
            return Skipped(Reason.EMPTY)
        with native_messages(if_=True):
            found = soundfile.info(str(path))
    except OSError as error:
        return Skipped(Reason.UNREADABLE, error.strerror or "")
    except (soundfile.LibsndfileError, RuntimeError, ValueError):
        return Skipped(Reason.NOT_A_SOUND, f"not recognized as {', '.join(SOUND_FILES.read)}")
    if found.frames <= 0 or found.samplerate <= 0:
        return Skipped(Reason.EMPTY, "it has no samples")
    seconds = found.frames / found.samplerate
    if seconds > _LONGEST:
        return Skipped(Reason.CORRUPT, f"its header claims {seconds / 3600:,.0f} hours")
    return Recording(found.samplerate, seconds)


def read_clip(path: Path, start: float, seconds: float, rate: int) -> Waveform | Skipped:
    """A part of a recording, its channels averaged, at another rate; never raises.

    Args:
        path: A file that libsndfile reads.
        start: Where the clip begins, seconds.
        seconds: How long it is at most; less is left of the recording at its end.
        rate: Samples a second that it is brought to, Hz.

    Returns:
        (samples,), float32; or why there is none.
    """
    import soundfile

    try:
        with native_messages(if_=True), soundfile.SoundFile(str(path)) as file:
            given = file.samplerate
            first, last = round(start * given), round((start + seconds) * given)
            begin = max(0, first - round(_BEFORE * given))
            file.seek(min(begin, file.frames))
            channels = file.read(last + round(_AFTER * given) - begin, dtype="float32", always_2d=True)
    except OSError as error:
        return Skipped(Reason.UNREADABLE, error.strerror or "")
    except (soundfile.LibsndfileError, RuntimeError, ValueError) as error:
        return Skipped(Reason.CORRUPT, str(getattr(error, "error_string", error)).rstrip("."))
    read = channels.mean(axis=1)
    if why := _unusable(channels[first - begin : last - begin], given):
        return why
    if rate == given:
        return np.asarray(read[first - begin : last - begin], np.float32)
    kept = min(last, begin + len(read)) - first
    resampled, before = resample(read, given, rate), round((first - begin) * rate / given)
    return resampled[before : before + round(kept * rate / given)]


def _unusable(channels: np.ndarray, rate: int) -> Skipped | None:
    if not len(channels):
        return Skipped(Reason.TRUNCATED, "the recording ends before this clip")
    if len(channels) < _SHORTEST * rate:
        return Skipped(Reason.TOO_SMALL, f"{counted(len(channels), 'sample')}, less than {_SHORTEST:g} seconds")
    if not np.isfinite(channels).all():
        return Skipped(Reason.CORRUPT, "samples are not finite numbers")
    loudness = np.abs(channels)
    if loudness.max() < _SILENT:
        return Skipped(Reason.SILENT, f"no sample is above {_SILENT:g} of full scale")
    if np.ptp(channels, axis=0).max() < _SILENT:
        return Skipped(Reason.SILENT, "every sample is the same")
    if np.ptp(channels.mean(axis=1)) < _SILENT:
        return Skipped(Reason.SILENT, "its channels cancel each other: one of them is upside down")
    clipped = float((loudness >= _FULL).mean())
    if clipped > _CLIPPED:
        return Skipped(Reason.CLIPPED, f"{clipped:.0%} of the samples are at full scale")
    return None


def resample(sound: Waveform, rate: int, new_rate: int) -> Waveform:
    """The same sound (samples,) at another rate, without what that cannot hold: by its Fourier transform."""
    step = rate // gcd(rate, new_rate)
    samples = step * math.ceil(len(sound) / step)  # so that the new number of samples is whole
    new_samples = samples // step * (new_rate // gcd(rate, new_rate))
    spectrum = np.fft.rfft(np.pad(sound, (0, samples - len(sound))))
    changed = np.zeros(new_samples // 2 + 1, complex)
    common = min(len(spectrum), len(changed))
    changed[:common] = spectrum[:common]
    return np.asarray(np.fft.irfft(changed, new_samples) * (new_samples / samples), np.float32)
