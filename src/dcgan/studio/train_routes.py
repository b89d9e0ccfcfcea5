"""The requests of the tab Train.

GET  /api/recipe                       what can be chosen beside size and minutes, see `train_settings.offered`
POST /api/uploads {bytes}              {set}: a folder for files that have so many bytes together
POST /api/uploads/SET?only             a picture or an archive, as it is: {name, source, kind}; only=picture takes no
                                       archive
POST /api/intake {source, size}        look at pictures; answers as the next
GET  /api/intake?source&size           {done, total} until {used, skipped, reasons, list, size}, or {error}
GET  /api/intake/sheet.png             some of them as they are learned from
POST /api/runs {source, size, minutes, more}    {run}: a training begins
GET  /api/run?run                      `dcgan.studio.run_view.RunView`
GET  /api/run/curves?run               [figure in HTML]
GET  /api/run/pictures?run             what became of its pictures, as /api/intake
GET  /api/run/sheet.png?run&name       a sheet
POST /api/run/pause {run}              save and end
POST /api/run/resume {run, minutes}    go on, to another length if minutes are given
"""

from dataclasses import asdict
from pathlib import Path

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from dcgan.data.packed import PackedSet
from dcgan.errors import UsageError
from dcgan.studio.answers import answers, inside, json_of, value_of, whole_of
from dcgan.studio.contents import DRAWN_FACES, source_path
from dcgan.studio.intake import Intake, Intakes, shown
from dcgan.studio.picture_files import KEPT
from dcgan.studio.run_view import curves_of, pictures_of, sheet_file, view_run
from dcgan.studio.train_settings import MINUTES, checked, offered
from dcgan.studio.trainings import Trainings
from dcgan.studio.uploads import Uploads


class TrainRoutes:
    """Answers the requests of a folder."""

    def __init__(self, folder: Path, uploads: Uploads, device: str) -> None:
        self._folder = folder
        self._uploads = uploads
        self.intakes = Intakes(folder, uploads)
        self.trainings = Trainings(folder, device)

    def routes(self) -> list[Route]:
        """By path and method."""
        return [
            Route("/api/recipe", answers(self.recipe)),
            Route("/api/uploads", answers(self.new_set), methods=["POST"]),
            Route("/api/uploads/{set}", answers(self.upload), methods=["POST"]),
            Route("/api/intake", answers(self.begin_intake), methods=["POST"]),
            Route("/api/intake", answers(self.intake)),
            Route("/api/intake/sheet.png", answers(self.intake_sheet)),
            Route("/api/runs", answers(self.start), methods=["POST"]),
            Route("/api/run", answers(self.run)),
            Route("/api/run/curves", answers(self.curves)),
            Route("/api/run/pictures", answers(self.pictures)),
            Route("/api/run/sheet.png", answers(self.sheet)),
            Route("/api/run/pause", answers(self.pause), methods=["POST"]),
            Route("/api/run/resume", answers(self.resume), methods=["POST"]),
        ]

    async def recipe(self, _request: Request) -> object:
        """What can be chosen under "more"."""
        return offered()

    async def new_set(self, request: Request) -> object:
        """Make a folder for uploads."""
        total = value_of(await json_of(request), "bytes", int)
        return {"set": await run_sync(self._uploads.new_set, total)}

    async def upload(self, request: Request) -> object:
        """Store a file."""
        only_picture = request.query_params.get("only") == "picture"
        stored = await self._uploads.store(request.path_params["set"], request.stream(), only_picture=only_picture)
        return asdict(stored)

    async def begin_intake(self, request: Request) -> object:
        """Look at pictures."""
        found = await json_of(request)
        source, size = source_path(self._folder, value_of(found, "source", str)), _size(value_of(found, "size", int))
        return await run_sync(self.intakes.begin(source, size).facts)

    async def intake(self, request: Request) -> object:
        """How far the look is."""
        return await run_sync(self._intake(request).facts)

    async def intake_sheet(self, request: Request) -> Response:
        """Some of the pictures."""
        packed = self._intake(request).packed
        if packed is None:
            raise UsageError("the pictures have not been looked at yet")
        return Response(await run_sync(lambda: shown(PackedSet.open(packed))), media_type="image/png")

    async def start(self, request: Request) -> object:
        """Begin a training."""
        found = await json_of(request)
        length = {MINUTES: found.get("minutes")}
        chosen = {**length, **value_of(found, "more", dict, {}), **length}
        settings = {"size": _size(value_of(found, "size", int)), **checked(chosen)}
        source = value_of(found, "source", str)
        return {"run": await run_sync(self.trainings.start, source, settings)}

    async def run(self, request: Request) -> object:
        """A run."""
        name = self._run_name(request.query_params.get("run", ""))
        return asdict(await run_sync(lambda: view_run(self._folder, name, self.trainings.process(name))))

    async def curves(self, request: Request) -> object:
        """Its curves."""
        return await run_sync(curves_of, self._run(request))

    async def pictures(self, request: Request) -> object:
        """What became of its pictures."""
        return await run_sync(pictures_of, self._run(request))

    async def sheet(self, request: Request) -> Response:
        """One of its sheets."""
        name = request.query_params.get("name", "")
        path = await run_sync(sheet_file, self._run(request), name)
        return FileResponse(path, headers=KEPT, media_type="image/png")

    async def pause(self, request: Request) -> object:
        """Save and end."""
        await run_sync(self.trainings.pause, self._run_name(value_of(await json_of(request), "run", str)))
        return {}

    async def resume(self, request: Request) -> object:
        """Go on."""
        found = await json_of(request)
        minutes = value_of(found, "minutes", float) if "minutes" in found else None
        if minutes is not None:
            checked({MINUTES: minutes})
        await run_sync(self.trainings.resume, self._run_name(value_of(found, "run", str)), minutes)
        return {}

    def _run_name(self, name: str) -> str:
        """A run's name, made the same however it is written."""
        return inside(self._folder, name).relative_to(self._folder).as_posix()

    def _run(self, request: Request) -> Path:
        return inside(self._folder, request.query_params.get("run", ""))

    def _source(self, name: str) -> str:
        return name if name == DRAWN_FACES else str(inside(self._folder, name))

    def _intake(self, request: Request) -> Intake:
        source = self._source(request.query_params.get("source", ""))
        known = self.intakes.of(source, whole_of(request.query_params, "size", 0))
        if known is None:
            raise UsageError("the pictures have not been looked at yet")
        return known


def _size(size: int) -> int:
    if not 16 <= size <= 256:
        raise UsageError(f"pictures can have 16 to 256 pixels a side, not {size}")
    return size
