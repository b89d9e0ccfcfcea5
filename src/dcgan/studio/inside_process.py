"""The program that looks at pictures for the tab Look inside, in a process of its own: it decodes strangers' pictures.

The folder that it fills has

    model/          the model as it was then: its run may train on, and its folder may be replaced or removed
    random/         the same model with random weights in its discriminator
    responses.npz   what drives every channel of every layer of both, as NET.LAYER.ATTRIBUTE of `Responses`
    samples.npy     (N, H, W, C), the pictures, if they are samples of the model

It prints lines of JSON: how far it is; as soon as the pictures are ready the key of what is to come, for whoever asks
may have that already; at the end the packed set, or an error.
"""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256 as new_sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dcgan.data.packed import PackedSet
from dcgan.data.sources import open_source
from dcgan.errors import ModelError, SourceError
from dcgan.files import sha256
from dcgan.model_pictures import open_for
from dcgan.studio.child import errors_said, say
from dcgan.studio.sort_features import Looking
from dcgan.types import OnProgress, PixelStore

if TYPE_CHECKING:
    from dcgan.inspection.responses import Responses
    from dcgan.model import Model

MODELS = ("trained", "random")
"""Which nets: the model itself, and the one with random weights."""
FOLDERS = {"trained": "model", "random": "random"}
RESPONSES, SAMPLES_FILE = "responses.npz", "samples.npy"
KEEP = 12
"""Pictures of each channel that are kept: those that drive it most."""
SAMPLES = 1000
"""Seeds that are looked at where there are no pictures."""
MOST = 20_000
"""Pictures that are looked at."""
_AT_ONCE = 64  # samples


@dataclass(frozen=True)
class Task:
    """What is to be looked at.

    Attributes:
        model: Its discriminator is looked into.
        source: Pictures, or None for samples of the model.
        out: The folder to fill.
        device: Where to compute.
    """

    model: Looking
    source: str | None
    out: Path
    device: str


def look(task: Task, say: Callable[..., None]) -> PackedSet | None:
    """Look at pictures; return them unless they are samples.

    Raises:
        DcganError: The pictures or the model cannot be used, or there are too many.
        OSError: The disk is full.
    """
    packed = None if task.source is None else _prepared(task.source, task.model, say)
    pictures = f"{SAMPLES} samples" if packed is None else packed.fingerprint
    say(key=new_sha256(f"{task.model.digest} {pictures}".encode()).hexdigest()[:24])
    import torch  # what cannot be used is refused before this has taken its seconds

    from dcgan.device import free_threads
    from dcgan.inspection.responses import measure_layers
    from dcgan.inspection.untrained import untrained
    from dcgan.loading import load
    from dcgan.model_folder import CARD

    torch.set_num_threads(free_threads())
    model = load(task.model.folder, task.device)
    if sha256(Path(task.model.folder) / CARD) != task.model.digest:
        raise ModelError("the model has just been replaced: look again")
    task.out.mkdir()
    pixels = _samples(model, task.out / SAMPLES_FILE, say) if packed is None else packed.pixels
    passes = [_part(say, part, len(pixels)) for part in range(3)]
    random = untrained(model, pixels, on_progress=passes[0])
    measured = {
        "random": measure_layers(random, pixels, keep=KEEP, on_progress=passes[1]),
        "trained": measure_layers(model, pixels, keep=KEEP, on_progress=passes[2]),
    }
    np.savez(task.out / RESPONSES, allow_pickle=False, **_arrays(measured))
    for name, one in (("trained", model), ("random", random)):
        folder = task.out / FOLDERS[name]
        folder.mkdir()
        one.to("cpu").write_into(folder)
    return packed


def _prepared(source: str, model: Looking, say: Callable[..., None]) -> PackedSet:
    _check_count(open_source(source).total)  # before they are decoded
    packed = open_for(model, source, on_progress=lambda done, total: say(phase="pictures", done=done, total=total))
    _check_count(len(packed))
    return packed


def _samples(model: "Model", file: Path, say: Callable[..., None]) -> PixelStore:
    shape = (SAMPLES, model.size, model.size, model.channels)
    pixels = np.lib.format.open_memmap(file, "w+", np.uint8, shape)
    for start in range(0, SAMPLES, _AT_ONCE):
        some = range(start, min(SAMPLES, start + _AT_ONCE))
        pixels[start : some.stop] = model.sample(some)
        say(phase="samples", done=some.stop, total=SAMPLES)
    pixels.flush()
    return pixels


def _part(say: Callable[..., None], part: int, pictures: int) -> OnProgress:
    """The progress of one of three passes, as that of all of them."""

    def on_progress(done: int, total: int | None) -> None:
        share = min(1, done / (total or done))
        say(phase="looking", done=round(pictures * (part + share)), total=3 * pictures)

    return on_progress


def _arrays(measured: "dict[str, tuple[Responses, ...]]") -> "dict[str, np.ndarray]":
    return {
        f"{name}.{found.layer}.{one.name}": np.asarray(getattr(found, one.name))
        for name, layers in measured.items()
        for found in layers
        for one in fields(found)
    }


def _check_count(pictures: int | None) -> None:
    if pictures is not None and pictures > MOST:
        raise SourceError(
            f"these are {pictures:,} pictures, and the page looks at {MOST:,} at most: choose fewer, or look at all of "
            "them with dcgan inspect"
        )


def main(words: Sequence[str]) -> None:
    """Look, and print lines of JSON: how far it is, then the packed set, or an error."""
    asked = json.loads(words[0])
    model = Looking.from_json(asked["model"])
    with errors_said():
        packed = look(Task(model, asked["source"], Path(asked["out"]), asked["device"]), say)
    say(packed=None if packed is None else str(packed.path.resolve()))


if __name__ == "__main__":
    main(sys.argv[1:])
