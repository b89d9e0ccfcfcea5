"""Our training step against the textbook loop, in one run.

    python -m benchmarks.train_step
    python -m benchmarks.train_step --size 32 --batch-size 128 --seconds 60

The textbook loop is that of benchmarks/textbook.py, with two worker processes that decode JPEG files from a folder,
resize and crop them. Ours reads the same pictures from a packed set. Both nets have the same shapes (5x5 kernels) and
see the same number of pictures a step. Each way lives in a process of its own; they take turns, so that a machine that
slows down slows all, and the first seconds of a turn are not counted.
"""

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import numpy as np
import torch
from benchmarks.textbook import Textbook
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from dcgan.data.packed import PackedSet
from dcgan.data.prepare import PrepareOptions, prepare
from dcgan.networks.memory import reuse_memory
from dcgan.training.batches import ImageLoader
from dcgan.training.distributed import resolve_recipe
from dcgan.training.recipe import Recipe
from dcgan.training.state import TrainingState
from dcgan.training.step import train_step

Step = Callable[[], None]


class Folder(Dataset[Tensor]):
    """JPEG files, decoded, resized and cropped each time they are asked for."""

    def __init__(self, folder: Path, size: int) -> None:
        self.files = sorted(folder.glob("*.jpg"))
        self.size = size

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, position: int) -> Tensor:
        image = Image.open(self.files[position]).convert("RGB")
        scale = self.size / min(image.size)
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BILINEAR)
        left, top = (image.width - self.size) // 2, (image.height - self.size) // 2
        image = image.crop((left, top, left + self.size, top + self.size))
        pixels = torch.from_numpy(np.asarray(image).copy())
        return pixels.permute(2, 0, 1).float() / 127.5 - 1


def textbook(folder: Path, recipe: Recipe) -> Step:
    """One step of the textbook loop at each call."""
    architecture = recipe.architecture()
    loop = Textbook(architecture)
    loader = DataLoader(
        Folder(folder, architecture.size), recipe.batch_size, shuffle=True, num_workers=2, drop_last=True
    )

    def forever() -> Iterator[Tensor]:
        while True:
            yield from loader

    batches = forever()

    def step() -> None:
        loop.step(next(batches))

    return step


def ours(packed: Path, recipe: Recipe, compiled: bool = False) -> Step:
    """One step of our loop at each call, the nets as they are or through torch.compile."""
    reuse_memory()
    data, recipe = PackedSet.open(packed), resolve_recipe(recipe)
    state = TrainingState(recipe)
    pictures = ImageLoader(data.pixels, state.device)
    if compiled:
        for net in (state.generator, state.discriminator):
            net.compile(dynamic=False)

    return lambda: train_step(state, pictures.batch(recipe, state.progress.step))


def make_photographs(folder: Path, count: int) -> None:
    """JPEG files of 256x192 with gradients and grain, which take as long to decode as photographs do."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(count):
        coarse = Image.fromarray(random.integers(0, 256, (6, 8, 3), np.uint8))
        smooth = np.asarray(coarse.resize((256, 192), Image.Resampling.BICUBIC), np.int16)
        grain = random.normal(0, 12, smooth.shape)
        picture = Image.fromarray((smooth + grain).clip(0, 255).astype(np.uint8))
        picture.save(folder / f"{number:05}.jpg", quality=90)


def take_turns(make: Callable[..., Step], arguments: tuple[object, ...], turns: Connection) -> None:
    """In a process of its own: each number of seconds received is answered by the steps a second in that time."""
    step = make(*arguments)
    while seconds := turns.recv():
        for counted in (min(2.0, seconds), seconds):
            start, count = time.perf_counter(), 0
            while time.perf_counter() - start < counted:
                step()
                count += 1
        turns.send(count / (time.perf_counter() - start))


def compare(ways: dict[str, tuple[object, ...]], seconds: float, rounds: int) -> dict[str, float]:
    """Median steps a second of each way, measured in rounds by turns."""
    context = get_context("spawn")
    ends, processes = {}, []
    for name, (make, *arguments) in ways.items():
        ends[name], far = context.Pipe()
        processes.append(context.Process(target=take_turns, args=(make, tuple(arguments), far)))
        processes[-1].start()
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, end in ends.items():
            end.send(seconds / rounds)
            rates[name].append(end.recv())
    for end, process in zip(ends.values(), processes, strict=True):
        end.send(0)
        process.join()
    return {name: median(values) for name, values in rates.items()}


def main() -> None:
    """Measure and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, nargs="+", default=[64, 32])
    parser.add_argument("--base-channels", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--seconds", type=float, default=60.0, help="for each way and size")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--compiled", action="store_true", help="also ours through torch.compile; needs a C++ compiler")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        make_photographs(Path(name) / "photographs", 2000)
        for size in arguments.size:
            packed = Path(name) / f"packed-{size}"
            prepare(Path(name) / "photographs", packed, PrepareOptions(size=size))
            same = Recipe(
                size=size, channels=3, base_channels=arguments.width, kernel_size=5, batch_size=arguments.batch_size
            )
            ways: dict[str, tuple[object, ...]] = {
                "textbook": (textbook, Path(name) / "photographs", same),
                "ours": (ours, packed, same.changed({"augment": "none"})),
                "ours, as trained by default (4x4 kernels, translation)": (ours, packed, same.changed({"kernel": 4})),
            }
            if arguments.compiled:
                ways["ours, through torch.compile"] = (ours, packed, same.changed({"augment": "none"}), True)
            rates = compare(ways, arguments.seconds, arguments.rounds)
            for way, rate in rates.items():
                pictures, ratio = rate * arguments.batch_size, rate / rates["textbook"]
                rows.append({"size": size, "way": way, "pictures_per_second": pictures, "ratio": ratio})
    if arguments.json:
        print(json.dumps(rows))
        return
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {platform.machine()}")
    print(f"width {arguments.width}, mini-batches of {arguments.batch_size}\n")
    print(f"{'size':>5}  {'way':<56} {'pictures/s':>10}  {'ratio':>5}")
    for row in rows:
        print(f"{row['size']:>5}  {row['way']:<56} {row['pictures_per_second']:>10.1f}  {row['ratio']:>5.2f}")


if __name__ == "__main__":
    main()
