"""The requests of the tab Draw.

A model is named as /api/state names it; seeds are numbers with commas between them.

    GET  /api/pictures?model&seeds&truncation&label     the pictures of the seeds, one below another: PNG
    GET  /api/download?model&seeds&truncation&label&kind&scale&smooth
         kind "png": a picture, or a sheet; "zip": a PNG for each; "npz": z, pixels and seeds, as verbs read them
"""

import io
import zipfile
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

from anyio.to_thread import run_sync
from PIL import Image
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dcgan.errors import UsageError
from dcgan.figures.enlarge import enlarge
from dcgan.figures.sheets import picture_bytes, sheet
from dcgan.files import folder_name
from dcgan.latent.files import write_latents
from dcgan.latent.samples import labeled_latents
from dcgan.loading import load
from dcgan.model import Model
from dcgan.model_folder import find
from dcgan.studio.answers import answers, inside, refusal
from dcgan.studio.draw_queue import BusyError, DrawQueue
from dcgan.types import Latents, Pixels

MOST_SEEDS = 64
"""Pictures of one request; of a download four times as many."""
MOST_SIDE = 4096
"""Pixels of a side of a picture that is downloaded."""
KINDS = {"png": "image/png", "zip": "application/zip", "npz": "application/octet-stream"}


class DrawRoutes:
    """Answers the requests of a folder."""

    def __init__(self, folder: Path, device: str, queue: DrawQueue) -> None:
        self._folder = folder
        self._device = device
        self.queue = queue

    def routes(self) -> list[Route]:
        """By path and method."""
        return [
            Route("/api/pictures", answers(self.pictures)),
            Route("/api/download", answers(self.download)),
        ]

    async def find(self, name: str) -> Path:
        """The folder of a model by the name that the page has for it.

        Raises:
            ModelError: There is none.
            UsageError: It is outside the folder.
        """
        path = inside(self._folder, name)
        return await run_sync(find, path if path.exists() else Path(name).relative_to(Path(name).parent))

    async def model(self, name: str) -> Model:
        """A model by the name that the page has for it.

        Raises:
            ModelError: There is none, or it is broken.
            UsageError: It is outside the folder.
        """
        found = await self.find(name)
        changed = (await run_sync((found / "model.json").stat)).st_mtime_ns
        return await self.queue.model((found, changed), lambda: load(found, self._device))

    async def pictures(self, request: Request) -> Response:
        """Pictures, one below another."""
        query = request.query_params
        seeds = seeds_in(query, MOST_SEEDS)
        try:
            _, pixels = await self._draw(query, seeds)
        except BusyError as error:
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, str(error), {"Retry-After": "2"})
        return Response(await run_sync(one_below_another, pixels), media_type="image/png")

    async def download(self, request: Request) -> Response:
        """Pictures or their z as a file."""
        query = request.query_params
        seeds, kind, scale = seeds_in(query, 4 * MOST_SEEDS), query.get("kind", "png"), whole_in(query, "scale", 1)
        model = await self.model(query.get("model", ""))
        if kind not in KINDS:
            raise UsageError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
        if not 1 <= scale <= MOST_SIDE // model.size:
            raise UsageError(f"scale must be 1 to {MOST_SIDE // model.size}, not {scale}")
        z, pixels = await self._draw(query, seeds)
        smooth = query.get("smooth") == "true"

        def make() -> bytes:
            if kind == "npz":
                return _latents_file(model, z, pixels, seeds)
            larger = enlarge(pixels, scale, smooth=smooth)
            return _archive(larger, seeds) if kind == "zip" else picture_bytes(sheet(larger, scale=1), ".png")

        stem = folder_name(query.get("model", "").replace("/", "-"))
        name = f"{stem}-seed-{seeds[0]}" if len(seeds) == 1 else f"{stem}-{len(seeds)}-pictures"
        quoted = f"{name}.{kind}".encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_")
        headers = {"Content-Disposition": f'attachment; filename="{quoted}"'}
        return Response(await run_sync(make), media_type=KINDS[kind], headers=headers)

    async def _draw(self, query: QueryParams, seeds: Sequence[int]) -> tuple[Latents, Pixels]:
        model = await self.model(query.get("model", ""))
        label = query.get("label")
        z = labeled_latents(model, seeds, [label] if label else [], number_in(query, "truncation", 1))
        return z, await self.queue.draw(model, z)


def seeds_in(query: QueryParams, most: int) -> list[int]:
    """The seeds of a request.

    Raises:
        UsageError: They are no whole numbers, or too many.
    """
    words = query.get("seeds", "").split(",")
    if not all(word.isdecimal() and word.isascii() and len(word) < 20 for word in words):
        raise UsageError("seeds must be whole numbers with commas between them, such as 3,17,40")
    if len(words) > most:
        raise UsageError(f"these are {len(words)} seeds; {most} can be drawn at once")
    return [int(word) for word in words]


def whole_in(query: QueryParams, name: str, default: int) -> int:
    """A whole number of a request.

    Raises:
        UsageError: It is none.
    """
    word = query.get(name, str(default))
    if not (word.isdecimal() and word.isascii() and len(word) < 10):
        raise UsageError(f"{name} must be a whole number, not {word!r}")
    return int(word)


def number_in(query: QueryParams, name: str, default: float) -> float:
    """A number of a request.

    Raises:
        UsageError: It is none.
    """
    try:
        return float(query.get(name, default))
    except ValueError as error:
        raise UsageError(f"{name} must be a number, not {query[name]!r}") from error


def one_below_another(pixels: Pixels) -> bytes:
    """Pictures (N, H, W, C) as one PNG of N * H rows."""
    rows = pixels.reshape(-1, *pixels.shape[2:])
    memory = io.BytesIO()
    Image.fromarray(rows[..., 0] if rows.shape[-1] == 1 else rows).save(memory, "PNG", compress_level=1)
    return memory.getvalue()


def _archive(pixels: Pixels, seeds: Sequence[int]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for seed, picture in zip(seeds, pixels, strict=True):
            archive.writestr(f"seed-{seed:06d}.png", picture_bytes(sheet(picture[None], scale=1), ".png"))
    return memory.getvalue()


def _latents_file(model: Model, z: Latents, pixels: Pixels, seeds: Sequence[int]) -> bytes:
    with TemporaryDirectory(prefix="dcgan-studio-") as folder:
        path = Path(folder) / "latents.npz"
        write_latents(path, model, z, pixels, seeds)
        return path.read_bytes()
