"""How long a training is: by images seen, epochs, steps or minutes; the first to be reached ends it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcgan.training.recipe import Recipe

DEFAULT_IMAGES = 1_000_000  # of a recipe without any length, where no machine has been measured
DEFINITE_LENGTHS = ("images", "epochs", "steps", "minutes")
FOLLOW_LENGTH = ("linear", "cosine")  # schedules of the learning rate that end with the run
LENGTHS = (*DEFINITE_LENGTHS, "about_minutes")


def target_images(recipe: "Recipe", count: int) -> int | None:
    """Images after which a run on `count` pictures ends; None if only `minutes` limit it."""
    if all(getattr(recipe, name) is None for name in DEFINITE_LENGTHS):
        return DEFAULT_IMAGES
    return min(lengths_in_images(recipe, count).values(), default=None)


def lengths_in_images(recipe: "Recipe", count: int) -> dict[str, int]:
    """How many images each length is on `count` pictures, of those that are given, by name; without `minutes`."""
    lengths = {
        "images": recipe.images,
        "steps": recipe.steps and recipe.steps * recipe.definite.batch_size,
        "epochs": recipe.epochs and max(1, round(recipe.epochs * count)),
    }
    return {name: length for name, length in lengths.items() if length}


def length_of(recipe: "Recipe", pictures: int, rate: float | None = None) -> str:
    """The length of a recipe in words, and which of several ends the run: "1,000 images, which come before 3 epochs".

    Args:
        recipe: Its lengths.
        pictures: How many there are, for the length of an epoch.
        rate: Images a second, where that is known: else `minutes` may or may not come before another length.
    """
    given = {name: getattr(recipe, name) for name in DEFINITE_LENGTHS}
    words = {name: _counted(value, name) for name, value in given.items() if value is not None}
    if len(words) < 2:
        return next(iter(words.values()), f"{DEFAULT_IMAGES:,} images")
    images: dict[str, float] = {**lengths_in_images(recipe, pictures)}
    if recipe.minutes and rate:
        images["minutes"] = 60 * recipe.minutes * rate
    if len(images) < len(words):
        return f"{' or '.join(words.values())}, whichever comes first"
    first = words.pop(min(images, key=lambda name: images[name]))
    return f"{first}, which come before {' and '.join(words.values())}"


def _counted(value: float, name: str) -> str:
    """A length in words, in the singular where it is 1."""
    return f"{value:,.10g} {name[:-1] if value == 1 else name}"
