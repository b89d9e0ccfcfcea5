"""What a discriminator makes of the pictures of a sorting: extracted once, and kept in the sorting's folder.

SORTING/features has

    features.npy    (N, D), float16: a row for each picture that can be used
    order.npy       (N,), a varied choice of them first
    model/          the model as it was then, with batch norm's statistics of these pictures
    features.json   which model and which pictures these are, and whether with their mirror images

Strangers' pictures are decoded by a process of its own, of which this module is the program. Where nothing has changed
it ends within a second, for it imports torch only where it has to.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from dcgan.atomic_files import new_folder
from dcgan.data.packed import PackedSet
from dcgan.data.sources import open_source
from dcgan.errors import SourceError
from dcgan.files import parse_json, read_file
from dcgan.model_pictures import open_for
from dcgan.sound.spectrogram import SoundFormat
from dcgan.studio.child import errors_said, say

FOLDER, FEATURES, ORDER, MODEL, FACTS = "features", "features.npy", "order.npy", "model", "features.json"
MOST = 20_000
"""Pictures of a sorting."""


@dataclass(frozen=True)
class Looking:
    """The model that looks, a DCGAN, as `dcgan.model_pictures` needs to know it; torch is not needed to know it.

    Attributes:
        folder: Where it is.
        digest: Names it: SHA-256 of its card, which has the checksums of its tensors.
        size: Side of its pictures.
        channels: Of its pictures.
        sound: What a clip of sound is, if its pictures are spectrograms.
    """

    folder: str
    digest: str
    size: int
    channels: int
    sound: SoundFormat | None = None

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What `dataclasses.asdict` gave."""
        sound = values.get("sound")
        return cls(**{**values, "sound": None if sound is None else SoundFormat.from_card(sound)})

    @property
    def frames(self) -> int:
        """One: its pictures are still."""
        return 1

    @property
    def fps(self) -> float | None:
        """None: its pictures are still."""
        return None


def look(
    model: Looking,
    source: str,
    sorting: Path,
    device: str,
    *,
    again: bool,
    horizontal_flip: bool,
    on_progress: Callable[..., None],
) -> PackedSet:
    """Prepare pictures and extract their features, unless that was done and they have not changed.

    Args:
        model: Its discriminator looks.
        source: What is sorted.
        sorting: The folder of the sorting.
        device: Where to compute.
        again: Whether to look with this model where the features are of another one.
        horizontal_flip: Take the mean of the features of a picture and of its mirror image.
        on_progress: Called with phase, done and total as they change.

    Returns:
        The pictures.

    Raises:
        DcganError: The pictures or the model cannot be used, or there are too many.
        OSError: The disk is full.
    """
    known = read_facts(sorting)
    if not known:
        _check_count(open_source(source).total)  # before they are decoded
    packed = open_for(
        model, source, on_progress=lambda done, total: on_progress(phase="pictures", done=done, total=total)
    )
    _check_count(len(packed))
    others = known.get("pictures") != packed.fingerprint or known.get("horizontal_flip", False) != horizontal_flip
    if others or (again and known.get("model") != model.digest):
        _extract(model, packed, sorting / FOLDER, device, horizontal_flip, on_progress)
    return packed


def read_facts(sorting: Path) -> dict[str, object]:
    """What features.json says: of which `model` and `pictures` the features are, and whether of mirror images, too.

    Nothing where there are none.
    """
    try:
        found = parse_json(read_file(sorting / FOLDER / FACTS))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _extract(
    model: Looking,
    packed: PackedSet,
    kept: Path,
    device: str,
    horizontal_flip: bool,
    on_progress: Callable[..., None],
) -> None:
    on_progress(phase="features", done=0, total=len(packed))
    from dcgan.features.extract import DiscriminatorExtractor, on_device
    from dcgan.features.extractor import flipping
    from dcgan.features.files import write_features
    from dcgan.loading import load
    from dcgan.probing.varied import varied_order

    loaded = load(model.folder, "cpu")
    extractor = DiscriminatorExtractor(on_device(loaded, device))
    extractor.measure(packed.pixels)
    with new_folder(kept, overwrite=True) as partial:
        write_features(
            partial / FEATURES,
            flipping(extractor, horizontal_flip=horizontal_flip),
            packed,
            dtype="float16",
            on_progress=lambda done, total: on_progress(phase="features", done=done, total=total),
        )
        np.save(partial / ORDER, varied_order(np.load(partial / FEATURES, mmap_mode="r")))
        (partial / MODEL).mkdir()
        replace(loaded, discriminator=extractor.net.cpu()).write_into(partial / MODEL)
        facts = {"model": model.digest, "pictures": packed.fingerprint, "horizontal_flip": horizontal_flip}
        (partial / FACTS).write_text(json.dumps(facts), "utf-8")


def _check_count(pictures: int) -> None:
    if pictures > MOST:
        raise SourceError(
            f"these are {pictures:,} pictures, and the page sorts {MOST:,} at most: sort a part of them, export the "
            "classifier, and sort the rest with dcgan classify"
        )


def main() -> None:
    """Look, and print lines of JSON: how far it is, then the packed set, or an error."""
    asked = json.loads(sys.argv[1])
    model, source, sorting, device = asked["model"], asked["source"], asked["sorting"], asked["device"]
    how = {name: asked[name] for name in ("again", "horizontal_flip")}
    with errors_said():
        packed = look(Looking.from_json(model), source, Path(sorting), device, **how, on_progress=say)
        say(packed=str(packed.path.resolve()))


if __name__ == "__main__":
    main()
