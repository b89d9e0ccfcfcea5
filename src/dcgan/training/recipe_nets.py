"""The nets that a recipe asks for, as its kind of nets lays them out; or what nets of your own take and give."""

from dataclasses import fields
from typing import TYPE_CHECKING

from dcgan.choices import NETS
from dcgan.errors import RecipeError
from dcgan.networks.architecture import Interface
from dcgan.networks.layouts import NetOptions

if TYPE_CHECKING:
    from dcgan.training.recipe import Recipe


def lay_out(recipe: "Recipe") -> Interface:
    """The nets of a recipe; `size` and `channels` must be set, and `classes` of conditional ones.

    Raises:
        RecipeError: One of them is still open, or this kind of nets cannot be laid out so.
    """
    family = NETS[recipe.nets]
    if recipe.size is None or recipe.channels is None:
        raise RecipeError("`size` and `channels` must be given to lay out the nets")
    if family.conditional and recipe.classes is None:
        raise RecipeError(f"`classes` must be given to lay out the nets {recipe.nets}")
    values = {field.name: getattr(recipe, field.name) for field in fields(NetOptions)}
    values |= {"base_channels": recipe.definite.base_channels, "classes": recipe.classes if family.conditional else 0}
    options = NetOptions(**values)
    try:
        return family.lay_out(options)
    except ValueError as error:
        raise RecipeError(f"the nets {recipe.nets} cannot be built from these settings: {error}") from error


def own_interface(recipe: "Recipe") -> Interface:
    """What nets of your own take and give; `size` and `channels` must be set.

    Raises:
        RecipeError: `size` or `channels` is still open, or `nets` names nets of dcgan's.
    """
    if recipe.size is None or recipe.channels is None:
        raise RecipeError("`size` and `channels` must be given")
    if recipe.nets != "dcgan":
        raise RecipeError(f"the nets {recipe.nets} are dcgan's own: leave `nets` out with nets of your own")
    return Interface(
        size=recipe.size,
        channels=recipe.channels,
        latent_dim=recipe.latent_dim,
        latent_distribution=recipe.latent_distribution,
    )
