"""Flags of the verbs that look at features: layers, values of C, numbers of labels, baselines."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from dcgan.choices import BASELINES
from dcgan.cli.console import warn
from dcgan.cli.flags import Switch
from dcgan.errors import UsageError

if TYPE_CHECKING:
    from dcgan.probing.comparison import LabelsPerClass

ALL = "all"
RESULTS = (".json",)
OTHERS = ", ".join(f"{name} ({meaning})" for name, meaning in BASELINES.meanings.items() if name != "dcgan")

Layers = Annotated[str | None, Parameter(help="Convolutional layers, counted from 0, such as 1,2. Default: all.")]
"""For `layers: Layers = None`; `layers_of` reads it."""

Grid = Annotated[int, Parameter(help="Side of the grid that each map is max-pooled to; smaller maps stay as they are.")]
"""For `grid: Grid = 4`."""

HorizontalFlip = Annotated[
    bool,
    Switch,
    Parameter(
        help="Take the mean of the features of a picture and of its mirror image, where left and right mean the same, "
        "as in photographs; the paper does not do this. Not for supervised and finetuned."
    ),
]
"""For `horizontal_flip: HorizontalFlip = False`."""

ValuesOfC = Annotated[
    str | None,
    Parameter(
        name="--C",
        help="Values of C to choose from, separated by commas. Default: those of the paper's released code, and "
        "decades beyond them until accuracy falls on both sides.",
    ),
]
"""For `C: ValuesOfC = None`; `c_values_of` reads it."""

Baselines = Annotated[
    str, Parameter(help=f"Baselines to judge beside the model, separated by commas: {OTHERS}; or none.")
]
"""For `baselines: Baselines = "none"`; `names_of` reads it."""


def layers_of(text: str | None) -> tuple[int, ...] | None:
    """The numbers that --layers names; None for all.

    Raises:
        UsageError: It is no such list.
    """
    if text is None:
        return None
    numbers = text.replace(",", " ").split()
    if not numbers or not all(number.isdecimal() for number in numbers):
        raise UsageError(f"--layers {text!r}: write numbers of layers, such as 0,2")
    return tuple(int(number) for number in numbers)


def c_values_of(text: str | None) -> tuple[float, ...] | None:
    """The numbers that --C names; None for the range that grows.

    Raises:
        UsageError: It is no such list.
    """
    try:
        return None if text is None else tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"--C {text!r}: write numbers with commas, such as 1e-4,1e-3") from error


def counts_of(text: str) -> "tuple[LabelsPerClass, ...]":
    """The numbers, or all, that --labels-per-class names.

    Raises:
        UsageError: It is no such list.
    """
    counts: list[LabelsPerClass] = []
    for word in (word.strip() for word in text.split(",")):
        if word != ALL and not word.isdecimal():
            raise UsageError(f"--labels-per-class: {word!r} is neither a number of labels nor all")
        counts.append(int(word) if word.isdecimal() else "all")
    return tuple(counts)


def names_of(text: str) -> tuple[str, ...]:
    """The names that --baselines names."""
    return tuple(name.strip() for name in text.split(",") if name.strip() not in ("", "none"))


@contextmanager
def tell_where_it_goes_on(out: Path | None) -> Iterator[None]:
    """Within the block, Ctrl-C says that a file of results can be gone on with."""
    try:
        yield
    except KeyboardInterrupt:
        if out is not None and out.exists():
            warn(f"{out} keeps the results and the trials so far; the same command goes on from there")
        raise
