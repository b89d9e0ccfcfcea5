"""From how few pictures on a training gains by stronger augmentation: parts of a set, each with both, at equal images.

    dcgan split utkface-64 sets/few --size 32 --train 0.8
    python -m benchmarks.few_pictures run sets/few --pictures 250 500 1000 2000 4000
    python -m benchmarks.few_pictures table

Each training sees a random part of SET/train, and is measured on SET/test, which it never sees: a discriminator that
knows its pictures by heart makes the generator copy or fail, and both are farther from pictures that are new. The
kernel distance is that of 1,000 samples to 1,000 of these (efficientnet-lite0).

Results are lines of JSON in benchmarks/results/few_pictures.jsonl; trainings that are there already are not repeated.
"""

import argparse
import time
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from benchmarks.results_file import add_result, is_there, read_results
from benchmarks.stability import DRAWN, Job, train_ours
from benchmarks.transfer import measure

from dcgan.data.packed import PackedSet
from dcgan.data.prepare import prepare
from dcgan.data.prepare_options import PrepareOptions
from dcgan.metrics.extractors import build_extractor
from dcgan.metrics.features import real_features

RESULTS = Path(__file__).parent / "results" / "few_pictures.jsonl"
AUGMENTS = ("none", "translation", "color,translation,cutout")
MARKS = (50_000.0, 100_000.0, 200_000.0)  # images


def main() -> None:
    """Train, or print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=RESULTS)
    verbs = parser.add_subparsers(dest="verb", required=True)
    running = verbs.add_parser("run")
    running.add_argument("set", type=Path, help="what `dcgan split` made")
    running.add_argument("--pictures", nargs="+", type=int, default=[250, 500, 1000, 2000, 4000])
    running.add_argument("--augments", nargs="+", choices=AUGMENTS, default=list(AUGMENTS[1:]))
    running.add_argument("--seeds", nargs="+", type=int, default=[0])
    verbs.add_parser("table")
    args = parser.parse_args()
    if args.verb == "run":
        for seed, pictures, augment in product(args.seeds, args.pictures, args.augments):
            train(args.results, args.set, pictures, augment, seed)
    else:
        print_table(args.results)


def train(results: Path, data: Path, pictures: int, augment: str, seed: int) -> None:
    """One training, unless it is there already."""
    key = {"set": data.name, "pictures": pictures, "augment": augment, "seed": seed}
    if is_there(results, key):
        return
    torch.set_num_threads(1)
    extractor = build_extractor("efficientnet-lite0")
    real = real_features(PackedSet.open(data / "test"), extractor, DRAWN)
    with TemporaryDirectory() as folder:
        whole = PackedSet.open(data / "train")
        options = PrepareOptions(size=whole.size, channels=whole.channels, limit=pictures, seed=seed)
        prepare(data / "train", Path(folder) / "part", options)
        job = Job(data, augment, seed, MARKS, "images", None)
        marks, facts = train_ours(PackedSet.open(Path(folder) / "part"), job, {"augment": augment})
    rows = [{"images": mark.images, "distance": measure(mark.pixels, real, extractor)} for mark in marks]
    add_result(results, {**key, **facts, "marks": rows, "date": time.strftime("%F")})


def print_table(results: Path) -> None:
    """A row for each number of pictures, augmentation and seed, with the kernel distance x 1000 at each mark."""
    print(f"| pictures | `augment` | seed | {' | '.join(f'{mark:,.0f} images' for mark in MARKS)} | collapses |")
    print(f"|---|---|---|{'---|' * (len(MARKS) + 1)}")
    order = sorted(
        read_results(results), key=lambda row: (row["pictures"], AUGMENTS.index(row["augment"]), row["seed"])
    )
    for row in order:
        distances = " | ".join(f"{mark['distance']:.0f}" for mark in row["marks"])
        print(f"| {row['pictures']:,} | {row['augment']} | {row['seed']} | {distances} | {row['collapses']} |")


if __name__ == "__main__":
    main()
