"""Our training step against the loop that a user would pick otherwise, in one run, with the same nets in every row.

    python -m benchmarks.train_step
    python -m benchmarks.train_step --size 32 --kernel-size 5 --seconds 60

The baseline is the loop of pytorch/examples (see benchmarks/textbook.py), whose two worker processes decode JPEG files
from a folder, resize and crop them; at 64x64 with kernels of 4x4 its nets are its very own. Ours reads the same
pictures from a packed set. All rows of a table see nets of the same shapes and as many pictures a step. Each way lives
in a process of its own; they take turns, so that a machine that slows down slows all, and the first seconds of a turn
are not counted. Beside each rate stand the operations a second of convolutions and matrix products that it amounts to;
the ceiling is that of one large matrix product, measured in the same turns.
"""

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import numpy as np
import torch
from benchmarks.flops import Step, flops_of, flops_of_product, product
from benchmarks.textbook import WORKERS, Textbook
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.networks.memory import reuse_memory
from dcgan.training.batches import ImageLoader
from dcgan.training.distributed import resolve_recipe
from dcgan.training.recipe import Recipe
from dcgan.training.state import TrainingState
from dcgan.training.step import train_step

SIDE = 2048  # of the matrices that give the ceiling
CEILINGS = {"bfloat16": torch.bfloat16, "float32": torch.float32}
EXAMPLE = "pytorch/examples"


@dataclass(frozen=True)
class Row:
    """One way with one pair of nets."""

    size: int
    kernel_size: int
    way: str
    pictures_per_second: float
    ratio: float  # to the loop of pytorch/examples
    gflops_per_second: float


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
    """One step of pytorch/examples' loop at each call."""
    architecture = recipe.architecture()
    loop = Textbook(architecture)
    loader = DataLoader(
        Folder(folder, architecture.size), recipe.definite.batch_size, shuffle=True, num_workers=WORKERS, drop_last=True
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


def count_flops(recipe: Recipe) -> float:
    """Operations for a picture in a step of ours; of the baseline's, ours are the useful ones."""
    architecture, state = recipe.architecture(), TrainingState(resolve_recipe(recipe))
    shape = (recipe.definite.batch_size, architecture.size, architecture.size, architecture.channels)
    pictures = ImageLoader(np.zeros(shape, np.uint8), state.device)
    return flops_of(lambda: train_step(state, pictures.batch(recipe, state.progress.step)), recipe.definite.batch_size)


def measure(folder: Path, packed: Path, recipe: Recipe, seconds: float, rounds: int, compiled: bool) -> list[Row]:
    """Every way with the nets of one recipe, and the ceilings."""
    plain = recipe.changed({"augment": "none"})
    ways: dict[str, tuple[object, ...]] = {
        EXAMPLE: (textbook, folder, recipe),
        "ours, float32": (ours, packed, plain.changed({"precision": "float32"})),
        "ours": (ours, packed, plain),
        "ours, with translation": (ours, packed, recipe),
    }
    if compiled:
        ways["ours, through torch.compile"] = (ours, packed, plain, True)
    ceilings = {f"matrix product, {name}": (product, SIDE, dtype) for name, dtype in CEILINGS.items()}
    rates = compare({**ways, **ceilings}, seconds, rounds)
    flops, base = count_flops(plain), rates[EXAMPLE]
    assert recipe.size is not None
    assert recipe.kernel_size is not None
    shape = (recipe.size, recipe.kernel_size)
    rows = []
    for way in ways:
        pictures = rates[way] * recipe.definite.batch_size
        rows.append(Row(*shape, way, pictures, rates[way] / base, pictures * flops / 1e9))
    return rows + [Row(*shape, way, 0.0, 0.0, rates[way] * flops_of_product(SIDE) / 1e9) for way in ceilings]


def main() -> None:
    """Measure and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, nargs="+", default=[64, 32])
    parser.add_argument("--kernel-size", type=int, nargs="+", default=[4, 5])
    parser.add_argument("--base-channels", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--seconds", type=float, default=60.0, help="for each way and pair of nets")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--compiled", action="store_true", help="also ours through torch.compile; needs a C++ compiler")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        photographs = Path(name) / "photographs"
        make_photographs(photographs, 2000)
        for size in arguments.size:
            packed = Path(name) / f"packed-{size}"
            prepare(photographs, packed, PrepareOptions(size=size))
            for kernel_size in arguments.kernel_size:
                recipe = Recipe(
                    size=size,
                    channels=3,
                    layout="strided",  # as the textbook has them
                    base_channels=arguments.base_channels,
                    kernel_size=kernel_size,
                    batch_size=arguments.batch_size,
                )
                rows += measure(photographs, packed, recipe, arguments.seconds, arguments.rounds, arguments.compiled)
    facts = {"torch": torch.__version__, "threads": torch.get_num_threads(), "machine": platform.machine()}
    if arguments.json:
        print(json.dumps({**facts, "rows": [asdict(row) for row in rows]}))
        return
    print(", ".join(f"{key} {value}" for key, value in facts.items()))
    print(f"{arguments.base_channels} channels in the first layer, mini-batches of {arguments.batch_size}\n")
    print(f"{'size':>4} {'kernel':>6}  {'way':<38} {'pictures/s':>10} {'ratio':>6} {'GFLOP/s':>8}")
    for row in rows:
        rate = f"{row.pictures_per_second:>10.1f} {row.ratio:>6.2f}" if row.ratio else " " * 17
        print(f"{row.size:>4} {row.kernel_size:>6}  {row.way:<38} {rate} {row.gflops_per_second:>8.0f}")


if __name__ == "__main__":
    main()
