"""The studio as a web application: its page, and the requests that the page makes.

All requests need the cookie of `dcgan.studio.access`. They are answered with JSON, or with {"error": "a sentence"} and
a status from 400 on.

    GET  /                         the page
    GET  /page/...                 its files
    GET  /api/state                {folder, runs, models, sources}: all that there is

The requests of each tab stand in its modules: `dcgan.studio.train_routes`, `dcgan.studio.draw_routes`,
`dcgan.studio.explore_routes`, `dcgan.studio.sort_routes`, of Edit `dcgan.studio.object_routes` and
`dcgan.studio.photo_routes`, and of Look inside `dcgan.studio.inside_routes` and `dcgan.studio.inside_picture_routes`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from dcgan.data.picture_files import printable
from dcgan.studio.access import Access, Gate, PasswordForm, page_file
from dcgan.studio.answers import answers, http_refusal, refusal
from dcgan.studio.contents import Contents
from dcgan.studio.draw_queue import DrawQueue
from dcgan.studio.draw_routes import DrawRoutes
from dcgan.studio.explore_routes import ExploreRoutes
from dcgan.studio.inside import Inside
from dcgan.studio.inside_picture_routes import InsidePictureRoutes
from dcgan.studio.inside_routes import InsideRoutes
from dcgan.studio.limits import LARGEST, Limits
from dcgan.studio.mask_drawing import LARGEST as LARGEST_MASK
from dcgan.studio.models import Models
from dcgan.studio.object_edits import ObjectEdits
from dcgan.studio.object_routes import ObjectRoutes
from dcgan.studio.photo_edits import PhotoEdits
from dcgan.studio.photo_routes import PhotoRoutes
from dcgan.studio.sort_routes import SortRoutes
from dcgan.studio.train_routes import TrainRoutes
from dcgan.studio.uploads import LARGEST as LARGEST_UPLOAD
from dcgan.studio.uploads import Uploads

TYPES = {".css": "text/css", ".js": "text/javascript"}
"""The files that a page may load, by suffix."""


def application(folder: Path, access: Access, device: str) -> Starlette:
    """The studio of a folder.

    Args:
        folder: Where runs, models and pictures are.
        access: Who is let in.
        device: Where to compute.
    """
    contents = Contents(folder)
    uploads, queue = Uploads(folder), DrawQueue()
    train = TrainRoutes(folder, uploads, device)
    models = Models(folder, device, queue)
    objects, photos = ObjectEdits(folder, queue), PhotoEdits(device, uploads)
    sort = SortRoutes(folder, device)
    inside = Inside(folder, device, photos)
    loadable = dict(_loadable(files("dcgan.studio").joinpath("page")))

    async def page(_request: Request) -> Response:
        return HTMLResponse(page_file("index.html"))

    async def file(request: Request) -> Response:
        found = loadable.get(request.path_params["path"])
        if found is None:
            return refusal(404, "there is no such file")
        return Response(found.read_bytes(), media_type=TYPES[Path(found.name).suffix])

    @answers
    async def state(_request: Request) -> object:
        return await run_sync(
            lambda: {
                "folder": printable(folder.name or str(folder)),
                "runs": sorted({*contents.runs(), *train.trainings.begun()}),
                "models": contents.models(),
                "sources": contents.sources(),
            }
        )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await train.intakes.close()
        uploads.close()
        await objects.close()
        await inside.close()
        await photos.close()
        await sort.looks.close()
        await queue.close()

    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/", page),
            Route("/login", PasswordForm(access).log_in, methods=["POST"]),
            Route("/page/{path:path}", file),
            Route("/api/state", state),
            *train.routes(),
            *DrawRoutes(models).routes(),
            *ExploreRoutes(models).routes(),
            *ObjectRoutes(objects, models).routes(),
            *PhotoRoutes(photos, models).routes(),
            *sort.routes(),
            *InsideRoutes(inside).routes(),
            *InsidePictureRoutes(inside).routes(),
        ],
        middleware=[Middleware(Limits, largest=_largest), Middleware(Gate, access=access)],
        exception_handlers={HTTPException: http_refusal},
    )


def _largest(path: str) -> int:
    if path.startswith("/api/uploads/"):
        return LARGEST_UPLOAD
    return LARGEST_MASK if path == "/api/photos/fills" else LARGEST


def _loadable(folder: Traversable, before: str = "") -> "list[tuple[str, Traversable]]":
    """The files of the page, by their path in it: only these are ever sent."""
    found = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _loadable(entry, f"{before}{entry.name}/")
        elif Path(entry.name).suffix in TYPES:
            found.append((before + entry.name, entry))
    return found
