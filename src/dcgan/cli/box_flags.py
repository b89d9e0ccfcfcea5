"""Where an object is on a model's samples: from a file, drawn by hand on a page, or found on drawn faces."""

import os
import sys
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dcgan.cli.console import complain, progress_bar, say
from dcgan.cli.flags import need
from dcgan.cli.seeds import parse_seeds
from dcgan.errors import DcganError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcgan.dissection.boxes import Boxes
    from dcgan.dissection.forget import MapWeights
    from dcgan.model import Model

MOST_SHOWN = 2000  # samples on a page
DRAWN = Path("boxes.json")  # where boxes drawn by hand are kept, if no file is named


@dataclass
class Marks:
    """What the flags say of boxes.

    Raises:
        DcganError: They name no place to take boxes from, or several, or a number is out of range.
    """

    boxes: Path | None
    draw: bool
    detect: str | None
    seeds: str
    port: int
    seed: int

    def __post_init__(self) -> None:
        if self.draw and self.boxes is None:
            self.boxes = DRAWN
        if (self.boxes is None) == (self.detect is None):
            raise DcganError(
                "say where the object is: --boxes FILE, --draw, or --detect PART on a model of drawn faces"
            )
        self.looked_at = parse_seeds(self.seeds)
        need(self.seed >= 0, "--seed", "0 or more", self.seed)
        need(0 <= self.port < 65536, "--port", "0 to 65535", self.port)

    def on(self, model: "Model") -> "Boxes":
        """The boxes on samples of the model."""
        from dcgan.dissection.boxes import read_boxes

        if self.boxes is None:
            assert self.detect is not None
            return self._detected(model, self.detect)
        if self.draw:
            return self._drawn(model, self.boxes)
        return read_boxes(self.boxes, model.architecture.size, model.identity)

    def _drawn(self, model: "Model", path: Path) -> "Boxes":
        """Boxes drawn by hand on a page, kept in the file."""
        from dcgan.studio.annotation import Marking
        from dcgan.studio.server import serve

        if path.suffix.lower() != ".json" or path.is_dir():
            raise DcganError(f"--boxes {path}: --draw keeps boxes in a .json file; name one")
        if len(self.looked_at) > MOST_SHOWN:
            raise DcganError(
                f"--seeds {self.seeds}: a page shows {MOST_SHOWN:,} samples at most; the paper looked at 150"
            )
        marking = Marking(model, self.looked_at, path)
        try:
            serve(marking, _show, self.port)
        except KeyboardInterrupt:
            try:
                marking.end()
            except (DcganError, OSError) as error:
                complain(f"what was drawn is not in {path}: {error}")
            else:
                say(f"what was drawn is kept, and the same command goes on with it: {path}")
            raise
        return marking.boxes

    def _detected(self, model: "Model", part: str) -> "Boxes":
        """Boxes around what drawn faces wear, found by a detector."""
        from dcgan.dissection.detector import FACES, mark, masked_faces, train_detector

        if model.architecture.channels != 3:
            raise DcganError("--detect needs a model of RGB pictures, as drawn faces are")
        with progress_bar("drawing faces") as bar:
            pixels, masks = masked_faces(part, FACES, model.architecture.size, on_progress=bar)
        with progress_bar("training a detector") as bar:
            detector = train_detector(pixels, masks, seed=self.seed, on_progress=bar)
        found = mark(detector, model, self.looked_at)
        if not found.boxes:
            raise DcganError(f"no {part} on any of the samples --seeds {self.seeds}")
        return found


def count_of(marked: "Boxes") -> str:
    """How many boxes there are, and on how many samples that were looked at."""
    boxes, samples = len(marked.boxes), len(marked.seeds)
    return f"{boxes} {'box' if boxes == 1 else 'boxes'} on {samples} {'sample' if samples == 1 else 'samples'}"


def maps_above(weighed: "MapWeights", threshold: float) -> "NDArray[np.bool_]":
    """Which maps have a weight above the threshold (C,).

    Raises:
        DcganError: None has.
    """
    above: NDArray[np.bool_] = weighed.weights > threshold
    if not above.any():
        raise DcganError(
            f"no map of layer {weighed.layer} has a weight above --threshold {threshold:g}: the largest is "
            f"{weighed.weights.max():.2g}"
        )
    return above


def _show(address: str) -> None:
    """Tell where the page is, and open it where there is a desktop to open it on."""
    say(f"draw boxes on {address} and press Done there; Ctrl-C ends, and what was drawn is kept")
    if sys.platform in ("darwin", "win32") or "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ:
        webbrowser.open(address)
