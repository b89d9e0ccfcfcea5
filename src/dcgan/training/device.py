"""Which device, which arithmetic: what `auto` comes to on this machine."""

from dataclasses import replace

import torch

from dcgan.errors import RecipeError
from dcgan.training.ranks import Ranks
from dcgan.training.recipe import Recipe


def resolve_device(name: str) -> str:
    """The device that `name` means here ("auto", "cpu", "cuda", "cuda:1", "mps").

    Raises:
        RecipeError: It is no name of a device, or this machine, or this build of torch, has no such device.
    """
    Recipe(device=name)  # checks the name
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    kind, _, index = name.partition(":")
    if kind == "cuda" and not torch.cuda.is_available():
        raise RecipeError("--device cuda: torch finds no CUDA device here; use --device cpu, or install a CUDA build")
    if index and int(index) >= torch.cuda.device_count():
        raise RecipeError(f"--device {name}: this machine has {torch.cuda.device_count()} CUDA devices, counted from 0")
    if kind == "mps" and not torch.backends.mps.is_available():
        raise RecipeError("--device mps: torch finds no Metal device here; use --device cpu")
    return name


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


def has_fast_bfloat16(device: str) -> bool:
    """Whether the device computes bfloat16 in hardware: a GPU from Ampere on, a CPU with AVX512-BF16 or AMX."""
    if device.startswith("cuda"):
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device == "cpu" and torch.backends.mkldnn.is_available():
        capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return False
