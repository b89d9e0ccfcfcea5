"""Flags that many verbs have, each written once: their type, their name, their help; and checks of values."""

from pathlib import Path
from typing import Annotated, Literal, TypeVar

from cyclopts import Parameter

from dcgan.cluster import Engine
from dcgan.device import DEVICES, is_device_name
from dcgan.errors import UsageError
from dcgan.registry import Registry

T = TypeVar("T")


def _check_device(_type: object, name: str) -> None:
    if not is_device_name(name):
        raise ValueError(f"It must be {DEVICES}.")


Switch = Parameter(negative="")
"""For `Annotated[bool, Switch]`: a flag that is given or not, without --no-flag."""

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Answer with one line of JSON.")]
"""For `as_json: AsJson = False`."""

Device = Annotated[str, Parameter(help=f"Where to compute: {DEVICES}.", validator=_check_device)]
"""For `device: Device = "auto"`; pass it on as it is, `load` and the rooms resolve it."""

ModelPath = Annotated[
    Path,
    Parameter(
        help="A run, one of its checkpoints, a model folder, faces (the model that comes with dcgan), or hf://OWNER/NAME."
    ),
]
"""For `model: ModelPath`."""

Source = Annotated[str, Parameter(help="Pictures, as for `dcgan prepare`, or a packed set.")]
"""For `source: Source`."""

Overwrite = Annotated[
    bool, Parameter(negative="", help="Replace files that exist already; without this flag nothing is replaced.")
]
"""For `overwrite: Overwrite = False`; the checks of `dcgan.cli.outputs` refuse what exists without it."""

ThemeName = Annotated[Literal["light", "dark"], Parameter(help="Background of the figure.")]
"""For `theme: ThemeName = "light"`; `outputs.chosen_theme` has its colors."""

Workers = Annotated[int, Parameter(help="Processes that decode pictures; 0: one for each core.")]
"""For `workers: Workers = 0`."""

EngineName = Annotated[
    Engine,
    Parameter(help="Where the work is done: on this machine (local), or on all machines of a Ray cluster (ray)."),
]
"""For `engine: EngineName = "local"`."""


def choices_of(registry: Registry[T]) -> str:
    """The choices of a registry for a help text, those of other packages among them: "pixels (averaged), ..."."""
    return ", ".join(f"{name} ({meaning})" if meaning else name for name, meaning in registry.meanings.items())


def need(condition: bool, flag: str, range_: str, value: object) -> None:
    """Refuse a value of a flag that is out of its range.

    Raises:
        UsageError: `condition` does not hold.
    """
    if not condition:
        raise UsageError(f"{flag} must be {range_}, not {value}")
