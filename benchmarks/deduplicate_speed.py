"""Time and memory of `dcgan dedup` by the number of pictures, beside the perceptual hash of imagededup.

    python -m benchmarks.deduplicate_speed --counts 1000 10000 100000 --imagededup hashes/bin/python
    python -m benchmarks.deduplicate_speed --counts 1000000
    python -m benchmarks.deduplicate_speed --counts 10000 1000000 --copies 1000

The pictures are generated: clouds of all sizes with the spectrum of photographs, no two alike. Up to 100,000 of them
are JPEGs of 64 x 64 in a folder, more are an array file. With `--copies` the last ones are the first ones again, and
cropped by 5 %: the number found tells how many are missed among so many. Each run is a process of its own. Its memory
is given twice: at its peak with mapped files, which the system can drop at any time, and at its peak without them.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from dcgan.types import Pixels

MOST_FILES = 100_000
AT_ONCE = 1000
OURS = """
import sys, time
from dcgan.curation.deduplicate import deduplicate
phases, since = {}, [time.monotonic(), "preparing"]
def begin(name):
    now = time.monotonic()
    phases[since[1]] = round(now - since[0], 1)
    since[:] = now, name
found = deduplicate(sys.argv[1], sys.argv[2], size=int(sys.argv[3]), on_phase=begin)
begin("")
print(phases, found.pictures - found.kept, "found")
"""
THEIRS = """
import sys, time
from imagededup.methods import PHash
began = time.monotonic()
hashes = PHash(verbose=False)
encodings = hashes.encode_images(sys.argv[1])
encoded = time.monotonic()
hashes.find_duplicates(encoding_map=encodings)
print({"encoding": round(encoded - began, 1), "comparing": round(time.monotonic() - encoded, 1)})
"""


def clouds(count: int, size: int, seed: int = 0) -> Iterator[Pixels]:
    """Pictures (N, size, size, 3) of clouds, a thousand at a time."""
    random = torch.Generator().manual_seed(seed)
    for _ in range(0, count, AT_ONCE):
        planes = torch.zeros(AT_ONCE, 3, size, size)
        side = 2
        while side <= size:
            octave = torch.randn(AT_ONCE, 1, side, side, generator=random) + 0.4 * torch.randn(
                AT_ONCE, 3, side, side, generator=random
            )
            planes += F.interpolate(octave, size, mode="bilinear") / side**0.9
            side *= 2
        planes = 128 + 90 * planes
        yield planes.clamp_(0, 255).byte().permute(0, 2, 3, 1).numpy()


def cropped(picture: Pixels) -> Pixels:
    """A picture without a strip of 5 % at its right and lower edges, at its old size."""
    side = len(picture)
    kept = 0.95 * side
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC, (0, 0, kept, kept)))


def pictures(count: int, size: int, copies: int) -> Iterator[Pixels]:
    """Pictures one by one, copies of the first ones at the end."""
    first = []
    for number, picture in enumerate(islice(chain.from_iterable(clouds(count, size)), count)):
        if number < copies:
            first.append(cropped(picture))
        yield picture if number < count - copies else first[number - (count - copies)]


def write(count: int, copies: int, place: Path) -> tuple[Path, int]:
    """Write the pictures; the source, and the size of its pictures."""
    if count > MOST_FILES:
        size = 32
        file = np.lib.format.open_memmap(place / "clouds.npy", "w+", np.uint8, (count, size, size, 3))
        for number, picture in enumerate(pictures(count, size, copies)):
            file[number] = picture
        file.flush()
        return place / "clouds.npy", size
    folder, size = place / "clouds", 64
    folder.mkdir()
    for number, picture in enumerate(pictures(count, size, copies)):
        Image.fromarray(picture).save(folder / f"{number}.jpg", quality=90)
    return folder, size


def timed(command: list[str], environment: dict[str, str]) -> str:
    """Run a command: seconds, the peak of its memory, and what it says."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})
    assert process.stdout
    own = 0
    while not os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        own = max(own, own_memory(process.pid))
        time.sleep(0.1)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} failed")
    memory = f"{usage.ru_maxrss / 1024:.0f} MB, {own / 1024:.0f} without mapped files"
    return f"{time.monotonic() - began:.1f} s, {memory}: {said.strip().splitlines()[-1]}"


def own_memory(process: int) -> int:
    """The memory of a process without mapped files, in KiB."""
    status = Path(f"/proc/{process}/status").read_text()
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon")), 0)


def main() -> None:
    """Print a line for each run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--copies", type=int, default=0, help="how many of the pictures are copies of others")
    parser.add_argument("--imagededup", help="a Python that can import imagededup")
    args = parser.parse_args()
    for count in args.counts:
        with tempfile.TemporaryDirectory() as temporary:
            place = Path(temporary)
            source, size = write(count, args.copies, place)
            ours = [sys.executable, "-c", OURS, str(source), str(place / "out"), str(size)]
            print(f"{count:,} dedup: {timed(ours, {'DCGAN_CACHE': str(place / 'cache')})}", flush=True)
            if args.imagededup and count <= MOST_FILES:
                print(f"{count:,} PHash: {timed([args.imagededup, '-c', THEIRS, str(source)], {})}", flush=True)


if __name__ == "__main__":
    main()
