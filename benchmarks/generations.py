"""The generations of nets side by side, each for the same processor time: GAN 2014, LAPGAN, the paper's DCGAN, ours.

    dcgan prepare mnist/train sets/mnist --size 32
    python -m benchmarks.generations run sets/mnist sets/cifar-10 sets/utkface --minutes 60 --sheets sheets/
    python -m benchmarks.generations measure runs/lapgan sets/cifar-10 --nets lapgan --minutes 60
    python -m benchmarks.generations table

Each is trained by its preset at 32x32, in one thread, until the process has computed for so many minutes, measuring not
counted; then 2,000 samples are compared with 2,000 pictures of the set (efficientnet-lite0).

`measure` does so with a run that was trained before, by the same recipe for so many minutes.

Results are lines of JSON in benchmarks/results/generations.jsonl; trainings that are there already are not repeated.
"""

import argparse
import os
import signal
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.results_file import Result, add_result, is_there, read_results

import dcgan
from dcgan.data.packed import PackedSet
from dcgan.figures.sheets import save_picture, sheet
from dcgan.training.callbacks import Callback
from dcgan.training.run import train
from dcgan.training.state import TrainingState

RESULTS = Path(__file__).parent / "results" / "generations.jsonl"
SAMPLES = 2000
SHOWN = 64  # samples of a sheet
ENDLESS = 10**9  # images
LIKE_ALL: dict[str, object] = {
    "size": 32,
    "threads": 1,
    "device": "cpu",
    "images": ENDLESS,
    "on_collapse": "ignore",
    "keep": 1,
}
PAPER: dict[str, object] = {"base_channels": 64, "latent_distribution": "uniform", "lr": 2e-4, "batch_size": 128}
GENERATIONS: dict[str, tuple[str, dict[str, object]]] = {
    "gan-2014": ("gan-2014-mnist", {}),
    "gan-2014-cifar": ("gan-2014-cifar", {}),
    "gan-2014-cifar-slower": ("gan-2014-cifar", {"lr": 0.00625, "lr_discriminator": 0.003125}),
    "lapgan": ("lapgan-cifar", {}),
    "dcgan-paper": ("paper-svhn-32", PAPER),
    "dcgan": ("default", {}),
}
TITLES = {
    "gan-2014": "GAN 2014, the digits' nets",
    "gan-2014-cifar": "GAN 2014, the nets for CIFAR-10",
    "gan-2014-cifar-slower": "the same, at a quarter of its learning rate",
    "lapgan": "LAPGAN",
    "dcgan-paper": "DCGAN, the paper's recipe",
    "dcgan": "DCGAN, our defaults",
}


class ProcessorTime(Callback):
    """Stops a training, as Ctrl-C would, once the process has computed for so long."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.began = seconds, time.process_time()

    def on_step(self, _state: TrainingState, _target: int) -> None:
        """Look at the clock."""
        if time.process_time() - self.began > self.seconds:
            self.seconds = float("inf")
            os.kill(os.getpid(), signal.SIGINT)


def main() -> None:
    """Train, or print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=RESULTS)
    verbs = parser.add_subparsers(dest="verb", required=True)
    running = verbs.add_parser("run")
    running.add_argument("sets", nargs="+", type=Path, help="packed sets of 32x32")
    running.add_argument("--minutes", type=float, default=60)
    running.add_argument("--nets", nargs="+", choices=GENERATIONS, default=list(GENERATIONS))
    running.add_argument("--sheets", type=Path, help="folder for a sheet of each training")
    measuring = verbs.add_parser("measure")
    measuring.add_argument("run", type=Path)
    measuring.add_argument("set", type=Path)
    measuring.add_argument("--minutes", type=float, required=True)
    measuring.add_argument("--nets", choices=GENERATIONS, required=True)
    measuring.add_argument("--sheets", type=Path)
    verbs.add_parser("table")
    args = parser.parse_args()
    if args.verb == "table":
        print_table(read_results(args.results))
        return
    if args.verb == "measure":
        key = {"set": args.set.name, "nets": args.nets, "minutes": args.minutes}
        if not is_there(args.results, key):
            sheet_file = _sheet_file(args.sheets, key)
            add_result(args.results, key | measure(dcgan.load(args.run), PackedSet.open(args.set), sheet_file))
        return
    for path in args.sets:
        for nets in args.nets:
            key = {"set": path.name, "nets": nets, "minutes": args.minutes}
            if not is_there(args.results, key):
                sheet_file = _sheet_file(args.sheets, key)
                add_result(args.results, key | run_one(PackedSet.open(path), nets, args.minutes, sheet_file))


def _sheet_file(folder: Path | None, key: Result) -> Path | None:
    return None if folder is None else folder / f"{key['set']}-{key['nets']}-{key['minutes']:g}.png"


def run_one(data: PackedSet, nets: str, minutes: float, sheet_file: Path | None) -> Result:
    """Train once, and measure."""
    preset, changes = GENERATIONS[nets]
    values = {**LIKE_ALL, "channels": data.channels, "sheet_every": 50_000, "checkpoint_every": 10**8}
    recipe = dcgan.preset(preset).changed({**changes, **values})
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        trained = train(data, run, recipe, callbacks=[ProcessorTime(60 * minutes)])
        if trained.ending == "collapsed":  # a number was lost: there is nothing to measure
            return {"images": trained.images, "ending": trained.ending}
        return measure(dcgan.load(run), data, sheet_file)


def measure(model: dcgan.Model, data: PackedSet, sheet_file: Path | None) -> Result:
    """Compare a model's samples with the pictures."""
    measured = dcgan.evaluate(model, data, samples=SAMPLES).distances
    assert measured is not None
    if sheet_file:
        sheet_file.parent.mkdir(parents=True, exist_ok=True)
        save_picture(sheet(model.sample(range(SHOWN))), sheet_file)
    return {
        "images": model.details["images"],
        "ending": "stopped",
        "distance": round(1000 * measured.kernel.mean, 1),
        "precision": round(measured.precision_recall.precision, 3),
        "recall": round(measured.precision_recall.recall, 3),
        "one_nearest_neighbor": round(measured.two_sample.accuracy, 3),
    }


def print_table(results: Sequence[Result]) -> None:
    """A table for each set and time."""
    for name, minutes in sorted({(result["set"], result["minutes"]) for result in results}):
        print(f"\n{name}, {minutes:g} minutes\n")
        print("| | images seen | kernel distance x 1000 | precision | recall | 1-NN accuracy |")
        print("|---|---|---|---|---|---|")
        for nets, title in TITLES.items():
            for row in results:
                if (row["set"], row["minutes"], row["nets"]) != (name, minutes, nets):
                    continue
                if "distance" not in row:
                    print(f"| {title} | {row['images']:,} | diverged | | | |")
                else:
                    numbers = f"{row['distance']:.0f} | {row['precision']:.2f} | {row['recall']:.2f}"
                    print(f"| {title} | {row['images']:,} | {numbers} | {row['one_nearest_neighbor']:.2f} |")


if __name__ == "__main__":
    main()
