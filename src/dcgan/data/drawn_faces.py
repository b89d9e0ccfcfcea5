"""Built-in faces, drawn at the moment they are asked for: no download, and every attribute of every face is known.

The style is "Pixel Art" by DiceBear (CC0), 16 × 16 units. Its drawing library is the extra "demo".
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from dcgan.data.items import Item
from dcgan.data.kinds import Candidate, SourceKind
from dcgan.errors import SourceError, UsageError

if TYPE_CHECKING:
    from dicebear import Style

WORN = ("accessories", "beard", "glasses", "hat")
"""What a face may have or lack. Everything else it always has."""

_UNITS = 16  # the style's grid: sizes that are multiples of it have sharp edges
_MAX_SIZE = 1024
_ALWAYS = ("clothes", "eyes", "hair", "mouth")
_COLORED = ("accessories", "glasses", "hat", *_ALWAYS)  # a beard has the color of the hair
_OVER_EARS = ("long02", "long03", "long13")  # hair that would hide the accessories, which are earrings
BACKGROUNDS = [
    "#7cc6e8",  # sky
    "#a5dfc0",  # mint
    "#fff1a8",  # lemon
    "#f7b7cd",  # rose
    "#bba7e3",  # lavender
    "#f3f1ec",  # paper
    "#4f7a94",  # slate
    "#2b3350",  # night
]
_OPTIONS: dict[str, object] = {
    "backgroundColor": BACKGROUNDS,
    # Often enough to be learned from some thousand faces; the style's own are 10, 5, 20 and 5.
    "accessoriesProbability": 25,
    "beardProbability": 20,
    "glassesProbability": 50,
    "hatProbability": 33,
}


@dataclass(frozen=True)
class DrawnFaces:
    """A source of faces drawn one by one, about a thousand a second: face i of a seed is always the same picture.

    The label of a face is "glasses" or "no glasses". Its attributes are what was drawn:

    - `accessories`, `beard`, `glasses`, `hat`: the variant, such as "dark04", or "none";
    - `clothes`, `eyes`, `hair`, `mouth`: the variant, such as "long12" or "happy03";
    - `hair_length` ("long", "short") and `mood` ("happy", "sad"): the same in one word;
    - `background`, `skin`, `clothes_color`, `eyes_color`, `hair_color` (the beard's too), `mouth_color`, and
      `accessories_color`, `glasses_color`, `hat_color`: "#rrggbb", or "none" where the thing is not there.

    What a face wears is always to be seen in the picture; it may hide something else, as a hat does most hair.

    Raises:
        UsageError: A number is out of range.
        SourceError: The drawing library is not installed.
    """

    count: int = 10_000
    """How many faces, 1 or more."""
    size: int = 32
    """Side of the pictures in pixels, 16 to 1024; edges are sharp where it is a multiple of 16."""
    seed: int = 0
    """Names the set: another seed, other faces."""

    def __post_init__(self) -> None:
        if self.count < 1:
            raise UsageError(f"`count` of drawn faces must be 1 or more, not {self.count}")
        if not _UNITS <= self.size <= _MAX_SIZE:
            raise UsageError(f"`size` of drawn faces must be {_UNITS} to {_MAX_SIZE} pixels, not {self.size}")
        _style()

    @property
    def description(self) -> str:
        """What it is, for messages."""
        return f"built-in drawn faces (seed {self.seed})"

    @property
    def total(self) -> int:
        """How many faces it yields."""
        return self.count

    @property
    def ignored(self) -> Mapping[str, int]:
        """Nothing is ignored."""
        return {}

    def __iter__(self) -> Iterator[Item]:
        """The faces in order, each drawn when it is its turn."""
        return map(self.face, range(self.count))

    def face(self, index: int, *, without: Collection[str] = ()) -> Item:
        """Draw one face.

        Args:
            index: Which face, 0 or more. It does not depend on `count`.
            without: Things of `WORN` to leave off this face, all else being equal: the true answer to what a model
                makes of "the same person without glasses".

        Returns:
            An item with a PNG of (size, size, 4), opaque.

        Raises:
            ValueError: `without` names something that is always there.
        """
        if unknown := set(without) - set(WORN):
            raise ValueError(f"cannot leave off {', '.join(sorted(unknown))}: only {', '.join(WORN)}")
        import resvg_py

        svg, attributes = _draw(f"{self.seed}-{index}", {f"{name}Probability": 0 for name in without})
        png = resvg_py.svg_to_bytes(svg_string=svg, width=self.size, height=self.size, skip_system_fonts=True)
        label = "no glasses" if attributes["glasses"] == "none" else "glasses"
        return Item(f"face-{index:06d}.png", bytes(png), label, attributes)


@cache
def _style() -> "Style":
    try:
        import resvg_py  # noqa: F401  needed to draw; asked for here so that its lack shows before the first face
        from dicebear import Style

        definition = (files("dicebear_styles") / "pixel-art.json").read_text("utf-8")
    except ImportError as error:
        raise SourceError("the built-in faces need the extra: pip install 'dcgan[demo]'") from error
    return Style(json.loads(definition))


def _draw(seed: str, forced: Mapping[str, object]) -> tuple[str, dict[str, str]]:
    """One face as SVG, and what was drawn. Each choice depends on the seed and its own name only, not on the others."""
    from dicebear import Avatar

    drawn = Avatar(_style(), {"seed": seed, **_OPTIONS, **forced}).to_json()
    svg: str = drawn["svg"]
    picked: dict[str, object] = drawn["options"]
    attributes = {name: str(picked.get(f"{name}Variant", "none")) for name in (*WORN, *_ALWAYS)}
    if attributes["hair"] in _OVER_EARS and attributes["accessories"] != "none":
        return _draw(seed, {**forced, "accessoriesProbability": 0})
    attributes["hair_length"] = attributes["hair"].rstrip("0123456789")
    attributes["mood"] = attributes["mouth"].rstrip("0123456789")
    for thing in ("background", "skin"):
        attributes[thing] = _color(picked, thing)
    for thing in _COLORED:
        attributes[f"{thing}_color"] = _color(picked, "clothing" if thing == "clothes" else thing)
    return svg, attributes


def _color(picked: Mapping[str, object], name: str) -> str:
    """The one color that the style picked for `name`: none for what it did not draw."""
    colors = picked.get(f"{name}Color")
    return str(colors[0]) if isinstance(colors, list) else "none"


def _open(candidate: Candidate) -> DrawnFaces:
    size = max(candidate.options.side, _UNITS)
    if not candidate.parameter:
        return DrawnFaces(size=size)
    count, _, seed = candidate.parameter.partition(":")
    if not count.isdecimal() or int(count) == 0 or not (seed or "0").isdecimal():
        raise UsageError(
            f"{candidate.given}: write drawn-faces:COUNT or drawn-faces:COUNT:SEED, where both are whole numbers"
        )
    return DrawnFaces(int(count), size, int(seed or 0))


DRAWN_FACES = SourceKind(lambda candidate: candidate.name == "drawn-faces", _open)
