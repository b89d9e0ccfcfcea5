"""What every exported folder has beside its files: `export.json`, which says what they take and give."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

import dcgan
from dcgan.atomic_files import new_folder
from dcgan.errors import ModelError
from dcgan.files import parse_json, why_taken
from dcgan.model import Model
from dcgan.model_folder import check_dtype
from dcgan.randomness import latents_from_seeds
from dcgan.types import DType

CARD = "export.json"
KIND = "an exported model"
CHECKED = range(16)  # seeds whose pictures are compared
TOLERANCE = 1e-4  # of an exported net, times the largest number that it gives if that is above 1

Format = Literal["onnx", "web", "pt2", "state-dict"]


def example_latents(model: Model) -> Tensor:
    """What the generator is given to compare what it gives: z (16, latent_dim) of seeds, or random frames."""
    if model.draws:
        return torch.from_numpy(model.latents(CHECKED))
    return torch.from_numpy(latents_from_seeds(CHECKED, model.latent_dim, "uniform"))


def check_format_draws(model: Model, files: str) -> None:
    """Refuse, before any work, a model that predicts frames, of files for models that draw from z.

    Args:
        model: The model.
        files: The subject of the message: "ONNX files".

    Raises:
        ModelError: It predicts frames.
    """
    if not model.draws:
        raise ModelError(
            f"{files} need a model that draws pictures from z, and this one predicts the next frame of a video: use "
            "`dcgan export MODEL --to pt2`, or `dcgan predict-frames MODEL SOURCE`"
        )


@dataclass(frozen=True)
class ExportedFiles:
    """A model that was exported to files of another format.

    Attributes:
        path: The folder.
        format: "onnx", "web", "pt2" or "state-dict".
        sizes: The files by name, bytes each.
        differences: Of each file that holds a net, how much what it gives differs at most from what torch gives, over
            the pictures of 16 seeds; images are in [-1, 1].
        details: What else its `export.json` says.
    """

    path: Path
    format: Format
    sizes: Mapping[str, int]
    differences: Mapping[str, float]
    details: Mapping[str, object]

    @property
    def bytes(self) -> int:
        """Of all its files."""
        return sum(self.sizes.values())


class CardWriter:
    """Collects what is said of the files of a folder that is being made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.differences: dict[str, float] = {}
        self.details: dict[str, object] = {}


@contextmanager
def exporting(model: Model, out: Path, form: Format, dtype: DType, *, overwrite: bool) -> Iterator[CardWriter]:
    """Within the block, fill the folder of a new export; it appears at `out` whole or not at all.

    Raises:
        UsageError: There is no such `dtype`.
        ModelError: Something is at `out`.
        OSError: The disk is full, or cannot be written.
    """
    check_dtype(dtype)
    if why := why_taken(out, CARD, KIND, overwrite=overwrite):
        raise ModelError(why)
    with new_folder(out, overwrite=overwrite) as folder:
        writer = CardWriter(folder)
        yield writer
        card = {
            "format": form,
            "dtype": dtype,
            "dcgan": dcgan.__version__,
            "identity": model.identity,
            "size": model.size,
            "channels": model.channels,
            "latent_dim": model.latent_dim,
            "latent_distribution": model.latent_distribution,
            "labels": list(model.labels),
            "frames": model.frames,
            **({"untrained": model.details["untrained"]} if "untrained" in model.details else {}),
            "differences": writer.differences,
            **writer.details,
        }
        (folder / CARD).write_text(json.dumps(card, indent=2) + "\n", "utf-8")


def summary(path: Path) -> ExportedFiles:
    """What was written, as its card and its folder have it."""
    card: dict[str, Any] = parse_json((path / CARD).read_text("utf-8"))
    sizes = {str(file.relative_to(path)): file.stat().st_size for file in sorted(path.rglob("*")) if file.is_file()}
    return ExportedFiles(path, card.pop("format"), sizes, card.pop("differences"), card)


def check_finite_difference(name: str, difference: float) -> None:
    """Refuse a file that gives numbers that are not finite, or that was made of a net that does.

    Raises:
        ModelError: The difference between them is no finite number.
    """
    if not isfinite(difference):
        raise ModelError(
            f"{name} gives numbers that are not finite, since the weights are too large: nothing was written. Write "
            "`dtype` float32, or take an earlier checkpoint of the run"
        )


def check_difference(name: str, difference: float, largest: float) -> None:
    """Refuse a file that gives something else than the net that it was made of.

    Raises:
        ModelError: It differs by more than rounding can explain, or gives numbers that are not finite.
    """
    check_finite_difference(name, difference)
    if not difference <= TOLERANCE * max(1.0, largest):
        raise ModelError(
            f"{name} differs from the net by {difference:.2g}; nothing was written. Please report this model"
        )
