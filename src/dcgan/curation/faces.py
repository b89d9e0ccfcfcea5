"""From photographs to a packed set of faces, as in section 4.2 of the paper."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from PIL import Image

from dcgan.cluster import Engine
from dcgan.curation.detectors import build_detector
from dcgan.curation.face_crops import Face, Faces, FindingFaces
from dcgan.curation.face_options import FaceOptions
from dcgan.data.index_writer import Origin
from dcgan.data.items import Item, Skipped
from dcgan.data.opening import Digest, hash_pixels
from dcgan.data.packed_writer import PackedSetWriter, check_free, write_packed_set
from dcgan.data.packing import Workforce, pack
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.sources import PictureSource, open_source, place_of
from dcgan.errors import SourceError
from dcgan.figures.faces import Section, faces_figure
from dcgan.figures.labeled_grid import Tile
from dcgan.figures.notebook import html_of
from dcgan.figures.theme import THEMES, Theme
from dcgan.progress import notebook_bar
from dcgan.short_repr import ShortRepr
from dcgan.types import OnProgress
from dcgan.words import counted

_SHOWN = 36  # faces of a section of the sheet


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
        lines = [f"{counted(self.faces, 'face')} of {counted(self.pictures, 'picture')}: {self.path}"]
        for what, counts in (("faces rejected", self.rejected), ("pictures without a face or skipped", self.skipped)):
            if counts:
                reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(counts.items()))
                lines.append(f"{sum(counts.values()):,} {what}: {reasons}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return html_of(self.figure(), alt="faces that are kept, and faces that are not")


class _Packing:
    """Faces are found, judged and cropped. It counts those that are rejected, and remembers which to show.

    Shown are those that are kept with the least score, and the first that are rejected for each reason.
    """

    def __init__(self, options: FaceOptions) -> None:
        self.job = FindingFaces(options)
        self.rejected: Counter[str] = Counter()
        """Faces, by reason."""
        self.skipped: Counter[str] = Counter()
        """Pictures without a face, by reason."""
        self._kept: list[Face] = []  # the least score first, of equal ones those that came first
        self._shown: dict[str, list[Face]] = {}

    def write(self, writer: PackedSetWriter, item: Item, result: Faces | Skipped, digest: Digest | None) -> None:
        """Add the faces of a picture, or list it as skipped."""
        if isinstance(result, Skipped):
            self.skipped[str(result.reason)] += 1
            writer.skip(item, result, Origin(result.width, result.height, None, *(digest or (None, None))))
            return
        for number, face in enumerate(result.faces):
            one = _item(item, number, face)
            known = (hash_pixels(face.pixels), digest and digest.bytes)  # other faces of the picture are no copies
            origin = Origin(result.width, result.height, face.crop_box, *known)
            if face.rejected:
                reason = str(face.rejected.reason)
                self.rejected[reason] += 1
                self._show(reason, [face])
                writer.skip(one, face.rejected, origin)
            else:
                self._keep([face])
                writer.add(face.pixels, one, origin)

    def merge(self, later: Self) -> None:
        """Count and show also what another one saw."""
        self.rejected += later.rejected
        self.skipped += later.skipped
        self._keep(later._kept)
        for reason, faces in later._shown.items():
            self._show(reason, faces)

    @property
    def kept_sheet(self) -> tuple[Tile, ...]:
        """The least score first."""
        return tuple(Tile(face.pixels, f"{face.detection.score:.2f}") for face in self._kept)

    @property
    def rejected_sheet(self) -> tuple[Tile, ...]:
        """About as many for each reason."""
        each = -(-_SHOWN // max(1, len(self._shown)))
        shown = [Tile(face.pixels, why) for why, faces in sorted(self._shown.items()) for face in faces[:each]]
        return tuple(shown[:_SHOWN])

    def _keep(self, faces: Sequence[Face]) -> None:
        if len(self._kept) == _SHOWN:
            faces = [face for face in faces if face.detection.score < self._kept[-1].detection.score]
        if faces:
            self._kept = sorted([*self._kept, *faces], key=lambda face: face.detection.score)[:_SHOWN]

    def _show(self, reason: str, faces: Sequence[Face]) -> None:
        shown = self._shown.setdefault(reason, [])
        shown.extend(faces[: _SHOWN - len(shown)])


@notebook_bar("looking for faces")
def crop_faces(
    source: PictureSource,
    out: str | Path,
    options: FaceOptions | None = None,
    on_progress: OnProgress | None = None,
    *,
    source_options: PrepareOptions | None = None,
    workers: int = 0,
    engine: Engine = "local",
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
        engine: "ray" works on all machines of a Ray cluster, as for `prepare`.
        overwrite: Replace the packed set at `out`.

    Raises:
        DcganError: OpenCV is not installed, or the cluster fails, as for `prepare`.
        SourceError: The source cannot be read, or has no face that can be kept.
        PackedSetError: `out` exists, or cannot be written.
        UsageError: A value is out of its range, or the file of the detector is none.

    Example:
        >>> report = dcgan.crop_faces("photos/", "faces", dcgan.FaceOptions(size=64))
        >>> dcgan.train(report.path, "runs/faces")
    """
    began, out, options = time.monotonic(), Path(out), options or FaceOptions()
    workforce = Workforce(workers, engine)
    check_free(out, overwrite)
    build_detector(options.detector, options.detector_model)  # refused before any work
    reading = source_options or PrepareOptions(size=options.size)
    opened, place = open_source(source, reading), place_of(source, reading) if engine == "ray" else None
    packing = _Packing(options)
    with write_packed_set(out, size=options.size, channels=3, overwrite=overwrite) as writer:
        pictures = pack(writer, opened, packing, on_progress, workforce=workforce, place=place)
        if not writer.count:
            raise SourceError(_explain_none(opened.description, pictures, packing))
        writer.finish(opened.description, asdict(options), opened.ignored)
    return FacesReport(
        path=out,
        pictures=pictures,
        faces=writer.count,
        rejected=dict(packing.rejected),
        skipped=dict(packing.skipped),
        kept_sheet=packing.kept_sheet,
        rejected_sheet=packing.rejected_sheet,
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


def _explain_none(description: str, pictures: int, packing: _Packing) -> str:
    counts = (packing.rejected + packing.skipped).most_common()
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in counts)
    return f"{description}: no face that can be kept in {pictures:,} pictures: {reasons}"
