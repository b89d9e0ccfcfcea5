"""The two sides of a comparison: a model, or pictures from anywhere, brought to one size."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from dcgan.data.cache import open_pictures
from dcgan.data.decode import Decoded, DecodeOptions, decode_content
from dcgan.data.packed import PackedSet, is_packed_set
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.sources import PictureSource, open_source
from dcgan.device import resolve_device
from dcgan.errors import ModelError, ModelNotFoundError, SourceError, UsageError
from dcgan.hub_cache import is_hub_name
from dcgan.loading import load
from dcgan.metrics.extractors import Extractor
from dcgan.metrics.features import generated_features, real_features, some_positions
from dcgan.model import Model
from dcgan.model_folder import BEST, find, find_shipped
from dcgan.model_pictures import open_for
from dcgan.sound.spectrogram import SoundFormat
from dcgan.types import Features, OnProgress, Pixels

Side = Model | PictureSource

SECOND_SEED = 1 << 32  # of a model as the second side: two models do not share latent vectors


@dataclass(frozen=True)
class ModelSide:
    """Pictures of a model: those of the seeds from `first_seed` on, as many as one likes."""

    name: str
    model: Model
    first_seed: int = 0

    @property
    def size(self) -> int:
        """Side of the square pictures in pixels."""
        return self.model.size

    def features(self, extractor: Extractor, count: int, on_progress: OnProgress | None) -> Features:
        """Features (count, D) of the first `count` pictures."""
        return generated_features(self.model, extractor, count, on_progress, first_seed=self.first_seed)

    def pixels(self, rows: NDArray[np.intp], count: int) -> Pixels:  # noqa: ARG002  # sets need it
        """The pictures of some rows of `features(extractor, count)`."""
        return self.model.sample((rows + self.first_seed).tolist())


@dataclass(frozen=True)
class SetSide:
    """Pictures of a packed set."""

    name: str
    data: PackedSet

    @property
    def size(self) -> int:
        """Side of the square pictures in pixels."""
        return self.data.size

    @property
    def warning(self) -> str | None:
        """How many pictures of the source were skipped and where each is listed; None if all were used."""
        summary = self.data.skipped_summary
        return summary and f"{self.name}: {summary}"

    def features(self, extractor: Extractor, count: int, on_progress: OnProgress | None) -> Features:
        """Features (count, D) of the `count` pictures that stand for the set."""
        return real_features(self.data, extractor, count, on_progress)

    def mirrored_features(self, extractor: Extractor, count: int, on_progress: OnProgress | None) -> Features:
        """Those of their mirror images."""
        return real_features(self.data, extractor, count, on_progress, mirrored=True)

    def pixels(self, rows: NDArray[np.intp], count: int) -> Pixels:
        """The pictures of some rows of `features(extractor, count)`."""
        return np.asarray(self.data.pixels[some_positions(self.data, count)[rows]])


def open_models(generated: Side, real: Side, device: str) -> tuple[Model | PictureSource, Model | PictureSource]:
    """Open what is quick to open of both sides, models and packed sets; other pictures stay as they are named.

    Raises:
        DcganError: A model or a packed set cannot be opened, or a model draws nothing from z.
    """
    opened = _opened(generated, device), _opened(real, device)
    for side in opened:
        if isinstance(side, Model):
            side.check_draws()
    return opened


def prepare_sides(
    generated: Side,
    real: Side,
    opened: tuple[Model | PictureSource, Model | PictureSource],
    *,
    size: int | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[ModelSide | SetSide, ModelSide | SetSide]:
    """Bring both sides of a comparison to one size, once `open_models` has opened them.

    It is `size`, or else:

    - that of a model or a packed set, where a side is one; other pictures are prepared in it, as for a training;
    - that which all pictures of both sides have, where both are folders or the like; nothing is resized.

    Raises:
        UsageError: The sizes differ, and nothing says which one is meant; or recordings are cut into different clips.
        DcganError: A side cannot be opened.
    """
    first, second = opened
    unprepared = not any(isinstance(side, Model | PackedSet) for side in (first, second))
    if size is None:
        common = _natural_size(generated, real) if unprepared else _own_size(first, second)
    else:
        common = PrepareOptions(size=size).side  # refused if it is out of its range
    model = next((side for side in (first, second) if isinstance(side, Model)), None)
    packed = next((side for side in (first, second) if isinstance(side, PackedSet)), None)

    for side, given in ((first, generated), (second, real)):
        if isinstance(side, Model) and side.size != common:
            raise UsageError(f"`size` is {common}, but {_name(given)} makes pictures of {_sides_of(side)} pixels")

    def at_size(
        side: Model | PictureSource, given: Side, first_seed: int = 0, sound: SoundFormat | None = None
    ) -> ModelSide | SetSide:
        if isinstance(side, Model):
            return ModelSide(_name(given), side, first_seed)
        if model is not None:
            data = open_for(model, side, on_progress=on_progress)
        else:
            alike = None if isinstance(side, PackedSet) else packed
            channels, sound = (alike.channels, alike.sound) if alike else (None, sound)
            data = open_pictures(side, size=common, channels=channels, sound=sound, on_progress=on_progress)
        if unprepared and size is None:
            _check_untouched(data, _name(given))
        return SetSide(_name(given), data)

    one = at_size(first, generated)
    sound = one.data.sound if isinstance(one, SetSide) and not isinstance(second, PackedSet) else None
    other = at_size(second, real, SECOND_SEED, sound)
    if isinstance(one, SetSide) and isinstance(other, SetSide):
        _check_alike(one, other)
    return one, other


def open_held_out(held_out: PictureSource, real: ModelSide | SetSide, on_progress: OnProgress | None) -> SetSide:
    """Open pictures that the generator was not trained on, at the size of those that it was trained on.

    Raises:
        UsageError: `real` is a model, which holds no pictures to be copied.
        DcganError: They cannot be opened.
    """
    if isinstance(real, ModelSide):
        raise UsageError("`held_out` needs the pictures that the generator was trained on as `real`, not a model")
    data = open_pictures(
        held_out, size=real.size, channels=real.data.channels, sound=real.data.sound, on_progress=on_progress
    )
    return SetSide(_name(held_out), data)


def _opened(side: Side, device: str) -> Model | PictureSource:
    """Models and packed sets opened; other sources as they are."""
    if isinstance(side, str | Path):
        if _is_model(side):
            return load(side, resolve_device(device))
        if is_packed_set(side):
            return PackedSet.open(side)
    return side


def _is_model(side: str | Path) -> bool:
    """Whether `side` means a model: a folder that is one or a run, or a name; hf:// may also name a data set.

    Of one name with a model that comes with dcgan, what is there goes first: it may be pictures.
    """
    path = Path(side)
    try:
        found = find(side)
    except ModelNotFoundError:
        return False
    except ModelError:
        if is_hub_name(side):
            raise
        return (path / "checkpoints").is_dir() or (path.name == BEST and (path.parent / "checkpoints").is_dir())
    return found != find_shipped(str(side)) or not path.exists()


def _own_size(*sides: Model | PictureSource) -> int:
    """The one size of those sides that are models or packed sets."""
    sizes = {_sides_of(side): side for side in sides if isinstance(side, Model | PackedSet)}
    if len(sizes) > 1:
        raise UsageError(
            f"the pictures of the two sides have {' and '.join(sizes)} pixels; models and packed sets keep their size: "
            "instead of one of them name pictures that can be resized, or prepare them again with the other `size`"
        )
    (side,) = sizes.values()
    return side.size


def _sides_of(side: Model | PackedSet) -> str:
    size = side.size
    return f"{size} x {size}"


def _natural_size(*sources: Side) -> int:
    """The size that the first picture of each source has, if all are square and of one size."""
    sizes = [_first_size(source) for source in sources if not isinstance(source, Model)]
    if len({length for size in sizes for length in size}) > 1:
        found = (f"{w} x {h} pixels in {_name(source)}" for source, (w, h) in zip(sources, sizes, strict=True))
        raise UsageError(
            f"the pictures are not all square and of one size ({' and '.join(found)}); give the `size` that both sides "
            "are resized to, for example 64"
        )
    return sizes[0][0]


def _first_size(source: PictureSource) -> tuple[int, int]:
    """Width and height of the first picture that can be read, in pixels.

    Raises:
        SourceError: None can be read.
    """
    assert not isinstance(source, PackedSet)  # its size is known
    for item in open_source(source):
        decoded, _ = decode_content(item.content, DecodeOptions(size=8))
        if isinstance(decoded, Decoded):
            return decoded.width, decoded.height
    raise SourceError(f"{_name(source)}: none of its pictures can be read")


def _check_untouched(data: PackedSet, name: str) -> None:
    """Refuse pictures that would be resized without anybody having asked for it."""
    index = data.used("width", "height")
    resized = pc.or_(pc.not_equal(index["width"], data.size), pc.not_equal(index["height"], data.size))
    count = pc.sum(resized).as_py()
    if count:
        raise UsageError(
            f"{count:,} of {len(data):,} pictures of {name} are not {data.size} x {data.size} pixels, as the first one "
            f"is; give the `size` that both sides are resized to, for example {data.size}"
        )


def _check_alike(one: SetSide, other: SetSide) -> None:
    """Refuse recordings that are cut into other clips than those of the other side, and recordings beside pictures."""
    if one.data.sound != other.data.sound:
        found = (f"{side.name} has {side.data.sound or 'pictures'}" for side in (one, other))
        raise UsageError(f"{', and '.join(found)}: prepare both with the same `rate` and `seconds`")


def _name(side: Side) -> str:
    """What to call a side in messages."""
    if isinstance(side, str | Path):
        return str(side)
    return str(side.path) if isinstance(side, PackedSet) else f"the {type(side).__name__}"
