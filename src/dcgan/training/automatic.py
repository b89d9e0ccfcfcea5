"""What dcgan chooses for you: values that a recipe leaves open, by its pictures and by the speed of this machine.

Each rule gives a value and says why. Where several processes train together the leading one chooses, and all others
read the recipe of the run, in which nothing is open any more.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from dcgan.choices import PRESETS
from dcgan.data.packed import PackedSet
from dcgan.progress import duration
from dcgan.training.distributed import Ranks
from dcgan.training.lengths import LENGTHS
from dcgan.training.rate import measure_rate
from dcgan.training.recipe import USUAL, Recipe
from dcgan.training.session import refuse_out_of_memory
from dcgan.training.state import OwnNets

DCGANS = ("dcgan", "conditional-dcgan")  # the nets that the rules are known to suit; others get what is usual

GPU_CHANNELS = 64  # base channels
NARROW_CHANNELS = 16  # where a CPU would see too few large pictures with the usual ones
LARGE = 128  # pixels a side

BATCH_SIZES = (USUAL.batch_size, 32, 16)
MINI_BATCHES = 8  # that a set should fill
SHORT, SHORT_BATCH_SIZE = 5.0, 32  # minutes on a CPU in which more and smaller mini-batches give better pictures

FEW_PICTURES = 1_000  # below this the discriminator soon knows them by heart
FEW_AUGMENT = {True: "color,translation,cutout", False: "translation,cutout"}  # by whether colors can be changed

HOUR = 60.0  # minutes, of a run without any length
LEAST_IMAGES, MOST_IMAGES = 100_000, 3_000_000  # of such a run
MOST_PASSES = 2_000  # over a small set


@dataclass(frozen=True)
class Chosen:
    """A value that was chosen, and why.

    Attributes:
        name: Of the recipe's setting.
        value: What it is now.
        why: In a few words.
    """

    name: str
    value: int | str
    why: str

    def __str__(self) -> str:
        """`base_channels` 32: ..."""
        value = f"{self.value:,}" if isinstance(self.value, int) else self.value
        return f"`{self.name}` {value}: {self.why}"


@dataclass(frozen=True)
class Choices:
    """A recipe in which nothing is open any more.

    Attributes:
        recipe: With `base_channels`, `batch_size`, `augment` and a length.
        chosen: What of it was chosen here.
        rate: Images a second of this recipe, if it had to be measured.
    """

    recipe: Recipe
    chosen: tuple[Chosen, ...]
    rate: float | None

    def facts(self) -> dict[str, object]:
        """What was chosen, as JSON has it: {name: {value, why}}."""
        return {one.name: {"value": one.value, "why": one.why} for one in self.chosen}


def choose_for(recipe: Recipe, data: PackedSet, ranks: Ranks = Ranks(), nets: OwnNets | None = None) -> Choices:
    """Fill in what a recipe leaves open, for a training of so many ranks on these pictures and this machine.

    Args:
        recipe: As `dcgan.training.pictures.fit_to` and `resolve_recipe` make it.
        data: The pictures.
        ranks: The processes that will train together.
        nets: A generator and a discriminator of your own.
    """

    def measure(one: Recipe) -> float:
        with refuse_out_of_memory():
            return measure_rate(one, data, ranks, nets)

    if nets:  # which have the width that they have
        recipe = replace(recipe, base_channels=recipe.definite.base_channels)
    return choose(recipe, len(data), measure, ranks=ranks.count, noun=data.noun, spectrograms=data.sound is not None)


def choose(
    recipe: Recipe,
    pictures: int,
    measure: Callable[[Recipe], float],
    *,
    ranks: int = 1,
    noun: str = "picture",
    spectrograms: bool = False,
) -> Choices:
    """Fill in what a recipe leaves open. What it says is never changed.

    Args:
        recipe: With `size` and `channels` set, and the device definite.
        pictures: How many there are.
        measure: Images a second of a recipe on this machine. Called only where something depends on it.
        ranks: Processes that share each mini-batch.
        noun: What a picture is called.
        spectrograms: Whether the pictures are spectrograms of sounds.
    """
    rates: dict[Recipe, float] = {}

    def rate(of: Recipe) -> float:
        key = _without_length(of)
        if key not in rates:
            rates[key] = measure(key)
        return rates[key]

    rules: tuple[Callable[[Recipe], Chosen | None], ...] = (
        lambda one: choose_batch_size(one, pictures, ranks, noun=noun),
        lambda one: choose_augment(one, pictures, noun=noun, spectrograms=spectrograms),
        lambda one: choose_base_channels(one, rate),
        lambda one: choose_images(one, pictures, rate, noun=noun),
    )
    chosen: list[Chosen] = []
    if recipe.nets not in DCGANS:
        recipe = replace(recipe, **recipe.definite._asdict())
    for rule in rules:
        if found := rule(recipe):
            chosen.append(found)
            recipe = replace(recipe, **{found.name: found.value})  # type: ignore[arg-type]  # it checks them
    recipe = replace(recipe, about_minutes=None)
    return Choices(recipe, tuple(chosen), rates.get(_without_length(recipe)))


def choose_batch_size(recipe: Recipe, pictures: int, ranks: int = 1, *, noun: str = "picture") -> Chosen | None:
    """The usual mini-batch, or a smaller one for a short run or a small set, which fills it eight times.

    Several ranks get a multiple of their number, and at least two pictures each. None if the recipe has a mini-batch.
    """
    if recipe.batch_size is not None:
        return None
    minutes = _minutes(recipe)
    short = recipe.device == "cpu" and minutes is not None and minutes <= SHORT
    usual = SHORT_BATCH_SIZE if short else USUAL.batch_size
    sizes = [size for size in BATCH_SIZES if size <= usual]
    size = next((size for size in sizes if size * MINI_BATCHES <= pictures), sizes[-1])
    if size < usual:
        why = f"{pictures:,} {noun}s are few for mini-batches of {usual}"
    elif short:
        why = f"in {SHORT:g} minutes or less, a CPU gets better pictures from smaller mini-batches"
    else:
        why = f"{pictures:,} {noun}s are enough for it"
    shared = ranks * max(2, -(-size // ranks))
    return Chosen("batch_size", shared, why if shared == size else f"{why}, and {ranks} ranks share it evenly")


def choose_augment(
    recipe: Recipe, pictures: int, *, noun: str = "picture", spectrograms: bool = False
) -> Chosen | None:
    """The usual augmentation, or for small sets Zhao et al.'s strongest that suits them; None if the recipe has one.

    Colors are changed in RGB pictures only: gray ones have no saturation, of RGBA ones the opacity would change with
    the colors, and in a spectrogram the brightness is the loudness.
    """
    if recipe.augment is not None:
        return None
    if pictures >= FEW_PICTURES:
        return Chosen("augment", USUAL.augment, f"{pictures:,} {noun}s need no more")
    in_color = recipe.channels == 3 and not spectrograms
    why = f"the discriminator would soon memorize {pictures:,} {noun}s"
    return Chosen("augment", FEW_AUGMENT[in_color], why)


def choose_base_channels(recipe: Recipe, rate: Callable[[Recipe], float]) -> Chosen | None:
    """Wide nets for a GPU, narrow ones for large pictures on a slow CPU; None if the recipe has a width."""
    if recipe.base_channels is not None:
        return None
    if recipe.device != "cpu":
        return Chosen("base_channels", GPU_CHANNELS, "a GPU has time for more than the 32 of a CPU")
    assert recipe.size is not None
    minutes = _minutes(recipe)
    if recipe.size >= LARGE and minutes is not None:
        usual = replace(recipe, base_channels=USUAL.base_channels)
        images = 60 * minutes * rate(usual)
        if images < LEAST_IMAGES:
            why = (
                f"with {USUAL.base_channels} this machine would see only {two_digits(images):,} images of "
                f"{recipe.size}x{recipe.size} in {duration(60 * minutes)}"
            )
            return Chosen("base_channels", NARROW_CHANNELS, why)
    return Chosen("base_channels", USUAL.base_channels, "on a CPU, wider nets give worse pictures in the first hour")


def choose_images(
    recipe: Recipe, pictures: int, rate: Callable[[Recipe], float], *, noun: str = "picture"
) -> Chosen | None:
    """The length: `about_minutes` in images; an hour within limits where there is no length; else None.

    Of an additional length in images the smaller one holds. The minutes of a preset are no more than the passes that
    are enough; those that a user gives are what they are.
    """
    most = min(MOST_IMAGES, MOST_PASSES * pictures)
    passes = f"{MOST_PASSES:,} passes over {pictures:,} {noun}s are enough"
    if recipe.about_minutes is not None:
        speed = rate(recipe)
        images = max(1, two_digits(60 * recipe.about_minutes * speed))
        length = f"{duration(60 * recipe.about_minutes)} here, at {speed:,.0f} images a second"
        if recipe.images is not None and recipe.images <= images:
            here = f"which are {images:,} images here, at {speed:,.0f} a second"
            return Chosen("images", recipe.images, f"they come before `about_minutes` {recipe.about_minutes:g}, {here}")
        if recipe.images is not None:
            return Chosen("images", images, f"{length}, which come before `images` {recipe.images:,}")
        is_of_preset = recipe.preset in PRESETS and recipe.about_minutes == PRESETS[recipe.preset].about_minutes
        if is_of_preset and images > MOST_PASSES * pictures:
            return Chosen("images", MOST_PASSES * pictures, passes)
        return Chosen("images", images, length)
    if any(getattr(recipe, name) is not None for name in LENGTHS):
        return None
    least = min(LEAST_IMAGES, most)
    if least == most:  # whatever the speed
        return Chosen("images", most, passes)
    speed = rate(recipe)
    images = min(most, max(least, two_digits(60 * HOUR * speed)))
    if images == most < MOST_IMAGES:
        return Chosen("images", images, passes)
    limit = {LEAST_IMAGES: "the least that dcgan chooses", MOST_IMAGES: "the most that dcgan chooses"}
    length = f"{limit[images]}, {duration(images / speed)} here" if images in limit else "an hour here"
    return Chosen("images", images, f"{length}, at {speed:,.0f} images a second")


def two_digits(number: float) -> int:
    """A number, rounded to two digits."""
    return round(float(f"{number:.1e}"))


def _minutes(recipe: Recipe) -> float | None:
    """How long a recipe trains, if the clock or the speed of the machine decides that."""
    minutes = [length for length in (recipe.minutes, recipe.about_minutes) if length is not None]
    if all(getattr(recipe, name) is None for name in LENGTHS):
        minutes = [HOUR]
    return min(minutes, default=None)


def _without_length(recipe: Recipe) -> Recipe:
    return replace(recipe, **dict.fromkeys(LENGTHS))  # type: ignore[arg-type]  # it checks them
