"""Drawing pictures and extracting features, against the plain loops, in one run.

    python -m benchmarks.sampling
    python -m benchmarks.sampling --size 32 --seconds 40

The plain loops are what one writes first: a net in evaluation mode, float32, contiguous memory, a mini-batch at a time.
Ours are what `dcgan sample` and `dcgan evaluate` call. Each way lives in a process of its own; they take turns.
"""

import argparse
import json
import platform
from collections.abc import Callable
from itertools import count

import numpy as np
import torch
from benchmarks.flops import Step
from benchmarks.textbook import textbook_nets
from benchmarks.train_step import compare

from dcgan.metrics.efficientnet import SIDE, load_efficientnet, packaged_weights
from dcgan.metrics.extractors import ExtractorOptions, build_extractor
from dcgan.model import Model
from dcgan.networks.memory import reuse_memory
from dcgan.training.recipe import Recipe
from dcgan.training.state import TrainingState

BATCH = 64
TARGET = 10_000  # pictures


def recipe_of(size: int) -> Recipe:
    """The tutorials' nets."""
    return Recipe(size=size, channels=3, layout="strided", base_channels=64, device="cpu")


def model_of(size: int) -> Model:
    """An untrained model: as fast as a trained one."""
    recipe = recipe_of(size)
    state = TrainingState(recipe)
    return Model(recipe.architecture(), state.ema_generator, state.discriminator.eval())


def some_pixels(size: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A mini-batch of pictures."""
    return np.random.default_rng(0).integers(0, 256, (BATCH, size, size, 3), np.uint8)


def generate_plainly(size: int) -> Step:
    """A tutorial's generator, and its loop."""
    generator = textbook_nets(recipe_of(size).architecture())[0].eval()

    def step() -> None:
        with torch.no_grad():
            images = generator(torch.randn(BATCH, 100, 1, 1))
        ((images + 1) * 127.5).clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()

    return step


def generate(size: int) -> Step:
    """`Model.sample`."""
    reuse_memory()
    model, batch = model_of(size), count()

    def step() -> None:
        first = next(batch) * BATCH
        model.sample(range(first, first + BATCH))

    return step


def judge_plainly(size: int) -> Step:
    """A tutorial's discriminator: the mean of each of its maps."""
    layers, pixels = textbook_nets(recipe_of(size).architecture())[1].eval(), some_pixels(size)

    def step() -> None:
        with torch.no_grad():
            h = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1
            means = []
            for layer in list(layers.children())[:-2]:
                h = layer(h)
                if isinstance(layer, torch.nn.LeakyReLU):
                    means.append(h.mean(dim=(2, 3)))
            torch.cat(means, 1).numpy()

    return step


def judge(size: int) -> Step:
    """The extractor `discriminator`."""
    extractor, pixels = build_extractor("discriminator", ExtractorOptions(model=model_of(size))), some_pixels(size)

    def step() -> None:
        extractor.extract(pixels)

    return step


def extract_plainly(size: int) -> Step:
    """The same EfficientNet, as it is loaded."""
    net, pixels = load_efficientnet(packaged_weights()), some_pixels(size)

    def step() -> None:
        with torch.no_grad():
            levels = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()
            images = torch.nn.functional.interpolate(levels, (SIDE, SIDE), mode="bicubic", antialias=True)
            net((images.clamp(0, 255) - 127) / 128).numpy()

    return step


def extract(size: int) -> Step:
    """The extractor `efficientnet-lite0`."""
    extractor, pixels = build_extractor("efficientnet-lite0"), some_pixels(size)

    def step() -> None:
        extractor.extract(pixels)

    return step


TASKS: dict[str, tuple[Callable[[int], Step], Callable[[int], Step]]] = {
    "sampling": (generate_plainly, generate),
    "features of D": (judge_plainly, judge),
    "features of efficientnet-lite0": (extract_plainly, extract),
}


def main() -> None:
    """Measure and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=30.0, help="for each way")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = []
    for task, (plain, ours) in TASKS.items():
        ways: dict[str, tuple[object, ...]] = {"plain": (plain, arguments.size), "ours": (ours, arguments.size)}
        rates = compare(ways, arguments.seconds, arguments.rounds)
        for way, rate in rates.items():
            pictures = rate * BATCH
            rows.append((task, way, pictures, rate / rates["plain"], TARGET / pictures))
    if arguments.json:
        names = ("task", "way", "pictures_per_second", "ratio", "seconds_for_10000")
        print(json.dumps([dict(zip(names, row, strict=True)) for row in rows]))
        return
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {platform.machine()}")
    print(f"{arguments.size}x{arguments.size}, width 64, mini-batches of {BATCH}\n")
    print(f"{'task':<32}{'way':<8}{'pictures/s':>10}{'ratio':>7}{'10,000 take':>13}")
    for task, way, pictures, ratio, seconds in rows:
        print(f"{task:<32}{way:<8}{pictures:>10,.0f}{ratio:>7.2f}{seconds:>11.0f} s")


if __name__ == "__main__":
    main()
