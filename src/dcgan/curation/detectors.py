"""Detectors of faces: YuNet, a net of 76,000 weights (Wu, Peng and Yu 2023), and the cascade of Viola and Jones.

Both are run by OpenCV. YuNet comes with this package; the cascade, which the paper used, with OpenCV. YuNet sees faces
of 10 to 300 pixels: it is shown a smaller copy of large pictures as well.
"""

from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dcgan.errors import DcganError, UsageError
from dcgan.types import Pixels

YUNET = Path(__file__).with_name("yunet") / "face_detection_yunet_2023mar.onnx"
CASCADE = "haarcascade_frontalface_alt2.xml"
LARGEST_SIDE, SMALL_SIDE = 1280, 320
"""Pixels of the longer side that a picture is searched at: what is larger is made smaller. Then once more, small."""
WINDOWS = 10
"""How many windows of the cascade must agree on a face for a score of 0.5."""
_FEWEST_SCORE = 0.3  # what YuNet is less sure of is no face, not even a doubtful one
_OVERLAP = 0.3  # intersection over union of two finds of one face


class Detection(NamedTuple):
    """A face, in pixels of the picture."""

    left: float
    top: float
    right: float
    bottom: float
    score: float
    """How sure the detector is, 0 to 1."""
    eyes: tuple[tuple[float, float], tuple[float, float]] | None
    """(x, y) of the eye at the left of the picture and of that at the right; None if it does not find them."""

    @property
    def middle(self) -> tuple[float, float]:
        """(x, y) of the middle of its box."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def side(self) -> float:
        """Of the larger side of its box, in pixels."""
        return max(self.right - self.left, self.bottom - self.top)


Detector = Callable[[Pixels], list[Detection]]
"""Finds the faces of a picture (H, W, 3), the largest first."""


@cache
def build_detector(name: str, model: str = "") -> Detector:
    """Build a detector, once in a process.

    Args:
        name: "yunet" or "haar".
        model: Its file, where it is not the usual one.

    Raises:
        DcganError: OpenCV is not installed.
        UsageError: The file is not one of a detector of this kind.
    """
    if find_spec("cv2") is None:
        raise DcganError("looking for faces needs OpenCV: pip install 'dcgan[faces]'")
    if model and not Path(model).is_file():
        raise UsageError(f"`detector_model` {model}: there is no such file")
    return _yunet(model or str(YUNET)) if name == "yunet" else _haar(model)


def _yunet(model: str) -> Detector:
    import cv2

    try:
        net = cv2.FaceDetectorYN.create(model, "", (SMALL_SIDE, SMALL_SIDE), _FEWEST_SCORE, _OVERLAP)
    except cv2.error as error:
        raise UsageError(f"`detector_model` {model} is not a YuNet model: {error.err or error}") from error

    def search(picture: Pixels, side: int) -> list[Detection]:
        scale = min(1.0, side / max(picture.shape[:2]))
        small = _resized(picture, scale)
        net.setInputSize(small.shape[1::-1])
        _, rows = net.detect(cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
        found = []
        for row in [] if rows is None else (rows / [*[scale] * 14, 1]).tolist():
            left, top, width, height, *points, score = row
            eyes = sorted([(points[0], points[1]), (points[2], points[3])])
            found.append(Detection(left, top, left + width, top + height, score, (eyes[0], eyes[1])))
        return found

    def detect(picture: Pixels) -> list[Detection]:
        found = search(picture, LARGEST_SIDE)
        if max(picture.shape[:2]) > 2 * SMALL_SIDE:
            found += search(picture, SMALL_SIDE)
        return _distinct([face for face in found if _is_possible(face, picture)])

    return detect


def _is_possible(face: Detection, picture: Pixels) -> bool:
    """Whether a face has a size and lies in the picture: in very thin pictures YuNet finds anything, and NaN."""
    height, width, _ = picture.shape
    is_inside = face.left < width and face.right > 0 and face.top < height and face.bottom > 0
    sides = face.right - face.left, face.bottom - face.top
    return is_inside and min(sides) >= 1 and max(sides) <= 2 * max(height, width) and bool(np.isfinite(face[:5]).all())


def _haar(model: str) -> Detector:
    import cv2

    cascade = cv2.CascadeClassifier()
    try:
        loaded = cascade.load(model or str(Path(cv2.__file__).parent / "data" / CASCADE))
    except (cv2.error, SystemError):
        loaded = False
    if not loaded:
        raise UsageError(f"`detector_model` {model} is not an OpenCV cascade (.xml)")

    def detect(picture: Pixels) -> list[Detection]:
        scale = min(1.0, LARGEST_SIDE / max(picture.shape[:2]))
        gray = cv2.equalizeHist(cv2.cvtColor(_resized(picture, scale), cv2.COLOR_RGB2GRAY))
        boxes, windows = cascade.detectMultiScale2(gray, 1.1, 3)
        found = []
        for (left, top, width, height), count in zip(np.divide(boxes, scale).tolist(), windows, strict=True):
            score = float(count / (count + WINDOWS))
            found.append(Detection(left, top, left + width, top + height, score, None))
        return _distinct(found)

    return detect


def _resized(picture: Pixels, scale: float) -> Pixels:
    import cv2

    if scale == 1:
        return picture
    height, width = (max(1, round(side * scale)) for side in picture.shape[:2])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _distinct(found: Sequence[Detection]) -> list[Detection]:
    """Each face once, by the find of the highest score; the largest first."""
    kept: list[Detection] = []
    for face in sorted(found, key=lambda face: -face.score):
        if all(overlap(face, other) < _OVERLAP for other in kept):
            kept.append(face)
    return sorted(kept, key=lambda face: (-face.side, face.left, face.top))


def overlap(one: Sequence[object], other: Sequence[object]) -> float:
    """Intersection over union of two boxes, 0 to 1: each begins with left, top, right, bottom."""
    (left, top, right, bottom), (x0, y0, x1, y1) = np.array([one[:4], other[:4]], float)
    shared = max(0.0, min(right, x1) - max(left, x0)) * max(0.0, min(bottom, y1) - max(top, y0))
    return float(shared / ((right - left) * (bottom - top) + (x1 - x0) * (y1 - y0) - shared))
