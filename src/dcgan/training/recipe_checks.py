"""What a recipe's values must be: each by itself, together, and read by something."""

from dataclasses import fields
from typing import TYPE_CHECKING, Literal, get_args, get_origin

from dcgan.choices import NETS, PRESETS
from dcgan.device import DEVICES, is_device_name
from dcgan.errors import RecipeError
from dcgan.training.lengths import LENGTHS

if TYPE_CHECKING:
    from dcgan.training.recipe import Recipe

LAYERS = {"layout": "pooled", "base_channels": 32, "kernel_size": 3, "batch_norm_eps": 1e-5, "normalization": "batch"}
"""Settings that lay out dcgan's own nets, with the usual values, which a run of other nets writes down, too."""


def check_values(recipe: "Recipe") -> None:
    """Refuse a value of the wrong type or out of its range.

    Raises:
        RecipeError: The message names the field and the range.
    """
    for one in fields(recipe):
        value, rule = getattr(recipe, one.name), one.metadata["setting"]
        literals = get_args(one.type) if get_origin(one.type) is Literal else ()
        if literals and value not in literals:
            raise RecipeError(f"`{one.name}` must be {', '.join(literals[:-1])} or {literals[-1]}, not {value}")
        if not _fits(value, one.type):
            raise RecipeError(f"`{one.name}` must be of type {_spell(one.type)}, not {value!r}")
        if value is not None and not rule.allows(value):
            raise RecipeError(f"`{one.name}` must be {rule.allowed}, not {value}")


def check_combinations(recipe: "Recipe") -> None:
    """Refuse values that do not go together.

    Raises:
        RecipeError: The message names one of them and the remedy.
    """
    if recipe.kernel_size == 4 and recipe.layout in ("pooled", "paired") and NETS[recipe.nets].reads("layout"):
        raise RecipeError(f"`kernel_size` must be 3 or 5 with `layout` {recipe.layout}, not 4; `layout` strided has 4")
    ends = recipe.about_minutes or recipe.target_images(1)
    if recipe.lr_schedule in ("linear", "cosine") and not ends:
        raise RecipeError(
            f"`lr_schedule` {recipe.lr_schedule} needs to know its end: give `images`, `epochs`, `steps` or "
            "`about_minutes`, not only `minutes`"
        )
    if recipe.capture and recipe.nets not in ("dcgan", "conditional-dcgan"):
        raise RecipeError(f"`capture` records the steps of a DCGAN; leave it out with `nets` {recipe.nets}")
    if recipe.capture and (recipe.lr_schedule != "constant" or recipe.optimizer != "adam"):
        raise RecipeError("`capture` records one learning rate of Adam; leave `lr_schedule` and `optimizer` out")
    if recipe.evaluate_every and recipe.frames > 1:
        raise RecipeError(
            f"`evaluate_every` measures samples of z, and `nets` {recipe.nets} predict frames: leave it out, and "
            "measure the model with `dcgan predict-frames`"
        )
    if not is_device_name(recipe.device):
        raise RecipeError(f"`device` must be {DEVICES}, not {recipe.device}")


def check_follows_preset(recipe: "Recipe") -> None:
    """Refuse a preset's name without a single one of its values, as of `Recipe(preset="paper-64")`.

    Raises:
        RecipeError: The recipe has the defaults wherever the preset differs from them.
        UsageError: There is no such preset.
    """
    start = PRESETS[recipe.preset]
    own = [one.name for one in fields(recipe) if one.name != "preset" and getattr(start, one.name) != one.default]
    telling = [name for name in own if name not in LENGTHS] or (LENGTHS if own else ())
    if telling and all(getattr(recipe, one.name) == one.default for one in fields(recipe) if one.name in telling):
        raise RecipeError(
            f"the recipe names the preset {recipe.preset} but has none of its values: begin with "
            f"dcgan.preset({recipe.preset!r}), and change single values with its method `changed`"
        )


def check_all_read(recipe: "Recipe", *, own_nets: bool = False) -> None:
    """Refuse what was changed in vain: it has neither its default nor the value of the recipe's preset.

    Raises:
        RecipeError: The nets, the optimizer or the schedule do not read a setting; the message names it.
        UsageError: There is no such preset.
    """
    start = PRESETS[recipe.preset]
    for one in fields(recipe):
        value = getattr(recipe, one.name)
        if value not in (one.default, getattr(start, one.name)):
            if own_nets and LAYERS.get(one.name, value) != value:
                raise RecipeError(f"`{one.name}` changes nothing with nets of your own: leave it out")
            check_read(recipe, one.name)


def check_read(recipe: "Recipe", name: str) -> None:
    """Refuse a setting that nothing reads.

    Raises:
        RecipeError: The nets, the optimizer or the schedule do not read it; the message names it.
    """
    (only_with,) = (one.metadata["setting"].only_with for one in fields(recipe) if one.name == name)
    kind, readers = only_with or ("nets", ())
    chosen = getattr(recipe, kind)
    if chosen not in readers and not (kind == "nets" and NETS[chosen].reads(name)):
        readers = readers or tuple(nets for nets in NETS if NETS.is_built_in(nets) and NETS[nets].reads(name))
        raise RecipeError(
            f"`{name}` changes nothing with `{kind}` {chosen}: leave it out, or use `{kind}` {' or '.join(readers)}"
        )
    if name == "momentum" and not recipe.momentum_ramp:
        raise RecipeError("`momentum` changes nothing without `momentum_ramp`: use `final_momentum`")
    if name in ("evaluate_samples", "evaluate_extractor") and not recipe.evaluate_every:
        raise RecipeError(f"`{name}` changes nothing without `evaluate_every`: give both, or leave `{name}` out")


def _fits(value: object, type_: object) -> bool:
    if isinstance(value, int) and not isinstance(value, bool) and type_ in (float, float | None):
        return True
    options = getattr(type_, "__args__", None)
    if options is None:
        return type(value) is type_
    return any(
        value is None if option is type(None) else value == option or type(value) is option for option in options
    )


def _spell(type_: object) -> str:
    options = [option for option in getattr(type_, "__args__", (type_,)) if option is not type(None)]
    return " or ".join(option.__name__ if isinstance(option, type) else repr(option) for option in options)
