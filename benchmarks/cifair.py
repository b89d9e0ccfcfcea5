"""Near duplicates between CIFAR-10's training and test pictures: what people judged, and what `dcgan dedup` finds.

    python -m benchmarks.cifair train/ test/ near-duplicates.csv --sheet extra.png --imagededup PYTHON

The pairs are those of ciFAIR (Barz and Denzler 2020): a CSV file with TestID, TrainID and Judgment (1 near duplicate,
2 very similar). `train/` has class folders of PNG files named by TrainID, `test/` has class folders of the test
pictures as JPEGs, in their order within the class. So a test picture is known up to its place in its class: a pair
counts as found if a test picture of about that place is found to be a copy of its training picture.
What is found beside the judged pairs is counted, and shown in the sheet. The perceptual hash of imagededup is asked for
the nearest training picture, at some thresholds.
"""

import argparse
import csv
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from benchmarks.deduplicate import hashes
from PIL import Image

import dcgan
from dcgan.data.packed import PackedSet

CLASSES = 10
NEAR = 40  # places in the class
COPY_OF = re.compile(r"of \w+/(\d+)\.png")
THRESHOLDS = (2, 4, 6, 8, 10)  # of the 64 bits; 10 is the default of imagededup

Found = Mapping[Path, int]
"""Test pictures, each with the training picture that it is said to be a copy of."""


def ours(train: Path, test: Path, within: int, similarity: float) -> Found:
    """What `dcgan dedup --against` leaves out."""
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary) / "out"
        dcgan.deduplicate(test, out, against=[train], size=32, within=within, similarity=similarity)
        rows = PackedSet.open(out).index().to_pylist()
    copies = {test / row["name"]: COPY_OF.match(row["detail"] or "") for row in rows}
    return {path: int(copy[1]) for path, copy in copies.items() if copy}


def theirs(train: Path, test: Path, python: str) -> Mapping[int, Found]:
    """For each threshold, the nearest training picture of each test picture that has one."""
    classes = sorted(folder.name for folder in test.iterdir())
    of = hashes(python, [side / name for side in (train, test) for name in classes])
    known = [(int(Path(file).stem), code) for name in classes for file, code in of[str(train / name)].items()]
    ids, codes = np.array([one for one, _ in known]), np.array([code for _, code in known], np.uint64)
    nearest: dict[Path, tuple[int, int]] = {}
    for name in classes:
        for file, code in of[str(test / name)].items():
            bits = np.bitwise_count(codes ^ np.uint64(code))
            best = int(bits.argmin())
            nearest[test / name / file] = int(bits[best]), int(ids[best])
    return {most: {path: train for path, (bits, train) in nearest.items() if bits <= most} for most in THRESHOLDS}


def report(method: str, found: Found, judged: list[tuple[int, int, int]]) -> Found:
    """Print a row; what is in no judged pair."""
    matched: set[Path] = set()
    shares = []
    for judgment in (1, 2):
        pairs = [(test, train) for test, train, how in judged if how == judgment]
        hits = 0
        for test, train in pairs:
            places = [
                path for path, of in found.items() if of == train and abs(int(path.stem) - test / CLASSES) <= NEAR
            ]
            matched.update(places)
            hits += bool(places)
        shares.append(f"{hits} of {len(pairs)}")
    others = {path: train for path, train in found.items() if path not in matched}
    print(f"| {method} | {' | '.join(shares)} | {len(others)} |", flush=True)
    return others


def sheet(pairs: list[tuple[Path, Path]], columns: int = 12) -> Image.Image:
    """Each pair side by side, enlarged."""
    tiles = []
    for pair in pairs:
        sides = [
            np.asarray(Image.open(path).convert("RGB").resize((64, 64), Image.Resampling.NEAREST)) for path in pair
        ]
        tiles.append(np.pad(np.concatenate(sides, axis=1), ((2, 2), (4, 4), (0, 0)), constant_values=255))
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % columns)
    lines = [np.concatenate(tiles[start : start + columns], axis=1) for start in range(0, len(tiles), columns)]
    return Image.fromarray(np.concatenate(lines))


def main() -> None:
    """Print a row for each method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--within", type=int, nargs="+", default=[6])
    parser.add_argument("--similarity", type=float, nargs="+", default=[0.9])
    parser.add_argument("--sheet", type=Path, help="where to show what the first one finds beside the judged pairs")
    parser.add_argument("--imagededup", help="a Python that can import imagededup")
    args = parser.parse_args()
    with args.pairs.open(newline="") as file:
        judged = [(int(row["TestID"]), int(row["TrainID"]), int(row["Judgment"])) for row in csv.DictReader(file)]
    print("| method | near duplicates | very similar | others |\n|---|---|---|---|")
    shown = None
    for within in args.within:
        for similarity in args.similarity:
            method = f"`--within {within} --similarity {similarity:g}`"
            others = report(method, ours(args.train, args.test, within, similarity), judged)
            shown = shown or others
    for bits, found in theirs(args.train, args.test, args.imagededup).items() if args.imagededup else ():
        report(f"PHash, {bits} bits", found, judged)
    if args.sheet and shown:
        sheet([(path, next(args.train.glob(f"*/{train:05}.png"))) for path, train in shown.items()]).save(args.sheet)


if __name__ == "__main__":
    main()
