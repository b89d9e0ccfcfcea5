"""How near predicted frames are to the true ones, step by step, beside copies of the last frame that was given."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

import numpy as np

from dcgan.figures.notebook import table_html
from dcgan.metrics.restoration import SMALLEST, psnr, sharpness, ssim
from dcgan.types import Pixels

MOST = 60.0  # decibels: pixels rounded to 256 levels are no nearer, and frames that are the same would be infinitely so

Measure = Literal["psnr", "sharpness", "ssim"]


@dataclass(frozen=True)
class PredictionScores:
    """Means over clips, a number for each step ahead; more is better.

    Attributes:
        clips: How many clips.
        psnr: Peak signal-to-noise ratio, decibels, of each frame at most 60.
        sharpness: How alike the edges are, decibels, of each frame at most 60 (Mathieu et al. 2016, section 4.2).
        ssim: Structural similarity, at most 1; None without scikit-image.
        copied_psnr, copied_sharpness, copied_ssim: The same of the last frame given, repeated.
    """

    clips: int
    psnr: tuple[float, ...]
    sharpness: tuple[float, ...]
    ssim: tuple[float, ...] | None
    copied_psnr: tuple[float, ...]
    copied_sharpness: tuple[float, ...]
    copied_ssim: tuple[float, ...] | None

    def facts(self) -> dict[str, object]:
        """The result as JSON has it."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}

    def rows(self) -> list[tuple[str, ...]]:
        """A row for each step: its number, and each measure beside that of copies."""
        rows: list[tuple[str, ...]] = []
        for step in range(len(self.psnr)):
            pairs = (
                (self.psnr, self.copied_psnr, 2),
                (self.sharpness, self.copied_sharpness, 2),
                (self.ssim, self.copied_ssim, 3),
            )
            cells = (f"{values[step]:.{digits}f}" if values else "–" for *both, digits in pairs for values in both)
            rows.append((f"+{step + 1}", *cells))
        return rows

    def __str__(self) -> str:
        heads = ("step", "PSNR, dB", "(copied)", "sharpness, dB", "(copied)", "SSIM", "(copied)")
        lines = [
            "  ".join(f"{cell:>{len(head)}}" for cell, head in zip(row, heads, strict=True)) for row in self.rows()
        ]
        note = "" if self.ssim else "\nSSIM needs the extra: pip install 'dcgan[inpaint]'"
        return "\n".join(["  ".join(heads), *lines]) + note

    def _repr_html_(self) -> str:
        heads = ("step", "PSNR, dB", "copied", "sharpness, dB", "copied", "SSIM", "copied")
        return table_html([heads, *self.rows()])


def score_frames(last: Pixels, predicted: Pixels, true: Pixels) -> PredictionScores:
    """Measure predicted frames.

    Args:
        last: The last frame given of each clip, (N, H, W, C), uint8: what copies are of.
        predicted: (N, steps, H, W, C), uint8.
        true: The same shape.
    """
    copied = np.broadcast_to(last[:, None], true.shape)
    has_ssim = find_spec("skimage") is not None and true.shape[2] >= SMALLEST
    return PredictionScores(
        len(true),
        _mean("psnr", predicted, true),
        _mean("sharpness", predicted, true),
        _mean("ssim", predicted, true) if has_ssim else None,
        _mean("psnr", copied, true),
        _mean("sharpness", copied, true),
        _mean("ssim", copied, true) if has_ssim else None,
    )


def _mean(measure: Measure, guessed: Pixels, true: Pixels) -> tuple[float, ...]:
    compare = {"psnr": psnr, "sharpness": sharpness, "ssim": ssim}[measure]
    values = [
        [min(MOST, compare(*pair)) for pair in zip(truths, guesses, strict=True)]
        for truths, guesses in zip(true, guessed, strict=True)
    ]
    return tuple(float(value) for value in np.mean(values, axis=0))
