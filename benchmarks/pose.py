"""Do heads turn? The paper's axis of pose (section 6.3.2) on photographed faces, measured by a net that knows no GAN.

    dcgan prepare lfw-faces/ sets/lfw64 --size 64 --channels 3
    dcgan train sets/lfw64 --out runs/lfw --images 250000 --lr-schedule linear --lr-hold 0.5 --threads 1
    python -m benchmarks.pose runs/lfw sets/lfw64 lfw-yaw.csv --figure turned.png

The CSV has a name of a picture and its yaw in each line: how far to the side the nose is, from the landmarks of the
face; below -0.2 the head is turned to the left of the picture, above 0.2 to its right.

Two small nets learn the yaw of photographs, each of other people, and of their mirror images. The first says which
samples of a pool are turned to which side, as a person would pick them; axes are made from those. The second judges
samples that are in no pool while they move along an axis. An axis of random direction, as long as the paper's, is the
control.
"""

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

import dcgan
from dcgan.data.packed import PackedSet
from dcgan.model import Model
from dcgan.networks.memory import reuse_memory
from dcgan.pixels import to_images
from dcgan.types import Latents, Pixels

POOL = 10_000  # seeds that samples are picked from
TURNED = 0.05  # of them, on each side, count as turned: about as many as of the photographs
AXES = 50  # of each kind, each of other samples
MOVED = 40  # samples that move along each axis
STEPS = 9  # from once the axis taken away to once added
BATCH, EPOCHS, NOISE = 64, 30, 0.1  # of the nets; NOISE on images, since generated pictures are never as clean

Yaws = NDArray[np.float32]


@dataclass(frozen=True)
class Regressor:
    """Says how far the head of a picture is turned.

    Attributes:
        net: Images (N, C, H, W) to yaws (N, 1).
        correlation: With the yaws of photographs of people whom it does not know.
    """

    net: nn.Module
    correlation: float = 0.0

    @torch.inference_mode()
    def yaws(self, pixels: Pixels) -> Yaws:
        """Of pixels (N, H, W, C), the yaws (N,): the mean of a picture's and the opposite of its mirror image's."""
        found = []
        for start in range(0, len(pixels), 256):
            images = to_images(torch.from_numpy(np.ascontiguousarray(pixels[start : start + 256])))
            found.append((self.net(images) - self.net(images.flip(3)))[:, 0] / 2)
        return np.asarray(torch.cat(found))


def train_regressor(pixels: Pixels, yaws: Yaws, others: tuple[Pixels, Yaws], width: int, seed: int) -> Regressor:
    """A net that has learned the yaws of photographs, and is compared with those of others."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    layers: list[nn.Module] = []
    for before, after in ((pixels.shape[3], width), (width, 2 * width), (2 * width, 4 * width)):
        layers += [nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    net = nn.Sequential(*layers, nn.Dropout(0.5), nn.Flatten(), nn.LazyLinear(1))
    net(to_images(torch.from_numpy(pixels[:2])))
    steps = EPOCHS * (len(pixels) // BATCH)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    for _ in range(EPOCHS):
        order = random.permutation(len(pixels))
        for rows in np.split(order[: len(order) // BATCH * BATCH], len(order) // BATCH):
            images, targets = mirrored(to_images(torch.from_numpy(pixels[rows])), torch.from_numpy(yaws[rows]))
            optimizer.zero_grad()
            found = net(images + NOISE * torch.randn_like(images))[:, 0]
            functional.smooth_l1_loss(found, targets, beta=0.05).backward()
            optimizer.step()
            schedule.step()
    trained = Regressor(net.eval())
    return Regressor(net, float(np.corrcoef(trained.yaws(others[0]), others[1])[0, 1]))


def mirrored(images: Tensor, yaws: Tensor) -> tuple[Tensor, Tensor]:
    """Every picture or its mirror image, at random, with its yaw."""
    flip = torch.rand(len(images)) < 0.5
    return torch.where(flip[:, None, None, None], images.flip(3), images), torch.where(flip, -yaws, yaws)


def labeled_faces(data: PackedSet, file: Path) -> tuple[Pixels, Yaws, NDArray[np.int64]]:
    """The photographs of known yaw, (N, H, W, C), their yaws (N,), and in which half (N,) of the people each is."""
    with file.open(encoding="utf-8", newline="") as lines:
        known = {row["name"]: float(row["yaw"]) for row in csv.DictReader(lines)}
    stems = [Path(name).stem for name in data.names]
    rows = [row for row, stem in enumerate(stems) if stem in known]
    people = sorted({stems[row].rpartition("_")[0] for row in rows})
    halves = dict(zip(people, np.random.default_rng(0).integers(0, 2, len(people)), strict=True))
    half = np.array([halves[stems[row].rpartition("_")[0]] for row in rows])
    return data.pixels[rows], np.array([known[stems[row]] for row in rows], np.float32), half


def axes_of(pool: Latents, yaws: Yaws, seed: int) -> dict[str, list[NDArray[np.float32]]]:
    """Axes from left to right (latent_dim,), by how they were found; all are as long as the mean of the paper's."""
    random = np.random.default_rng(seed)
    order = np.argsort(yaws)
    count = int(TURNED * len(order))
    left, right = order[:count], order[-count:]

    def between(samples: int) -> NDArray[np.float32]:
        ends = [pool[random.choice(side, samples, replace=False)].mean(axis=0) for side in (left, right)]
        return np.asarray(ends[1] - ends[0], np.float32)

    four, twenty = ([between(samples) for _ in range(AXES)] for samples in (4, 20))
    length = float(np.mean([np.linalg.norm(axis) for axis in four]))
    design = np.column_stack([pool, np.ones(len(pool))]).astype(np.float64)
    slope = np.linalg.lstsq(design, yaws.astype(np.float64), rcond=None)[0][:-1]
    directions = random.standard_normal((AXES, pool.shape[1]))
    found = {
        "four and four, as in the paper": four,
        "twenty and twenty": twenty,
        "least squares": [np.asarray(slope, np.float32)] * AXES,
        "random": [np.asarray(direction, np.float32) for direction in directions],
    }
    return {name: [length * axis / np.linalg.norm(axis) for axis in axes] for name, axes in found.items()}


def row_of(name: str, model: Model, judge: Regressor, axes: Sequence[NDArray[np.float32]]) -> str:
    """A line of the table: how samples that are in no pool turn along some axes."""
    judged = []
    for number, axis in enumerate(axes):
        seeds = range(POOL + number * MOVED, POOL + (number + 1) * MOVED)
        moved = dcgan.turn(model, seeds, axis, steps=STEPS).pixels
        judged.append(judge.yaws(moved.reshape(-1, *moved.shape[2:])).reshape(MOVED, STEPS))
    yaws = np.concatenate(judged)
    steps = np.diff(yaws, axis=1) > 0
    means = " | ".join(f"{yaw:+.2f}" for yaw in yaws.mean(axis=0)[::2])
    further = (yaws[:, -1] > yaws[:, 0]).mean()
    return f"| {name} | {means} | {steps.mean():.0%} | {steps.all(axis=1).mean():.0%} | {further:.0%} |"


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("faces", type=Path, help="packed set of the photographs")
    parser.add_argument("yaws", type=Path, help="CSV with the columns name and yaw")
    parser.add_argument("--figure", type=Path, help="picture of eight samples that move along the paper's axis")
    args = parser.parse_args()
    reuse_memory()
    model = dcgan.load(args.model)
    pixels, yaws, half = labeled_faces(PackedSet.open(args.faces), args.yaws)
    parts = [(pixels[half == part], yaws[half == part]) for part in (0, 1)]
    finder = train_regressor(*parts[0], parts[1], 32, 1)
    judge = train_regressor(*parts[1], parts[0], 48, 2)
    print(f"photographs: {len(yaws):,}, {(yaws < -0.2).sum()} turned to the left, {(yaws > 0.2).sum()} to the right")
    print(f"correlation on other people: {finder.correlation:.2f} (the first net), {judge.correlation:.2f} (the judge)")
    pool = model.latents(range(POOL))
    found = np.concatenate([finder.yaws(model.generate(z)) for z in np.array_split(pool, 20)])
    print(f"standard deviation of the yaw: {yaws.std():.2f} of photographs, {found.std():.2f} of samples\n")
    axes = axes_of(pool, found, seed=0)
    at = " | ".join(f"{coefficient:+g}" for coefficient in np.linspace(-1, 1, STEPS)[::2])
    print(f"| axis | yaw at {at} | steps that rise | always rise | end further right |")
    print("|" + "---|" * 9)
    for name, some in axes.items():
        print(row_of(name, model, judge, some), flush=True)
    if args.figure:
        name = "four and four, as in the paper"
        turned = dcgan.turn(model, range(POOL, POOL + 8), axes[name][0])
        replace(turned, axis_name=f"left to right, {name}").figure().save(args.figure)


if __name__ == "__main__":
    main()
