"""The requests of the tab Edit that are about photographs. A photograph is named by its path in the studio's folder.

GET  /api/photos/shown?photo            it as PNG, upright and in sRGB
POST /api/photos/fills?photo&model&region   {job}: fill what is white in the mask that is sent, a PNG of its size;
                                        the model sees the region left,top,side, or the usual one
GET  /api/photos/fill?job               {done, total} until {answers, region: [left, top, side]}, or {error}
GET  /api/photos/answer?job&number      an answer as PNG, from 1, the best first
POST /api/photos/cancel {job}           give it up
"""

from pathlib import Path

from starlette.background import BackgroundTask
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from dcgan.errors import UsageError
from dcgan.latent.regions import Region
from dcgan.studio.answers import answers, json_of, value_of, whole_of, wholes_of
from dcgan.studio.models import Models
from dcgan.studio.photo_edits import PhotoEdits, photo_path
from dcgan.studio.picture_files import KEPT


class PhotoRoutes:
    """Answers the requests of a folder.

    Args:
        edits: What does the work.
        models: Those of the folder, where photographs are, too.
    """

    def __init__(self, edits: PhotoEdits, models: Models) -> None:
        self.edits = edits
        self._models = models

    def routes(self) -> list[Route]:
        """By path and method."""
        return [
            Route("/api/photos/shown", answers(self.shown)),
            Route("/api/photos/fills", answers(self.begin), methods=["POST"]),
            Route("/api/photos/fill", answers(self.fill)),
            Route("/api/photos/answer", answers(self.answer)),
            Route("/api/photos/cancel", answers(self.cancel), methods=["POST"]),
        ]

    async def shown(self, request: Request) -> Response:
        """A photograph."""
        path = await self.edits.show(self._photo(request))
        return FileResponse(path, headers=KEPT, media_type="image/png", background=BackgroundTask(path.unlink))

    async def begin(self, request: Request) -> object:
        """Begin to fill one."""
        photo, mask = self._photo(request), await request.body()
        model = await self._models.find(request.query_params.get("model", ""))
        return {"job": self.edits.fill(photo, mask, model, _region(request.query_params))}

    async def fill(self, request: Request) -> object:
        """How far it is, or what came of it."""
        job = self.edits.fillings.of(request.query_params.get("job", ""))
        return job.facts() if job.result is None else job.result.facts()

    async def answer(self, request: Request) -> Response:
        """One of the answers."""
        path = self.edits.answer(request.query_params.get("job", ""), whole_of(request.query_params, "number", 1))
        return FileResponse(path, headers=KEPT, media_type="image/png")

    async def cancel(self, request: Request) -> object:
        """Give it up."""
        self.edits.fillings.cancel(value_of(await json_of(request), "job", str))
        return {}

    def _photo(self, request: Request) -> Path:
        return photo_path(self._models.folder, request.query_params.get("photo", ""))


def _region(query: QueryParams) -> Region | None:
    if "region" not in query:
        return None
    numbers = wholes_of(query, "region", 3)
    if len(numbers) != 3:
        raise UsageError("region must be left,top,side in pixels, such as 120,80,256")
    return Region(*numbers)
