"""A training that begins with the weights of another model instead of random ones.

Both nets go on from what the model has: its discriminator, and its averaged generator, which becomes the averaged one
of the training, too. The generator that was in training is in checkpoints alone, never in a model that was exported,
shipped or shared; the averaged one makes the better pictures, and is a mean of that one's last weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path

from dcgan.choices import NETS, PRESETS
from dcgan.errors import ModelError, RecipeError
from dcgan.hub_cache import is_hub_name, parse_hub_name
from dcgan.loading import load
from dcgan.model import Model
from dcgan.networks.architecture import DiscriminatorArchitecture
from dcgan.networks.layers import ConvLayer
from dcgan.networks.layouts import NetOptions
from dcgan.training.recipe import Recipe
from dcgan.words import some_of

START = "start"  # in a run: the model that it began with
NET_SETTINGS = ("nets", *(field.name for field in fields(NetOptions)))
"""Settings of a recipe that lay out its nets."""


def open_start(start_from: Model | str | Path) -> Model:
    """The model to begin with, on the CPU if it has to be loaded.

    Raises:
        ModelError: There is none, it is broken, or its nets are not dcgan's own.
    """
    model = start_from if isinstance(start_from, Model) else load(start_from, "cpu")
    if not model.interface.nets:
        raise ModelError("`start_from` has nets of your own: hand them in as `generator` and `discriminator` instead")
    return model


def net_settings(model: Model) -> dict[str, object]:
    """The settings of a recipe that lay out nets like a model's: those of its recipe, or what its nets tell.

    Of a model that predicts frames also how many a second it knows.
    """
    nets, recipe = model.interface, model.details.get("recipe")
    written = recipe if isinstance(recipe, Mapping) else {}  # an imported model has none
    read = [name for name in NET_SETTINGS if NETS[nets.nets].reads(name)]
    known = {name: getattr(nets, name) for name in read if hasattr(nets, name)}
    if isinstance(nets, DiscriminatorArchitecture) and "layout" in read:
        known |= _settings_of(nets.discriminator[0])
    known |= {name: written[name] for name in read if written.get(name) is not None}
    return known | {"nets": nets.nets, "classes": nets.classes or None, "fps": model.fps}


def _settings_of(first: ConvLayer) -> dict[str, object]:
    """What the discriminator's first layer tells of the settings that laid it out."""
    layout = "pooled" if first.pooled else "paired" if first.stride == 1 else "strided"
    return {"layout": layout, "base_channels": first.out_channels, "kernel_size": first.kernel_size}


def with_nets_of(model: Model, recipe: Recipe) -> Recipe:
    """The recipe with nets like a model's, in place of what is a default or the preset's.

    Raises:
        RecipeError: The preset is one of nets of another kind.
    """
    preset = PRESETS[recipe.preset] if recipe.preset in PRESETS else Recipe()
    if preset.nets not in (Recipe().nets, model.interface.nets):
        raise RecipeError(
            f"`preset` {recipe.preset} is for the nets {preset.nets}, and `start_from` has the nets "
            f"{model.interface.nets}: leave `preset` out, or begin with another model"
        )
    unchanged = (Recipe(), preset)
    settings = {
        name: value
        for name, value in net_settings(model).items()
        if getattr(recipe, name) in [getattr(one, name) for one in unchanged]
    }
    return replace(recipe, **settings)  # type: ignore[arg-type]  # it checks them


def check_nets(model: Model, recipe: Recipe) -> None:
    """Refuse, before pictures are prepared, a recipe of other nets than a model's.

    Raises:
        RecipeError: They differ, in what the message names; or more layers are frozen than there are.
    """
    if recipe.freeze_discriminator and not NETS[model.interface.nets].reads("freeze_discriminator"):
        raise RecipeError(
            "`freeze_discriminator` freezes layers of a DCGAN's discriminator, and the nets of `start_from` are "
            f"{model.interface.nets}: leave `freeze_discriminator` out"
        )
    for name, theirs in net_settings(model).items():
        ours = getattr(recipe, name)
        if ours != theirs and NETS[recipe.nets].reads(name):
            raise RecipeError(
                f"`{name}` {ours} does not go with `start_from`, a model with `{name}` {theirs}: leave `{name}` out, "
                "or begin with another model"
            )
    nets = recipe.guessed().lay_out()
    if nets != model.interface:
        ours, theirs = asdict(nets), asdict(model.interface)
        differing = ", ".join(name for name in ours if ours[name] != theirs.get(name)) or "kind"
        raise RecipeError(
            f"the nets of the recipe are not those of `start_from`; they differ in {differing}: name the `preset`, or "
            "the `layout`, `base_channels` and `kernel_size`, of that model"
        )
    if isinstance(nets, DiscriminatorArchitecture) and recipe.freeze_discriminator > len(nets.discriminator):
        layers = len(nets.discriminator)
        raise RecipeError(
            f"`freeze_discriminator` must be 0 to {layers}, not {recipe.freeze_discriminator}: the discriminator of "
            f"`start_from` has {layers} layers, and its last one, the head, always learns"
        )


def label_notes(model: Model, labels: Sequence[str]) -> list[str]:
    """What is said of the labels of a training where those that the model to begin with was given are others."""
    if not model.labels or list(model.labels) == list(labels):
        return []
    pairs = [f"{new} for {old}" for new, old in zip(labels, model.labels, strict=False) if new != old]
    return [f"the model to begin with has other labels; this training uses {some_of(pairs)}, by position"]


def describe_start(start_from: Model | str | Path, model: Model) -> dict[str, object]:
    """What a run and its models keep of the model that they began with: a name for people, and which one it was."""
    given = start_from.folder if isinstance(start_from, Model) else start_from
    path = Path(given or "a model made in Python")
    name = "/".join(path.parts[-2:]) if path.is_absolute() else str(path)  # no path of this machine
    if given and is_hub_name(given):
        name = str(parse_hub_name(given))
    known = {"model": name, "identity": model.identity, "images": model.details.get("images")}
    return {**known, "horizontal_flip": True} if model.saw_mirror_images else known
