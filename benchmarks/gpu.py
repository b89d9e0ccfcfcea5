"""The training step on a GPU: against the textbook loop, and as a share of what the card can multiply.

    python -m benchmarks.gpu
    python -m benchmarks.gpu --device cpu --base-channels 8 --seconds 2   # to try the script itself

The nets are the paper's: faces-64 (1024-512-256-128, 5x5) and imagenet-32 (seven 3x3 layers). The textbook loop has its
pictures in the host's memory, scaled, and sends each mini-batch over; tutorials, which decode files in two worker
processes, are slower than that. Ours keeps the set on the card, as uint8. FLOPs are those of convolutions and matrix
products as ours does them; the ceiling is a product of two 8192x8192 matrices in bfloat16.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import torch
from benchmarks.textbook import Textbook
from torch.utils.flop_counter import FlopCounterMode

from dcgan.pixels import to_images
from dcgan.training.batches import ImageLoader
from dcgan.training.cuda_graph import GraphReplay
from dcgan.training.distributed import resolve_recipe
from dcgan.training.presets import preset
from dcgan.training.recipe import Recipe
from dcgan.training.state import TrainingState
from dcgan.training.step import train_step
from dcgan.types import Pixels

BEDROOMS = 3_033_042  # pictures in LSUN's bedrooms
COUNT = 20_000  # pictures of the made-up set
SIDE = 8192

Step = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """One way with one pair of nets."""

    nets: str
    way: str
    pictures_per_second: float
    ratio: float  # to the textbook loop
    share_of_ceiling: float
    minutes_for_bedrooms: float


def wait(device: str) -> None:
    """Until the device has done all it was given."""
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def rate(step: Step, device: str, seconds: float) -> float:
    """Steps a second; the first ones, in which libraries choose their ways, do not count."""
    for _ in range(10 if device.startswith("cuda") else 2):
        step()
    wait(device)
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        for _ in range(5):
            step()
        wait(device)
        count += 5
    return count / (time.perf_counter() - start)


def textbook(recipe: Recipe, pixels: Pixels, device: str) -> Step:
    """The textbook loop on pictures in the host's memory."""
    loop = Textbook(recipe.architecture(), device)
    images = to_images(torch.from_numpy(pixels[:4096])).contiguous()

    def step() -> None:
        loop.step(images[torch.randint(len(images), (recipe.definite.batch_size,))].to(device))

    return step


def step(state: TrainingState, pictures: ImageLoader, replay: GraphReplay | None) -> None:
    """One mini-batch."""
    batch = pictures.batch(state.recipe, state.progress.step)
    if replay:
        train_step(state, batch, replay)
    else:
        train_step(state, batch)


def ours(recipe: Recipe, pictures: ImageLoader, replay: GraphReplay | None = None, compiled: bool = False) -> Step:
    """Our loop's step."""
    state = TrainingState(recipe)
    if compiled:
        for net in (state.generator, state.discriminator):
            net.compile(dynamic=False)

    return lambda: step(state, pictures, replay)


def flops_of(step: Step, batch_size: int) -> float:
    """Floating-point operations for a picture."""
    with FlopCounterMode(display=False) as counter:
        step()
    return float(counter.get_total_flops()) / batch_size


def ceiling(device: str, seconds: float) -> float:
    """Floating-point operations a second in one large matrix product."""
    side = SIDE if device.startswith("cuda") else SIDE // 16
    first, second = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))
    return 2 * side**3 * rate(lambda: torch.mm(first, second), device, seconds)


def agreement(recipe: Recipe, pictures: ImageLoader) -> float:
    """The largest difference between the weights after 20 steps as usual and after 20 of which most were replayed."""
    weights = []
    for replay in (None, GraphReplay()):
        state = TrainingState(recipe)
        for _ in range(20):
            step(state, pictures, replay)
        weights.append(torch.cat([p.detach().flatten() for p in state.generator.parameters()]))
    return float((weights[0] - weights[1]).abs().max())


def compare(recipe: Recipe, pixels: Pixels, seconds: float, most: float) -> list[Row]:
    """Each way in turn, on the recipe's device."""
    device, pictures = recipe.device, ImageLoader(pixels, torch.device(recipe.device))
    plain, captured = recipe.changed({"precision": "float32"}), recipe.changed({"capture": True})
    ways: dict[str, Callable[[], Step]] = {
        "textbook": lambda: textbook(recipe, pixels, device),
        "ours, float32": lambda: ours(plain, pictures),
        "ours": lambda: ours(recipe, pictures),
    }
    if device.startswith("cuda"):
        ways["ours, captured"] = lambda: ours(captured, pictures, GraphReplay())
        ways["ours, compiled"] = lambda: ours(captured, pictures, GraphReplay(), compiled=True)  # and captured
    flops = flops_of(ways["ours"](), recipe.definite.batch_size)
    rates = {way: rate(make(), device, seconds) * recipe.definite.batch_size for way, make in ways.items()}
    return [
        Row(recipe.preset, way, speed, speed / rates["textbook"], speed * flops / most, BEDROOMS / speed / 60)
        for way, speed in rates.items()
    ]


def main() -> None:
    """Measure and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--base-channels", type=int, help="of the nets; default: the paper's")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each way")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    on_gpu = arguments.device.startswith("cuda")
    torch.backends.cudnn.benchmark = True  # for all ways
    most = ceiling(arguments.device, arguments.seconds / 2)
    facts: dict[str, object] = {
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name() if on_gpu else "cpu",
        "ceiling, TFLOP/s": round(most / 1e12, 2),
    }
    rows = []
    for name in ("paper-64", "paper-imagenet-32"):
        base = preset(name)
        recipe = base.changed(
            {
                "base_channels": arguments.base_channels or base.base_channels,
                "device": arguments.device,
                "updates": "both",  # as the textbook loop has it
                "precision": "auto",
                "batch_size": 128,
            }
        )
        recipe = resolve_recipe(recipe)
        assert recipe.size is not None
        shape = (COUNT if on_gpu else 512, recipe.size, recipe.size, 3)
        pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        rows += compare(recipe, pixels, arguments.seconds, most)
        if on_gpu:
            difference = agreement(
                recipe.changed({"capture": True}), ImageLoader(pixels, torch.device(arguments.device))
            )
            facts[f"{name}, captured against usual: largest difference of a weight after 20 steps"] = difference
    if arguments.json:
        print(json.dumps({**facts, "rows": [asdict(row) for row in rows]}))
        return
    for key, value in facts.items():
        print(f"{key}: {value}")
    print(f"\n{'nets':<18} {'way':<15} {'pictures/s':>10} {'ratio':>6} {'of ceiling':>10} {'3 M bedrooms':>12}")
    for row in rows:
        print(
            f"{row.nets:<18} {row.way:<15} {row.pictures_per_second:>10,.0f} {row.ratio:>6.2f} "
            f"{row.share_of_ceiling:>10.1%} {row.minutes_for_bedrooms:>8.1f} min"
        )


if __name__ == "__main__":
    main()
