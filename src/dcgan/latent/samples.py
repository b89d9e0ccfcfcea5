"""Samples of a model: named by seeds or given as z, generated as pixels, or written to a folder of files."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcgan.atomic_files import check_writable, flush_files, write_atomic
from dcgan.errors import DcganError, UsageError
from dcgan.figures.labeled_grid import TILE, grouped
from dcgan.figures.notebook import html_of
from dcgan.figures.sheets import picture_bytes, sheet
from dcgan.figures.sounds import draw_sounds
from dcgan.figures.theme import THEMES
from dcgan.files import distinct_files, folder_name
from dcgan.generation import LARGEST, mini_batches
from dcgan.model import Model
from dcgan.randomness import truncated
from dcgan.short_repr import ShortRepr
from dcgan.sound.spectrogram import SoundFormat, Waveforms, sounds_of
from dcgan.sound.wav import wav_bytes
from dcgan.types import Latents, OnProgress, Pixels

MOST_SCALE = 64
CHUNK = 1024  # pictures held in memory at once when they go to a folder

SeedsOrLatents = Sequence[int] | NDArray[np.integer] | NDArray[np.floating]
"""Which samples: seeds, whole numbers from 0 to 2^63 - 1; or z (N, latent_dim), floats."""


@dataclass(frozen=True, repr=False)
class Samples(ShortRepr):
    """Samples of a model.

    Attributes:
        z: (N, latent_dim), float32.
        pixels: (N, H, W, C), uint8.
        seeds: N seeds; None where z was given.
        labels: With which all samples were generated, label by label; none if each has its own.
        sound: What a clip is, of a model that has learned from sounds; else None.
    """

    z: Latents
    pixels: Pixels
    seeds: tuple[int, ...] | None
    labels: tuple[str, ...] = ()
    sound: SoundFormat | None = None

    @cached_property
    def sounds(self) -> Waveforms | None:
        """(N, samples), float32 in [-1, 1], of a model that has learned from sounds; else None."""
        return None if self.sound is None else sounds_of(self.pixels, self.sound)

    def figure(self, columns: int | None = None, scale: int | None = None) -> Image.Image:
        """A sheet, with so many pictures in a row, each enlarged so many times; see `dcgan.figures.sheets.sheet`.

        Several labels have rows of their own, with their names at the left; sounds have their waveforms above them.
        """
        tiles = self.pixels if self.sounds is None else draw_sounds(self.pixels, self.sounds)
        if len(self.labels) < 2:
            return sheet(tiles, columns, scale=scale)
        groups = tiles.reshape(len(self.labels), -1, *tiles.shape[1:])
        tile = TILE if scale is None else scale * tiles.shape[2]
        return grouped(groups, self.labels, THEMES["light"], columns=columns, tile=tile)

    def _repr_html_(self) -> str:
        return html_of(self.figure())


def generate_samples(
    model: Model,
    samples: SeedsOrLatents,
    *,
    labels: Sequence[str] = (),
    truncation: float = 1.0,
    batch_statistics: bool = False,
    batch_size: int = 64,
) -> Samples:
    """Generate samples of a model from seeds or z.

    Args:
        model: Whose samples.
        samples: Seeds, or z (N, latent_dim).
        labels: Of conditional nets: generate all samples with each of these labels, label by label. Default: with
            those that the seeds name or the z hold.
        truncation: Scales z toward 0, above 0 and at most 1: more typical pictures, less variety.
        batch_statistics: Normalize by the mini-batch at hand, as the paper did; nets with batch norm only.
        batch_size: Pictures in a mini-batch of `batch_statistics`, which have one label where `labels` are given.

    Raises:
        UsageError: A value is out of its range.
    """
    _check_batches(batch_statistics, batch_size, len(samples))
    z = labeled_latents(model, samples, labels, truncation)
    groups = np.split(z, max(1, len(labels))) if batch_statistics else [z]  # by label, as in a folder
    pixels = np.concatenate(
        [model.generate(group, batch_size=batch_size, batch_statistics=batch_statistics) for group in groups]
    )
    seeds = as_seeds(samples)
    return Samples(z, pixels, seeds and seeds * max(1, len(labels)), tuple(labels), model.sound)


def labeled_latents(
    model: Model, samples: SeedsOrLatents, labels: Sequence[str] = (), truncation: float = 1.0
) -> Latents:
    """The z of samples with each of these labels, label by label: (N, latent_dim) or (labels * N, latent_dim), float32.

    Parameters and errors are those of `generate_samples`.
    """
    if not 0 < truncation <= 1:
        raise UsageError(f"`truncation` must be above 0 and at most 1, not {truncation:g}")
    z = truncated(latents_of(model, samples), truncation, model.interface.noise_dim)
    return np.concatenate([model.labeled(z, label) for label in labels]) if labels else z


def sample_to_folder(
    model: Model,
    samples: SeedsOrLatents,
    out: Path,
    *,
    labels: Sequence[str] = (),
    truncation: float = 1.0,
    batch_statistics: bool = False,
    batch_size: int = 64,
    scale: int = 1,
    overwrite: bool = False,
    on_progress: OnProgress | None = None,
) -> list[Path]:
    """Write each sample as a PNG: `seed-000017.png` for a seed, `latent-000003.png` for the z at that index.

    A model that has learned from sounds writes WAV files.

    Only about a thousand pictures are in memory at once, so the number of samples is not limited by it.

    Args:
        model: Whose samples.
        samples: Seeds, or z (N, latent_dim).
        out: Folder to make, or one that holds nothing but such files.
        labels: Of conditional nets: write all samples with each of these labels; several have folders of their own in
            `out`. Default: with those that the seeds name or the z hold.
        truncation: Scales z toward 0, above 0 and at most 1.
        batch_statistics: Normalize by the mini-batch at hand, as the paper did; nets with batch norm only.
        batch_size: Pictures in a mini-batch of `batch_statistics`.
        scale: How many times each picture is enlarged, 1 to 64: each pixel becomes a square.
        overwrite: Replace files of the same samples that are there already.
        on_progress: Called with (pictures written, in all).

    Returns:
        The files, label by label, in the order of the samples.

    Raises:
        UsageError: A value is out of its range, a folder holds other files, or some of these already.
        DcganError: A file cannot be written.
        OSError: A folder cannot be written, or a file not flushed to disk.
    """
    _check_batches(batch_statistics, batch_size, len(samples))
    if not 1 <= scale <= MOST_SCALE:
        raise UsageError(f"`scale` must be 1 to {MOST_SCALE}, not {scale}")
    seeds = as_seeds(samples)
    names = [f"latent-{row:06d}" for row in range(len(samples))] if seeds is None else [f"seed-{n:06d}" for n in seeds]
    folders = [out / name for name in distinct_files(map(folder_name, labels))] if len(labels) > 1 else [out]
    suffix = ".wav" if model.sound else ".png"
    if model.sound and scale != 1:
        raise UsageError("`scale` is for pictures, and this model makes sounds: leave it out")
    files = [folder / f"{name}{suffix}" for folder in folders for name in names]
    labeled_latents(model, samples[:1], labels, truncation)  # whatever is wrong with them, before the first file
    for folder in folders:
        _make_folder(folder, suffix)
    if not overwrite and (there := sum(file.exists() for file in files)):
        raise UsageError(
            f"`out` {out} holds {there:,} of these samples; name another folder, or replace them with `overwrite`"
        )
    chunk = max(1, CHUNK // batch_size) * batch_size  # whole mini-batches, as their statistics may be used
    groups: list[Sequence[str]] = [[label] for label in labels] or [[]]
    written = 0
    for group, rows in product(groups, mini_batches(len(names), chunk)):
        z = labeled_latents(model, samples[rows], group, truncation)
        first = written
        for picture in model.generate(z, batch_size=batch_size, batch_statistics=batch_statistics):
            _write(model, picture, scale, files[written])
            written += 1
        flush_files(files[first:written])
        if on_progress:
            on_progress(written, len(files))
    return files


def _write(model: Model, picture: Pixels, scale: int, file: Path) -> None:
    """A sample (S, S, C) as a WAV of a model of sounds, else as a PNG, not yet flushed to disk."""
    if model.sound:
        content = wav_bytes(model.sounds(picture[None]), model.sound)
    else:
        content = picture_bytes(sheet(picture[None], scale=scale), file.suffix)
    try:
        write_atomic(file, content, flush=False)
    except OSError as error:
        raise DcganError(f"cannot write {file}: {error.strerror or error}") from error


def _make_folder(path: Path, suffix: str) -> None:
    check_writable(path / f"seed-000000{suffix}")  # which also clears away what a killed process left half-written
    if any(not file.match(f"seed-*{suffix}") and not file.match(f"latent-*{suffix}") for file in path.iterdir()):
        raise UsageError(f"`out` {path} holds files that are not samples; name a new folder")


def latents_of(model: Model, samples: SeedsOrLatents) -> Latents:
    """The z of samples that are named by seeds or are z already: (N, latent_dim), float32.

    Raises:
        UsageError: They are neither seeds nor z of this model.
    """
    if not len(samples):
        raise UsageError("no samples are named: give seeds, or z of one or more rows")
    seeds = as_seeds(samples)
    if seeds is not None:
        return model.latents(seeds)
    z = np.asarray(samples)
    if z.ndim != 2 or z.shape[1] != model.latent_dim or not np.issubdtype(z.dtype, np.floating):
        raise UsageError(f"z is {z.dtype} of shape {z.shape}; this model needs floats of (N, {model.latent_dim})")
    if not (np.abs(z) <= LARGEST).all():
        raise UsageError(
            f"z holds values that are not numbers, or are beyond {LARGEST:g}; usual values of z are about 1"
        )
    return np.asarray(z, np.float32)


def names_of(samples: SeedsOrLatents) -> list[str]:
    """What figures call samples: the seed, or # and the index of its z."""
    seeds = as_seeds(samples)
    return [f"#{index}" for index in range(len(samples))] if seeds is None else [str(seed) for seed in seeds]


def as_seeds(samples: SeedsOrLatents) -> tuple[int, ...] | None:
    """The seeds, if these are seeds and not z.

    Raises:
        UsageError: A whole number is no seed.
    """
    if np.ndim(samples) != 1 or not all(isinstance(seed, int | np.integer) for seed in samples):
        return None
    seeds = tuple(int(seed) for seed in samples)
    if any(not 0 <= seed < 2**63 for seed in seeds):
        raise UsageError(f"seeds must be whole numbers from 0 to 2^63 - 1, not {min(seeds)} to {max(seeds)}")
    return seeds


def _check_batches(batch_statistics: bool, batch_size: int, count: int) -> None:
    if batch_size < 1:
        raise UsageError(f"`batch_size` must be at least 1, not {batch_size}")
    if batch_statistics and min(batch_size, count) < 2:
        raise UsageError("`batch_statistics` needs a batch: at least 2 samples, and a `batch_size` of at least 2")
