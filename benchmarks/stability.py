"""How often trainings stay healthy, and how good they get in equal time: ours, its options, and the textbook loop.

    dcgan prepare cifar10/train sets/cifar-10 --size 32 --channels 3   # and so on, one packed set each
    python -m benchmarks.stability run sets/* --recipes default textbook --seeds 0 1 2 --sheets sheets/
    python -m benchmarks.stability table
    python -m benchmarks.stability plot
    python -m benchmarks.stability pictures --sheets sheets/

Each training is a process with one thread, and its time is the processor time of that process: what runs beside it
does not count, nor does the measuring. With marks in images, the last mark is the length that a schedule of the
learning rate follows. At each mark it draws 1,000 pictures, whose kernel distance to 1,000 real ones is measured at
the end (efficientnet-lite0). The textbook loop has its pictures in memory, decoded and scaled beforehand, so
that loading costs it nothing; ours reads a packed set, writes sheets and checkpoints, and looks after its health.

Results are lines of JSON in benchmarks/results/stability.jsonl; trainings that are there already are not repeated.
"""

import argparse
import json
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.results_file import read_results
from benchmarks.stability_results import RECIPES, draw, montage, print_tables
from benchmarks.textbook import Textbook

from dcgan.data.packed import PackedSet
from dcgan.figures.sheets import save_picture, sheet
from dcgan.metrics.extractors import build_extractor
from dcgan.metrics.features import BATCH, real_features
from dcgan.metrics.kernel import kernel_distance
from dcgan.model import Model
from dcgan.networks.memory import reuse_memory
from dcgan.pixels import to_images, to_pixels
from dcgan.randomness import Stream, rng
from dcgan.training.batches import ImageLoader
from dcgan.training.callbacks import Callback
from dcgan.training.distributed import resolve_recipe
from dcgan.training.interrupt import StopRequest
from dcgan.training.logger import EVENTS, Logger, read_events
from dcgan.training.monitor import BATCH as JUDGED
from dcgan.training.monitor import check_health, diversity
from dcgan.training.recipe import Recipe
from dcgan.training.snapshots import Snapshots
from dcgan.training.state import Progress, TrainingState
from dcgan.training.trainer import Trainer
from dcgan.types import Pixels

RESULTS = Path(__file__).parent / "results" / "stability.jsonl"
DRAWN = 1000  # pictures of each kind that a distance is measured on
ENDLESS = 10**9  # images
CHECKED = 10_000  # images between two checks of the textbook loop's health, as in ours


@dataclass(frozen=True)
class Job:
    """One training."""

    data: Path
    recipe: str
    seed: int
    marks: tuple[float, ...]
    unit: str  # of the marks: "seconds" or "images"
    sheets: Path | None

    @property
    def key(self) -> tuple[str, str, int, str]:
        """What makes it another training."""
        return self.data.name, self.recipe, self.seed, self.unit


@dataclass(frozen=True)
class Mark:
    """Where a training stands."""

    seconds: float
    images: int
    pixels: Pixels


class Clock:
    """Processor time of this process, without the pauses."""

    def __init__(self) -> None:
        self.start = time.process_time()

    def seconds(self) -> float:
        """Since the start."""
        return time.process_time() - self.start

    def pause(self, since: float) -> None:
        """Leave out what has passed since `since` seconds."""
        self.start += self.seconds() - since


class Marker(Callback):
    """Draws pictures at each mark, and asks for a stop at the last."""

    def __init__(self, job: Job, state: TrainingState, pictures: ImageLoader, stop: StopRequest) -> None:
        self.left, self.unit = list(job.marks), job.unit
        self.state, self.pictures, self.stop = state, pictures, stop
        self.clock = Clock()
        self.reached: list[Mark] = []

    def on_step(self, state: TrainingState, target: int) -> None:  # noqa: ARG002  # a callback's signature
        """Look at the clock."""
        now, images = self.clock.seconds(), state.progress.images
        if self.left and (now if self.unit == "seconds" else images) >= self.left[0]:
            self.left.pop(0)
            pixels = Snapshots(self.state, self.pictures).model().sample(range(DRAWN))
            self.reached.append(Mark(now, images, pixels))
            self.clock.pause(now)
        if not self.left:
            self.stop.signal = 0


def train_ours(
    data: PackedSet, job: Job, changes: dict[str, object], start: Model | None = None
) -> tuple[list[Mark], dict[str, object]]:
    """The real loop, in a folder that is thrown away; from random weights, or from a model of the same nets."""
    reuse_memory()
    recipe = resolve_recipe(
        Recipe(size=data.size, channels=data.channels, threads=1).changed(
            {"images": int(job.marks[-1]) if job.unit == "images" else ENDLESS, **changes, "seed": job.seed}
        )
    )
    with tempfile.TemporaryDirectory() as name:
        run, stop = Path(name), StopRequest()
        (run / "checkpoints").mkdir()
        state = TrainingState(recipe, recipe.target_images(len(data)))
        if start:
            state.start_from_nets(start.generator, start.discriminator)
        pictures = ImageLoader(data.pixels, state.device)
        marker = Marker(job, state, pictures, stop)
        with Logger(run, state.progress) as logger:
            ending = Trainer(run, state, pictures, logger, marker).train(stop)
        kinds = [event["kind"] for event in read_events(run / EVENTS)]
    facts = {"collapses": kinds.count("collapse"), "rollbacks": state.progress.rollbacks}
    return marker.reached, {**facts, "ending": ending}


def train_textbook(data: PackedSet, job: Job) -> tuple[list[Mark], dict[str, object]]:
    """The textbook loop, on pictures that are in memory as it wants them."""
    torch.manual_seed(job.seed)
    recipe = Recipe(size=data.size, channels=data.channels, layout="strided", base_channels=64)  # the tutorials' nets
    loop, batch_size = Textbook(recipe.architecture()), 128
    images = to_images(torch.from_numpy(np.array(data.pixels))).contiguous()
    marks: list[Mark] = []
    left, clock, seen, order = list(job.marks), Clock(), 0, iter(torch.empty(0, 0))
    real_spread, progress, collapses = diversity(images[torch.randperm(len(images))[:JUDGED]]), Progress(), 0
    fixed = torch.randn(max(DRAWN, JUDGED), recipe.latent_dim, 1, 1)

    def draw(count: int) -> torch.Tensor:
        """As tutorials do: by the statistics of the mini-batch."""
        with torch.no_grad():
            return torch.cat([loop.generator(z) for z in fixed[:count].split(BATCH)])

    while left:
        rows = next(order, None)
        if rows is None or len(rows) < batch_size:
            order = iter(torch.randperm(len(images)).split(batch_size))
            continue
        loop.step(images[rows])
        seen += batch_size
        progress.step += 1
        now = clock.seconds()
        if seen // CHECKED != (seen - batch_size) // CHECKED:
            varied = diversity(draw(JUDGED)) / real_spread
            collapses += check_health(progress, varied, 0.5, 0.5, finite=True).problem == "collapse"
        if (now if job.unit == "seconds" else seen) >= left[0]:
            left.pop(0)
            marks.append(Mark(now, seen, to_pixels(draw(DRAWN))))
        clock.pause(now)
    return marks, {"collapses": collapses, "rollbacks": 0, "ending": "stopped"}


def train_and_measure(job: Job) -> dict[str, Any]:
    """One line of the results."""
    torch.set_num_threads(1)
    data, changes = PackedSet.open(job.data), RECIPES[job.recipe]
    marks, facts = train_textbook(data, job) if changes is None else train_ours(data, job, changes)
    if job.sheets:
        job.sheets.mkdir(parents=True, exist_ok=True)
        save_picture(sheet(marks[-1].pixels[:64]), job.sheets / f"{job.data.name}, {job.recipe}, {job.seed}.png")
    extractor = build_extractor("efficientnet-lite0")
    count = min(DRAWN, len(data))
    real, real_spread = real_features(data, extractor, count), _spread(np.array(data.pixels[:JUDGED]))
    rows = []
    for mark in marks:
        batches = [extractor.extract(mark.pixels[start : start + BATCH]) for start in range(0, count, BATCH)]
        distance = kernel_distance(real, np.concatenate(batches)[:count], rng(Stream.EVALUATION_SUBSETS))
        varied = _spread(mark.pixels[:JUDGED]) / real_spread
        rows.append(
            {"seconds": mark.seconds, "images": mark.images, "kernel_distance": distance.mean, "diversity": varied}
        )
    made = {"torch": torch.__version__, "date": datetime.now(UTC).date().isoformat()}
    named = {"set": job.data.name, "recipe": job.recipe, "seed": job.seed, "unit": job.unit}
    return {**named, **facts, "marks": rows, **made}


def _spread(pixels: Pixels) -> float:
    return diversity(to_images(torch.from_numpy(pixels)))


def main() -> None:
    """Run, or show what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=RESULTS)
    verbs = parser.add_subparsers(required=True)
    run = verbs.add_parser("run", help="train and measure")
    run.add_argument("sets", type=Path, nargs="+")
    run.add_argument("--recipes", nargs="+", choices=RECIPES, metavar="RECIPE", default=["default", "textbook"])
    run.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    run.add_argument("--marks", type=float, nargs="+", default=[60.0, 120.0, 240.0], help="when to measure")
    run.add_argument("--unit", choices=["seconds", "images"], default="seconds", help="of the marks")
    run.add_argument("--workers", type=int, default=2, help="trainings at a time, one processor each")
    run.add_argument("--sheets", type=Path, help="folder for a sheet of the last mark of each")
    run.set_defaults(do=measure)
    table = verbs.add_parser("table", help="print what was measured")
    table.set_defaults(do=lambda arguments: print_tables(read_results(arguments.results)))
    plot = verbs.add_parser("plot", help="draw kernel distance over time")
    plot.add_argument("--recipes", nargs="+", choices=RECIPES, metavar="RECIPE", default=["textbook", "default"])
    plot.add_argument("--out", type=Path, default=Path("docs/pictures/equal-time.svg"))
    plot.set_defaults(do=lambda arguments: draw(read_results(arguments.results), arguments.recipes, arguments.out))
    pictures = verbs.add_parser("pictures", help="show what was drawn at the last mark")
    pictures.add_argument("--recipes", nargs="+", choices=RECIPES, metavar="RECIPE", default=["textbook", "default"])
    pictures.add_argument("--sheets", type=Path, required=True, help="folder that `run --sheets` filled")
    pictures.add_argument("--out", type=Path, default=Path("docs/pictures/equal-time.jpg"))
    pictures.set_defaults(do=lambda a: montage(read_results(a.results), a.recipes, a.sheets, a.out))
    arguments = parser.parse_args()
    arguments.do(arguments)


def measure(arguments: argparse.Namespace) -> None:
    """Train what is not yet in the results."""
    results: Path = arguments.results
    rows = read_results(results)
    jobs = [
        Job(data, recipe, seed, tuple(arguments.marks), arguments.unit, arguments.sheets)
        for seed in arguments.seeds
        for recipe in arguments.recipes
        for data in arguments.sets
    ]
    missing = [job for job in jobs if not _is_there(job, rows)]  # refused, if at all, before anything is trained
    results.parent.mkdir(parents=True, exist_ok=True)
    context = get_context("spawn")
    with ProcessPoolExecutor(arguments.workers, context, max_tasks_per_child=1) as pool:
        futures = [pool.submit(train_and_measure, job) for job in missing]
        for done, future in enumerate(as_completed(futures), 1):
            row = future.result()
            with results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            last = row["marks"][-1]
            print(f"{done}/{len(futures)}  {row['set']}, {row['recipe']}, seed {row['seed']}: {last}", flush=True)


def _is_there(job: Job, rows: list[dict[str, Any]]) -> bool:
    """Whether the training was measured already, at the same marks; says so if it was. One that broke off has fewer."""
    alike = [row for row in rows if (row["set"], row["recipe"], row["seed"], row["unit"]) == job.key]
    found = any(
        (len(row["marks"]) == len(job.marks) or row["ending"] == "collapsed")
        and all(abs(mark[job.unit] - asked) <= asked / 10 for mark, asked in zip(row["marks"], job.marks, strict=False))
        for row in alike
    )
    if found:
        print(f"measured already: {job.data.name}, {job.recipe}, seed {job.seed}", flush=True)
    elif alike:
        raise SystemExit(
            f"{job.data.name}, {job.recipe}, seed {job.seed} was measured at other marks: name another file with "
            "--results"
        )
    return found


if __name__ == "__main__":
    main()
