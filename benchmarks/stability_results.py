"""What benchmarks/stability.py has measured, as tables and charts."""

from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from PIL import Image

from dcgan.figures.curves import curves, page
from dcgan.figures.theme import THEMES
from dcgan.training.monitor import COLLAPSED
from dcgan.training.presets import DRAWINGS
from dcgan.training.recipe import Recipe

_USUAL = Recipe().values()
_DRAWINGS = {name: value for name, value in DRAWINGS.values().items() if value != _USUAL.get(name)}
_OPTIONS: dict[str, dict[str, object]] = {
    "lr 2e-4": {"lr": 2e-4},
    "lr 1e-3": {"lr": 1e-3},
    "two rates": {"lr": 1e-4, "lr_discriminator": 4e-4},
    "slower D": {"lr": 5e-4, "lr_discriminator": 2e-4},
    "linear": {"lr_schedule": "linear", "lr_hold": 0.5},  # with marks in images, the last of which is its length
    "beta2 0.99": {"beta2": 0.99},
    "ema 20000": {"ema_half_life": 20_000},
    "batch 32": {"batch_size": 32},
    "batch 32, linear": {"batch_size": 32, "lr_schedule": "linear", "lr_hold": 0.5},
    "batch 32, lr 3.5e-4": {"batch_size": 32, "lr": 3.5e-4},
    "flip": {"horizontal_flip": True},
    "batch 128": {"batch_size": 128},
    "base 24": {"base_channels": 24},
    "base 48": {"base_channels": 48},
    "base 64": {"base_channels": 64},
    "drawings": _DRAWINGS,
    "drawings, batch 32": {**_DRAWINGS, "batch_size": 32},
    "drawings, base 64": {**_DRAWINGS, "base_channels": 64},
    "drawings, relativistic": {**_DRAWINGS, "loss": "relativistic"},
    "drawings, translation": {**_DRAWINGS, "augment": "translation"},
    "normal z": {"latent_distribution": "normal"},
    "simultaneous": {"updates": "simultaneous"},
    "relativistic": {"loss": "relativistic"},
    "hinge": {"loss": "hinge"},
    "r1_gamma": {"r1_gamma": 5.0},
    "spectral, hinge": {"normalization": "spectral", "loss": "hinge", "lr": 2e-4},
    "augment everything": {"augment": "color,translation,cutout"},
    "augment none": {"augment": "none"},
    "augment none, ignore": {"augment": "none", "on_collapse": "ignore"},
    "float32": {"precision": "float32"},
    "float32, contiguous": {"precision": "float32", "channels_last": False},
}
RECIPES: dict[str, dict[str, object] | None] = {
    "textbook": None,
    "default": {},
    "strided": {"layout": "strided"},
    **{f"default, {name}": changes for name, changes in _OPTIONS.items()},
    **{f"strided, {name}": {"layout": "strided", **changes} for name, changes in _OPTIONS.items()},
}
"""What is compared: changes of the default recipe, or the textbook loop."""


def groups(rows: list[dict[str, Any]]) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    """The trainings that differ by their seeds alone, by (set, unit, recipe)."""
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda row: (row["unit"] != "seconds", row["set"], [*RECIPES].index(row["recipe"]))):
        found.setdefault((row["set"], row["unit"], row["recipe"]), []).append(row)
    return found


def print_tables(rows: list[dict[str, Any]]) -> None:
    """A line for each set and recipe: the kernel distance x 1000 at each mark, mean ± standard deviation of seeds."""
    unit = None
    for (name, marked, recipe), group in groups(rows).items():
        if marked != unit:
            unit = marked
            reached = sorted({round(mark[unit], -1) for row in rows if row["unit"] == unit for mark in row["marks"]})
            marks = [mark for before, mark in zip([0, *reached], reached, strict=False) if mark > 1.01 * before]
            heads = [f"{mark:,.0f} {'s' if unit == 'seconds' else 'images'}" for mark in marks]
            labels = "".join(f"{head:>15}" for head in heads)
            print(f"\n{'set':<12}{'recipe':<30}{'runs':>5}{'healthy':>8}{'roll-backs':>11}{labels}{'images':>9}")
        cells = []
        for mark in marks:
            found = [m["kernel_distance"] for row in group for m in row["marks"] if abs(m[unit] - mark) <= mark / 10]
            deviation = f" ± {1000 * stdev(found):.0f}" if len(found) > 1 else ""
            cells.append(f"{1000 * fmean(found):.0f}{deviation}" if found else "")
        healthy = sum(not row["collapses"] and row["marks"][-1]["diversity"] >= COLLAPSED for row in group)
        rollbacks, images = sum(row["rollbacks"] for row in group), fmean(row["marks"][-1]["images"] for row in group)
        line = "".join(f"{cell:>15}" for cell in cells)
        print(f"{name:<12}{recipe:<30}{len(group):>5}{healthy:>8}{rollbacks:>11}{line}{images:>9,.0f}")


def montage(rows: list[dict[str, Any]], recipes: list[str], sheets: Path, out: Path) -> None:
    """What was drawn at the last mark, seed 0: a column a set, a row a recipe, the corner of 5 x 5 pictures of each.

    Of the sets on which all of these recipes were trained.
    """
    trained = {name: {row["recipe"] for row in rows if row["set"] == name} for name in {row["set"] for row in rows}}
    sets = sorted(name for name, found in trained.items() if found >= set(recipes))
    side, space = 240, 12  # pixels
    canvas = Image.new("RGB", (len(sets) * (side + space) - space, len(recipes) * (side + space) - space), "white")
    for row, recipe in enumerate(recipes):
        for column, name in enumerate(sets):
            with Image.open(sheets / f"{name}, {recipe}, 0.png") as sheet:
                across = sheet.width * 5 // 8
                corner = sheet.convert("RGB").crop((0, 0, across, across)).resize((side, side))
            canvas.paste(corner, (column * (side + space), row * (side + space)))
    canvas.save(out, quality=85)


def draw(rows: list[dict[str, Any]], recipes: list[str], out: Path) -> None:
    """A chart a set: each recipe's mean over the seeds."""
    charts: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for (name, unit, recipe), group in groups(rows).items():
        if unit == "seconds" and recipe in recipes:
            marks = zip(*(row["marks"] for row in group), strict=False)
            line = [(fmean(m["seconds"] for m in at), fmean(m["kernel_distance"] for m in at)) for at in marks]
            charts.setdefault(name, {})[recipe] = line
    drawn = [
        curves(series, name, "seconds of one processor", "kernel distance, 0 is best", y_range=(0, 0))
        for name, series in charts.items()
    ]
    out.write_text(page(drawn, THEMES["light"], columns=2), "utf-8")
