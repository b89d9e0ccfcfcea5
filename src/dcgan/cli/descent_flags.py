"""Flags of the verbs that search for z."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from dcgan.latent.descent import DescentOptions

FILM_FRAMES = 90  # of a search: three seconds
_OR_VARIANT = " (inpaint: or that of --variant)"


@Parameter(name="*")
@dataclass(frozen=True)
class DescentFlags:
    """How z is searched for; None is the verb's own default."""

    starts: Annotated[
        int | None,
        Parameter(
            help=f"Number of searches; each starts from one of the best of 1,000 random z. Default: 4{_OR_VARIANT}."
        ),
    ] = None
    steps: Annotated[int | None, Parameter(help=f"Steps of each search. Default: 300{_OR_VARIANT}.")] = None
    lr: Annotated[float | None, Parameter(help=f"Learning rate of the search. Default: 0.05{_OR_VARIANT}.")] = None
    optimizer: Annotated[
        Literal["adam", "nesterov"] | None, Parameter(help=f"Optimizer of the search. Default: adam{_OR_VARIANT}.")
    ] = None
    schedule: Annotated[
        Literal["cosine", "constant"] | None,
        Parameter(
            help=f"Whether the learning rate falls to 0 along a cosine, or is constant. Default: cosine{_OR_VARIANT}."
        ),
    ] = None
    truncation: Annotated[
        float | None,
        Parameter(
            help="Greatest length of z, as a share of the length that samples have, up to 1. Smaller values give more "
            "typical pictures. Default: no limit for project; 0.7 for inpaint, or that of --variant."
        ),
    ] = None
    seed: Annotated[int | None, Parameter(help="Seed of the random z. Default: 0.")] = None

    def on(self, options: "DescentOptions", **flags: object) -> Any:  # of the class of `options`
        """The options with the values of those flags that are given, of these and of `flags`."""
        from dataclasses import asdict, replace

        given = {name: value for name, value in (asdict(self) | flags).items() if value is not None}
        return replace(options, **given)
