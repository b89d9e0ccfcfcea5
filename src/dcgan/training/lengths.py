"""How long a training is: by images seen, epochs, steps or minutes; the first to be reached ends it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcgan.training.recipe import Recipe

DEFAULT_IMAGES = 1_000_000  # of a recipe without any length, where no machine has been measured
DEFINITE_LENGTHS = ("images", "epochs", "steps", "minutes")
LENGTHS = (*DEFINITE_LENGTHS, "about_minutes")


def target_images(recipe: "Recipe", count: int) -> int | None:
    """Images after which a run on `count` pictures ends; None if only `minutes` limit it."""
    targets = [
        recipe.images,
        recipe.steps and recipe.steps * recipe.definite.batch_size,
        recipe.epochs and round(recipe.epochs * count),
        DEFAULT_IMAGES if all(getattr(recipe, name) is None for name in DEFINITE_LENGTHS) else None,
    ]
    return min((target for target in targets if target), default=None)


def length_of(recipe: "Recipe") -> str:
    """The length of a recipe in words: "20 minutes or 1,000,000 images"."""
    given = {name: getattr(recipe, name) for name in DEFINITE_LENGTHS}
    lengths = [f"{value:,g} {name}" for name, value in given.items() if value is not None]
    return " or ".join(lengths) or f"{DEFAULT_IMAGES:,} images"
