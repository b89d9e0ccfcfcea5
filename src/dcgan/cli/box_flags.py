"""Flags of the verbs that edit a layer: where the object is, and which of the layer's maps draw it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from dcgan.cli.console import complain, progress_bar, say
from dcgan.cli.flags import Switch, need
from dcgan.cli.pages import show_page
from dcgan.cli.seeds import parse_seeds
from dcgan.errors import DcganError, UsageError
from dcgan.words import counted

if TYPE_CHECKING:
    from dcgan.dissection.boxes import Boxes
    from dcgan.model import Model

MOST_SHOWN = 2000  # samples on a page
DEFAULT_FILE = Path("boxes.json")  # of --annotate

Layer = Annotated[
    int | None,
    Parameter(
        help="Hidden layer of the generator, counted from 0 (the stem). Default: the second highest, as in the paper."
    ),
]
"""For `layer: Layer = None`."""

NegativesFlag = Annotated[
    Literal["random", "matched"],
    Parameter(
        help="Positions outside the boxes that the regression takes as negatives: random, as in the paper, or matched, "
        "the same positions of samples that have no box there."
    ),
]
"""For `negatives: NegativesFlag = "random"`."""


@Parameter(name="*")
@dataclass(frozen=True)
class BoxFlags:
    """Where the object is: in a file, drawn by hand on a page, or found by a detector."""

    boxes: Annotated[
        Path | None,
        Parameter(
            help="Boxes around the object: .csv with seed, left, top, right, bottom in pixels; .json, a list of the "
            "same; or COCO's .json, with seeds in the file names. With --annotate, the .json that it saves to: "
            "boxes.json."
        ),
    ] = None
    annotate: Annotated[
        bool, Switch, Parameter(help="Open a page to draw boxes by hand, or to go on with those of --boxes.")
    ] = False
    detect: Annotated[
        str | None,
        Parameter(
            help="In place of --boxes, for a model of drawn faces: glasses, hat, beard or accessories, found by a "
            "detector that is trained on exact masks in a minute."
        ),
    ] = None
    seeds: Annotated[
        str | None, Parameter(help="Samples that --annotate shows or --detect looks at. Default: 0-149.")
    ] = None
    port: Annotated[
        int, Parameter(help="Port of the --annotate page, which only this machine can open. Default: any free port.")
    ] = 0

    @property
    def file(self) -> Path | None:
        """Where the boxes are, or are saved to; None for a detector."""
        return DEFAULT_FILE if self.annotate and self.boxes is None else self.boxes

    def check(self) -> None:
        """Refuse flags that contradict each other, before any work.

        Raises:
            UsageError: They name no way to get boxes, or several, or a value is out of its range.
        """
        if (self.file is None) == (self.detect is None):
            raise UsageError(
                "say where the object is: --boxes FILE, --annotate, or --detect PART on a model of drawn faces"
            )
        if self.seeds is not None and not self.annotate and self.detect is None:
            raise UsageError("--seeds are the samples that --annotate shows or --detect looks at: leave --seeds out")
        looked_at = self._samples()
        need(0 <= self.port < 65536, "--port", "0 to 65535", self.port)
        if self.annotate and self.file is not None:
            if self.file.suffix.lower() != ".json" or self.file.is_dir():
                raise UsageError(f"--boxes {self.file}: --annotate saves boxes in a .json file; name one")
            if len(looked_at) > MOST_SHOWN:
                raise UsageError(
                    f"--seeds {self.seeds}: a page shows {MOST_SHOWN:,} samples at most; the paper looked at 150"
                )

    def boxes_on(self, model: "Model", seed: int) -> "Boxes":
        """The boxes on samples of the model, from wherever the flags say."""
        from dcgan.dissection.boxes import boxes_of
        from dcgan.dissection.detector import detect

        if self.file is None:
            assert self.detect is not None
            with progress_bar("training a detector") as bar:
                return detect(model, self.detect, self._samples(), seed=seed, on_progress=bar)
        return self._annotated(model, self.file) if self.annotate else boxes_of(model, self.file)

    def _samples(self) -> list[int]:
        """Those to look at for the object; the paper looked at 150."""
        return parse_seeds("0-149" if self.seeds is None else self.seeds)

    def _annotated(self, model: "Model", file: Path) -> "Boxes":
        """Boxes drawn by hand on a page, saved in the file with each change."""
        from dcgan.studio.annotation import Annotation
        from dcgan.studio.server import serve

        annotation = Annotation(model, self._samples(), file)
        try:
            serve(annotation, show_page("draw boxes"), self.port)
        except KeyboardInterrupt:
            try:
                annotation.end()
            except (DcganError, OSError) as error:
                complain(f"the boxes are not in {file}: {error}")
            else:
                say(f"the boxes are saved in {file}; the same command goes on with them")
            raise
        return annotation.boxes


def count_of(boxes: "Boxes") -> str:
    """How many boxes there are, and on how many samples that were looked at."""
    return f"{counted(len(boxes.boxes), 'box')} on {counted(len(boxes.seeds), 'sample')}"
