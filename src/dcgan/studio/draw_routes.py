"""The requests of the tab Draw.

A model is named as /api/state names it; seeds are numbers with commas between them.

    GET  /api/pictures?model&seeds&truncation&label     the pictures of the seeds, one below another: PNG
    GET  /api/download?model&seeds&truncation&label&kind&scale&smooth
         kind "png": a picture, or a sheet; "zip": a PNG for each; "npz": z, pixels and seeds, as verbs read them;
         "wav": the sounds of a model that learned from sounds, one after another
"""

import io
import zipfile
from collections.abc import Sequence

from anyio.to_thread import run_sync
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dcgan.errors import UsageError
from dcgan.figures.enlarge import enlarge
from dcgan.figures.sheets import picture_bytes, sheet
from dcgan.latent.samples import labeled_latents
from dcgan.model import Model
from dcgan.sound.wav import PAUSE, wav_bytes
from dcgan.studio.answers import answers, number_of, whole_of, wholes_of
from dcgan.studio.models import Models
from dcgan.studio.picture_files import attachment, check_scale, latents_file, shown
from dcgan.types import Latents, Pixels

MOST_SEEDS = 64
"""Pictures of one request; of a download four times as many."""
KINDS = ("png", "zip", "npz", "wav")


class DrawRoutes:
    """Answers the requests of a folder."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def routes(self) -> list[Route]:
        """By path and method."""
        return [
            Route("/api/pictures", answers(self.pictures)),
            Route("/api/download", answers(self.download)),
        ]

    async def pictures(self, request: Request) -> Response:
        """Pictures, one below another."""
        query = request.query_params
        seeds = wholes_of(query, "seeds", MOST_SEEDS)
        _, pixels = await self._draw(await self._models.get(query.get("model", "")), query, seeds)
        return Response(await run_sync(shown, pixels), media_type="image/png")

    async def download(self, request: Request) -> Response:
        """Pictures or their z as a file."""
        query = request.query_params
        seeds, kind, scale = (
            wholes_of(query, "seeds", 4 * MOST_SEEDS),
            query.get("kind", "png"),
            whole_of(query, "scale", 1),
        )
        model = await self._models.get(query.get("model", ""))
        if kind not in KINDS:
            raise UsageError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
        if kind == "wav" and (model.sound is None or len(seeds) > MOST_SEEDS):
            raise UsageError(f"kind wav is for models of sounds, and for {MOST_SEEDS} sounds at most")
        if kind in ("png", "zip"):
            check_scale(model, len(seeds), scale)
        z, pixels = await self._draw(model, query, seeds)
        smooth = query.get("smooth") == "true"

        def make() -> bytes:
            if kind == "npz":
                return latents_file(model, z, pixels, seeds)
            if kind == "wav":
                assert model.sound
                return wav_bytes(model.sounds(pixels), model.sound, PAUSE)
            larger = enlarge(pixels, scale, smooth=smooth)
            return _archive(larger, seeds) if kind == "zip" else picture_bytes(sheet(larger, scale=1), ".png")

        noun = "sounds" if kind == "wav" else "pictures"
        what = f"seed-{seeds[0]}" if len(seeds) == 1 else f"{len(seeds)}-{noun}"
        return attachment(await run_sync(make), query.get("model", ""), what, kind)

    async def _draw(self, model: Model, query: QueryParams, seeds: Sequence[int]) -> tuple[Latents, Pixels]:
        label = query.get("label")
        z = labeled_latents(model, seeds, [label] if label else [], number_of(query, "truncation", 1))
        return z, await self._models.queue.draw(model, z)


def _archive(pixels: Pixels, seeds: Sequence[int]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for seed, picture in zip(seeds, pixels, strict=True):
            archive.writestr(f"seed-{seed:06d}.png", picture_bytes(sheet(picture[None], scale=1), ".png"))
    return memory.getvalue()
