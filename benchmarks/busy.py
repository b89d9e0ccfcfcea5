"""What is left of the training's speed when another process spins on one of the cores.

    python -m benchmarks.busy
    python -m benchmarks.busy --size 32 --seconds 30

Each loop trains in a process of its own on random pictures, alone and then beside one process that computes without a
pause. The shares are of its own speed on the quiet machine, of which a fair scheduler would leave three quarters with
two cores. The loop of pytorch/examples (benchmarks/textbook.py) has nets of the same shapes.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from benchmarks.textbook import Textbook

import dcgan
from dcgan.networks.memory import reuse_memory
from dcgan.training.batches import ImageLoader
from dcgan.training.distributed import resolve_recipe
from dcgan.training.state import TrainingState
from dcgan.training.step import train_step

WARM_UP = 3  # steps


def main() -> None:
    """Print a table, or be one of its processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--measure", choices=("ours", "textbook"), help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        print(rate(args.measure, args.threads, args.size, args.seconds))
        return
    cores = len(os.sched_getaffinity(0))
    print(f"{cores} cores, {args.size}x{args.size}, images a second\n\n{'':24}{'quiet':>8}{'busy':>8}{'share':>8}")
    rows: list[tuple[str, str, int | None]] = [
        ("pytorch/examples", "textbook", cores),
        (f"ours, {cores} threads", "ours", cores),
        ("ours, by the load", "ours", None),
    ]
    for label, loop, threads in rows:
        quiet = measure(loop, threads, args.size, args.seconds)
        with spinning():
            busy = measure(loop, threads, args.size, args.seconds)
        print(f"{label:24}{quiet:8.1f}{busy:8.1f}{busy / quiet:8.0%}", flush=True)


def measure(loop: str, threads: int | None, size: int, seconds: float) -> float:
    """Images a second of one loop in a process of its own."""
    flags = ["--measure", loop, "--size", str(size), "--seconds", str(seconds)]
    flags += ["--threads", str(threads)] if threads else []
    done = subprocess.run([sys.executable, "-m", "benchmarks.busy", *flags], check=True, capture_output=True, text=True)
    return float(done.stdout)


@contextmanager
def spinning() -> Iterator[None]:
    """A block beside which a process spins."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        time.sleep(1)
        try:
            yield
        finally:
            process.kill()


def rate(loop: str, threads: int | None, size: int, seconds: float) -> float:
    """Images a second of the steps of one loop in this process."""
    recipe = resolve_recipe(dcgan.Recipe(size=size, channels=3, layout="strided", threads=threads, device="cpu"))
    torch.set_num_threads(recipe.threads or 1)
    pixels = np.random.default_rng(0).integers(0, 256, (4096, size, size, 3), np.uint8)
    if loop == "ours":
        reuse_memory()
        state = TrainingState(recipe)
        loader = ImageLoader(pixels, state.device)

        def step() -> None:
            train_step(state, loader.batch(recipe, state.progress.step))
    else:
        textbook = Textbook(recipe.architecture())
        real = torch.from_numpy(pixels[: recipe.definite.batch_size]).permute(0, 3, 1, 2).float() / 127.5 - 1

        def step() -> None:
            textbook.step(real)

    for _ in range(WARM_UP):
        step()
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        step()
        count += recipe.definite.batch_size
    return count / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
