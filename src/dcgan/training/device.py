"""What a recipe leaves open, made definite for this machine."""

from dataclasses import replace

import torch

from dcgan.device import has_fast_bfloat16, resolve_device
from dcgan.errors import RecipeError
from dcgan.training.distributed import Ranks
from dcgan.training.recipe import Recipe


def resolve(recipe: Recipe, ranks: Ranks = Ranks()) -> Recipe:  # noqa: B008  # it is frozen
    """The recipe with device, precision and threads made definite for this machine.

    With several ranks the threads stay open: each rank takes its share of the processors.

    Raises:
        RecipeError: This machine has no such device, or the device cannot do what the recipe asks.
    """
    device = resolve_device(recipe.device)
    if recipe.capture and not device.startswith("cuda"):
        raise RecipeError(f"--capture records CUDA graphs; with --device {device} leave it out")
    threads = recipe.threads or (torch.get_num_threads() if ranks.count == 1 else None)
    precision = recipe.precision
    if precision == "auto":
        precision = "bfloat16" if has_fast_bfloat16(device) else "float32"
    return replace(recipe, device=device, precision=precision, threads=threads)
