"""The requests of the tab Explore.

`of` names places in latent space, an object as JSON: see `dcgan.studio.explore_latents`.

    GET  /api/explore?model                 {concepts: [{name, is_axis}], file, films, frames_per_second, most_frames}:
                                            a model's concepts, the file that they stand in, the kinds of films that
                                            can be written here, and how long they may be
    GET  /api/explore/pictures?model&of     the pictures, one below another: PNG
    GET  /api/explore/download?model&of&kind&scale&smooth
         kind "png": a picture, or a sheet; "strip": a row of them; "npz": z and pixels, as verbs read them
    GET  /api/explore/film?model&seeds&kind&seconds&loop
         a walk through the seeds, which takes so many seconds from one to the next; kind "gif", "webp" or "mp4"
"""

from asyncio import Semaphore
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from anyio.to_thread import run_sync
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dcgan.errors import UsageError
from dcgan.figures.enlarge import enlarge
from dcgan.figures.sheets import picture_bytes, sheet, strip
from dcgan.figures.video import check_video, film_frames, write_video
from dcgan.latent.concepts import own_concepts, read_concepts
from dcgan.latent.walk import walk_latents
from dcgan.model import Model
from dcgan.model_folder import OWN_CONCEPTS
from dcgan.studio.answers import BusyError, answers, object_of, whole_of
from dcgan.studio.explore_latents import latents_asked, seeds_asked
from dcgan.studio.models import Models
from dcgan.studio.picture_files import attachment, check_scale, latents_file, shown
from dcgan.types import Latents, Pixels

KINDS = {"png": "png", "strip": "png", "npz": "npz"}
FILMS = ("gif", "webp", "mp4")
FRAMES_PER_SECOND = 30.0
MOST_FRAMES = 900
"""Frames of a film."""
MOST_FILMS = 4
"""Films that may be asked for at the same time; they are made one after another."""


class ExploreRoutes:
    """Answers the requests of a folder."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._filming = Semaphore(1)
        self._films = 0

    def routes(self) -> list[Route]:
        """By path and method."""
        return [
            Route("/api/explore", answers(self.means)),
            Route("/api/explore/pictures", answers(self.pictures)),
            Route("/api/explore/download", answers(self.download)),
            Route("/api/explore/film", answers(self.film)),
        ]

    async def means(self, request: Request) -> object:
        """What a model can be explored with."""
        model = await self._models.get(request.query_params.get("model", ""))
        path = own_concepts(model)
        known = await run_sync(read_concepts, path, model) if path else {}
        return {
            "concepts": [{"name": name, "is_axis": concept.is_axis} for name, concept in known.items()],
            "file": self._concepts_file(model),
            "films": [kind for kind in FILMS if kind != "mp4" or find_spec("av")],
            "frames_per_second": FRAMES_PER_SECOND,
            "most_frames": MOST_FRAMES,
        }

    async def pictures(self, request: Request) -> Response:
        """Pictures, one below another."""
        _, _, pixels = await self._draw(request.query_params)
        return Response(await run_sync(shown, pixels), media_type="image/png")

    async def download(self, request: Request) -> Response:
        """Pictures or their z as a file."""
        query = request.query_params
        kind, scale, smooth = query.get("kind", "png"), whole_of(query, "scale", 1), query.get("smooth") == "true"
        if kind not in KINDS:
            raise UsageError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
        model, z, pixels = await self._draw(query)
        if kind != "npz":
            check_scale(model, len(z), scale)

        def make() -> bytes:
            if kind == "npz":
                return latents_file(model, z, pixels)
            larger = enlarge(pixels, scale, smooth=smooth)
            return picture_bytes((strip if kind == "strip" else sheet)(larger, scale=1), ".png")

        what = str(object_of(query.get("of", ""))["kind"])
        return attachment(await run_sync(make), query.get("model", ""), what, KINDS[kind])

    async def film(self, request: Request) -> Response:
        """A film of a walk."""
        query = request.query_params
        kind = query.get("kind", "gif")
        if kind not in FILMS:
            raise UsageError(f"kind must be one of {', '.join(FILMS)}, not {kind!r}")
        check_video(Path(f"film.{kind}"))
        model = await self._models.get(query.get("model", ""))
        z = await run_sync(_film_latents, model, query)
        if self._films >= MOST_FILMS:
            raise BusyError("other films are being made now: try again in a minute")
        self._films += 1
        try:
            async with self._filming:
                pixels = await self._models.queue.draw(model, z)
                content = await run_sync(_film, pixels, kind)
        finally:
            self._films -= 1
        return attachment(content, query.get("model", ""), "walk", kind)

    async def _draw(self, query: QueryParams) -> tuple[Model, Latents, Pixels]:
        asked = object_of(query.get("of", ""))
        model = await self._models.get(query.get("model", ""))
        z = await run_sync(latents_asked, model, asked)
        return model, z, await self._models.queue.draw(model, z)

    def _concepts_file(self, model: Model) -> str:
        """Where the concepts of a model are looked for, as the studio's folder names it."""
        file = (model.folder or Path()) / OWN_CONCEPTS
        inside = file.is_relative_to(self._models.folder)
        return file.relative_to(self._models.folder).as_posix() if inside else file.name


def _film_latents(model: Model, query: QueryParams) -> Latents:
    """The z of each frame; a film that is no loop ends with the last seed."""
    words = query.get("seeds", "").split(",")
    seeds = seeds_asked({"seeds": [int(word) if word.isdecimal() and len(word) < 20 else word for word in words]})
    try:
        seconds = float(query.get("seconds", "1.25"))
    except ValueError:
        seconds = 0
    if not 0.1 <= seconds <= 10:
        raise UsageError("seconds must be a number from 0.1 to 10")
    loop = query.get("loop") == "true"
    stops = [*seeds, seeds[0]] if loop else seeds
    steps = max(2, round(seconds * FRAMES_PER_SECOND))
    frames = (len(stops) - 1) * steps + (not loop)
    if frames > MOST_FRAMES:
        raise UsageError(
            f"this film would have {frames:,} frames, and at most {MOST_FRAMES} are allowed: use fewer pictures, or "
            "less time"
        )
    return walk_latents(model, model.latents(stops), np.arange(frames) / steps)


def _film(pixels: Pixels, kind: str) -> bytes:
    with TemporaryDirectory(prefix="dcgan-studio-") as folder:
        path = Path(folder) / f"walk.{kind}"
        write_video(film_frames((picture[None] for picture in pixels), len(pixels)), path, FRAMES_PER_SECOND)
        return path.read_bytes()
