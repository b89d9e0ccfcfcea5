"""The paper's claims about what makes a GAN stable, each put to the test: what it advises is taken away or reversed.

    dcgan prepare utkface-64/ sets/utkface --size 32
    python -m benchmarks.claims run sets/utkface sets/cifar-10 --images 128000 --seeds 0 1 2 --strips strips/
    python -m benchmarks.claims table
    python -m benchmarks.claims picture strips/ --set utkface --seed 2 --out claims.png

Every training is the paper's recipe at 32x32 (5x5 kernels, Adam 2e-4 with a momentum of 0.5, L2; batches of 64 that
update both nets) with 16 base channels, but for the one thing that its row names, and sees as many images. Kernel
distances are those of 1,000 samples to 1,000 pictures (efficientnet-lite0), half-way and at the end; nothing is rolled
back. "Restless" is how much the pictures of fixed z change between two checks late in the training: the root mean
square in gray levels. "Time" is processor time, measuring included, beside that of the paper's recipe.

Results are lines of JSON in benchmarks/results/claims.jsonl; trainings that are there already are not repeated.
"""

import argparse
import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import torch
from benchmarks.claims_nets import PAPER, Variation, vary
from benchmarks.results_file import Result, add_result, is_there, read_results
from PIL import Image
from torch import Tensor

from dcgan.choices import LOSSES, UPDATES
from dcgan.data.packed import PackedSet
from dcgan.figures.labeled_grid import labeled_grid
from dcgan.figures.sheets import sheet
from dcgan.figures.theme import THEMES
from dcgan.loading import load
from dcgan.training.batches import Batch
from dcgan.training.distributed import resolve_recipe
from dcgan.training.logger import read_records
from dcgan.training.monitor import COLLAPSED
from dcgan.training.presets import preset
from dcgan.training.run import train
from dcgan.training.state import TrainingState
from dcgan.training.step import finish_discriminator, finish_generator, frozen, generate

RESULTS = Path(__file__).parent / "results" / "claims.jsonl"
SHOWN = 10  # samples of each row of the picture
CHECKS = 20  # sheets of a training; the last five tell how restless it is


def update_mixed(state: TrainingState, batch: Batch, _penalize: bool) -> None:
    """D, then G, on mini-batches that are half real and half generated: batch norm sees both kinds at once."""
    loss, fake = LOSSES[state.recipe.loss], generate(state, batch)
    real_logits, fake_logits = _judge(state, batch, fake.detach())
    d_loss = loss.discriminator(real_logits, fake_logits)
    d_loss.backward()
    finish_discriminator(state, real_logits, fake_logits, d_loss)
    with frozen(state.discriminator):
        real_logits, fake_logits = _judge(state, batch, fake)
    g_loss = loss.generator(real_logits, fake_logits)
    g_loss.backward()
    finish_generator(state, g_loss)


def _judge(state: TrainingState, batch: Batch, fake: Tensor) -> tuple[Tensor, Tensor]:
    with state.precision():
        logits = state.logits(torch.cat([batch.real, fake]), batch.z)
    real, generated = logits.chunk(2)
    return real, generated


UPDATES.add("mixed", (update_mixed,))


@dataclass(frozen=True)
class Claim:
    """One row: what the paper says, and what is done instead of what it advises.

    Attributes:
        says: The claim, in a few words, with its place.
        instead: What this row does.
        nets: What of the nets differs.
        recipe: What of the recipe differs.
    """

    says: str
    instead: str
    nets: Variation = PAPER
    recipe: dict[str, object] = field(default_factory=dict)


REFERENCE = "paper"
CLAIMS = {
    REFERENCE: Claim("", "the paper's recipe"),
    "pooling": Claim("strides, no pooling (3)", "max pooling in D, enlargement in G", Variation(pooling=True)),
    "no-norm-g": Claim("batch norm in both nets (3)", "no batch norm in G", Variation(norm_in_generator=False)),
    "no-norm-d": Claim("batch norm in both nets (3)", "no batch norm in D", Variation(norm_in_discriminator=False)),
    "no-norm": Claim(
        "batch norm in both nets (3)", "no batch norm", Variation(norm_in_generator=False, norm_in_discriminator=False)
    ),
    "norm-everywhere": Claim(
        "none in G's output and D's input: it oscillates (3)",
        "batch norm in every layer",
        Variation(norm_everywhere=True),
    ),
    "hidden": Claim("no fully connected hidden layers (3)", "one hidden layer in each net", Variation(hidden=True)),
    "average": Claim("average pooling: more stable, slower (3)", "average pooling in D", Variation(average=True)),
    "relu-d": Claim("LeakyReLU in D (3)", "ReLU in D", Variation(activation="relu")),
    "maxout-d": Claim("LeakyReLU in D (3)", "maxout in D, as in GAN 2014", Variation(activation="maxout")),
    "sigmoid": Claim("tanh, pixels in [-1, 1] (3)", "sigmoid, pixels in [0, 1]", Variation(sigmoid=True)),
    "std-0.2": Claim("weights from N(0, 0.02) (4)", "weights from N(0, 0.2)", Variation(std=0.2)),
    "default-init": Claim("weights from N(0, 0.02) (4)", "weights as torch has them", Variation(std=None)),
    "beta1-0.9": Claim("beta1 0.5: 0.9 oscillates (4)", "beta1 of 0.9", recipe={"beta1": 0.9}),
    "lr-1e-3": Claim("lr 2e-4: 1e-3 is too high (4)", "lr of 1e-3", recipe={"lr": 1e-3}),
    "minimax": Claim("-log D(G(z)) (Chintala)", "loss log(1 - D(G(z)))", recipe={"loss": "minimax"}),
    "mixed": Claim(
        "real and fake in mini-batches of their own (Chintala)", "half real, half fake", recipe={"updates": "mixed"}
    ),
    "alternate": Claim("both nets a mini-batch", "one by turns (code)", recipe={"updates": "alternate"}),
    "simultaneous": Claim("D, then G", "both at once (GAN 2014)", recipe={"updates": "simultaneous"}),
    "no-l2": Claim("L2 of 1e-5 (code)", "no L2", recipe={"weight_decay": 0.0}),
    "normal-z": Claim("z uniform (4); normal (Chintala)", "z normal", recipe={"latent_distribution": "normal"}),
}
BASE = preset("paper-svhn-32").changed(
    {
        "base_channels": 16,
        "lr": 2e-4,  # of the paper's other nets
        "latent_distribution": "uniform",
        "updates": "both",
        "precision": "auto",
        "on_collapse": "ignore",
        "evaluate_samples": 1000,
        "device": "cpu",
        "threads": 1,
        "keep": 1,
    }
)


def main() -> None:
    """Train, or print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=RESULTS)
    verbs = parser.add_subparsers(dest="verb", required=True)
    running = verbs.add_parser("run")
    running.add_argument("sets", nargs="+", type=Path, help="packed sets of 32x32 in color")
    running.add_argument("--images", type=int, default=128_000)
    running.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    running.add_argument("--claims", nargs="+", choices=CLAIMS, default=list(CLAIMS))
    running.add_argument("--strips", type=Path, help="folder for some samples of each training")
    verbs.add_parser("table")
    picture = verbs.add_parser("picture")
    picture.add_argument("strips", type=Path)
    picture.add_argument("--set", required=True, help="name of the packed set")
    picture.add_argument("--seed", type=int, default=0)
    picture.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    if args.verb == "run":
        run_all(args.sets, args.claims, args.seeds, args.images, args.strips, args.results)
    elif args.verb == "table":
        print_table(read_results(args.results))
    else:
        draw(args.strips, args.set, args.seed).save(args.out)


def run_all(
    sets: Sequence[Path], claims: Sequence[str], seeds: Sequence[int], images: int, strips: Path | None, results: Path
) -> None:
    """Run what is not in the results yet, seed by seed."""
    for seed in seeds:
        for claim in claims:
            for path in sets:
                key = {"set": path.name, "claim": claim, "seed": seed, "images": images}
                if not is_there(results, key):
                    add_result(results, key | run_one(PackedSet.open(path), claim, seed, images, strips))


def run_one(data: PackedSet, claim: str, seed: int, images: int, strips: Path | None) -> Result:
    """Train once, and measure."""
    changes = {"seed": seed, "images": images, "evaluate_every": images // 2, "sheet_every": images // CHECKS}
    recipe = BASE.changed({**changes, "checkpoint_every": images, **CLAIMS[claim].recipe})
    generator, discriminator = vary(recipe.architecture(), CLAIMS[claim].nets, seed)
    recipe = recipe.changed({"base_channels": None})  # which nets of one's own have by themselves
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        result = train(data, run, recipe, generator=generator, discriminator=discriminator)
        records = [
            {name: math.nan if value is None else value for name, value in record.items()}
            for record in read_records(run / "metrics.jsonl")
        ]
        sheets = [np.asarray(Image.open(path), np.float64) for path in sorted((run / "sheets").glob("*.png"))]
        if result.stopped_by is not None:
            raise SystemExit("stopped; the same command goes on")
        model = load(run, generator=generator, discriminator=discriminator)
    if strips:
        strips.mkdir(parents=True, exist_ok=True)
        strip = sheet(model.sample(range(SHOWN)), columns=SHOWN, gap=0, scale=1)
        strip.save(strips / f"{data.path.name}-{claim}-{seed}.png")
    changed = [float(np.sqrt(np.square(second - first).mean())) for first, second in pairwise(sheets)]
    return {
        "ending": result.ending,
        "healthy": result.ending == "finished" and records[-1]["diversity"] >= COLLAPSED,
        "distances": [round(1000 * r["kernel_distance"], 2) for r in records if "kernel_distance" in r],
        "diversity": [round(r["diversity"], 3) for r in records],
        "d_real": round(mean(r["d_real"] for r in records[-5:] if "d_real" in r), 3),
        "d_fake": round(mean(r["d_fake"] for r in records[-5:] if "d_fake" in r), 3),
        "restless": round(mean(changed[-5:]), 2) if changed else None,
        "precision": resolve_recipe(recipe).precision,
        "seconds": round(time.process_time() - began),
    }


def print_table(results: Sequence[Result]) -> None:
    """A row for each claim, a group of columns for each set."""
    sets = sorted({str(result["set"]) for result in results if result["claim"] == REFERENCE})
    columns = " | ".join(f"{name}: distance | restless | healthy | time" for name in sets)
    print(f"| the paper | here | {columns} | claim |")
    print("|---|---|" + "---|---|---|---|" * len(sets) + "---|")
    for claim, about in CLAIMS.items():
        cells, verdicts = [], []
        for name in sets:
            rows = [result for result in results if (result["set"], result["claim"]) == (name, claim)]
            paper = [result for result in results if (result["set"], result["claim"]) == (name, REFERENCE)]
            if not rows:
                cells.append("| | |")
                continue
            distances, restless = _last(rows), [float(row["restless"]) for row in rows if row["restless"] is not None]
            healthy = sum(bool(row["healthy"]) for row in rows)
            written = f"{_written(distances)} | {mean(restless):.1f} | {healthy}/{len(rows)}"
            cells.append(f"{written} | {_relative_time(rows, paper)}")
            verdicts.append(_difference(distances, _last(paper)))
        says = "" if claim == REFERENCE or not verdicts else _verdict(verdicts)
        print(f"| {about.says} | {about.instead} | {' | '.join(cells)} | {says} |")


def _relative_time(rows: Sequence[Result], paper: Sequence[Result]) -> str:
    """Processor time beside that of the paper's recipe in the same precision, and so on the same kind of machine."""
    ratios = []
    for row in rows:
        alike = [other["seconds"] for other in paper if other["precision"] == row["precision"]]
        ratios += [row["seconds"] / mean(alike)] if alike else []
    return f"{mean(ratios):.1f}" if ratios else ""


def _last(results: Sequence[Result]) -> list[float]:
    """The kernel distance at the end of each training, times 1000; of one whose weights were lost infinite."""
    return [float(row["distances"][-1]) if row["ending"] == "finished" else math.inf for row in results]


def _written(distances: Sequence[float]) -> str:
    finite = [distance for distance in distances if math.isfinite(distance)]
    if not finite:
        return "lost"
    deviation = f" ± {stdev(finite):.0f}" if finite[1:] else ""
    return f"{mean(finite):.0f}{deviation}"


def _difference(varied: Sequence[float], paper: Sequence[float]) -> int:
    """1 if it is farther from real pictures than the paper's recipe, -1 if nearer, 0 if neither can be said.

    Only a difference of two standard errors or more counts.
    """
    if not all(map(math.isfinite, varied)):
        return 1
    if len(varied) < 2 or len(paper) < 2:
        return 0
    error = math.hypot(stdev(varied) / math.sqrt(len(varied)), stdev(paper) / math.sqrt(len(paper)))
    difference = mean(varied) - mean(paper)
    return 0 if abs(difference) < 2 * error else 1 if difference > 0 else -1


def _verdict(differences: Sequence[int]) -> str:
    """What the sets say together."""
    match min(differences), max(differences):
        case 1, 1:
            return "held"
        case 0, 0:
            return "too small to tell"
        case -1, 1:
            return "held on one set, not on the other"
        case _, 1:
            return "held on one set"
        case -1, -1:
            return "did not hold"
    return "did not hold on one set"


def draw(strips: Path, name: str, seed: int) -> Image.Image:
    """A row of samples of each claim, from the trainings with this seed."""
    rows, labels = [], []
    for claim, about in CLAIMS.items():
        file = strips / f"{name}-{claim}-{seed}.png"
        if file.exists():
            with Image.open(file) as strip:
                pixels = np.asarray(strip.convert("RGB"))
            rows.append(np.stack(np.split(pixels, SHOWN, axis=1)))
            labels.append(about.instead)
    if not rows:
        raise SystemExit(f"{strips} has no samples of {name} with seed {seed}: make them with `run --strips`")
    return labeled_grid(np.stack(rows), THEMES["light"], rows=labels)


if __name__ == "__main__":
    main()
