"""The requests of the tab Look inside about looks and their channels.

A look is named by a key; a net is "trained" or "random".

POST /api/inside/looks {model, source}              {job}: look at pictures; source null: at samples of the model
GET  /api/inside/job?job                            {phase, done, total} until {look, ...}, or {error}
POST /api/inside/cancel {job}                       give it up
GET  /api/inside?look                               {look, ...} again, see `dcgan.studio.inside_look.Look.facts`
GET  /api/inside/channels?look&net&layer&start&count
                                                    {total, top, channels}: some of a layer, the most selective first
GET  /api/inside/patches.png?look&net&layer&channels
                                                    for each channel its patches, then their saliency, one below another
GET  /api/inside/channel?look&net&layer&channel     a channel and its strongest responses
GET  /api/inside/channel.png?look&net&layer&channel their pictures whole, then the saliency, one below another
GET  /api/inside/channels-figure?look&layer&trained&random&whole&theme
                                                    channels of one net or both as a figure to keep

Those about a picture of one's own are in `dcgan.studio.inside_picture_routes`.
"""

import numpy as np
from anyio.to_thread import run_sync
from PIL.Image import Image
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dcgan.errors import UsageError
from dcgan.studio.answers import answers, json_of, value_of, whole_of, wholes_of
from dcgan.studio.inside import Inside
from dcgan.studio.inside_answers import InsideAnswers, Question
from dcgan.studio.inside_figures import channels_figure
from dcgan.studio.inside_look import Look, saliency_like
from dcgan.types import Pixels

MOST_CHANNELS = 64
"""Of one request."""
MOST_WHOLE = 8
"""Channels of a figure that has all pictures of each, whole."""


class InsideRoutes:
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
            Route("/api/inside", answers(self.facts)),
            Route("/api/inside/looks", answers(self.begin), methods=["POST"]),
            Route("/api/inside/job", answers(self.job)),
            Route("/api/inside/cancel", answers(self.cancel), methods=["POST"]),
            Route("/api/inside/channels", answers(self.channels)),
            Route("/api/inside/patches.png", answers(self.patches)),
            Route("/api/inside/channel", answers(self.channel)),
            Route("/api/inside/channel.png", answers(self.pictures)),
            Route("/api/inside/channels-figure", answers(self.figure)),
        ]

    async def begin(self, request: Request) -> object:
        """Begin to look at pictures."""
        found = await json_of(request)
        source = None if found.get("source") is None else value_of(found, "source", str)
        asked = await run_sync(self._inside.asked, value_of(found, "model", str), source)
        return {"job": self._inside.begin(asked)}

    async def job(self, request: Request) -> object:
        """How far it is, or what came of it."""
        job = self._inside.jobs.of(request.query_params.get("job", ""))
        return job.facts() if job.result is None else self._facts(job.result)

    async def cancel(self, request: Request) -> object:
        """Give it up."""
        self._inside.jobs.cancel(value_of(await json_of(request), "job", str))
        return {}

    async def facts(self, request: Request) -> object:
        """What came of a look."""
        return self._facts(request.query_params.get("look", ""))

    async def channels(self, request: Request) -> object:
        """Channels of a layer."""
        query, asked = request.query_params, Question.of(request.query_params)
        start, count = whole_of(query, "start", 0), whole_of(query, "count", 8)
        if not 1 <= count <= MOST_CHANNELS:
            raise UsageError(f"1 to {MOST_CHANNELS} channels can be asked for at once, not {count}")
        return self._inside.get(asked.look).channels(asked.net, asked.layer, start, count)

    async def patches(self, request: Request) -> Response:
        """What drives some channels, in patches."""
        asked, channels = Question.of(request.query_params), wholes_of(request.query_params, "channels", MOST_CHANNELS)

        def make(look: Look) -> Pixels:
            found = look.patches(asked.net, asked.layer, channels)
            saliency = saliency_like(found.saliency, found.pixels.shape[-1])
            return np.stack([found.pixels, saliency], axis=1).reshape(-1, *saliency.shape[2:])

        return await self._answers.pictures(asked.look, ("patches", asked.net, asked.layer, *channels), make)

    async def channel(self, request: Request) -> object:
        """A channel."""
        asked = Question.of(request.query_params)
        return self._inside.get(asked.look).channel(asked.net, asked.layer, asked.channel)

    async def pictures(self, request: Request) -> Response:
        """What drives a channel, in whole pictures."""
        asked = Question.of(request.query_params)

        def make(look: Look) -> Pixels:
            found = look.strongest(asked.net, asked.layer, [asked.channel])
            return np.concatenate([found.pixels[0], saliency_like(found.saliency[0], found.pixels.shape[-1])])

        return await self._answers.pictures(asked.look, ("channel", asked.net, asked.layer, asked.channel), make)

    async def figure(self, request: Request) -> Response:
        """Channels as a figure."""
        query, asked = request.query_params, Question.of(request.query_params)
        nets = [net for net in ("random", "trained") if net in query]
        channels = [wholes_of(query, net, MOST_CHANNELS) for net in nets]
        if len(set(map(len, channels))) != 1:
            raise UsageError("a figure needs channels of one net, or the same number of channels of both")
        shown, whole = dict(zip(nets, channels, strict=True)), query.get("whole") == "true"
        if whole and len(channels[0]) > MOST_WHOLE:
            raise UsageError(f"a figure has room for the whole pictures of {MOST_WHOLE} channels at most")

        def make(look: Look) -> Image:
            return channels_figure(look, asked.layer, shown, asked.theme, whole=whole)

        return await self._answers.figure(asked, f"layer-{asked.layer}", (str(shown), whole), make)

    def _facts(self, key: str) -> dict[str, object]:
        return {"look": key, **self._inside.get(key).facts()}
