"""What is learned from 500 pictures in equal processor time: from random weights, or from those of another model.

    python -m benchmarks.transfer sets utkface/ bedrooms/ --out sets/
    dcgan train sets/faces-below-50 --out runs/donor --images 200000 --threads 1
    python -m benchmarks.transfer run sets/ --from runs/donor --seeds 0 1 2 --sheets sheets/
    python -m benchmarks.transfer table

The model to begin with has learned from UTKFace's faces of people below 50 (the age is in a file's name). It goes on
with 500 faces of people of 65 and more, which are like those it knows, and with 500 bedrooms, which are not. Kernel
distances are those of 500 samples to 500 pictures of the same kind that nothing was trained on (as `dcgan evaluate`
measures them, with efficientnet-lite0). A training has one thread, and its time is the processor time of this process
without the measuring.

Results are lines of JSON in benchmarks/results/transfer.jsonl; trainings that are there already are not repeated.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import torch
from benchmarks.results_file import Result, add_result, is_there, read_results
from benchmarks.stability import Job, train_ours
from numpy.typing import NDArray

from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare, split
from dcgan.data.prepare_options import PrepareOptions
from dcgan.figures.sheets import save_picture, sheet
from dcgan.loading import load
from dcgan.metrics.extractors import Extractor, build_extractor
from dcgan.metrics.features import BATCH, real_features
from dcgan.metrics.kernel import kernel_distance
from dcgan.model import Model
from dcgan.randomness import Stream, rng
from dcgan.training.transfer import net_settings
from dcgan.types import Pixels

RESULTS = Path(__file__).parent / "results" / "transfer.jsonl"
FEW = 500  # pictures to learn from
MEASURED = 500  # pictures of each kind that a distance is measured on
SIZE = 32
TARGETS = {"faces-from-65": "faces from 65", "bedrooms": "bedrooms"}
MARKS = (10.0, 40.0)  # seconds of processor time
AS_IT_IS = "as it is"  # the model to begin with, before it learns from anything else


@dataclass(frozen=True)
class Start:
    """How a training begins."""

    words: str
    transfer: bool
    frozen: int = 0


STARTS = {
    "scratch": Start("random weights", transfer=False),
    "transfer": Start("--from MODEL", transfer=True),
    "freeze": Start("--from MODEL --freeze-discriminator 2", transfer=True, frozen=2),
}


def main() -> None:
    """Make the sets, train, or print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    sets = verbs.add_parser("sets")
    sets.add_argument("faces", type=Path, help="folder of UTKFace's pictures, named by the age")
    sets.add_argument("bedrooms", type=Path, help="folder of pictures of rooms")
    sets.add_argument("--out", type=Path, required=True, help="folder for the packed sets")
    running = verbs.add_parser("run")
    running.add_argument("sets", type=Path, help="what `sets` made")
    running.add_argument("--from", dest="donor", type=Path, required=True)
    running.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    running.add_argument("--sheets", type=Path, help="folder for the last samples of each training")
    verbs.add_parser("table")
    args = parser.parse_args()
    if args.verb == "sets":
        make_sets(args.faces, args.bedrooms, args.out)
    elif args.verb == "run":
        run(args.sets, load(args.donor, "cpu"), args.seeds, args.sheets)
    else:
        print_table(read_results(RESULTS))


def make_sets(faces: Path, bedrooms: Path, out: Path) -> None:
    """Pack what the donor learns from, and 500 pictures of each target beside others to compare with."""

    def listed(name: str, of_age: Callable[[int], bool]) -> Path:
        """A list of the faces of some ages."""
        path = out / f"{name}.txt"
        files = [file.resolve() for file in sorted(faces.iterdir()) if of_age(int(file.name.split("_")[0]))]
        path.write_text("\n".join(map(str, files)), "utf-8")
        return path

    out.mkdir(parents=True, exist_ok=True)
    options = PrepareOptions(size=SIZE, channels=3)
    prepare(listed("faces-below-50", lambda age: age < 50), out / "faces-below-50", options)
    old = listed("faces-from-65", lambda age: age >= 65)
    for name, source, count in (
        ("faces-from-65", old, len(old.read_text("utf-8").splitlines())),
        ("bedrooms", bedrooms, len(list(bedrooms.iterdir()))),
    ):
        split(source, out / name, options, train=FEW / count)


def run(sets: Path, donor: Model, seeds: list[int], sheets: Path | None) -> None:
    """Train what is not there yet, one after another."""
    torch.set_num_threads(1)
    extractor = build_extractor("efficientnet-lite0")
    data = {target: PackedSet.open(sets / target / "train") for target in TARGETS}
    others = {target: PackedSet.open(sets / target / "test") for target in TARGETS}
    real = {target: real_features(one, extractor, MEASURED) for target, one in others.items()}
    for target in TARGETS:
        if not is_there(RESULTS, {"set": target, "start": AS_IT_IS}):
            distance = measure(donor.sample(range(MEASURED)), real[target], extractor)
            add_result(RESULTS, {"set": target, "start": AS_IT_IS, "distance": distance, "date": time.strftime("%F")})
    for seed, target, name in product(seeds, TARGETS, STARTS):
        key, start = {"set": target, "start": name, "seed": seed}, STARTS[name]
        if is_there(RESULTS, key):
            continue
        job = Job(sets / target, name, seed, MARKS, "seconds", None)
        changes = {**net_settings(donor), "freeze_discriminator": start.frozen, "precision": "float32"}
        marks, facts = train_ours(data[target], job, changes, donor if start.transfer else None)
        rows = [
            {"seconds": mark.seconds, "images": mark.images, "distance": measure(mark.pixels, real[target], extractor)}
            for mark in marks
        ]
        add_result(RESULTS, {**key, "pictures": len(data[target]), **facts, "marks": rows, "date": time.strftime("%F")})
        if sheets:
            sheets.mkdir(parents=True, exist_ok=True)
            save_picture(sheet(marks[-1].pixels[:64]), sheets / f"{target}, {name}, {seed}.png")


def measure(pixels: Pixels, real: NDArray[np.float32], extractor: Extractor) -> float:
    """The kernel distance x 1000 of samples to real pictures, of which these are the features."""
    count = len(real)
    batches = [extractor.extract(pixels[start : start + BATCH]) for start in range(0, count, BATCH)]
    distance = kernel_distance(real, np.concatenate(batches)[:count], rng(Stream.EVALUATION_SUBSETS))
    return round(1000 * distance.mean, 2)


def print_table(results: list[Result]) -> None:
    """A row for each start and set: the mean over seeds and their standard deviation, at each mark."""
    marks = " | ".join(f"{seconds:g} s" for seconds in MARKS)
    as_it_is = {row["set"]: _cell([row["distance"]]) for row in results if row["start"] == AS_IT_IS}
    print(f"| 500 pictures of | begins with | 0 s | {marks} | images seen |")
    print(f"|---|---|{'---|' * (len(MARKS) + 2)}")
    for target, words in TARGETS.items():
        for name, start in STARTS.items():
            rows = [row["marks"] for row in results if (row["set"], row["start"]) == (target, name)]
            if not rows:
                continue
            cells = [_cell([marks[index]["distance"] for marks in rows]) for index in range(len(MARKS))]
            seen = f"{mean(marks[-1]['images'] for marks in rows):,.0f}"
            before = as_it_is[target] if start.transfer else "–"
            print(f"| {words} | {start.words} | {before} | {' | '.join(cells)} | {seen} |")


def _cell(values: list[float]) -> str:
    return f"{mean(values):.0f} ± {stdev(values):.0f}" if len(values) > 1 else f"{values[0]:.0f}"


if __name__ == "__main__":
    main()
