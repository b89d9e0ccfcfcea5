"""What a look at a training costs, and how many images fixed batch-norm statistics have to be measured on.

    dcgan train faces/ --size 64 --layout strided --images 40000 --out runs/faces
    python -m benchmarks.snapshots levels runs/faces
    python -m benchmarks.snapshots seconds
    python -m benchmarks.snapshots seconds --base-channels 64

`levels` measures the statistics of a run's averaged generator in the precision of training on ever more images, and
says how far 128 samples then are from those with 1,024 images in float32, in gray levels of 0 to 255.

`seconds` are those of the processor, on one core, for nets of 64x64 pictures: the parts of a sheet, of a checkpoint and
of a stop, and their share of a training that makes a sheet every 10,000 images and a checkpoint every 20,000. What both
printed stands in docs/results/benchmarks.md.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dcgan.choices import LAYOUTS
from dcgan.networks.batch_norm import measure_statistics
from dcgan.networks.memory import reuse_memory
from dcgan.randomness import Stream, latents_from_seeds, rng, sample_latents
from dcgan.training.batches import ImageLoader
from dcgan.training.checkpoint import restore_newest, save_checkpoint
from dcgan.training.distributed import resolve_recipe
from dcgan.training.logger import Logger
from dcgan.training.recipe import Recipe
from dcgan.training.run_folder import read_run
from dcgan.training.snapshots import STATISTICS_IMAGES, Snapshots
from dcgan.training.state import TrainingState
from dcgan.training.step import train_step

SAMPLES = range(128)


def samples(state: TrainingState, images: int, attempt: int = 0, *, exact: bool = False) -> Tensor:
    """Samples in gray levels, with statistics of so many images, the first ones of an attempt, in mini-batches."""
    recipe = state.recipe
    random = rng(Stream.STATISTICS_LATENTS, recipe.seed + attempt)
    counts = [recipe.definite.batch_size] * (images // recipe.definite.batch_size)
    z = [sample_latents(random, count, recipe.latent_dim, recipe.latent_distribution) for count in counts]
    with torch.autocast(state.device.type, torch.bfloat16, enabled=not exact):
        measure_statistics(state.ema_generator, [torch.from_numpy(batch).to(state.device) for batch in z])
    seeds = latents_from_seeds(SAMPLES, recipe.latent_dim, recipe.latent_distribution)
    with torch.no_grad():
        generated: Tensor = state.ema_generator(torch.from_numpy(seeds).to(state.device))
    return (generated + 1) * 127.5


def levels(run: Path) -> None:
    """Print how far samples move with the number of images."""
    recipe, _ = read_run(run)
    state = TrainingState(recipe)
    restore_newest(run, state)
    reference = samples(state, STATISTICS_IMAGES, exact=True)
    print(
        f"{'images':>16}{'largest':>10}{'99.9 %':>10}{'mean':>10}   gray levels from {STATISTICS_IMAGES:,} in float32"
    )
    rows = [(f"{2**power:,}", 2**power, 0) for power in range(7, 12)]
    for label, images, attempt in [*rows, (f"{STATISTICS_IMAGES:,} others", STATISTICS_IMAGES, 1)]:
        distance = (samples(state, images, attempt) - reference).abs().cpu().numpy()
        print(f"{label:>16}{distance.max():>10.2f}{np.quantile(distance, 0.999):>10.2f}{distance.mean():>10.2f}")


def seconds(recipe: Recipe) -> None:
    """Print what each part of a look takes."""
    torch.set_num_threads(1)
    reuse_memory()
    recipe = resolve_recipe(recipe)
    state = TrainingState(recipe)
    loader = ImageLoader(np.random.default_rng(0).integers(0, 256, (2000, 64, 64, 3), np.uint8), state.device)
    taken: dict[str, float] = {}

    def clock(part: str, work: Callable[[], object], times: int = 1) -> None:
        start = time.process_time()
        for _ in range(times):
            work()
        taken[part] = (time.process_time() - start) / times
        print(f"{part:<40}{taken[part]:>8.3f} s", flush=True)

    def step() -> None:
        train_step(state, loader.batch(recipe, state.progress.step))

    step()
    clock("a step", step, 10)
    snapshots = Snapshots(state, loader)
    with tempfile.TemporaryDirectory() as name, Logger(Path(name), state.progress) as logger:
        logger.record(snapshots.record())  # opens TensorBoard's file
        step()
        clock("record of metrics", lambda: logger.record(snapshots.record()))
        clock("statistics and sheet", lambda: logger.save_sheet(state.progress, snapshots.sheet()))
        clock("discriminator's statistics", snapshots.model)
        clock("checkpoint", lambda: save_checkpoint(Path(name), state, snapshots.model()))
        step()
        clock("a stop between two sheets", lambda: save_checkpoint(Path(name), state, snapshots.model()))
    sheet = taken["record of metrics"] + taken["statistics and sheet"]
    looks = 2 * sheet + taken["discriminator's statistics"] + taken["checkpoint"]
    training = taken["a step"] * recipe.checkpoint_every / recipe.definite.batch_size
    print(f"share of training time: {looks / training:.1%}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="part", required=True)
    parts.add_parser("levels", help="samples against the number of images").add_argument("run", type=Path)
    clock = parts.add_parser("seconds", help="the time of a sheet, a checkpoint and a stop")
    clock.add_argument("--base-channels", type=int, default=Recipe().definite.base_channels)
    clock.add_argument("--layout", choices=LAYOUTS.names, default=Recipe().layout)
    arguments = parser.parse_args()
    if arguments.part == "levels":
        levels(arguments.run)
    else:
        nets = {"base_channels": arguments.base_channels, "layout": arguments.layout}
        seconds(Recipe(size=64, channels=3, threads=1).changed(nets))


if __name__ == "__main__":
    main()
