"""What the folder of a run says about it: its recipe (`recipe.toml`) and its card (`run.json`)."""

import json
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import torch

from dcgan.errors import RecipeError, RunError, command
from dcgan.files import RUN_FILE, parse_json, read_file
from dcgan.training.recipe import Recipe, read_toml

CARD = RUN_FILE
RECIPE = "recipe.toml"
FORMAT = 1


def write_run(folder: Path, recipe: Recipe, facts: Mapping[str, object]) -> None:
    """Write the recipe and the card of a run that begins now on this machine.

    Args:
        folder: Of the run.
        recipe: In which nothing is open any more.
        facts: Where the run's pictures come from, and what else the card keeps; as JSON has it.

    Raises:
        OSError: They cannot be written.
    """
    card = {
        "format": FORMAT,
        **facts,
        "created": datetime.now(UTC).isoformat("T", "seconds"),
        "machine": _machine(recipe),
    }
    (folder / RECIPE).write_text(recipe.to_toml(), "utf-8")
    (folder / CARD).write_text(json.dumps(card, indent=2) + "\n", "utf-8")


def read_run(run: Path) -> tuple[Recipe, dict[str, object]]:
    """The recipe of a run, and its card (`run.json`).

    Raises:
        RunError: There is no run, or its card is damaged.
        RecipeError: Its recipe is damaged.
    """
    if not (run / CARD).is_file():
        hint = "the folder does not exist" if not run.exists() else f"it has no {CARD}"
        for above in (run.parent, run.parent.parent):
            if (above / CARD).is_file():
                raise RunError(
                    f"{run} is not a run but a folder in the run {above}: name {above}, which goes on from its newest "
                    "checkpoint"
                )
        raise RunError(f"{run} is not a run: {hint}; start one with `{command('train', 'SOURCE', '--out', run)}`")
    try:
        card = parse_json(read_file(run / CARD))
    except (OSError, ValueError) as error:
        raise RunError(f"{run / CARD} is damaged: {error}") from error
    if not isinstance(card, dict) or not all(
        isinstance(card.get(key), str) for key in ("source", "data", "fingerprint")
    ):
        raise RunError(f"{run / CARD} is damaged: it does not say which pictures the run learns from")
    if type(card.get("format")) is not int or card["format"] != FORMAT:
        raise RunError(f"{run / CARD} has the format {card.get('format')}; this dcgan reads format {FORMAT}")
    written = read_toml(run / RECIPE)
    try:
        return Recipe().changed(written), card
    except RecipeError as error:
        raise RecipeError(f"{run / RECIPE}: {str(error).replace('`', '')}") from error  # as the file calls it


def _machine(recipe: Recipe) -> dict[str, object]:
    device = torch.cuda.get_device_name(recipe.device) if recipe.device.startswith("cuda") else platform.machine()
    return {
        "device": device,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "threads": recipe.threads,
    }
