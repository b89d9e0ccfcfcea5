"""The requests of the tab Sort. A sorting is named by its folder, such as "sorted/photos-1".

GET  /api/sortings                              [{sorting, model, source, classes, labels}], or {sorting, error}
POST /api/sortings {model, source, classes, horizontal_flip}    {sorting}: begin one
GET  /api/sorting?sorting                       how it is: state, progress, numbers, see `dcgan.studio.sort_looks.Look`
POST /api/sorting/look {sorting, again}         look at its pictures; again: with the run's newest model
POST /api/sorting/stop {sorting}                stop looking
GET  /api/sorting/pictures?sorting&view&class&start&count
                                                {set, total, pictures: [{row, name, label, guesses, confidence}]}
GET  /api/sorting/sheet.png?sorting&set&rows    thumbnails, one below another
GET  /api/sorting/labels?sorting                {version, labels: {name: class}}
POST /api/sorting/label {sorting, names, class, view, instead_of}    label pictures; class null takes labels away
POST /api/sorting/classes {sorting, add | remove | rename, to}    change the classes
POST /api/sorting/learn {sorting}               fit a classifier to the labels
POST /api/sorting/export {sorting}              {classifier, table}: write both into the folder
GET  /api/sorting/pictures.csv?sorting          the table
"""

from asyncio import Lock
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dcgan.errors import DcganError, UsageError
from dcgan.studio.answers import answers, json_of, value_of, whole_of, wholes_of
from dcgan.studio.contents import model_path, source_path
from dcgan.studio.picture_files import KEPT, shown
from dcgan.studio.seen_pictures import looking_model
from dcgan.studio.sort_looks import Look, Looks
from dcgan.studio.sorter import CLASSIFIER, TABLE, Sorter
from dcgan.studio.sorting import SORTED, Sorting, sortings_in

MOST_AT_ONCE = 256
"""Pictures of one request."""
SIDE = 128
"""Pixels of a side of a thumbnail, at most."""
T = TypeVar("T")


class SortRoutes:
    """Answers the requests of a folder."""

    def __init__(self, folder: Path, device: str) -> None:
        self._folder = folder
        self._learning = Lock()
        self.looks = Looks(folder, device)

    def routes(self) -> list[Route]:
        """By path and method."""
        return [
            Route("/api/sortings", answers(self.sortings)),
            Route("/api/sortings", answers(self.create), methods=["POST"]),
            Route("/api/sorting", answers(self.sorting)),
            Route("/api/sorting/look", answers(self.look), methods=["POST"]),
            Route("/api/sorting/stop", answers(self.stop), methods=["POST"]),
            Route("/api/sorting/pictures", answers(self.pictures)),
            Route("/api/sorting/sheet.png", answers(self.sheet)),
            Route("/api/sorting/labels", answers(self.labels)),
            Route("/api/sorting/label", answers(self.label), methods=["POST"]),
            Route("/api/sorting/classes", answers(self.classes), methods=["POST"]),
            Route("/api/sorting/learn", answers(self.learn), methods=["POST"]),
            Route("/api/sorting/export", answers(self.export), methods=["POST"]),
            Route("/api/sorting/pictures.csv", answers(self.table)),
        ]

    async def sortings(self, _request: Request) -> object:
        """Those of the folder."""
        return await run_sync(lambda: [_summary(one) for one in sortings_in(self._folder)])

    async def create(self, request: Request) -> object:
        """Begin one."""
        found = await json_of(request)
        model, source = value_of(found, "model", str), value_of(found, "source", str)
        classes, flip = _texts(found, "classes"), value_of(found, "horizontal_flip", bool, False)

        def create() -> Sorting:
            if looking_model(model_path(self._folder, model)).sound and flip:
                raise UsageError("a recording has no mirror image: leave horizontal_flip out")
            source_path(self._folder, source)
            return Sorting.create(self._folder, model, source, classes, horizontal_flip=flip)

        sorting = await run_sync(create)
        return {"sorting": f"{SORTED}/{sorting.path.name}"}

    async def sorting(self, request: Request) -> object:
        """How it is."""
        return await run_sync(self._look(request).facts)

    async def look(self, request: Request) -> object:
        """Look at its pictures."""
        found = await json_of(request)
        name, again = value_of(found, "sorting", str), value_of(found, "again", bool, False)
        if again:
            await self.looks.stop(name)  # a look that has begun keeps the model of before
        return await run_sync(self.looks.begin(name, again=again).facts)

    async def stop(self, request: Request) -> object:
        """Stop looking."""
        look = await self.looks.stop(value_of(await json_of(request), "sorting", str))
        return await run_sync(look.facts)

    async def pictures(self, request: Request) -> object:
        """Some of them."""
        query, sorter = request.query_params, _sorter(self._look(request))
        start, count = whole_of(query, "start", 0), whole_of(query, "count", 48)
        _check_count(count)
        return await run_sync(sorter.shown, query.get("view", "varied"), query.get("class", ""), start, count)

    async def sheet(self, request: Request) -> Response:
        """Thumbnails."""
        sorter = _sorter(self._look(request))
        rows = wholes_of(request.query_params, "rows", MOST_AT_ONCE)
        if request.query_params.get("set") != sorter.seen.packed.fingerprint:
            raise UsageError("the pictures were changed: open the page again")
        content = await run_sync(lambda: shown(sorter.pixels(rows), SIDE))
        return Response(content, media_type="image/png", headers=KEPT)  # of the same set a row is the same picture

    async def labels(self, request: Request) -> object:
        """All of them."""
        sorter = _sorter(self._look(request))

        def found() -> object:
            decisions = sorter.sorting.decisions()
            labels = sorter.labels(decisions)
            named = {sorter.seen.names[row]: decisions.classes[labels[row]] for row in np.flatnonzero(labels >= 0)}
            return {"version": decisions.version, "labels": named}

        return await run_sync(found)

    async def label(self, request: Request) -> object:
        """Label pictures."""
        found = await json_of(request)
        look = self.looks.of(value_of(found, "sorting", str))
        sorter, names = _sorter(look), _texts(found, "names")
        _check_count(len(names))
        class_name = None if found.get("class") is None else value_of(found, "class", str)
        instead_of = [one if one is None else str(one) for one in value_of(found, "instead_of", list, [])]
        await run_sync(sorter.label, names, class_name, value_of(found, "view", str), instead_of)
        return await run_sync(look.facts)

    async def classes(self, request: Request) -> object:
        """Change the classes."""
        found = await json_of(request)
        look = self.looks.of(value_of(found, "sorting", str))
        if "add" in found:
            await run_sync(look.sorting.add_class, value_of(found, "add", str))
        elif "rename" in found:
            await run_sync(look.sorting.rename_class, value_of(found, "rename", str), value_of(found, "to", str))
        else:
            await run_sync(look.sorting.remove_class, value_of(found, "remove", str))
        return await run_sync(look.facts)

    async def learn(self, request: Request) -> object:
        """Fit a classifier."""
        look = self.looks.of(value_of(await json_of(request), "sorting", str))
        await self._alone(_sorter(look).learn)
        return await run_sync(look.facts)

    async def export(self, request: Request) -> object:
        """Write the classifier and the table."""
        name = value_of(await json_of(request), "sorting", str)
        sorter = _sorter(self.looks.of(name))
        await self._alone(sorter.export)
        folder = sorter.sorting.path.relative_to(self._folder.resolve()).as_posix()
        return {"classifier": f"{folder}/{CLASSIFIER}", "table": f"{folder}/{TABLE}"}

    async def table(self, request: Request) -> Response:
        """The table."""
        sorter = _sorter(self._look(request))
        headers = {"Content-Disposition": f'attachment; filename="{TABLE}"'}
        return Response(await self._alone(sorter.table), media_type="text/csv; charset=utf-8", headers=headers)

    async def _alone(self, work: Callable[[], T]) -> T:
        """Do what takes the processor for seconds, one at a time."""
        async with self._learning:
            return await run_sync(work)

    def _look(self, request: Request) -> Look:
        return self.looks.of(request.query_params.get("sorting", ""))


def _sorter(look: Look) -> Sorter:
    if look.sorter is None:
        raise UsageError("the model has not looked at the pictures yet: press Look at the pictures")
    return look.sorter


def _summary(sorting: Sorting) -> dict[str, object]:
    name = f"{SORTED}/{sorting.path.name}"
    try:
        found = sorting.decisions()
    except DcganError as error:
        return {"sorting": name, "error": str(error)}
    return {
        "sorting": name,
        "model": found.model,
        "source": found.pictures,
        "classes": found.classes,
        "labels": len(found.labels),
    }


def _texts(found: dict[str, Any], name: str) -> list[str]:
    texts = value_of(found, name, list)
    if not all(isinstance(text, str) for text in texts):
        raise UsageError(f"the request needs {name}, a list of texts")
    return texts


def _check_count(pictures: int) -> None:
    if not 1 <= pictures <= MOST_AT_ONCE:
        raise UsageError(f"1 to {MOST_AT_ONCE} pictures can be named at once, not {pictures}")
