"""Near duplicates between CIFAR-10's training and test pictures: what people judged, and what `dcgan dedup` finds.

    python -m benchmarks.cifair train/ test/ near-duplicates.csv --sheet extra.png

The pairs are those of ciFAIR (Barz and Denzler 2020): a CSV file with TestID, TrainID and Judgment (1 near duplicate,
2 very similar). `train/` has class folders of PNG files named by TrainID, `test/` has class folders of the test
pictures as JPEGs, in their order within the class. So a test picture is known up to its place in its class: a pair
counts as found if a test picture of about that place is found to be a copy of its training picture.
"""

import argparse
import csv
import re
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

import dcgan
from dcgan.data.packed import PackedSet

CLASSES = 10
NEAR = 40  # places in the class
COPY_OF = re.compile(r"of \w+/(\d+)\.png")


def main() -> None:
    """Print recall by judgment, and what else was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--within", type=int, default=6)
    parser.add_argument("--similarity", type=float, default=0.9)
    parser.add_argument("--sheet", type=Path, help="where to show the pairs that are found beside the judged ones")
    args = parser.parse_args()
    with args.pairs.open(newline="") as file:
        judged = [(int(row["TestID"]), int(row["TrainID"]), int(row["Judgment"])) for row in csv.DictReader(file)]
    with tempfile.TemporaryDirectory() as temporary:
        thresholds = {"within": args.within, "similarity": args.similarity}
        dcgan.deduplicate(args.test, Path(temporary) / "out", against=[args.train], size=32, **thresholds)
        rows = PackedSet.open(Path(temporary) / "out").index().to_pylist()
    found = {}
    for row in rows:
        if copy := COPY_OF.match(row["detail"] or ""):
            found[row["name"]] = int(copy[1])
    matched: set[str] = set()
    for judgment, meaning in ((1, "near duplicates"), (2, "very similar")):
        pairs = [(test, train) for test, train, how in judged if how == judgment]
        hits = 0
        for test, train in pairs:
            places = [name for name, of in found.items() if of == train and abs(place(name) - test / CLASSES) <= NEAR]
            matched.update(places)
            hits += bool(places)
        print(f"{meaning}: {hits} of {len(pairs)} pairs found")
    extra = {name: train for name, train in found.items() if name not in matched}
    print(f"{len(found)} test pictures are copies of training pictures, {len(extra)} of them in no judged pair")
    if args.sheet and extra:
        pairs_of = [(args.test / name, next(args.train.glob(f"*/{train:05}.png"))) for name, train in extra.items()]
        sheet(pairs_of).save(args.sheet)


def place(name: str) -> int:
    """Of a test picture in its class."""
    return int(Path(name).stem)


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


if __name__ == "__main__":
    main()
