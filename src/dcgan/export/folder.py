"""A model by itself: without what only a training needs."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from dcgan.errors import ModelError
from dcgan.files import new_folder, why_taken
from dcgan.loading import load
from dcgan.model import DType
from dcgan.model_folder import CARD, OWN_CONCEPTS, find
from dcgan.progress import Steps, notebook_bar
from dcgan.types import OnProgress


@dataclass(frozen=True)
class Exported:
    """A model that was exported.

    Attributes:
        path: Its folder.
        bytes: Of all its files.
        identity: Of the function from z to pictures; rounding changes it.
        concepts: Whether the concepts of the model came along: True or False, or None if it has none.
    """

    path: Path
    bytes: int
    identity: str
    concepts: bool | None


@notebook_bar("exporting")
def export_model(
    model: str | Path,
    out: str | Path,
    *,
    dtype: DType = "float32",
    overwrite: bool = False,
    on_progress: OnProgress | None = None,
) -> Exported:
    """Write a model by itself, with its concepts if they fit it.

    Concepts are those of one function from z to pictures; a model that rounding changes leaves them behind.

    Args:
        model: A run, one of its checkpoints, a model folder, or the name of a model.
        out: The model folder to make.
        dtype: "float16" rounds the weights, which halves the files.
        overwrite: Replace a model at `out`.
        on_progress: Called with (steps done, in all).

    Raises:
        ModelError: There is no such model, it is broken, or something is at `out`.
        OSError: The disk is full, or cannot be written.
    """
    folder, out = find(model), Path(out)
    if why := why_taken(out, CARD, "a model", overwrite=overwrite):
        raise ModelError(why)
    step = Steps(3, on_progress)
    loaded, concepts = load(folder, "cpu"), folder / OWN_CONCEPTS
    step()
    with new_folder(out, overwrite=overwrite) as partial:
        loaded.write_into(partial, dtype=dtype)
        step()
        exported = load(partial, "cpu")
        step()
        kept = concepts.is_file() and exported.identity == loaded.identity
        if kept:
            shutil.copyfile(concepts, partial / OWN_CONCEPTS)
    size = sum(file.stat().st_size for file in out.iterdir())
    return Exported(out, size, exported.identity, kept if concepts.is_file() else None)
