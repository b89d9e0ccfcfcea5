"""The pictures of a training: opened as the recipe wants them, and what of the recipe they say."""

from dataclasses import replace
from pathlib import Path

from dcgan.choices import NETS, PRESETS
from dcgan.data.cache import VERIFIED, open_pictures, source_name
from dcgan.data.clips import clips_of
from dcgan.data.drawings import looks_drawn
from dcgan.data.formats import SOUND_FILES, VIDEO_FILES
from dcgan.data.packed import PackedSet, is_packed_set
from dcgan.data.sources import PictureSource
from dcgan.errors import KindError, PackedSetError, RecipeError
from dcgan.model import DEFAULT_FPS, Model
from dcgan.model_pictures import other_kind
from dcgan.networks.architecture import DiscriminatorArchitecture
from dcgan.training.recipe import Recipe
from dcgan.types import OnProgress

OTHER_MEDIA = SOUND_FILES.extensions | VIDEO_FILES.extensions


def is_packed(source: PictureSource) -> bool:
    """Whether a source is a packed set, whose size and channels are known."""
    return isinstance(source, PackedSet) or (isinstance(source, str | Path) and is_packed_set(source))


def open_data(
    source: PictureSource, recipe: Recipe, on_progress: OnProgress | None = None, start: Model | None = None
) -> PackedSet:
    """The packed set that a recipe trains on, prepared into the cache if the source is no packed set.

    Args:
        source: The pictures.
        recipe: With the size and channels that are wanted, if any are.
        on_progress: Called with (done, total) while the source is being prepared.
        start: The model to begin with, if there is one: no other size goes with its nets, and no other clips of sound.
            The recipe has its `fps`.

    Raises:
        SourceError, PackedSetError: It cannot be used, or does not fit the recipe's size and channels.
    """
    if isinstance(source, str | Path) and is_packed_set(source):
        source = PackedSet.open(source)
    if isinstance(source, PackedSet):
        data, path = source, source.path
        for name, asked, found in (("size", recipe.size, data.size), ("channels", recipe.channels, data.channels)):
            if asked not in (None, found):
                who = "the model to begin with asks" if start else f"the recipe (preset {recipe.preset}) asks"
                if start:
                    other = "begin with another model"
                elif getattr(PRESETS[recipe.preset], name) == asked:  # which leaving it out would not change
                    other = f"give `{name}` {found}"
                else:
                    other = f"leave `{name}` out"
                raise PackedSetError(
                    f"{path} holds pictures with {name} {found}, but {who} for {asked}; {other}, or prepare the source "
                    f"again with `{name}` {asked}"
                )
        if data.pixels.nbytes <= VERIFIED:
            data.verify()
        if recipe.frames > 1 and recipe.fps and data.fps and recipe.fps != data.fps:
            why = "is that of the model to begin with" if start else "changes nothing"
            other = "begin with another model" if start else "leave `fps` out"
            raise PackedSetError(
                f"`fps` {recipe.fps:g} {why}: {path} has {data.fps:g} frames a second of its videos; "
                f"{other}, or prepare the videos again with `fps` {recipe.fps:g}"
            )
    else:
        sound = start.sound if start else None
        fps = (recipe.fps or DEFAULT_FPS) if recipe.frames > 1 else None
        try:
            data = open_pictures(
                source, size=recipe.size, channels=recipe.channels, sound=sound, fps=fps, on_progress=on_progress
            )
        except KindError as error:
            if start is None:
                raise
            raise other_kind(start, source) from error
    if start and (start.sound is None) != (data.sound is None):
        raise other_kind(start, source)
    if start and start.sound not in (None, data.sound):
        raise PackedSetError(
            f"{source_name(source)} has {data.sound or 'pictures'}, but the model to begin with has learned from "
            f"{start.sound}: begin with another model, or prepare the recordings with that `rate` and `seconds`"
        )
    if recipe.frames > 1:
        data = clips_of(data, recipe.frames, "take a smaller `history`")
    if len(data) < 2:
        what = data.noun if recipe.frames == 1 else f"clip of {recipe.frames} frames"
        raise PackedSetError(f"{source_name(source)} has {len(data)} usable {what}; a training needs 2 or more")
    return data


def describe_data(data: PackedSet, recipe: Recipe) -> list[str]:
    """Sentences on what a user may not expect of a set: how many films it has, what was skipped, a preset for it."""
    sentences = [f"{data.film_count}"] if data.frames > 1 else []
    sentences += [data.skipped_summary] if data.skipped_summary else []
    unheard = {kind: count for kind, count in data.ignored.items() if kind in OTHER_MEDIA}
    if unheard:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(unheard.items()))
        sentences.append(
            f"{kinds} ignored, because the folder has pictures as well: to train on the others, move them to a folder "
            "of their own"
        )
    if recipe.preset == "default" and looks_drawn(data):
        sentences.append("the pictures look drawn, with flat areas of color: try `preset` drawings")
    return sentences


def fit_to(recipe: Recipe, data: PackedSet, *, transferred: bool = False) -> Recipe:
    """The recipe with `size`, `channels`, `fps` of clips and, for conditional nets, `classes` as the set has them.

    Its `kernel_size`, too, is made definite.

    Raises:
        RecipeError: The nets are given labels, and the set has none, too few, or not for every picture; or recordings
            would be mirrored.
    """
    if recipe.horizontal_flip and data.sound is not None:
        raise RecipeError("`horizontal_flip` would play half of the recordings backwards: leave it out")
    fps = recipe.fps or data.fps or DEFAULT_FPS
    recipe = replace(recipe, size=data.size, channels=data.channels, fps=fps if recipe.frames > 1 else recipe.fps)
    if not NETS[recipe.nets].conditional:
        return _with_kernel_size(recipe)
    classes, without = len(data.label_names), int((data.labels < 0).sum())
    if classes < 2 or without:
        raise RecipeError(
            f"the nets {recipe.nets} need the label of each picture, and {_lacking(classes, without, len(data))}: give "
            "each label a folder of its own, and leave no picture beside those folders"
        )
    if recipe.classes not in (None, classes):
        remedy = "begin with another model, or give it as many labels" if transferred else "leave `classes` out"
        raise RecipeError(f"`classes` {recipe.classes}: the pictures have {classes} labels; {remedy}")
    return _with_kernel_size(replace(recipe, classes=classes))


def _with_kernel_size(recipe: Recipe) -> Recipe:
    nets = recipe.lay_out()
    if not isinstance(nets, DiscriminatorArchitecture):
        return recipe
    return replace(recipe, kernel_size=nets.discriminator[0].kernel_size)


def _lacking(classes: int, without: int, pictures: int) -> str:
    """What is wrong with the labels of a set, of which so many pictures have none."""
    if classes == 0:
        return "the pictures have no labels"
    if without:
        return f"{without:,} of {pictures:,} have no label"
    return "all pictures have the same label"
