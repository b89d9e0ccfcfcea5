"""The pictures of a sorting once they have been looked at, and the model that looks."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcgan.data.packed import PackedSet
from dcgan.errors import DcganError, ModelError
from dcgan.files import sha256
from dcgan.model_folder import CARD, find, read_card
from dcgan.sound.spectrogram import SoundFormat
from dcgan.studio.sort_features import FACTS, FEATURES, FOLDER, MODEL, ORDER, Looking, read_facts
from dcgan.types import Features


@dataclass(frozen=True, eq=False)
class SeenPictures:
    """Pictures with what a discriminator makes of them.

    Attributes:
        packed: The pictures.
        features: (N, D), float16, a memory map.
        order: (N,), positions of the pictures, a varied choice first.
        model: The folder of the model whose features these are.
        digest: Names that model, as `Looking.digest`.
        horizontal_flip: Whether they are the mean of those of a picture and of its mirror image.
        extracted: When the features were extracted, in nanoseconds: names them.
    """

    packed: PackedSet
    features: Features
    order: NDArray[np.int64]
    model: Path
    digest: str
    horizontal_flip: bool
    extracted: int

    @classmethod
    def open(cls, sorting: Path, packed: Path) -> "SeenPictures":
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
        facts = read_facts(sorting)
        return cls(
            PackedSet.open(packed),
            features,
            order,
            folder / MODEL,
            str(facts.get("model")),
            facts.get("horizontal_flip") is True,
            extracted,
        )

    def is_as(self, other: "SeenPictures") -> bool:
        """Whether neither the pictures nor their features have changed."""
        return (self.packed.path, self.extracted) == (other.packed.path, other.extracted)

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


def looking_model(model: Path) -> Looking:
    """A model whose discriminator looks at pictures, layer by layer.

    Args:
        model: A run, whose newest checkpoint is taken, a model folder, or the name of a model that comes with dcgan.

    Raises:
        ModelError: There is none, it is damaged, or its nets are no DCGAN's.
    """
    found = find(model)
    card = read_card(found)
    nets = card.get("architecture")
    if not isinstance(nets, dict) or card.get("nets", "dcgan") != "dcgan":
        raise ModelError(
            f"the nets of {model.name} are not a DCGAN's, whose layers are needed here: choose another model"
        )
    try:
        sound = None if card.get("sound") is None else SoundFormat.from_card(card["sound"])
    except ValueError as error:
        raise ModelError(f"{found / CARD} is damaged: it does not describe its sounds: {error}") from error
    return Looking(str(found.resolve()), sha256(found / CARD), int(nets["size"]), int(nets["channels"]), sound)


def model_of_features(sorting: Path) -> Looking | None:
    """The model that a sorting's features are of, from its copy; None where there are no features.

    Raises:
        ModelError: The copy is damaged.
    """
    digest = read_facts(sorting).get("model")
    if not isinstance(digest, str):
        return None
    copy = looking_model(sorting / FOLDER / MODEL)
    return replace(copy, digest=digest)
