"""Objects on a model's samples, in the studio: their maps are found once, and then dropped or raised as often as asked.

A model that was opened stays in memory as it is, so that a run that trains on does not exchange the samples under the
boxes.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import TypeVar

import numpy as np
import torch

from dcgan.dissection.boxes import Boxes, boxes_of
from dcgan.dissection.forget import drop_maps
from dcgan.dissection.insert import raise_maps, usual_place
from dcgan.dissection.map_classifier import MapClassifier, Negatives, check_layer, fit_map_classifier, hidden_sides
from dcgan.errors import UsageError
from dcgan.files import folder_name
from dcgan.model import Model
from dcgan.model_folder import SHIPPED
from dcgan.studio.draw_queue import DrawQueue
from dcgan.studio.jobs import Job, Jobs
from dcgan.types import Pixels

T = TypeVar("T")
MOST_OPENED = 32
"""Models that are open at the same time; the one that was used least recently makes room for another."""
MOST_FITS = 32


@dataclass(eq=False)
class Fit:
    """Which maps draw an object.

    Attributes:
        model: The model, as it is.
        boxes: Where the object is on its samples.
        classifier: The regression on the maps of a layer.
        edited: The last edit that was asked for: threshold, scale, and the model that they make.
    """

    model: Model
    boxes: Boxes
    classifier: MapClassifier
    edited: tuple[float, float, Model] | None = None

    def facts(self) -> dict[str, object]:
        """What the page shows of it: the weights above 0, the largest first, and where the object usually is."""
        classifier = self.classifier
        weights = np.sort(classifier.weights[classifier.weights > 0])[::-1]
        place = usual_place(self.boxes) if self.boxes.seeds_without else Boxes((), ())
        judged = not np.isnan(classifier.accuracy)
        return {
            "layer": classifier.layer,
            "maps": len(classifier.weights),
            "weights": weights.tolist(),
            "accuracy": classifier.accuracy if judged else None,
            "usual": {str(box.seed): [[box.left, box.top, box.right, box.bottom]] for box in place.boxes},
        }

    def without(self, threshold: float, scale: float) -> Model:
        """The model with the maps above a threshold multiplied by a scale.

        Raises:
            UsageError: A number is out of its range, or no map is above the threshold.
        """
        edited = self.edited
        if edited is None or edited[:2] != (threshold, scale):
            dropped = self.classifier.maps_above(threshold)
            edited = self.edited = (threshold, scale, drop_maps(self.model, self.classifier, dropped, scale))
        return edited[2]


class ObjectEdits:
    """Models that are open for it, and what was found about them.

    Args:
        folder: Where models are saved.
        queue: What draws their samples.
    """

    def __init__(self, folder: Path, queue: DrawQueue) -> None:
        self._folder = folder
        self._queue = queue
        self._opened: OrderedDict[str, Model] = OrderedDict()
        self._thread = ThreadPoolExecutor(1, "edit", initializer=torch.set_num_threads, initargs=(1,))
        self.fits: Jobs[Fit] = Jobs(at_once=1, most=MOST_FITS)

    def open(self, model: Model) -> dict[str, object]:
        """Open a model; return its name here, and what the page has to know of it.

        Raises:
            ModelError: Its nets are no DCGAN's.
        """
        sides, layer = hidden_sides(model), check_layer(model, None)
        name = token_hex(8)
        self._opened[name] = model
        if len(self._opened) > MOST_OPENED:
            self._opened.popitem(last=False)
        return {"edit": name, "identity": model.identity, "size": model.size, "sides": sides, "layer": layer}

    def model(self, name: str) -> Model:
        """A model that is open.

        Raises:
            UsageError: It is not, or made room for others.
        """
        if name not in self._opened:
            raise UsageError("the studio no longer has this model open: load the page again")
        self._opened.move_to_end(name)
        return self._opened[name]

    async def samples(self, name: str, seeds: Sequence[int]) -> Pixels:
        """The samples of seeds (N, H, W, C).

        Raises:
            UsageError: The model is not open.
            BusyError: Too many pictures wait already.
        """
        model = self.model(name)
        return await self._queue.draw(model, model.latents(seeds))

    def fit(self, name: str, boxes: Boxes, layer: int | None, negatives: Negatives) -> str:
        """Begin to find the maps that draw what is in boxes; return the name of the job.

        Raises:
            UsageError: The model is not open, or there is no such layer.
            DcganError: There are no boxes, or they do not fit the model.
            BusyError: Too many wait already.
        """
        model = self.model(name)
        boxes, layer = boxes_of(model, boxes), check_layer(model, layer)

        async def work(_name: str, job: Job[Fit]) -> Fit:
            def find() -> Fit:
                found = fit_map_classifier(model, boxes, layer, negatives=negatives, on_progress=job.on_progress)
                found.maps_above(0)
                return Fit(model, boxes, found)

            return await self._in_thread(find)

        return self.fits.begin(work)

    async def forgotten(self, job: str, threshold: float, scale: float, seeds: Sequence[int]) -> tuple[Pixels, Pixels]:
        """Samples before and after the maps were dropped, each (N, H, W, C).

        Raises:
            UsageError: There is no such fit, or a number is out of its range.
            BusyError: Too many pictures wait already.
        """
        fit = self.fits.result(job)
        edited = await self._in_thread(lambda: fit.without(threshold, scale))
        z = fit.model.latents(seeds)
        before, after = await asyncio.gather(self._queue.draw(fit.model, z), self._queue.draw(edited, z))
        return before, after

    async def inserted(self, job: str, threshold: float, strength: float, at: Boxes) -> tuple[Pixels, Pixels]:
        """The samples with boxes, before and after the maps were raised in these, each (N, H, W, C).

        Raises:
            UsageError: There is no such fit, or a number is out of its range.
            DcganError: There are no boxes, or they do not fit the model.
        """
        fit = self.fits.result(job)
        at = boxes_of(fit.model, at, "at")
        raised = fit.classifier.maps_above(threshold)
        result = await self._in_thread(lambda: raise_maps(fit.model, fit.classifier, raised, at, strength))
        return result.before, result.after

    async def save(self, job: str, threshold: float, scale: float, name: str) -> str:
        """Save the model without the object in the studio's folder; return its name there.

        Raises:
            UsageError: There is no such fit, a number is out of its range, or the name is taken.
            OSError: The folder cannot be written.
        """
        fit = self.fits.result(job)
        if not name.strip():
            raise UsageError("the new model needs a name")
        path = self._folder / folder_name(name)
        if path.exists():
            raise UsageError(f"the folder has a {path.name} already: use another name")
        if (SHIPPED / path.name).is_dir():
            raise UsageError(f"{path.name} is the name of a model that comes with dcgan: use another name")
        await self._in_thread(lambda: fit.without(threshold, scale).save(path))
        return path.name

    async def close(self) -> None:
        """End what is under way."""
        await self.fits.close()
        self._thread.shutdown(cancel_futures=True)

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)
