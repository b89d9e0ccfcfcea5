"""Flags of the verbs that search for z."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from dcgan.latent.descent import DescentOptions

FILM_FRAMES = 90  # of a search: three seconds


@Parameter(name="*")
@dataclass(frozen=True)
class DescentFlags:
    """How z is searched for; None is the verb's own default."""

    starts: Annotated[
        int | None,
        Parameter(help="From how many of 1,000 random z, the best of them, a search begins. Default: 4."),
    ] = None
    steps: Annotated[int | None, Parameter(help="Steps of each search. Default: 300.")] = None
    lr: Annotated[float | None, Parameter(help="Learning rate of the search. Default: 0.05.")] = None
    optimizer: Annotated[Literal["adam", "nesterov"] | None, Parameter(help="What takes the steps. Default: adam.")] = (
        None
    )
    schedule: Annotated[
        Literal["cosine", "constant"] | None,
        Parameter(help="Whether the learning rate falls to 0 along a cosine, or is constant. Default: cosine."),
    ] = None
    truncation: Annotated[
        float | None,
        Parameter(
            help="How long z may be, as a share of the length of samples, up to 1: more typical pictures. Default: 0.7 "
            "to inpaint, and none to project."
        ),
    ] = None
    seed: Annotated[int | None, Parameter(help="Names the random z. Default: 0.")] = None

    def on(self, options: "DescentOptions", **flags: object) -> Any:  # of the class of `options`
        """The options with the values of those flags that are given, of these and of `flags`."""
        from dataclasses import asdict, replace

        given = {name: value for name, value in (asdict(self) | flags).items() if value is not None}
        return replace(options, **given)
