"""Pictures in one of DiceBear's styles, as PNG files: drawings of other kinds than the built-in faces.

    python -m benchmarks.drawn_styles avataaars drawings/avataaars --count 5000
    dcgan prepare drawings/avataaars sets/avataaars --size 64

Each style has a license of its own; nothing that is drawn here is kept in the project.
"""

import argparse
import json
from importlib.resources import files
from pathlib import Path

import resvg_py
from dicebear import Avatar, Style

from dcgan.data.drawn_faces import BACKGROUNDS


def main() -> None:
    """Draw them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("style", help="a name in the package dicebear-styles, such as avataaars, bottts, landscape")
    parser.add_argument("out", type=Path, help="folder for the pictures")
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--size", type=int, default=64, help="side in pixels")
    args = parser.parse_args()
    style = Style(json.loads((files("dicebear_styles") / f"{args.style}.json").read_text("utf-8")))
    args.out.mkdir(parents=True, exist_ok=True)
    for number in range(args.count):
        svg = Avatar(style, {"seed": str(number), "backgroundColor": BACKGROUNDS}).to_json()["svg"]
        png = resvg_py.svg_to_bytes(svg_string=svg, width=args.size, height=args.size, skip_system_fonts=True)
        (args.out / f"{number:06d}.png").write_bytes(bytes(png))


if __name__ == "__main__":
    main()
