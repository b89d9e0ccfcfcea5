"""How many copies `dcgan dedup` finds, and how many of its finds are copies, beside the perceptual hash of imagededup.

    python -m benchmarks.deduplicate photos/ --imagededup hashes/bin/python

imagededup needs packages that ours does not go with: install it in an environment of its own, and name its Python. Of
each kind of copy some pictures are made, all of them are looked for in the whole source, and a find is right if it is
the picture that the copy was made from. Near duplicates that the source has already are taken out first. The threshold
of the perceptual hash is the one that finds most at a precision of .99; its default is reported too.
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from benchmarks.copies import KINDS
from numpy.typing import NDArray
from PIL import Image

from dcgan.curation.autoencoder import Encoder, load_autoencoder
from dcgan.curation.collection import Collection
from dcgan.curation.deduplicate import SIMILARITY, WITHIN, deduplicate, find_duplicates
from dcgan.data.cache import open_pictures
from dcgan.data.packed import PackedSet
from dcgan.files import NET_FILE

AT_ONCE = 4096  # pictures encoded
PRECISION = 0.99
DEFAULT_BITS, MOST_BITS = 10, 32  # of the hashes of imagededup, which have 64
HASHES = """
import json, sys
from imagededup.methods import PHash
print(json.dumps({folder: PHash(verbose=False).encode_images(folder, recursive=True) for folder in sys.argv[1:]}))
"""


@dataclass(frozen=True)
class Score:
    """How well copies were found."""

    found: int
    right: int
    copies: int

    @property
    def recall(self) -> float:
        """The share of the copies whose original was found."""
        return self.right / self.copies

    @property
    def precision(self) -> float:
        """The share of what was found that is right."""
        return self.right / self.found if self.found else 1.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.right / (self.found + self.copies)

    def __str__(self) -> str:
        return f"{self.recall:.3f} | {self.precision:.3f} | {self.f1:.3f}"


def write_pictures(packed: PackedSet, folder: Path, copies: Path, count: int, seed: int) -> None:
    """Write all pictures of a set as PNG, and copies of some of them as one folder for each kind."""
    folder.mkdir()
    for row, pixels in enumerate(packed.pixels):
        Image.fromarray(np.asarray(pixels)).save(folder / f"{row}.png", compress_level=1)
    random = np.random.default_rng(seed)
    chosen = random.permutation(len(packed))[:count]
    for kind, change in KINDS.items():
        (copies / kind).mkdir(parents=True)
        for row in chosen:
            change(Image.fromarray(np.asarray(packed.pixels[row])), random).save(copies / kind / f"{row}.png")


class Ours:
    """What `dcgan dedup --against` finds of a folder of copies.

    Args:
        copies: The folder.
        index: A de-duplicated set.
    """

    def __init__(self, copies: Path, index: Path) -> None:
        originals = PackedSet.open(index)
        self._copies = open_pictures(copies, size=originals.size, channels=3)
        self._pictures = Collection(["copies", "originals"], [self._copies, originals])
        encode = Encoder(load_autoencoder(index / NET_FILE))
        rows = np.array_split(np.arange(len(self._pictures)), len(self._pictures) // AT_ONCE + 1)
        self._codes = np.concatenate([encode(self._pictures.thumbnails(some)) for some in rows])

    def score(self, within: int, similarity: float) -> Score:
        """How well, by the two thresholds."""
        found = find_duplicates(self._pictures, self._codes, within, similarity)
        gone = np.flatnonzero(~found.kept)
        name = self._pictures.name
        right = [name(int(row)) == name(int(found.center[row])) for row in gone]
        return Score(len(gone), sum(right), len(self._copies))


def hashes(python: str, folders: Sequence[Path]) -> Mapping[str, Mapping[str, int]]:
    """Perceptual hashes by folder and by name."""
    ran = subprocess.run([python, "-c", HASHES, *map(str, folders)], check=True, capture_output=True, text=True)
    found = json.loads(ran.stdout.splitlines()[-1])
    return {folder: {Path(name).name: int(value, 16) for name, value in of.items()} for folder, of in found.items()}


def theirs(copies: Mapping[str, int], originals: Mapping[str, int]) -> list[Score]:
    """What a perceptual hash finds at each threshold from 0 to 32 bits: of each copy the nearest original."""
    names = np.array(list(originals))
    codes = np.array(list(originals.values()), np.uint64)
    nearest: list[tuple[int, bool]] = []
    for name, code in copies.items():
        bits: NDArray[np.uint8] = np.bitwise_count(codes ^ np.uint64(code))
        best = int(bits.min())
        nearest.append((best, name in names[bits == best]))
    finds = [[right for bits, right in nearest if bits <= most] for most in range(MOST_BITS + 1)]
    return [Score(len(rights), sum(rights), len(copies)) for rights in finds]


def best_bits(scores: Sequence[Sequence[Score]]) -> int:
    """The largest threshold at which, over all kinds, enough of what is found is right."""
    found = [sum(at[bits].found for at in scores) for bits in range(MOST_BITS + 1)]
    right = [sum(at[bits].right for at in scores) for bits in range(MOST_BITS + 1)]
    return max(bits for bits in range(MOST_BITS + 1) if right[bits] >= PRECISION * found[bits])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("--size", type=int, default=None)
    parser.add_argument("--copies", type=int, default=2000, help="of each kind")
    parser.add_argument("--within", type=int, nargs="+", default=[WITHIN])
    parser.add_argument("--similarity", type=float, nargs="+", default=[SIMILARITY])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--imagededup", help="a Python that can import imagededup")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        index = deduplicate(args.source, folder / "index", size=args.size, channels=3, seed=args.seed)
        print(index)
        packed = PackedSet.open(index.path)
        originals, copies, clean = folder / "originals", folder / "copies", folder / "clean"
        write_pictures(packed, originals, copies, args.copies, args.seed)
        deduplicate(originals, clean, size=packed.size, channels=3, seed=args.seed)
        print("| copies | method | recall | precision | F1 |\n|---|---|---|---|---|")
        ours = {kind: Ours(copies / kind, clean) for kind in KINDS}
        for within, similarity in product(args.within, args.similarity):
            for kind in KINDS:
                score = ours[kind].score(within, similarity)
                print(f"| {kind} | `--within {within} --similarity {similarity:g}` | {score} |", flush=True)
        if args.imagededup:
            found = hashes(args.imagededup, [originals, *(copies / kind for kind in KINDS)])
            scores = {kind: theirs(found[str(copies / kind)], found[str(originals)]) for kind in KINDS}
            for name, bits in (("PHash, default", DEFAULT_BITS), ("PHash, best", best_bits(list(scores.values())))):
                for kind, at in scores.items():
                    print(f"| {kind} | {name}: {bits} bits | {at[bits]} |")


if __name__ == "__main__":
    main()
