"""What memory `dcgan prepare` takes at its peak, for few pictures and for many.

    python -m benchmarks.memory                  # 10,000 and 100,000 pictures
    python -m benchmarks.memory --counts 1000 5000

The pictures are 200 different JPEG files (256 × 192), each under many names. The peak is that of the largest process,
workers included, as the operating system counts it.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.prepare import make_photos

DIFFERENT = 200  # files


def fill(folder: Path, photos: list[Path], count: int) -> None:
    """Give the photos `count` names, in sub-folders of a thousand."""
    for number in range(count):
        subfolder = folder / f"{number // 1000:03}"
        subfolder.mkdir(parents=True, exist_ok=True)
        os.link(photos[number % len(photos)], subfolder / f"{number:06}.jpg")


def main() -> None:
    """Prepare sets of growing size, and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--size", type=int, default=64)
    arguments = parser.parse_args()
    print(f"{'pictures':>10}{'seconds':>10}{'peak so far, MiB':>20}")
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "photos").mkdir()
        make_photos(root / "photos", DIFFERENT, 256, 192)
        photos = sorted((root / "photos").iterdir())
        for count in sorted(arguments.counts):
            fill(root / f"{count}", photos, count)
            began = time.perf_counter()
            words = ["prepare", f"{root / str(count)}", f"{root / str(count)}-packed", "--size", f"{arguments.size}"]
            subprocess.run([sys.executable, "-m", "dcgan", *words], check=True, capture_output=True)
            seconds = time.perf_counter() - began
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024  # of the largest child ever waited for
            print(f"{count:>10,}{seconds:>10.1f}{peak:>20.0f}", flush=True)


if __name__ == "__main__":
    main()
