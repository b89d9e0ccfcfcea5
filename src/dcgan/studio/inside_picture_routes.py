"""The requests of the tab Look inside about a picture of one's own.

It is named by `photo`, its path in the studio's folder, or by `seed`, of the model that was looked into.

GET  /api/inside/excited?look&net&photo|seed        {layers}: the channels of each layer that it excites most
GET  /api/inside/excited.png?look&net&photo|seed    the picture, then the saliency of these channels, one below another
GET  /api/inside/excitement?look&net&layer&channel&photo|seed
                                                    how it excites one channel
GET  /api/inside/saliency.png?look&net&layer&channel&photo|seed
                                                    the picture, and the saliency of that channel below it
GET  /api/inside/excited-figure?look&net&photo|seed&theme
GET  /api/inside/saliency-figure?look&net&layer&channel&photo|seed&theme
                                                    the same as figures to keep
"""

from collections.abc import Callable

import numpy as np
from PIL.Image import Image
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dcgan.studio.answers import answers, wholes_of
from dcgan.studio.inside import Inside
from dcgan.studio.inside_answers import InsideAnswers, Question
from dcgan.studio.inside_figures import excited_figure, excited_pictures, saliency_figure_of
from dcgan.studio.inside_look import Look, saliency_like
from dcgan.types import Pixels

Picture = tuple[Callable[[Look], Pixels], tuple[object, ...]]
"""Makes the picture (H, W, C) in the thread that computes, and what names it."""


class InsidePictureRoutes:
    """Answers the requests of a folder.

    Args:
        inside: What looks.
    """

    def __init__(self, inside: Inside) -> None:
        self._inside = inside
        self._answers = InsideAnswers(inside)

    def routes(self) -> list[Route]:
        """By path and method."""
        return [
            Route("/api/inside/excited", answers(self.excited)),
            Route("/api/inside/excited.png", answers(self.excited_pictures)),
            Route("/api/inside/excitement", answers(self.excitement)),
            Route("/api/inside/saliency.png", answers(self.saliency)),
            Route("/api/inside/excited-figure", answers(self.excited_figure)),
            Route("/api/inside/saliency-figure", answers(self.saliency_figure)),
        ]

    async def excited(self, request: Request) -> Response:
        """The channels that a picture excites most."""
        asked, (picture, name) = await self._asked(request)

        def make(look: Look) -> object:
            return {"layers": look.excited(asked.net, picture(look))}

        return await self._answers.json(asked.look, ("excited", asked.net, *name), make)

    async def excited_pictures(self, request: Request) -> Response:
        """What in the picture excites them."""
        asked, (picture, name) = await self._asked(request)

        def make(look: Look) -> Pixels:
            whole = picture(look)
            return np.concatenate([whole[None], *(one for _, one in excited_pictures(look, asked.net, whole))])

        return await self._answers.pictures(asked.look, ("excited pictures", asked.net, *name), make)

    async def excitement(self, request: Request) -> Response:
        """How the picture excites a channel."""
        asked, (picture, name) = await self._asked(request)

        def make(look: Look) -> object:
            return look.excitement(asked.net, asked.layer, asked.channel, picture(look))

        what = ("excitement", asked.net, asked.layer, asked.channel, *name)
        return await self._answers.json(asked.look, what, make)

    async def saliency(self, request: Request) -> Response:
        """What in the picture drives a channel."""
        asked, (picture, name) = await self._asked(request)

        def make(look: Look) -> Pixels:
            whole = picture(look)
            saliency = look.saliency(asked.net, asked.layer, [asked.channel], whole)
            return np.concatenate([whole[None], saliency_like(saliency, whole.shape[-1])])

        what = ("saliency", asked.net, asked.layer, asked.channel, *name)
        return await self._answers.pictures(asked.look, what, make)

    async def excited_figure(self, request: Request) -> Response:
        """The channels that the picture excites, as a figure."""
        asked, (picture, name) = await self._asked(request)

        def make(look: Look) -> Image:
            return excited_figure(look, asked.net, picture(look), asked.theme)

        return await self._answers.figure(asked, "excited", (asked.net, *name), make)

    async def saliency_figure(self, request: Request) -> Response:
        """What in the picture drives a channel, as a figure."""
        asked, (picture, name) = await self._asked(request)

        def make(look: Look) -> Image:
            return saliency_figure_of(look, asked.net, asked.layer, asked.channel, picture(look), asked.theme)

        what = f"layer-{asked.layer}-channel-{asked.channel}"
        return await self._answers.figure(asked, what, (asked.net, *name), make)

    async def _asked(self, request: Request) -> tuple[Question, Picture]:
        query = request.query_params
        asked = Question.of(query)
        return asked, await self._picture(asked.look, query)

    async def _picture(self, look: str, query: QueryParams) -> Picture:
        if "photo" in query:
            pixels, name = await self._inside.photo(look, query["photo"])
            return lambda _: pixels, name
        [seed] = wholes_of(query, "seed", 1)
        return lambda found: found.models["trained"].sample([seed])[0], ("seed", seed)
