"""The faces of one picture: found, judged and cropped. This runs in the workers."""

import math
from dataclasses import dataclass

import numpy as np

from dcgan.curation.detectors import Detection, Detector, build_detector, overlap
from dcgan.curation.face_options import FaceOptions
from dcgan.data.decode import decode_whole
from dcgan.data.items import Box, Content, Reason, Skipped
from dcgan.data.opening import Digest
from dcgan.types import Pixels

MOST_OUTSIDE = 0.2
"""Share of the crop that may lie beyond the edges of the picture, which goes on there as it ends."""
_JUDGED_SIDE = 64  # pixels, at which sharpness is measured
_FACES = 4  # of a picture, about
_VIEW, _FACE_IN_VIEW = 256, 192  # pixels: what the detector is shown again, and how large the face is in it
_LOOKS = 4
_LEVEL = 2.0  # degrees


@dataclass(frozen=True, eq=False)
class Face:
    """A face of a picture."""

    pixels: Pixels
    """(N, N, 3): the face and what is around it."""
    detection: Detection
    crop_box: Box
    """What was cropped, in the upright original; it may go beyond its edges."""
    angle: float
    """Degrees by which it was turned to bring its eyes level; counterclockwise is positive."""
    sharpness: float
    rejected: Skipped | None
    """Why it is not used; None if it is."""


@dataclass(frozen=True, eq=False)
class Faces:
    """All faces of a picture, the largest first."""

    faces: tuple[Face, ...]
    width: int
    """Of the upright original in pixels."""
    height: int


@dataclass(frozen=True)
class FindingFaces:
    """The job of the workers."""

    options: FaceOptions

    @property
    def result_bytes(self) -> int:
        """Of some faces."""
        return _FACES * 3 * self.options.size**2

    def __call__(self, content: Content) -> tuple[Faces | Skipped, Digest | None]:
        """Find the faces of a picture; never raises because of the picture."""
        picture, digest = decode_whole(content)
        if isinstance(picture, Skipped):
            return picture, digest
        height, width, _ = picture.shape
        detect = build_detector(self.options.detector, self.options.detector_model)
        found = detect(picture)
        if not found:
            return Skipped(Reason.NO_FACE, "", width, height), digest
        faces: list[Face] = []
        for one in found:
            larger = sum(face.rejected is None for face in faces)
            faces.append(_face(picture, one, larger, detect, self.options))
        return Faces(tuple(faces), width, height), digest


def _face(picture: Pixels, found: Detection, larger: int, detect: Detector, options: FaceOptions) -> Face:
    height, width, _ = picture.shape
    (x, y), side = found.middle, found.side * (1 + 2 * options.margin)
    left, top = round(x - side / 2), round(y - side / 2)
    box = (left, top, left + round(side), top + round(side))
    inside = max(0, min(box[2], width) - max(left, 0)) * max(0, min(box[3], height) - max(top, 0))
    outside = 1 - inside / round(side) ** 2
    sharp = sharpness(crop(picture, x, y, found.side, 0, _JUDGED_SIDE))
    rejected = None
    if found.score < options.least_score:
        rejected = Skipped(Reason.DOUBTFUL, f"score {found.score:.2f}")
    elif found.side < options.min_face:
        rejected = Skipped(Reason.TOO_SMALL, f"{found.side:.0f} pixels")
    elif outside > MOST_OUTSIDE:
        rejected = Skipped(Reason.CUT_OFF, f"{outside:.0%} of it lies beyond the edges")
    elif sharp < options.min_sharpness:
        rejected = Skipped(Reason.BLURRED, f"sharpness {sharp:.2f}")
    elif options.max_faces and larger >= options.max_faces:
        rejected = Skipped(Reason.MORE_FACES, f"the picture has {larger} larger")
    angle = tilt(picture, found, detect) if options.align and not rejected else 0.0
    return Face(crop(picture, x, y, side, angle, options.size), found, box, angle, sharp, rejected)


def tilt(picture: Pixels, found: Detection, detect: Detector) -> float:
    """Degrees by which a face leans, clockwise: of its eyes from level; 0 where the detector finds no eyes.

    A detector tells the eyes of a large, nearly upright face best. So it is shown the face again, enlarged and turned
    by what it saw before, until it sees it upright.
    """
    angle = 0.0
    for _ in range(_LOOKS if found.eyes else 0):
        view = crop(picture, *found.middle, found.side * _VIEW / _FACE_IN_VIEW, angle, _VIEW)
        middle = [(_VIEW - _FACE_IN_VIEW) / 2, (_VIEW - _FACE_IN_VIEW) / 2, (_VIEW + _FACE_IN_VIEW) / 2]
        seen = max(detect(view), key=lambda one: overlap(one, [*middle, middle[2]]), default=None)
        if seen is None or seen.eyes is None:
            break
        (left, top), (right, bottom) = seen.eyes
        step = math.degrees(math.atan2(bottom - top, right - left))
        angle += step
        if abs(step) < _LEVEL:
            break
    return angle


def crop(picture: Pixels, x: float, y: float, side: float, angle: float, size: int) -> Pixels:
    """A square of a picture, turned and resized.

    Args:
        picture: (H, W, 3).
        x: Its middle, in pixels from the left edge of the picture.
        y: The same downward.
        side: In pixels of the picture.
        angle: In degrees by which what is seen is turned, counterclockwise.
        size: Side of the result (size, size, 3) in pixels.
    """
    import cv2

    reach = math.ceil(side * 0.75)  # half a diagonal
    left, top = math.floor(x) - reach, math.floor(y) - reach
    rows, columns = (np.arange(start, start + 2 * reach + 1) for start in (top, left))
    region = picture[rows.clip(0, picture.shape[0] - 1)][:, columns.clip(0, picture.shape[1] - 1)]
    scale = size / side
    if scale < 0.5:  # smaller first, or else the turn would skip pixels
        half = max(1, round(len(region) * 2 * scale))
        shrink = half / len(region)
        region = cv2.resize(region, (half, half), interpolation=cv2.INTER_AREA)
    else:
        shrink = 1.0
    middle = ((x - left) * shrink - 0.5, (y - top) * shrink - 0.5)  # as an index, which counts from a pixel's center
    turn = np.asarray(cv2.getRotationMatrix2D(middle, angle, scale / shrink), np.float64)
    turn[:, 2] += (size - 1) / 2 - np.array(middle)
    turned = cv2.warpAffine(region, turn, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8)


def sharpness(pixels: Pixels) -> float:
    """How much of the contrast of a picture (H, W, 3) is between neighboring pixels; 0 where it has none."""
    import cv2

    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(cv2.Laplacian(gray, cv2.CV_32F).std() / max(float(gray.std()), 1.0))
