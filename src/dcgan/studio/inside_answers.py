"""How requests about a look are read and answered: which net and channel they name; pictures, JSON and figures."""

import dataclasses
import json
from collections.abc import Callable
from typing import Self

from PIL.Image import Image
from starlette.datastructures import QueryParams
from starlette.responses import Response

from dcgan.errors import UsageError
from dcgan.figures.sheets import picture_bytes
from dcgan.figures.theme import THEMES, Theme
from dcgan.studio.answers import whole_of
from dcgan.studio.inside import Inside
from dcgan.studio.inside_look import Look
from dcgan.studio.picture_files import KEPT, attachment, shown
from dcgan.types import Pixels


@dataclasses.dataclass(frozen=True)
class Question:
    """What a request is about.

    Attributes:
        look: The key of the look.
        net: "trained" or "random".
        layer: From 0.
        channel: From 0.
        theme: Of a figure.
    """

    look: str
    net: str
    layer: int
    channel: int
    theme: Theme

    @classmethod
    def of(cls, query: QueryParams) -> Self:
        """Read it from a query.

        Raises:
            UsageError: A value is no number, or there is no such theme.
        """
        theme = query.get("theme", "light")
        if theme not in THEMES:
            raise UsageError(f"theme must be one of {', '.join(THEMES)}, not {theme!r}")
        layer, channel = whole_of(query, "layer", 0), whole_of(query, "channel", 0)
        return cls(query.get("look", ""), query.get("net", "trained"), layer, channel, THEMES[theme])


class InsideAnswers:
    """Computes answers in turn, and keeps them.

    Args:
        inside: Has the looks.
    """

    def __init__(self, inside: Inside) -> None:
        self.inside = inside

    async def pictures(self, look: str, what: tuple[object, ...], make: Callable[[Look], Pixels]) -> Response:
        """Pictures (N, H, W, C), one below another; `what` names them."""
        content = await self.inside.make(look, what, lambda found: shown(make(found)))
        return Response(content, media_type="image/png", headers=KEPT)

    async def json(self, look: str, what: tuple[object, ...], make: Callable[[Look], object]) -> Response:
        """An answer in JSON; `what` names it."""
        content = await self.inside.make(
            look, what, lambda found: json.dumps(make(found), default=dataclasses.asdict).encode()
        )
        return Response(content, media_type="application/json", headers=KEPT)

    async def figure(
        self, asked: Question, name: str, what: tuple[object, ...], make: Callable[[Look], Image]
    ) -> Response:
        """A figure, as a file under the names of its model and of what is in it; `what` names it."""
        whole = ("figure", name, *what, asked.theme)
        content = await self.inside.make(asked.look, whole, lambda found: picture_bytes(make(found), ".png"))
        return attachment(content, self.inside.get(asked.look).model_name, name, "png")
