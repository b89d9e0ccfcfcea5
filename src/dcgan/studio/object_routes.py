"""The requests of the tab Edit that are about objects on a model's samples.

Boxes are {seed: [[left, top, right, bottom]]}: those on each sample that was looked at, in pixels. A picture of samples
has them one below another; of an edit, first all as they were and then all as they are.

    POST /api/objects {model}               {edit, identity, size, sides, layer}: the model stays as it is from now on
    GET  /api/objects/samples?edit&seeds    its samples: PNG
    POST /api/objects/fits {edit, boxes, layer, negatives}      {job}: find the maps that draw what is in the boxes
    GET  /api/objects/fit?job               {done, total} until `dcgan.studio.object_edits.Fit.facts`, or {error}
    POST /api/objects/cancel {job}          give it up
    GET  /api/objects/forgotten?job&threshold&scale&seeds&sheet     before and after; a sheet to keep if "sheet" is true
    POST /api/objects/save {job, threshold, scale, name}            {model}
    POST /api/objects/inserted {job, threshold, strength, boxes, sheet}     the samples with these boxes
"""

from collections.abc import Mapping

import numpy as np
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dcgan.dissection.boxes import Box, Boxes
from dcgan.errors import UsageError
from dcgan.figures.sheets import paired_sheet, picture_bytes
from dcgan.studio.answers import answers, json_of, number_of, value_of, wholes_of
from dcgan.studio.models import Models
from dcgan.studio.object_edits import ObjectEdits
from dcgan.studio.picture_files import shown
from dcgan.types import Pixels

MOST_SAMPLES = 512
"""Samples with boxes, or looked at."""
MOST_SHOWN = 64
"""Samples of one picture."""


class ObjectRoutes:
    """Answers the requests.

    Args:
        edits: What does the work.
        models: Those of the folder.
    """

    def __init__(self, edits: ObjectEdits, models: Models) -> None:
        self.edits = edits
        self._models = models

    def routes(self) -> list[Route]:
        """By path and method."""
        return [
            Route("/api/objects", answers(self.open), methods=["POST"]),
            Route("/api/objects/samples", answers(self.samples)),
            Route("/api/objects/fits", answers(self.begin_fit), methods=["POST"]),
            Route("/api/objects/fit", answers(self.fit)),
            Route("/api/objects/cancel", answers(self.cancel), methods=["POST"]),
            Route("/api/objects/forgotten", answers(self.forgotten)),
            Route("/api/objects/save", answers(self.save), methods=["POST"]),
            Route("/api/objects/inserted", answers(self.inserted), methods=["POST"]),
        ]

    async def open(self, request: Request) -> object:
        """Open a model."""
        model = await self._models.get(value_of(await json_of(request), "model", str))
        return await run_sync(self.edits.open, model)

    async def samples(self, request: Request) -> Response:
        """Samples to draw boxes on."""
        query = request.query_params
        pixels = await self.edits.samples(query.get("edit", ""), wholes_of(query, "seeds", MOST_SHOWN))
        return await _png(pixels)

    async def begin_fit(self, request: Request) -> object:
        """Begin to find the maps."""
        found = await json_of(request)
        layer = value_of(found, "layer", int) if "layer" in found else None
        negatives = value_of(found, "negatives", str, "random")
        if negatives not in ("random", "matched"):
            raise UsageError(f"negatives must be random or matched, not {negatives!r}")
        boxes = _boxes(value_of(found, "boxes", dict))
        edit = value_of(found, "edit", str)
        return {"job": self.edits.fit(edit, boxes, layer, "matched" if negatives == "matched" else "random")}

    async def fit(self, request: Request) -> object:
        """How far it is, or what was found."""
        job = self.edits.fits.of(request.query_params.get("job", ""))
        return job.facts() if job.result is None else job.result.facts()

    async def cancel(self, request: Request) -> object:
        """Give it up."""
        self.edits.fits.cancel(value_of(await json_of(request), "job", str))
        return {}

    async def forgotten(self, request: Request) -> Response:
        """Samples before and after."""
        query = request.query_params
        threshold, scale = number_of(query, "threshold", 0), number_of(query, "scale", 0)
        seeds = wholes_of(query, "seeds", MOST_SHOWN)
        pair = await self.edits.forgotten(query.get("job", ""), threshold, scale, seeds)
        return await _pair(*pair, sheet=query.get("sheet") == "true")

    async def save(self, request: Request) -> object:
        """Save the model without the object."""
        found = await json_of(request)
        threshold, scale = value_of(found, "threshold", float), value_of(found, "scale", float)
        job, name = value_of(found, "job", str), value_of(found, "name", str)
        return {"model": await self.edits.save(job, threshold, scale, name)}

    async def inserted(self, request: Request) -> Response:
        """Samples before and after."""
        found = await json_of(request)
        threshold, strength = value_of(found, "threshold", float), value_of(found, "strength", float)
        at = _boxes(value_of(found, "boxes", dict))
        if len(at.seeds_with) > MOST_SHOWN:
            raise UsageError(f"the object can be inserted on {MOST_SHOWN} samples at once, not {len(at.seeds_with)}")
        pair = await self.edits.inserted(value_of(found, "job", str), threshold, strength, at)
        return await _pair(*pair, sheet=value_of(found, "sheet", bool, False))


def _boxes(by_seed: Mapping[str, object]) -> Boxes:
    """Boxes as the page has them.

    Raises:
        UsageError: They are no such object, or too many.
    """
    if len(by_seed) > MOST_SAMPLES:
        raise UsageError(f"boxes can be on {MOST_SAMPLES} samples, not {len(by_seed)}")
    boxes = []
    for seed, rows in by_seed.items():
        if not (seed.isdecimal() and seed.isascii() and len(seed) < 19 and isinstance(rows, list)):
            raise UsageError("boxes must be lists of boxes by seed")
        for row in rows:
            if not isinstance(row, list) or len(row) != 4 or not all(type(side) in (int, float) for side in row):
                raise UsageError("a box must be [left, top, right, bottom], in pixels")
            boxes.append(Box(int(seed), *map(float, row)))
    return Boxes(tuple(boxes), tuple(map(int, by_seed)))


async def _png(pixels: Pixels) -> Response:
    return Response(await run_sync(shown, pixels), media_type="image/png")


async def _pair(before: Pixels, after: Pixels, *, sheet: bool) -> Response:
    if not sheet:
        return await _png(np.concatenate([before, after]))
    content = await run_sync(lambda: picture_bytes(paired_sheet(before, after), ".png"))
    headers = {"Content-Disposition": 'attachment; filename="before-and-after.png"'}
    return Response(content, media_type="image/png", headers=headers)
