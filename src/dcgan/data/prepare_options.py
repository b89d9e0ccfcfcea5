"""What a packed set is made with. These are flags of the command line, too: nothing heavy is imported."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dcgan.errors import UsageError

if TYPE_CHECKING:
    from dcgan.data.decode import DecodeOptions

USUAL_SIZE = 64
"""Side of the square pictures in pixels, where neither a user nor a packed set says another."""
MAX_EXPANSION = 200
"""Photographs are compressed already, and drawings shrink to a tenth: what expands further means harm."""
SHORTEST_CLIP, LONGEST_CLIP = 0.01, 60.0
"""Seconds that a clip of sound may have."""


@dataclass(frozen=True, kw_only=True)
class PrepareOptions:
    """What the pictures of a packed set are made with.

    Raises:
        UsageError: A value is out of its range; the message names the parameter and the range.
    """

    size: int | None = None
    """Side of the square pictures in pixels, 8 to 1024. Default: that of a packed set, 64 for other sources."""
    channels: int | None = None
    """1 (gray), 3 (RGB) or 4 (RGBA). Default: as in a packed set; 1 if all pictures are stored in gray, else 3."""
    background: str = "white"
    """Color behind transparent pictures, a name or #rrggbb; with 4 channels they stay transparent."""
    min_size: int = 0
    """Skip pictures whose shorter side has fewer pixels than this; 0 keeps and enlarges small ones."""
    limit: int = 0
    """Take this many pictures, chosen at random, each label with its share; 0 takes all."""
    seed: int = 0
    """Seed of the random choice of `limit` and of a split."""
    max_expansion: int = MAX_EXPANSION
    """Largest size that an archive, or a file in it, may expand to, as a multiple of its compressed size."""
    column: str = ""
    """Column of the pictures in a table, or of their paths in a list, if dcgan cannot find it by itself."""
    fps: float = 1.0
    """Frames to take from each second of a video."""
    rate: int = 0
    """Sample rate of sounds, 1,000 to 192,000 Hz; 0 uses the rate that most of them have."""
    seconds: float = 0.0
    """Length of a clip of sound, 0.01 to 60 seconds; 0 uses a length that nine in ten sounds fit in."""

    def __post_init__(self) -> None:
        if not 8 <= self.side <= 1024:
            raise UsageError(f"`size` must be 8 to 1024 pixels, not {self.size}")
        if self.channels not in (None, 1, 3, 4):
            raise UsageError(f"`channels` must be 1 (gray), 3 (RGB) or 4 (RGBA), not {self.channels}")
        for parameter, value in (("min_size", self.min_size), ("limit", self.limit)):
            if value < 0:
                raise UsageError(f"`{parameter}` must be 0 (off) or more, not {value}")
        if not 0 <= self.seed < 2**63:
            raise UsageError(f"`seed` must be 0 to 2^63 - 1, not {self.seed}")
        if self.max_expansion < 1:
            raise UsageError(f"`max_expansion` must be 1 or more, not {self.max_expansion}")
        if not 0 < self.fps <= 1000:
            raise UsageError(f"`fps` must be above 0 and at most 1000, not {self.fps:g}")
        if self.rate and not 1000 <= self.rate <= 192_000:
            raise UsageError(f"`rate` must be 1000 to 192000 Hz, or 0 for that of most sounds, not {self.rate}")
        if self.seconds and not SHORTEST_CLIP <= self.seconds <= LONGEST_CLIP:
            raise UsageError(f"`seconds` must be 0.01 to 60, or 0 for a length found by dcgan, not {self.seconds:g}")
        self.decoding()

    @property
    def side(self) -> int:
        """`size`, or the usual one where that is left open."""
        return USUAL_SIZE if self.size is None else self.size

    def decoding(self) -> "DecodeOptions":
        """The options that concern a single picture."""
        from PIL import ImageColor

        from dcgan.data.decode import DecodeOptions

        try:
            red, green, blue = ImageColor.getrgb(self.background)[:3]
        except ValueError as error:
            raise UsageError(f"`background` must be a color's name or #rrggbb, not {self.background!r}") from error
        return DecodeOptions(self.side, self.channels, (red, green, blue), self.min_size)
