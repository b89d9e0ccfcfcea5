"""A model by itself: without what only a training needs."""

from dataclasses import dataclass
from pathlib import Path

from dcgan.atomic_files import new_folder
from dcgan.errors import ModelError
from dcgan.export.own_concepts import copy_concepts
from dcgan.files import why_taken
from dcgan.latent.concepts import own_concepts
from dcgan.loading import load
from dcgan.model_folder import CARD, find
from dcgan.progress import Steps, notebook_bar
from dcgan.types import DType, OnProgress


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

    Concepts are those of one function from z to pictures; a model that rounding changes leaves them behind. Those that
    rest on latent vectors in other files (.npz) are written with these in them.

    Args:
        model: A run, one of its checkpoints, a model folder, or the name of a model.
        out: The model folder to make.
        dtype: "float16" rounds the weights, which halves the files.
        overwrite: Replace a model at `out`.
        on_progress: Called with (steps done, in all).

    Raises:
        ModelError: There is no such model, it is broken, or something is at `out`.
        LatentError: The file of its concepts is damaged, or rests on a file that cannot be read.
        OSError: The disk is full, or cannot be written.
    """
    folder, out = find(model), Path(out)
    if why := why_taken(out, CARD, "a model", overwrite=overwrite, reads=[folder]):
        raise ModelError(why)
    step = Steps(3, on_progress)
    loaded = load(folder, "cpu")
    step()
    with new_folder(out, overwrite=overwrite) as partial:
        loaded.write_into(partial, dtype=dtype)
        step()
        exported = load(partial, "cpu")
        step()
        same = exported.identity == loaded.identity or own_concepts(loaded) is None
        kept = copy_concepts(loaded, partial) if same else False
    size = sum(file.stat().st_size for file in out.iterdir())
    return Exported(out, size, exported.identity, kept)
