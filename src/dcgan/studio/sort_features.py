"""What a discriminator makes of the pictures of a sorting: extracted once, and kept in the sorting's folder.

SORTING/features has

    features.npy    (N, D), float16: a row for each picture that can be used
    order.npy       (N,), a varied choice of them first
    model/          the model as it was then, with batch norm's statistics of these pictures
    features.json   which model and which pictures these are

Strangers' pictures are decoded by a process of its own, of which this module is the program. It is quick where nothing
has changed.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcgan.data.cache import open_pictures
from dcgan.data.packed import PackedSet
from dcgan.data.sources import open_source
from dcgan.errors import DcganError, SourceError
from dcgan.files import new_folder, parse_json, sha256
from dcgan.model_folder import CARD, find, read_card
from dcgan.types import Features

FOLDER, FEATURES, ORDER, MODEL, FACTS = "features", "features.npy", "order.npy", "model", "features.json"
MOST = 20_000
"""Pictures of a sorting."""


@dataclass(frozen=True, eq=False)
class PictureFeatures:
    """Pictures with what a discriminator makes of them.

    Attributes:
        packed: The pictures.
        features: (N, D), float16, a memory map.
        order: (N,), positions of the pictures, a varied choice first.
        model: The folder of the model that they are of.
        images: How many images that model has seen; None if it does not say.
        outdated: Whether the run has a newer model by now.
        extracted: When the features were extracted, in nanoseconds: names them.
    """

    packed: PackedSet
    features: Features
    order: NDArray[np.int64]
    model: Path
    images: int | None
    outdated: bool
    extracted: int

    @classmethod
    def open(cls, sorting: Path, packed: Path, *, outdated: bool) -> "PictureFeatures":
        """Read those of a sorting's folder, of the pictures of a packed set.

        Raises:
            DcganError: A file is missing or damaged.
        """
        folder = sorting / FOLDER
        try:
            features = np.load(folder / FEATURES, mmap_mode="r")
            order = np.load(folder / ORDER)
            extracted = (folder / FACTS).stat().st_mtime_ns
        except (OSError, ValueError) as error:
            raise DcganError(f"{folder} is damaged ({error}): remove it, and look at the pictures again") from error
        images = read_card(folder / MODEL).get("images")
        return cls(
            PackedSet.open(packed),
            features,
            order,
            folder / MODEL,
            images if isinstance(images, int) else None,
            outdated,
            extracted,
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What each picture is called in its source."""
        return tuple(self.packed.names)

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """SHA-256 of each picture's content."""
        return tuple(self.packed.used("sha256")["sha256"].to_pylist())

    @cached_property
    def rows(self) -> dict[str, int]:
        """Positions by name."""
        return {name: row for row, name in enumerate(self.names)}


def look(
    model: Path, source: str, folder: Path, device: str, *, again: bool, on_progress: Callable[..., None]
) -> tuple[PackedSet, bool]:
    """Prepare pictures and extract their features, unless that was done and neither has changed.

    Args:
        model: A run, a model folder, or the name of a model that comes with dcgan.
        source: What is sorted.
        folder: Of the sorting.
        device: Where to compute.
        again: Whether to take the newest checkpoint, if the features are of an older one.
        on_progress: Called with phase, done and total as they change.

    Returns:
        The pictures, and whether there is a newer model than that of the features.

    Raises:
        DcganError: The pictures or the model cannot be used, or there are too many.
        OSError: The disk is full.
    """
    kept = folder / FOLDER
    known = _read_facts(kept / FACTS)
    try:
        found = find(model)
        size, channels = shape_of(found)
    except DcganError:
        if not known:
            raise
        found = kept / MODEL  # it was removed, and its copy is here
        size, channels = shape_of(found)
    outdated = bool(known) and known.get("model") != sha256(found / CARD) and found != kept / MODEL
    if not known:
        _check_count(open_source(source).total)  # before they are decoded
    packed = open_pictures(
        source,
        size=size,
        channels=channels,
        on_progress=lambda done, total: on_progress(phase="pictures", done=done, total=total),
    )
    _check_count(len(packed))
    if known.get("pictures") == packed.fingerprint and not (again and outdated):
        return packed, outdated
    newest = found if again or not known else kept / MODEL
    _extract(newest, packed, kept, device, on_progress, known.get("model") if newest == kept / MODEL else None)
    return packed, outdated and not again


def _extract(
    model: Path, packed: PackedSet, kept: Path, device: str, on_progress: Callable[..., None], digest: object
) -> None:
    from dcgan.features.extract import DiscriminatorExtractor, on_device
    from dcgan.features.files import write_features
    from dcgan.loading import load
    from dcgan.probing.varied import varied_order

    on_progress(phase="features", done=0, total=len(packed))
    loaded = load(model, "cpu")
    extractor = DiscriminatorExtractor(on_device(loaded, device))
    extractor.measure(packed.pixels)
    with new_folder(kept, overwrite=True) as partial:
        write_features(
            partial / FEATURES,
            extractor,
            packed,
            dtype="float16",
            on_progress=lambda done, total: on_progress(phase="features", done=done, total=total),
        )
        np.save(partial / ORDER, varied_order(np.load(partial / FEATURES, mmap_mode="r")))
        (partial / MODEL).mkdir()
        replace(loaded, discriminator=extractor.net.cpu()).write_into(partial / MODEL)
        facts = {"model": digest or sha256(model / CARD), "pictures": packed.fingerprint}
        (partial / FACTS).write_text(json.dumps(facts), "utf-8")


def shape_of(model: Path) -> tuple[int, int]:
    """Size and channels of the pictures of a model whose discriminator gives features."""
    card = read_card(model)
    nets = card.get("architecture")
    if not isinstance(nets, dict) or card.get("nets", "dcgan") != "dcgan":
        raise DcganError(f"the nets of {model.name} are not a DCGAN's, and give no features: take another model")
    return int(nets["size"]), int(nets["channels"])


def _check_count(pictures: int) -> None:
    if pictures > MOST:
        raise SourceError(
            f"these are {pictures:,} pictures, and the page sorts {MOST:,} at most: sort a part of them, export the "
            "classifier, and let dcgan classify sort the rest"
        )


def _read_facts(file: Path) -> dict[str, object]:
    try:
        found = parse_json(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def main() -> None:
    """Look, and print lines of JSON: how far it is, then the packed set, or an error."""
    model, source, folder, device, again = sys.argv[1:]
    try:
        packed, outdated = look(Path(model), source, Path(folder), device, again=again == "again", on_progress=_print)
    except DcganError as error:
        _print(error=str(error).replace("`", ""))
        sys.exit(1)
    except OSError as error:
        _print(error=f"cannot read or write: {error.strerror or error}; make room, and look at the pictures again")
        sys.exit(1)
    _print(packed=str(packed.path.resolve()), outdated=outdated)


def _print(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
