"""Latent vectors as files, from which pictures are generated again: .npz with z, seeds, pixels and their model."""

import io
import zlib
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from dcgan.atomic_files import write_atomic
from dcgan.errors import LatentError, UsageError
from dcgan.latent.samples import latents_of
from dcgan.model import Model
from dcgan.types import Latents, Pixels

SEEDLESS = -1  # in place of a seed, for a z that was computed
_DAMAGES = (ValueError, EOFError, BadZipFile, MemoryError, zlib.error, RuntimeError, NotImplementedError)
"""What a file that is damaged, encrypted or of another compression raises."""


def write_latents(
    path: Path, model: Model, z: NDArray[np.float32], pixels: Pixels, seeds: Sequence[int] | None = None
) -> None:
    """Write latent vectors with their pictures, their seeds and labels where they have any, and the model's identity.

    Args:
        path: File to write, .npz.
        model: Whose latent vectors.
        z: (..., latent_dim), such as the rows and frames of a walk; they are written as one list.
        pixels: (..., H, W, C), uint8, a picture for each z.
        seeds: One for each z, if they have any.

    Raises:
        OSError: The file cannot be written.
    """
    z, pixels = z.reshape(-1, z.shape[-1]), pixels.reshape(-1, *pixels.shape[-3:])
    names = np.asarray(seeds if seeds is not None else [SEEDLESS] * len(z), np.int64)
    arrays: dict[str, NDArray[np.generic]] = {
        "z": z,
        "seeds": names,
        "pixels": pixels,
        "model": np.array(model.identity),
    }
    if model.labels:
        arrays["labels"] = np.array(model.labels)[z[:, model.interface.noise_dim :].argmax(axis=1)]
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    write_atomic(path, content.getvalue())


def read_latents(path: Path, model: Model) -> Latents:
    """The latent vectors of a file, for this model: z (N, latent_dim), float32.

    A plain .npy with z (N, latent_dim) will do as well, and an .npz without a model's identity, which is not checked
    then.

    Raises:
        LatentError: The file cannot be read, holds no z, is another model's, or has another dimension.
    """
    arrays: dict[str, NDArray[np.generic]] = {}
    try:
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                arrays["z"] = loaded
            else:
                arrays |= {name: loaded[name] for name in ("z", "model") if name in loaded}
    except OSError as error:
        raise LatentError(f"{path} cannot be read as latent vectors: {error.strerror or error}") from error
    except _DAMAGES as error:  # numpy's own words would advise to unpickle it
        raise LatentError(
            f"{path} cannot be read as latent vectors: it is not a complete .npz or .npy file of numbers"
        ) from error
    if "z" not in arrays:
        raise LatentError(f"{path} holds no array called z; make one with `dcgan sample MODEL --out {path.name}`")
    if "model" in arrays and str(arrays["model"]) != model.identity:
        raise LatentError(
            f"{path} has latent vectors of another model ({arrays['model']}; this one is {model.identity}): name that "
            "model, or latents of this one"
        )
    try:
        return latents_of(model, np.atleast_2d(arrays["z"]))
    except UsageError as error:
        raise LatentError(f"{path}: {error}") from error
