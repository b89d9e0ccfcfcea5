"""From photographs to a packed set of faces, as in section 4.2 of the paper."""

import heapq
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from PIL import Image

from dcgan.curation.detectors import build_detector
from dcgan.curation.face_crops import Face, FindingFaces
from dcgan.curation.face_options import FaceOptions
from dcgan.data.items import Item, Skipped
from dcgan.data.packed_writer import Origin, check_free, write_packed_set
from dcgan.data.prepare import check_workers
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.sources import PictureSource, open_source
from dcgan.data.workers import work_on_all
from dcgan.errors import SourceError
from dcgan.figures.faces import Section, faces_figure
from dcgan.figures.labeled_grid import Tile
from dcgan.figures.notebook import html_of
from dcgan.figures.theme import THEMES, Theme
from dcgan.progress import notebook_bar
from dcgan.short_repr import ShortRepr
from dcgan.types import OnProgress

_SHOWN = 36  # faces of a section of the sheet
_SECONDS_BETWEEN_PROGRESS = 0.1


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FacesReport(ShortRepr):
    """What became of a source: a packed set of the faces that are kept.

    Attributes:
        path: The packed set.
        pictures: How many pictures the source has.
        faces: How many faces are kept.
        rejected: How many faces are not, by reason.
        skipped: How many pictures gave none at all, by reason.
        kept_sheet: Some of those that are kept: of which the detector is least sure.
        rejected_sheet: Some of those that are not.
        seconds: How long it took.
    """

    path: Path
    pictures: int
    faces: int
    rejected: Mapping[str, int]
    skipped: Mapping[str, int]
    kept_sheet: tuple[Tile, ...]
    rejected_sheet: tuple[Tile, ...]
    seconds: float

    def facts(self) -> dict[str, object]:
        """The result as JSON has it."""
        return {
            "path": str(self.path),
            "pictures": self.pictures,
            "faces": self.faces,
            "rejected": dict(self.rejected),
            "skipped": dict(self.skipped),
            "seconds": round(self.seconds, 2),
        }

    def figure(self, theme: Theme = THEMES["light"]) -> Image.Image:
        """Faces that are kept, those first of which the detector is least sure; and faces that are not."""
        total = sum(self.rejected.values())
        sections = (
            Section(f"{len(self.kept_sheet)} of {self.faces:,} faces kept, the least sure first", self.kept_sheet),
            Section(f"{len(self.rejected_sheet)} of {total:,} faces rejected", self.rejected_sheet),
        )
        return faces_figure(sections, theme)

    def __str__(self) -> str:
        lines = [f"{self.faces:,} faces of {self.pictures:,} pictures: {self.path}"]
        for what, counts in (("faces rejected", self.rejected), ("pictures without a face or skipped", self.skipped)):
            if counts:
                reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(counts.items()))
                lines.append(f"{sum(counts.values()):,} {what}: {reasons}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return html_of(self.figure(), alt="faces that are kept, and faces that are not")


class _Sheets:
    """The faces to show: those that are kept with the least score, and the first that are rejected for each reason."""

    def __init__(self) -> None:
        self._kept: list[tuple[float, int, Face]] = []  # a heap: the highest score is the first to go
        self._rejected: dict[str, list[Face]] = {}
        self._seen = 0

    def keep(self, face: Face) -> None:
        """Show it, if its score is low."""
        self._seen += 1
        entry = (-face.detection.score, -self._seen, face)
        if len(self._kept) < _SHOWN:
            heapq.heappush(self._kept, entry)
        else:
            heapq.heappushpop(self._kept, entry)

    def reject(self, face: Face, why: Skipped) -> None:
        """Show it, if it is one of the first."""
        faces = self._rejected.setdefault(str(why.reason), [])
        if len(faces) < _SHOWN:
            faces.append(face)

    @property
    def kept(self) -> tuple[Tile, ...]:
        """The least score first."""
        ordered = sorted(self._kept, key=lambda entry: (-entry[0], -entry[1]))
        return tuple(Tile(face.pixels, f"{face.detection.score:.2f}") for _, _, face in ordered)

    @property
    def rejected(self) -> tuple[Tile, ...]:
        """About as many for each reason."""
        each = -(-_SHOWN // max(1, len(self._rejected)))
        shown = [Tile(face.pixels, why) for why, faces in sorted(self._rejected.items()) for face in faces[:each]]
        return tuple(shown[:_SHOWN])


@notebook_bar("looking for faces")
def crop_faces(
    source: PictureSource,
    out: str | Path,
    options: FaceOptions | None = None,
    on_progress: OnProgress | None = None,
    *,
    source_options: PrepareOptions | None = None,
    workers: int = 0,
    overwrite: bool = False,
) -> FacesReport:
    """Make a packed set of the faces in photographs: found, judged, turned until their eyes are level, and cropped.

    Every face has a row in the index, with the box and the score of the detector, its sharpness and its angle among the
    attributes, and the reason if it is rejected. If it fails or is stopped, `out` is as it was before.

    Args:
        source: Pictures from anywhere, as for `prepare`; not a packed set, whose pictures are cropped already.
        out: Folder of the packed set to make.
        options: What is looked for and how it is cropped.
        on_progress: Called with (pictures done, pictures in all).
        source_options: How the source is read: `fps` of videos, `column` of tables.
        workers: How many processes; 0: one for each core.
        overwrite: Replace the packed set at `out`.

    Raises:
        DcganError: OpenCV is not installed.
        SourceError: The source cannot be read, or has no face that can be kept.
        PackedSetError: `out` exists, or cannot be written.
        UsageError: A value is out of its range, or the file of the detector is none.

    Example:
        >>> report = dcgan.crop_faces("photos/", "faces", dcgan.FaceOptions(size=64))
        >>> dcgan.train(report.path, "runs/faces")
    """
    began, out, options = time.monotonic(), Path(out), options or FaceOptions()
    check_workers(workers)
    check_free(out, overwrite)
    build_detector(options.detector, options.detector_model)  # refused before any work
    opened = open_source(source, source_options or PrepareOptions(size=options.size))
    rejected: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    sheets, done, reported_at = _Sheets(), 0, 0.0
    with (
        write_packed_set(out, size=options.size, channels=3, overwrite=overwrite) as writer,
        closing(work_on_all(opened, FindingFaces(options), workers)) as results,
    ):
        for done, (item, (result, digest)) in enumerate(results, 1):
            known = digest or (None, None)
            if isinstance(result, Skipped):
                skipped[str(result.reason)] += 1
                writer.skip(item, result, Origin(result.width, result.height, None, *known))
            else:
                for number, face in enumerate(result.faces):
                    one = _item(item, number, face)
                    origin = Origin(result.width, result.height, face.crop_box, *known)
                    if face.rejected:
                        rejected[str(face.rejected.reason)] += 1
                        sheets.reject(face, face.rejected)
                        writer.skip(one, face.rejected, origin)
                    else:
                        sheets.keep(face)
                        writer.add(face.pixels, one, origin)
            if on_progress and time.monotonic() - reported_at > _SECONDS_BETWEEN_PROGRESS:
                reported_at = time.monotonic()
                on_progress(done, max(opened.total, done))
        if not writer.count:
            raise SourceError(_explain_none(opened.description, done, rejected, skipped))
        if on_progress:
            on_progress(done, done)
        writer.finish(opened.description, asdict(options), opened.ignored)
    return FacesReport(
        path=out,
        pictures=done,
        faces=writer.count,
        rejected=dict(rejected),
        skipped=dict(skipped),
        kept_sheet=sheets.kept,
        rejected_sheet=sheets.rejected,
        seconds=time.monotonic() - began,
    )


def _item(item: Item, number: int, face: Face) -> Item:
    """A face of a picture, as the index has it."""
    found = face.detection
    attributes = {
        "face": " ".join(f"{edge:.1f}" for edge in found[:4]),
        "score": f"{found.score:.3f}",
        "sharpness": f"{face.sharpness:.3f}",
        "angle": f"{face.angle:.1f}",
    }
    return replace(item, name=f"{item.name}#{number}", attributes={**item.attributes, **attributes})


def _explain_none(description: str, pictures: int, rejected: Counter[str], skipped: Counter[str]) -> str:
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in (rejected + skipped).most_common())
    return f"{description}: no face that can be kept in {pictures:,} pictures: {reasons}"
