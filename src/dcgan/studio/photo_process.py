"""The program that opens a stranger's photograph, in a process of its own: shows it, or fills what is missing of it.

    show PHOTO OUT                                  writes it as PNG, upright and in sRGB
    square PHOTO OUT SIZE CHANNELS                  writes its center as PNG, as a model of that size learns from it
    fill PHOTO OUT MODEL MASK ANSWERS DEVICE [LEFT TOP SIDE]
                                                    writes answer-1.png, ... into the folder OUT, the best first

It prints lines of JSON: how far it is, then what it made, or an error.
"""

import sys
from pathlib import Path

from PIL import Image

from dcgan.data.decode import DecodeOptions, decode_content, decode_whole
from dcgan.data.items import Skipped
from dcgan.errors import NoUsablePictureError
from dcgan.figures.sheets import save_picture
from dcgan.latent.regions import Region, region_for
from dcgan.studio.child import errors_said, say
from dcgan.studio.mask_drawing import parse_mask
from dcgan.types import Pixels

MOST_PIXELS = 40_000_000
"""Of a photograph: the page holds its mask in memory, and a copy of it for each stroke."""


def read_photo(path: Path) -> Pixels:
    """A photograph (H, W, C) in its full size, upright, in sRGB, with 1, 3 or 4 channels.

    Raises:
        NoUsablePictureError: It cannot be read, or has too many pixels.
    """
    pixels, _ = decode_whole(path, None)
    if isinstance(pixels, Skipped):
        raise NoUsablePictureError(f"this picture cannot be read: {pixels}")
    height, width = pixels.shape[:2]
    if height * width > MOST_PIXELS:
        raise NoUsablePictureError(
            f"this picture has {height * width / 1e6:.0f} million pixels, and {MOST_PIXELS // 10**6} million can be "
            "painted on: make it smaller first"
        )
    return pixels


def show(photo: Path, out: Path) -> dict[str, object]:
    """Write a photograph as PNG; return its size."""
    pixels = read_photo(photo)
    image = _image(pixels)
    image.save(out, "PNG", compress_level=1)
    return {"width": image.width, "height": image.height}


def square(photo: Path, out: Path, size: int, channels: int) -> dict[str, object]:
    """Write the center square of a photograph as a PNG of `size` x `size` pixels; return its size."""
    decoded, _ = decode_content(photo, DecodeOptions(size, channels))
    if isinstance(decoded, Skipped):
        raise NoUsablePictureError(f"this picture cannot be read: {decoded}")
    _image(decoded.pixels).save(out, "PNG", compress_level=1)
    return {"width": size, "height": size}


def fill(
    photo: Path, out: Path, model: str, mask: Path, answers: int, device: str, region: Region | None = None
) -> dict[str, object]:
    """Fill a photograph, and write the answers; return how many, and the region that the model saw."""
    pixels = read_photo(photo)
    missing = parse_mask(mask.read_bytes(), pixels.shape[:2])
    if region is not None and missing.any():
        region_for(missing, region)
    import torch  # what cannot be filled is refused before this has taken its seconds

    from dcgan.device import free_threads
    from dcgan.latent.inpaint import InpaintOptions, inpaint
    from dcgan.loading import load

    torch.set_num_threads(free_threads())
    options = InpaintOptions(starts=max(answers, InpaintOptions().starts))
    found = inpaint(
        load(model, device),
        [pixels],
        [missing],
        options,
        answers=answers,
        regions=[region],
        names=["this picture"],
        on_progress=lambda done, total: say(done=done, total=total),
    ).pictures[0]
    for answer in range(answers):
        save_picture(_image(found.filled(answer)), out / f"answer-{answer + 1}.png")
    return {"answers": answers, "region": found.region}


def main() -> None:
    """Do what the words of the command say."""
    verb, photo, out, *rest = sys.argv[1:]
    with errors_said():
        if verb == "show":
            say(**show(Path(photo), Path(out)))
        elif verb == "square":
            size, channels = map(int, rest)
            say(**square(Path(photo), Path(out), size, channels))
        else:
            model, mask, answers, device, *chosen = rest
            region = Region(*map(int, chosen)) if chosen else None
            say(**fill(Path(photo), Path(out), model, Path(mask), int(answers), device, region))


def _image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


if __name__ == "__main__":
    main()
