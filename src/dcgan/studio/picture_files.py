"""Pictures and latent vectors as the studio sends them: to be shown, or as files to keep."""

import io
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from starlette.responses import Response

from dcgan.errors import UsageError
from dcgan.files import folder_name
from dcgan.latent.files import write_latents
from dcgan.model import Model
from dcgan.types import Latents, Pixels

KEPT = {"Cache-Control": "private, max-age=86400, immutable"}
"""Headers of an answer that never changes: the browser asks for it once."""
MOST_SIDE = 4096
"""Pixels of a side of a picture in a file."""
MOST_PIXELS = 1 << 26
"""Pixels of all pictures of a file."""
_TYPES = {
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "zip": "application/zip",
    "wav": "audio/wav",
    "npz": "application/octet-stream",
}


def shown(pixels: Pixels, largest: int = MOST_SIDE) -> bytes:
    """Pictures (N, H, W, C), one below another, as a PNG that is made quickly.

    Those with a side above `largest` are made smaller by a whole number.
    """
    step = -(-pixels.shape[1] // largest)
    side = pixels.shape[1] // step * step
    rows = pixels[:, :side, :side].reshape(-1, side, pixels.shape[3])
    image = Image.fromarray(rows[..., 0] if rows.shape[-1] == 1 else rows)
    memory = io.BytesIO()
    (image.reduce(step) if step > 1 else image).save(memory, "PNG", compress_level=1)
    return memory.getvalue()


def check_scale(model: Model, count: int, scale: int) -> None:
    """Refuse pictures that are too large for a file.

    Args:
        model: Draws them.
        count: How many.
        scale: How many times each is enlarged.

    Raises:
        UsageError: A side has more than 4,096 pixels, or all have more than 67 million together.
    """
    if not 1 <= scale <= MOST_SIDE // model.size:
        raise UsageError(f"scale must be 1 to {MOST_SIDE // model.size}, not {scale}")
    side = scale * model.size
    if count * side * side > MOST_PIXELS:
        raise UsageError(f"{count} pictures of {side} x {side} pixels are too many for a file: take a smaller size")


def latents_file(model: Model, z: Latents, pixels: Pixels, seeds: Sequence[int] | None = None) -> bytes:
    """Latent vectors as verbs read them (.npz); see `dcgan.latent.files.write_latents`."""
    with TemporaryDirectory(prefix="dcgan-studio-") as folder:
        path = Path(folder) / "latents.npz"
        write_latents(path, model, z, pixels, seeds)
        return path.read_bytes()


def attachment(content: bytes, model: str, what: str, suffix: str) -> Response:
    """A file that the browser saves under the names of its model and of what is in it: "runs-photos-seed-3.png"."""
    name = f"{folder_name(model.replace('/', '-'))}-{what}.{suffix}"
    quoted = name.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_")
    headers = {"Content-Disposition": f'attachment; filename="{quoted}"'}
    return Response(content, media_type=_TYPES[suffix], headers=headers)
