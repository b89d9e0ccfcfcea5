"""Places in latent space as the page names them: an object says what z is made of, and never z itself.

    {kind: "walk", seeds: [3, 17, 40], at: [0, 0.5, 2]}        places from 0, the first seed, to the last
    {kind: "grid", seeds: [3, 17, 40, 8], x: [0.5], y: [0]}    between four corners, row by row
    {kind: "moved", seed: 3, terms: [TERM, ...]}               a seed with concepts added to it
    {kind: "sum", terms: [TERM, ...], variations, noise_seed}  a sum of concepts, and z near it

A TERM is {factor, concept: NAME} or {factor, seeds: [...]}, which stands for the mean of these.
`only` takes one of the places by its index, to be kept as a file.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan.errors import UsageError
from dcgan.latent.arithmetic import sum_latents
from dcgan.latent.concepts import Concept, concept_of_seeds, resolve_concepts
from dcgan.latent.formula import MOST_TERMS
from dcgan.latent.interpolation_grid import grid_latents
from dcgan.latent.turn import move_latents
from dcgan.latent.walk import walk_latents
from dcgan.model import Model
from dcgan.studio.answers import value_of
from dcgan.types import Latents

MOST_PLACES = 64
"""Pictures of one request."""
MOST_SEEDS = 32
"""Pictures of a walk, and of a term."""
MOST_MOVED = 64
"""Concepts that a picture is moved along."""
LARGEST_FACTOR = 10.0
Asked = Mapping[str, Any]


def latents_asked(model: Model, asked: Asked) -> Latents:
    """The z of the places that a request names: (N, latent_dim), N of 1 to 64.

    Raises:
        UsageError: Something is missing, of another kind, or out of its range.
        LatentError: The model has no such concept, or its file cannot be read.
    """
    kind = value_of(asked, "kind", str)
    if kind not in _KINDS:
        raise UsageError(f"the kind must be one of {', '.join(_KINDS)}, not {kind!r}")
    z = _KINDS[kind](model, asked)
    if len(z) > MOST_PLACES:
        raise UsageError(f"{len(z)} pictures were asked for; at most {MOST_PLACES} can be drawn at once")
    if "only" not in asked:
        return z
    index = value_of(asked, "only", int)
    if not 0 <= index < len(z):
        raise UsageError(f"only must be 0 to {len(z) - 1}, not {index}")
    return z[index : index + 1]


def seeds_asked(asked: Asked) -> list[int]:
    """The seeds of a walk, a grid or a term.

    Raises:
        UsageError: They are no list of 1 to 32 seeds.
    """
    seeds = value_of(asked, "seeds", list)
    if not 1 <= len(seeds) <= MOST_SEEDS:
        raise UsageError(f"there must be 1 to {MOST_SEEDS} seeds, not {len(seeds)}")
    if not all(type(seed) is int and 0 <= seed < 2**63 for seed in seeds):
        raise UsageError("seeds must be whole numbers from 0 to 2^63 - 1")
    return seeds


def _walk(model: Model, asked: Asked) -> Latents:
    return walk_latents(model, model.latents(seeds_asked(asked)), _places(asked, "at"))


def _grid(model: Model, asked: Asked) -> Latents:
    z = grid_latents(model, model.latents(seeds_asked(asked)), _places(asked, "x"), _places(asked, "y"))
    return z.reshape(-1, model.latent_dim)


def _moved(model: Model, asked: Asked) -> Latents:
    z = model.latents(seeds_asked({"seeds": [asked.get("seed")]}))
    factors, concepts = _terms(model, asked, MOST_MOVED)
    amounts = [np.float32(factor) * one.mean for factor, one in zip(factors, concepts, strict=True)]
    direction = np.sum([np.zeros(model.latent_dim, np.float32), *amounts], axis=0)
    return move_latents(model, z, direction, np.ones(1))[:, 0]


def _sum(model: Model, asked: Asked) -> Latents:
    factors, concepts = _terms(model, asked, MOST_TERMS)
    if not factors:
        raise UsageError("the formula is empty: put a picture into it")
    variations, noise_seed = value_of(asked, "variations", int, 0), value_of(asked, "noise_seed", int, 0)
    if not 0 <= noise_seed < 2**63:
        raise UsageError("noise_seed must be a whole number from 0 to 2^63 - 1")
    return sum_latents(model, factors, concepts, variations=variations, seed=noise_seed)


def _terms(model: Model, asked: Asked, most: int) -> tuple[list[float], list[Concept]]:
    terms = value_of(asked, "terms", list)
    if len(terms) > most or not all(isinstance(term, dict) for term in terms):
        raise UsageError(f"the terms must be a list of {most} objects at most")
    factors = [value_of(term, "factor", float) for term in terms]
    if not all(abs(factor) <= LARGEST_FACTOR for factor in factors):  # nor what is no number
        raise UsageError(f"a factor must be -{LARGEST_FACTOR:g} to {LARGEST_FACTOR:g}")
    names = [value_of(term, "concept", str) for term in terms if "concept" in term]
    known = resolve_concepts(model, None, names) if names else {}
    concepts = [
        known[term["concept"]] if "concept" in term else concept_of_seeds("pictures", seeds_asked(term), model)
        for term in terms
    ]
    return factors, concepts


def _places(asked: Asked, name: str) -> NDArray[np.float64]:
    places = value_of(asked, name, list)
    numbers = all(type(place) in (int, float) and 0 <= place <= MOST_SEEDS for place in places)
    if not (numbers and 1 <= len(places) <= MOST_PLACES):
        raise UsageError(f"{name} must be a list of 1 to {MOST_PLACES} numbers from 0")
    return np.array(places, np.float64)


_KINDS: dict[str, Callable[[Model, Asked], Latents]] = {"walk": _walk, "grid": _grid, "moved": _moved, "sum": _sum}
