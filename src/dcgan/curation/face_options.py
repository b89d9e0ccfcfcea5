"""What faces are looked for and how they are cropped. These are flags of the command line: no heavy import here."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from dcgan.errors import UsageError

DetectorName = Literal["yunet", "haar"]
MIN_SCORES: Mapping[DetectorName, float] = MappingProxyType({"yunet": 0.8, "haar": 0.5})


@dataclass(frozen=True, kw_only=True)
class FaceOptions:
    """What faces are looked for, which are kept, and how they are cropped.

    Raises:
        UsageError: A value is out of its range; the message names the parameter and the range.
    """

    size: int = 64
    """Side of the square pictures in pixels, 8 to 1024."""
    detector: DetectorName = "yunet"
    """yunet (a small net, which finds the eyes too) or haar (OpenCV's cascade, as in the paper)."""
    detector_model: str = ""
    """File of another detector, a YuNet (.onnx) or a cascade (.xml), in place of the one that comes with dcgan."""
    min_face: int = 40
    """Reject faces whose longer side is less than this, in pixels of the original."""
    min_score: float | None = None
    """Reject faces with a lower detector score than this, 0 to 1. Default: 0.8 with yunet, 0.5 with haar."""
    min_sharpness: float = 0.15
    """Reject faces with less sharpness than this: 0 rejects none, and a sharp face has 0.3 to 1."""
    margin: float = 0.3
    """Margin to keep around the face at each side, as a share of its width, 0 to 2."""
    max_faces: int = 0
    """Largest number of faces to keep from one picture, the largest first; 0 keeps all that are not rejected."""
    align: bool = True
    """Turn each face so that its eyes are level, where the detector finds them."""

    def __post_init__(self) -> None:
        if not 8 <= self.size <= 1024:
            raise UsageError(f"`size` must be 8 to 1024 pixels, not {self.size}")
        if self.detector not in MIN_SCORES:
            raise UsageError(f"`detector` must be one of {', '.join(MIN_SCORES)}, not {self.detector!r}")
        if self.min_face < 8:
            raise UsageError(f"`min_face` must be 8 pixels or more, not {self.min_face}")
        if not 0 <= self.least_score <= 1:
            raise UsageError(f"`min_score` must be 0 to 1, not {self.min_score:g}")
        if not self.min_sharpness >= 0:
            raise UsageError(f"`min_sharpness` must be 0 or more, not {self.min_sharpness:g}")
        if not 0 <= self.margin <= 2:
            raise UsageError(f"`margin` must be 0 to 2, not {self.margin:g}")
        if self.max_faces < 0:
            raise UsageError(f"`max_faces` must be 0 (all) or more, not {self.max_faces}")

    @property
    def least_score(self) -> float:
        """`min_score`, or that of the detector."""
        return MIN_SCORES[self.detector] if self.min_score is None else self.min_score
