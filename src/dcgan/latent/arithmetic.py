"""Vector arithmetic on concepts (paper section 6.3.2): smiling woman - neutral woman + neutral man."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dcgan.latent.concepts import Concept
from dcgan.latent.formula import Term
from dcgan.model import Model
from dcgan.randomness import Stream, rng
from dcgan.types import Latents, Pixels

NEIGHBORS = 8
REACH = 0.25  # neighbors are Y + U(-0.25, 0.25), as in the paper


@dataclass(frozen=True)
class Sum:
    """A sum of concepts, drawn.

    Attributes:
        terms: What was added up.
        concepts: The concept of each term.
        examples: Pixels (N, H, W, C) of each term's examples; of an axis none, (0, H, W, C).
        means: Pixels (T, H, W, C), the picture of each concept's mean; of an axis the picture of that z itself.
        z: (1 + neighbors, D): Y first.
        pixels: (1 + neighbors, H, W, C): Y first.
        in_pixel_space: (H, W, C), the same sum of the mean pictures of the examples, the paper's baseline; None where
            an axis takes part, as it has no pictures.
    """

    terms: tuple[Term, ...]
    concepts: tuple[Concept, ...]
    examples: tuple[Pixels, ...]
    means: Pixels
    z: Latents
    pixels: Pixels
    in_pixel_space: Pixels | None


def arithmetic(
    model: Model,
    terms: Sequence[Term],
    concepts: Mapping[str, Concept],
    *,
    neighbors: int = NEIGHBORS,
    reach: float = REACH,
    seed: int = 0,
) -> Sum:
    """Add up concepts, and draw the sum Y with its neighbors.

    Args:
        model: Whose latent space.
        terms: The sum; see `parse_formula`.
        concepts: By name, one for each term.
        neighbors: How many z near Y to draw, 0 or more.
        reach: They are Y + U(-reach, reach), each number by itself.
        seed: Names the neighbors.

    Raises:
        KeyError: A term has no concept.
    """
    chosen = tuple(concepts[term.name] for term in terms)
    y = np.sum([np.float32(term.factor) * concept.mean for term, concept in zip(terms, chosen, strict=True)], axis=0)
    noise = rng(Stream.ARITHMETIC, seed).uniform(-reach, reach, (neighbors, len(y)))
    z = np.concatenate([y[None], y + noise]).astype(np.float32)
    examples = tuple(model.generate(concept.z[:0] if concept.is_axis else concept.z) for concept in chosen)
    pixel_sum = None
    if not any(concept.is_axis for concept in chosen):
        pixel_sum = add_pictures([term.factor for term in terms], examples)
    means = model.generate(np.stack([concept.mean for concept in chosen]))
    return Sum(tuple(terms), chosen, examples, means, z, model.generate(z), pixel_sum)


def add_pictures(factors: Sequence[float], pictures: Sequence[Pixels]) -> Pixels:
    """The sum of mean pictures, each so many times, in [-1, 1] and cut off there: (H, W, C), uint8."""
    means = [factor * (group.mean(axis=0) / 127.5 - 1) for factor, group in zip(factors, pictures, strict=True)]
    return np.asarray(((np.sum(means, axis=0).clip(-1, 1) + 1) * 127.5).round(), np.uint8)
