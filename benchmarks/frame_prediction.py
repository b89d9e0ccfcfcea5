"""Next-frame prediction against copies of the last frame, and against learning from the pixels alone.

    python -m benchmarks.frame_prediction digits train-images-idx3-ubyte.gz videos/digits
    python -m benchmarks.frame_prediction camera photos/ videos/camera
    python -m benchmarks.frame_prediction run videos/digits videos/camera --minutes 15 --figures figures/
    python -m benchmarks.frame_prediction table
    python -m benchmarks.frame_prediction motion videos/camera --model runs/camera

`digits` makes clips of two handwritten digits that move and bounce (moving MNIST, Srivastava et al. 2015); `camera`
makes clips of a window that moves over photographs, in one of eight directions, which are their labels. Each is a
folder with train.npz and test.npz, of other digits and photographs. A training has so many minutes of one processor;
its predictions of clips of the test set are measured step by step.

`motion` asks what the discriminator of a predictor knows of the direction of the camera, by `dcgan.probe`: a linear SVM
learns from 1, 4 and 16 labeled films of each direction, and is scored on all clips of the test set, which show other
photographs. A labeled film gives one clip, its first. Each row has its own C, chosen on a tenth of the training films.
The rows are the features of the discriminator, those of an untrained one, the pixels of the clip, and the differences
of the pixels between its first and its last frame.

Results are lines of JSON in benchmarks/results/frame_prediction.jsonl; trainings that are there are not repeated.
"""

import argparse
import gzip
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.generations import ENDLESS, ProcessorTime
from benchmarks.results_file import Result, add_result, is_there, read_results
from numpy.typing import NDArray

import dcgan
from dcgan.choices import BASELINES
from dcgan.figures.sheets import save_picture
from dcgan.pixels import split_frames
from dcgan.probing.baselines.baseline import BuildContext, FeatureBaseline
from dcgan.types import Features, Pixels

RESULTS = Path(__file__).parent / "results" / "frame_prediction.jsonl"
SIDE, FRAMES = 32, 20  # of a clip, as in the paper
DIGIT = 14  # pixels a side
FASTEST, SLOWEST = 2.25, 1.0  # pixels a frame
DIRECTIONS = 8
STEPS, CLIPS = 8, 512
RECIPES: dict[str, dict[str, object]] = {
    "adversarial": {},
    "pixels and edges": {"adversarial_weight": 0.0},
    "squared error alone": {"adversarial_weight": 0.0, "gradient_difference_weight": 0.0, "pixel_loss": "l2"},
}
LABELED_FILMS = (1, 4, 16)  # of each direction
FEATURES = {
    "dcgan": "the predictor's discriminator",
    "random": "the same net, untrained",
    "pixels": "the pixels of the clip",
    "differences": "its last frame minus its first",
}
LIKE_ALL: dict[str, object] = {
    "images": ENDLESS,
    "threads": 1,
    "device": "cpu",
    "sheet_every": 20_000,
    "checkpoint_every": 10**8,
    "on_collapse": "ignore",
    "keep": 1,
}


def main() -> None:
    """Make a set, train, or print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name, source in (("digits", "MNIST's training pictures (IDX)"), ("camera", "folder of photographs")):
        making = verbs.add_parser(name)
        making.add_argument("source", type=Path, help=source)
        making.add_argument("out", type=Path)
        making.add_argument("--clips", type=int, default=2000)
    running = verbs.add_parser("run")
    running.add_argument("sets", nargs="+", type=Path)
    running.add_argument("--minutes", type=float, default=15)
    running.add_argument("--recipes", nargs="+", choices=RECIPES, default=list(RECIPES))
    running.add_argument("--figures", type=Path, help="folder for a figure of each training")
    running.add_argument("--keep", type=Path, help="folder for the model of each training")
    recognizing = verbs.add_parser("motion")
    recognizing.add_argument("set", type=Path)
    recognizing.add_argument("--model", required=True, help="a run, or a model, of the preset frame-predictor")
    recognizing.add_argument("--repeats", type=int, default=100, help="draws of labeled films")
    verbs.add_parser("table")
    args = parser.parse_args()
    if args.verb in ("digits", "camera"):
        make_set(args.verb, args.source, args.out, args.clips)
    elif args.verb == "table":
        results = read_results(RESULTS)
        print_table([result for result in results if "recipe" in result])
        print_motion([result for result in results if "motion" in result])
    elif args.verb == "motion":
        key = {"set": args.set.name, "motion": Path(args.model).name, "repeats": args.repeats}
        if not is_there(RESULTS, key):
            add_result(RESULTS, key | recognize_motion(args.set, args.model, args.repeats))
    else:
        for folder in args.sets:
            for recipe in args.recipes:
                key = {"set": folder.name, "recipe": recipe, "minutes": args.minutes}
                if not is_there(RESULTS, key):
                    add_result(RESULTS, key | run_one(folder, recipe, args.minutes, args.figures, args.keep))


def make_set(kind: str, source: Path, out: Path, clips: int) -> None:
    """Write train.npz, and test.npz with a tenth as many clips of other digits or photographs."""
    out.mkdir(parents=True, exist_ok=True)
    pictures = read_digits(source) if kind == "digits" else read_photographs(source)
    pictures = np.random.default_rng(2).permutation(pictures)  # a set may be sorted
    make = moving_digits if kind == "digits" else camera_moves
    cut = len(pictures) * 9 // 10
    for name, part, count, seed in (("train", pictures[:cut], clips, 0), ("test", pictures[cut:], clips // 10, 1)):
        images, labels = make(part, count, np.random.default_rng(seed))
        np.savez_compressed(out / f"{name}.npz", allow_pickle=False, images=images, labels=labels)
        print(f"{out / name}.npz: {images.shape}")


def read_digits(path: Path) -> Pixels:
    """(N, 14, 14): every 2x2 pixels are averaged."""
    large = np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=16).reshape(-1, DIGIT, 2, DIGIT, 2)
    return np.asarray(large.mean(axis=(2, 4)).round(), np.uint8)


def read_photographs(folder: Path) -> Pixels:
    """(N, 96, 96, 3)."""
    return np.asarray(dcgan.open_pictures(str(folder), size=96, channels=3).pixels)


def moving_digits(digits: Pixels, clips: int, random: np.random.Generator) -> tuple[Pixels, NDArray[np.int64]]:
    """Two digits that move in straight lines and bounce: (clips, 20, 32, 32, 1), without labels that mean anything."""
    out = np.zeros((clips, FRAMES, SIDE, SIDE, 1), np.uint8)
    room = SIDE - digits.shape[1]
    for clip in out:
        for digit in digits[random.integers(len(digits), size=2)]:
            place, angle = random.uniform(0, room, 2), random.uniform(0, 2 * np.pi)
            step = np.array([np.sin(angle), np.cos(angle)]) * random.uniform(SLOWEST, FASTEST)
            for frame in clip:
                y, x = np.round(place).astype(int)
                window = frame[y : y + DIGIT, x : x + DIGIT, 0]
                np.maximum(window, digit, out=window)
                place += step
                step = np.where((place < 0) | (place > room), -step, step)
                place = np.where(place < 0, -place, np.where(place > room, 2 * room - place, place))
    return out, np.zeros(clips, np.int64)


def camera_moves(photographs: Pixels, clips: int, random: np.random.Generator) -> tuple[Pixels, NDArray[np.int64]]:
    """A window that moves over a photograph at an even speed: (clips, 20, 32, 32, 3), and which of 8 directions."""
    out = np.empty((clips, FRAMES, SIDE, SIDE, 3), np.uint8)
    directions = random.integers(DIRECTIONS, size=clips)
    room = photographs.shape[1] - SIDE
    for clip, direction in zip(out, directions, strict=True):
        photograph = photographs[random.integers(len(photographs))]
        angle = 2 * np.pi * direction / DIRECTIONS
        toward = np.array([np.sin(angle), np.cos(angle)])
        move = toward * room * random.uniform(0.6, 1) / np.abs(toward).max()
        start = random.uniform(np.maximum(0, -move), np.minimum(room, room - move))
        for number, frame in enumerate(clip):
            y, x = np.round(start + move * number / (FRAMES - 1)).astype(int)
            frame[:] = photograph[y : y + SIDE, x : x + SIDE]
    return out, directions


def run_one(folder: Path, recipe: str, minutes: float, figures: Path | None, keep: Path | None) -> Result:
    """Train once, and measure."""
    values = dcgan.preset("frame-predictor").changed({**LIKE_ALL, **RECIPES[recipe], "size": SIDE})
    with tempfile.TemporaryDirectory() as name:
        trained = dcgan.train(folder / "train.npz", Path(name) / "run", values, callbacks=[ProcessorTime(60 * minutes)])
        model = dcgan.load(Path(name) / "run")
    label = f"{folder.name}-{recipe.replace(' ', '-')}"
    if keep:
        model.save(keep / label, dtype="float16", overwrite=True)
    found = dcgan.predict_frames(model, folder / "test.npz", steps=STEPS, clips=CLIPS)
    if figures:
        figures.mkdir(parents=True, exist_ok=True)
        save_picture(found.figure(), figures / f"{label}.png")
    assert found.scores is not None
    return {"images": trained.images, **found.scores.facts()}


@dataclass(frozen=True)
class Differences:
    """What changes from the first frame of a clip to its last, pixel by pixel, as features."""

    frames: int
    size: int  # H W C

    def extract(self, pixels: Pixels) -> Features:
        """Clips (N, H, W, frames * C), uint8, to (N, H W C), in [-2, 2]."""
        apart = split_frames(pixels, self.frames).reshape(len(pixels), self.frames, -1).astype(np.float32)
        return np.asarray((apart[:, -1] - apart[:, 0]) / 127.5, np.float32)


def fit_differences(context: BuildContext) -> Differences:
    """There is nothing to fit."""
    clips = context.train
    return Differences(clips.frames, clips.size**2 * clips.channels)


def recognize_motion(folder: Path, path: str, repeats: int) -> Result:
    """Mean accuracy and ±, of each kind of features by the number of labeled films of each direction."""
    model = dcgan.load(path)
    if "differences" not in BASELINES:
        BASELINES.add("differences", FeatureBaseline(fit_differences, clips=True))
    with np.load(folder / "train.npz") as arrays:
        first_clips = arrays["images"][:, : model.frames], arrays["labels"]
    results = dcgan.probe(
        model,
        first_clips,
        test=folder / "test.npz",
        baselines=("random", "pixels", "differences"),
        labels_per_class=LABELED_FILMS,
        repeats=repeats,
    )
    accuracies = {
        name: {str(result.labels_per_class): [result.mean, result.interval] for result in found}
        for name, found in results.probed.items()
    }
    return {"films": results.about["train_pictures"], "accuracies": accuracies}


def print_motion(results: Sequence[Result]) -> None:
    """A table for each set and model: accuracy in % by the number of labeled films of each direction."""
    for result in results:
        print(f"\n{result['set']}, {result['motion']}\n")
        heads = [f"{count} of each direction" for count in LABELED_FILMS]
        print(f"| | {' | '.join(heads)} |\n|{'---|' * (len(heads) + 1)}")
        for name, found in result["accuracies"].items():
            shown = [f"{100 * mean:.1f} ± {100 * more:.1f}" for mean, more in (found[str(n)] for n in LABELED_FILMS)]
            print(f"| {FEATURES[name]} | {' | '.join(shown)} |")


def print_table(results: Sequence[Result]) -> None:
    """A table for each set and time: the first, the fourth and the last step."""
    for name, minutes in sorted({(result["set"], result["minutes"]) for result in results}):
        rows = [row for row in results if (row["set"], row["minutes"]) == (name, minutes)]
        print(f"\n{name}, {minutes:g} minutes, {rows[0]['clips']} clips\n")
        shown = (0, 3, STEPS - 1)
        heads = [f"{measure} +{step + 1}" for measure in ("PSNR", "sharpness", "SSIM") for step in shown]
        print(f"| | images | {' | '.join(heads)} |\n|{'---|' * (len(heads) + 2)}")
        print(f"| the last frame, copied | | {cells(rows[0], 'copied_', shown)} |")
        for row in rows:
            print(f"| {row['recipe']} | {row['images']:,} | {cells(row, '', shown)} |")


def cells(row: Result, prefix: str, steps: Sequence[int]) -> str:
    """The numbers of a row."""
    measures = (("psnr", 1), ("sharpness", 1), ("ssim", 3))
    return " | ".join(f"{row[prefix + measure][step]:.{digits}f}" for measure, digits in measures for step in steps)


if __name__ == "__main__":
    main()
