"""Does guided back-propagation point at the thing? On drawn faces the thing's exact pixels are known.

    python -m benchmarks.guided_masks faces
    python -m benchmarks.guided_masks faces --thing hat --layer 1 --plot hat.png

The same face is drawn with and without its glasses: the pixels that differ are the mask. For each feature of a layer
the faces with glasses that drive it most are found, and its responses led back to the picture. *Inside* is the share of
the saliency (absolute values, all channels) that lies in the mask, averaged over those faces. Saliency that knew
nothing would lie there as often as the mask is large: *chance* is the mask's share of the picture, and *in view* its
share of what the unit sees, averaged over the same faces. All this for the trained net and the same net with random
weights, guided and plain.

Whether *inside* means anything is asked of the net itself: the glasses are taken off, and the same units look again.
*Fall* is the share of their response that is gone. Its rank correlation *r* with *inside*, over all features, tells
whether those whose saliency lies in the glasses are those that need them; that with *in view*, if it took saliency.
"""

import argparse
import json
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL.Image import Image

from dcgan.data.decode import Decoded, DecodeOptions, decode
from dcgan.data.drawn_faces import WORN, DrawnFaces
from dcgan.data.items import Item
from dcgan.figures.fonts import NORMAL
from dcgan.figures.labeled_grid import LINE, MARGIN
from dcgan.figures.sheets import save_picture
from dcgan.figures.theme import THEMES, Canvas, Theme
from dcgan.inspection.guided import Units, back_propagate, guided, plain
from dcgan.inspection.inputs import images_of
from dcgan.inspection.receptive_field import cut_patches, receptive_field
from dcgan.inspection.responses import measure_responses
from dcgan.inspection.untrained import untrained
from dcgan.loading import load
from dcgan.model import Model
from dcgan.networks.memory import reuse_memory
from dcgan.types import Pixels

RULES = {"guided": guided, "plain": plain}
QUANTILES = (1.0, 0.95, 0.75, 0.5, 0.25)  # of the features, in the table
BEYOND = 1.5  # times in view: a feature that looks at the thing
FACES = 101  # seed of the drawn faces: none that a model was trained on

Shares = NDArray[np.float64]


@dataclass(frozen=True)
class Pairs:
    """Faces with the thing, the same faces without it, and where they differ."""

    worn: Pixels
    bare: Pixels
    masks: Pixels  # (N, H, W, 1), 0 or 1


@dataclass(frozen=True)
class Row:
    """What came of one net and one rule; arrays have a number for each feature of the layer, shares from 0 to 1."""

    net: str
    rule: str
    inside: Shares
    chance: Shares
    in_view: Shares
    fall: Shares


def correlation(first: Shares, second: Shares) -> float:
    """Spearman's, of ranks."""
    return float(np.corrcoef(first.argsort().argsort(), second.argsort().argsort())[0, 1])


def sample_pairs(thing: str, wanted: int, model: Model) -> Pairs:
    """So many faces that wear the thing."""
    faces = DrawnFaces(size=model.architecture.size, seed=FACES)
    options = DecodeOptions(model.architecture.size, model.architecture.channels)

    def pixels(item: Item) -> Pixels:
        assert isinstance(item.content, bytes)
        decoded = decode(item.content, options)
        assert isinstance(decoded, Decoded)
        return decoded.pixels

    wearers = (index for index in count() if faces.face(index).attributes[thing] != "none")
    both = [(faces.face(index), faces.face(index, without=[thing])) for index in islice(wearers, wanted)]
    worn, bare = (np.stack([pixels(item) for item in side]) for side in zip(*both, strict=True))
    return Pairs(worn, bare, (worn != bare).any(axis=3, keepdims=True).astype(np.uint8))


def measure(net: str, model: Model, layer: int, pairs: Pairs, strongest: int) -> list[Row]:
    """Both rules, on the faces that drive each feature most."""
    found = measure_responses(model, pairs.worn, layer, strongest)
    picture, units = found.picture.ravel(), found.units.reshape(-1, 3)

    def by_feature(numbers: Shares) -> Shares:
        means: Shares = numbers.reshape(found.value.shape).mean(axis=1)
        return means

    masks = pairs.masks[picture]
    field = receptive_field(model.architecture, layer)
    seen = cut_patches(masks, field, found.row.ravel(), found.column.ravel())
    in_view = (seen == 1).sum(axis=(1, 2, 3)) / (seen <= 1).sum(axis=(1, 2, 3))  # beyond the picture it is neither
    bare = responses(model, pairs.bare[picture], layer, units).reshape(found.value.shape)
    fall = 1 - bare.sum(axis=1) / found.value.sum(axis=1)
    rows = []
    for name, rule in RULES.items():
        saliency = np.abs(back_propagate(model, pairs.worn[picture], layer, units, rule))
        inside = (saliency * masks).sum(axis=(1, 2, 3)) / saliency.sum(axis=(1, 2, 3)).clip(1e-30)
        chance = masks.mean(axis=(1, 2, 3))
        rows.append(Row(net, name, by_feature(inside), by_feature(chance), by_feature(in_view), fall))
    return rows


@torch.inference_mode()
def responses(model: Model, pixels: Pixels, layer: int, units: Units) -> NDArray[np.float32]:
    """What one unit in each picture answers: (N,)."""
    parts = []
    for start in range(0, len(pixels), 64):
        feature, row, column = units[start : start + 64].T
        maps = model.nets.discriminator.activations(images_of(model, pixels[start : start + 64]))[layer].cpu().numpy()
        parts.append(maps[np.arange(len(maps)), feature, row, column])
    return np.concatenate(parts)


def table(rows: list[Row]) -> str:
    """Of inside the mean and quantiles over the features; *over* is the share of them that exceed in view by far."""
    quantiles = f"{'largest':>8}{''.join(f'{quantile:>7.0%}' for quantile in QUANTILES[1:])}"
    others = f"{'chance':>8}{'in view':>9}{f'over {BEYOND:g}x':>11}{'fall':>6}{'r inside':>10}{'r in view':>11}"
    lines = [f"{'':<16}{'mean':>6}{quantiles}{others}"]
    for row in rows:
        largest, *below = np.quantile(row.inside, QUANTILES)
        shares = f"{largest:>8.1%}{''.join(f'{share:>7.1%}' for share in below)}"
        over = (row.inside > BEYOND * row.in_view).mean()
        means = f"{row.chance.mean():>8.1%}{row.in_view.mean():>9.1%}{over:>11.1%}{row.fall.mean():>6.0%}"
        found = f"{correlation(row.inside, row.fall):>10.2f}{correlation(row.in_view, row.fall):>11.2f}"
        lines.append(f"{f'{row.net}, {row.rule}':<16}{row.inside.mean():>6.1%}{shares}{means}{found}")
    return "\n".join(lines)


def draw(rows: list[Row], thing: str, layer: int, theme: Theme) -> Image:
    """Inside, in each way the features with most of it first, beside what knowing nothing would give."""
    most, features = max(row.inside.max() for row in rows), len(rows[0].inside)
    left, top, right, bottom = 60, 60, 760, 380
    canvas = Canvas(right + MARGIN, bottom + 2 * LINE + MARGIN, theme)
    canvas.text(left, MARGIN + LINE / 2, f"share of each feature's saliency that lies in the {thing}", "lm", NORMAL)
    canvas.text(right, bottom + 1.5 * LINE, f"features of layer {layer}, those with most of it first", "rm", faint=True)

    def place(number: float, share: float) -> tuple[float, float]:
        return left + (right - left) * number / (features - 1), bottom - (bottom - top) * share / most

    canvas.draw.line([(left, top), (left, bottom), (right, bottom)], theme.ink)
    for share in np.arange(0, most, 0.1):
        y = place(0, share)[1]
        canvas.draw.line([(left - 5, y), (left, y)], theme.ink)
        canvas.text(left - 12, y, f"{share:.0%}", "rm", faint=True)
    levels = {"in view": [row.in_view for row in rows], "chance": [row.chance for row in rows]}
    for name, shares in levels.items():
        y = place(0, float(np.mean(shares)))[1]
        canvas.draw.line([(left, y), (right, y)], theme.faint)
        canvas.text(right, y - LINE / 2, name, "rm", faint=True)
    looks = {
        ("trained", "guided"): (theme.accent, 4),
        ("trained", "plain"): (theme.accent, 2),
        ("random", "guided"): (theme.ink, 4),
        ("random", "plain"): (theme.ink, 2),
    }
    for line, row in enumerate(rows):
        color, width = looks[row.net, row.rule]
        points = [place(number, share) for number, share in enumerate(np.sort(row.inside)[::-1])]
        canvas.draw.line(points, color, width, "curve")
        y = top + (line + 0.5) * LINE
        canvas.draw.line([(right - 200, y), (right - 170, y)], color, width)
        canvas.text(right - 160, y, f"{row.net}, {row.rule}", "lm")
    return canvas.image


def main() -> None:
    """Measure and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--thing", choices=WORN, default="glasses")
    parser.add_argument("--layer", type=int, help="convolutional layer, from 0; by default the last")
    parser.add_argument("--faces", type=int, default=2000, help="that wear the thing")
    parser.add_argument("--strongest", type=int, default=16, help="of them for each feature")
    parser.add_argument("--seed", type=int, default=0, help="of the random weights")
    parser.add_argument("--plot", type=Path, help="picture to draw")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    reuse_memory()
    model = load(arguments.model)
    layer = len(model.architecture.discriminator) - 1 if arguments.layer is None else arguments.layer
    pairs = sample_pairs(arguments.thing, arguments.faces, model)
    nets = {"trained": model, "random": untrained(model, pairs.worn, arguments.seed)}
    rows = [row for name, net in nets.items() for row in measure(name, net, layer, pairs, arguments.strongest)]
    if arguments.plot:
        save_picture(draw(rows, arguments.thing, layer, THEMES["light"]), arguments.plot)
    if arguments.json:
        print(json.dumps([vars(row) for row in rows], default=lambda shares: shares.round(4).tolist()))
        return
    print(f"{arguments.thing}: {len(rows[0].inside)} features of layer {layer}, {arguments.strongest} faces each\n")
    print(table(rows))


if __name__ == "__main__":
    main()
