"""How fast `dcgan prepare` is, beside the loop with Pillow that everybody writes first.

    python -m benchmarks.prepare                        # 2,000 made-up photographs of 512 × 384
    python -m benchmarks.prepare --folder photos/ --size 128

They take turns, so that other load on the machine falls on all of them.
"""

import argparse
import resource
import tarfile
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions


@dataclass(frozen=True)
class Timing:
    """Seconds by the clock, and seconds of processor time of this process and the workers together."""

    wall: float
    processor: float


def make_photos(folder: Path, count: int, width: int, height: int) -> None:
    """Write JPEGs with the smooth colors, edges and noise of photographs, about as large as those of a camera."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    for number in range(count):
        angle, shift, edge = random.uniform(0, 6.3), random.uniform(0, 6.3, 3), random.integers(width)
        waves = np.sin((x * np.cos(angle) + y * np.sin(angle))[..., None] / 60 + shift)
        noise = random.normal(0, 8, (height, width, 1))
        photo = 128 + 80 * waves + 30 * (x > edge)[..., None] + noise
        Image.fromarray(np.clip(photo, 0, 255).astype(np.uint8)).save(folder / f"{number:05}.jpg", quality=90)


def plain_loop(files: list[Path], size: int) -> np.ndarray:
    """Open, convert, resize the shorter side, crop the center, stack: one picture after the other."""
    pixels = []
    for file in files:
        with Image.open(file) as opened:
            picture = opened.convert("RGB")
        scale = size / min(picture.size)
        shape = round(picture.width * scale), round(picture.height * scale)
        picture = picture.resize(shape, Image.Resampling.LANCZOS)
        left, top = (picture.width - size) // 2, (picture.height - size) // 2
        pixels.append(np.asarray(picture.crop((left, top, left + size, top + size))))
    return np.stack(pixels)


def make_lmdb(files: list[Path], folder: Path) -> Path:
    """The same files as LSUN has its pictures."""
    import lmdb

    path = folder / "photo_train_lmdb"
    size = 2 * sum(file.stat().st_size for file in files) + (64 << 20)
    with lmdb.open(str(path), map_size=size) as environment, environment.begin(write=True) as transaction:
        for file in files:
            transaction.put(file.name.encode(), file.read_bytes())
    return path


def make_parquet(files: list[Path], folder: Path) -> Path:
    """The same files as a column of a table."""
    path = folder / "photos.parquet"
    table = pa.table({"image": [file.read_bytes() for file in files]})
    pq.write_table(table, path, row_group_size=100, compression="none")
    return path


def make_tar(files: list[Path], folder: Path) -> Path:
    """The same files as an archive."""
    path = folder / "photos.tar"
    with tarfile.open(path, "w") as archive:
        for file in files:
            archive.add(file, file.name)
    return path


def timed(action: Callable[[], object]) -> Timing:
    """Run it once."""
    before, began = _processor_seconds(), time.perf_counter()
    action()
    return Timing(time.perf_counter() - began, _processor_seconds() - before)


def _processor_seconds() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="Speed of `dcgan prepare` beside a plain loop with Pillow.")
    parser.add_argument("--folder", type=Path, help="JPEGs to use instead of made-up ones")
    parser.add_argument("--count", type=int, default=2000, help="how many to make up (default: 2000)")
    parser.add_argument("--shape", default="512x384", help="width and height of the made-up ones (default: 512x384)")
    parser.add_argument("--size", type=int, default=64, help="side of the packed pictures (default: 64)")
    parser.add_argument("--rounds", type=int, default=3, help="how often both are timed (default: 3)")
    flags = parser.parse_args()

    with tempfile.TemporaryDirectory() as temporary:
        folder = flags.folder
        if folder is None:
            folder = Path(temporary) / "photos"
            folder.mkdir()
            make_photos(folder, flags.count, *map(int, flags.shape.split("x")))
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
        options = PrepareOptions(size=flags.size)
        contestants: dict[str, Callable[[], object]] = {
            "plain Pillow loop": lambda: plain_loop(files, flags.size),
            "prepare, 1 worker": lambda: prepare(folder, Path(temporary) / "p", options, workers=1, overwrite=True),
            "prepare, all cores": lambda: prepare(folder, Path(temporary) / "p", options, overwrite=True),
        }
        for name, make in (("LMDB", make_lmdb), ("Parquet", make_parquet), (".tar", make_tar)):
            other = make(files, Path(temporary))
            contestants[f"  of {name}"] = lambda other=other: prepare(  # type: ignore[misc]
                other, Path(temporary) / "p", options, overwrite=True
            )
        timings: dict[str, list[Timing]] = {name: [] for name in contestants}
        for _ in range(flags.rounds):
            for name, action in contestants.items():
                timings[name].append(timed(action))

    print(f"{len(files)} JPEGs to {flags.size} × {flags.size}, median of {flags.rounds} rounds")
    print(f"{'':20}{'pictures/s':>12}{'ratio':>8}{'processors busy':>18}{'processor ms each':>20}")
    plain = median(timing.wall for timing in timings["plain Pillow loop"])
    for name, measured in timings.items():
        wall = median(timing.wall for timing in measured)
        busy = median(timing.processor / timing.wall for timing in measured)
        each = median(timing.processor for timing in measured) / len(files) * 1000
        print(f"{name:20}{len(files) / wall:12,.0f}{plain / wall:8.2f}{busy:18.2f}{each:20.2f}")


if __name__ == "__main__":
    main()
