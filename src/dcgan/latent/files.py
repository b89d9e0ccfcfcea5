"""Latent vectors as files, so that what was seen can be drawn again: .npz with z, seeds, pixels, and whose they are."""

import io
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from dcgan.errors import LatentError
from dcgan.files import write_atomic
from dcgan.model import Model
from dcgan.types import Latents, Pixels

LARGEST = 1e6  # number that z may hold
SEEDLESS = -1  # in place of a seed, for a z that was computed


def write_latents(path: Path, model: Model, z: Latents, pixels: Pixels, seeds: list[int] | None = None) -> None:
    """Write z (N, D) with their pictures, their seeds where they have any, and the model's identity.

    Raises:
        OSError: The file cannot be written.
    """
    content = io.BytesIO()
    names = np.asarray(seeds if seeds is not None else [SEEDLESS] * len(z), np.int64)
    np.savez_compressed(content, allow_pickle=False, z=z, seeds=names, pixels=pixels, model=np.array(model.identity))
    write_atomic(path, content.getvalue())


def read_latents(path: Path, model: Model) -> Latents:
    """The latent vectors of a file, for this model: z (N, D), float32.

    A plain .npy with z (N, D) will do as well, and an .npz without the model's identity; they are believed.

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
    except (ValueError, EOFError, BadZipFile, MemoryError) as error:  # numpy's own words would advise to unpickle it
        raise LatentError(f"{path} cannot be read as latent vectors: it is no whole .npz or .npy of numbers") from error
    if "z" not in arrays:
        raise LatentError(f"{path} holds no array called z; make one with `dcgan sample MODEL --out {path.name}`")
    if "model" in arrays and str(arrays["model"]) != model.identity:
        raise LatentError(
            f"{path} has latent vectors of another model ({arrays['model']}; this one is {model.identity}): "
            "they mean nothing here"
        )
    z, dimension = np.atleast_2d(arrays["z"]), model.architecture.latent_dim
    if z.ndim != 2 or z.shape[1] != dimension or not len(z) or not np.issubdtype(z.dtype, np.floating):
        raise LatentError(f"{path}: z is {z.dtype} of shape {z.shape}; this model needs floats of (N, {dimension})")
    if not (np.abs(z) <= LARGEST).all():
        raise LatentError(f"{path}: z holds values that are no numbers, or beyond {LARGEST:g}; those of z are about 1")
    return np.asarray(z, np.float32)
