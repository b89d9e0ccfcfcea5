"""Vector arithmetic on concepts (paper section 6.3.2): smiling woman - neutral woman + neutral man."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from dcgan.errors import UsageError
from dcgan.figures.arithmetic import arithmetic_figure
from dcgan.figures.notebook import html_of
from dcgan.figures.theme import THEMES, Theme
from dcgan.latent.concepts import Concept, ConceptSource, resolve_concepts
from dcgan.latent.formula import Term, parse_formula, written
from dcgan.model import Model
from dcgan.randomness import Stream, check_seed, rng, whole_label
from dcgan.short_repr import ShortRepr
from dcgan.types import Latents, Pixels

VARIATIONS = 8
NOISE = 0.25  # variations are Y + U(-0.25, 0.25), as in the paper


@dataclass(frozen=True, repr=False)
class ArithmeticResult(ShortRepr):
    """A sum Y of concepts, and what was added up.

    Attributes:
        terms: The sum.
        concepts: The concept of each term.
        examples: Pixels (N, H, W, C) of each term's examples; of an axis none, (0, H, W, C).
        means: Pixels (T, H, W, C), the picture of each concept's mean; of an axis the picture of that z itself.
        z: (1 + variations, latent_dim): Y first, then Y with noise.
        pixels: (1 + variations, H, W, C): Y first.
        pixel_sum: (H, W, C), the same sum of the mean pictures of the examples, the paper's baseline; None where an
            axis takes part, as it has no pictures.
    """

    terms: tuple[Term, ...]
    concepts: tuple[Concept, ...]
    examples: tuple[Pixels, ...]
    means: Pixels
    z: Latents
    pixels: Pixels
    pixel_sum: Pixels | None

    @property
    def formula(self) -> str:
        """The sum as text: "smiling - neutral + 2 * glasses"."""
        return written(self.terms)

    def figure(self, theme: Theme = THEMES["light"]) -> Image.Image:
        """The paper's figure 7: examples above the picture of their mean, Y and its variations, the sum of pixels."""
        labels = [str(term) for term in self.terms]
        return arithmetic_figure(labels, self.examples, self.means, self.pixels, self.pixel_sum, theme)

    def _repr_html_(self) -> str:
        return html_of(self.figure())


def arithmetic(
    model: Model,
    formula: str | Sequence[Term],
    *,
    concepts: ConceptSource = None,
    variations: int = VARIATIONS,
    noise: float = NOISE,
    seed: int = 0,
) -> ArithmeticResult:
    """Add and subtract concepts, and generate the picture of the sum Y with variations of it.

    Of conditional nets the labels are added, too: Y has the one of which there is most in the sum.

    Args:
        model: Whose latent space.
        formula: The sum, such as "smiling - neutral + 2 * glasses"; see `parse_formula`.
        concepts: What the names mean: a file of concepts, or concepts by name. Default: the model's own.
        variations: How many z near Y to generate as well, 0 to 99.
        noise: They are Y + U(-noise, noise), each number by itself; 0 to 10.
        seed: Names the noise.

    Raises:
        UsageError: The formula does not parse, or a value is out of its range.
        LatentError: There is no such concept, or the file cannot be read.

    Example:
        >>> result = dcgan.arithmetic(dcgan.load("faces"), "glasses - plain + hat")
        >>> result.pixels.shape
        (9, 32, 32, 3)
    """
    terms = parse_formula(formula) if isinstance(formula, str) else tuple(formula)
    known = resolve_concepts(model, concepts, [term.name for term in terms])
    chosen = tuple(known[term.name] for term in terms)
    factors = [term.factor for term in terms]
    z = sum_latents(model, factors, chosen, variations=variations, noise=noise, seed=seed)
    examples = tuple(model.generate(concept.z[:0] if concept.is_axis else concept.z) for concept in chosen)
    pixel_sum = None
    if not any(concept.is_axis for concept in chosen):
        pixel_sum = add_pictures(factors, examples)
    means = model.generate(whole_label(np.stack([concept.mean for concept in chosen]), model.interface.classes))
    return ArithmeticResult(terms, chosen, examples, means, z, model.generate(z), pixel_sum)


def sum_latents(
    model: Model,
    factors: Sequence[float],
    concepts: Sequence[Concept],
    *,
    variations: int = VARIATIONS,
    noise: float = NOISE,
    seed: int = 0,
) -> Latents:
    """The z of a sum Y of concepts, and of its variations: (1 + variations, latent_dim), float32, Y first.

    Args:
        model: Whose latent space.
        factors: How many times each concept is added; below 0 it is subtracted.
        concepts: One for each factor, one or more.
        variations: How many z near Y, 0 to 99.
        noise: They are Y + U(-noise, noise), each number by itself; 0 to 10. Labels have no noise.
        seed: Names the noise.

    Raises:
        UsageError: A value is out of its range.
    """
    if not 0 <= variations <= 99:
        raise UsageError(f"`variations` must be 0 to 99, not {variations}")
    if not 0 <= noise <= 10:
        raise UsageError(f"`noise` must be 0 to 10, not {noise:g}")
    check_seed(seed)
    y = np.sum([np.float32(factor) * one.mean for factor, one in zip(factors, concepts, strict=True)], axis=0)
    offsets = rng(Stream.ARITHMETIC, seed).uniform(-noise, noise, (variations, len(y)))
    offsets[:, model.interface.noise_dim :] = 0
    return whole_label(np.concatenate([y[None], y + offsets]).astype(np.float32), model.interface.classes)


def add_pictures(factors: Sequence[float], pictures: Sequence[Pixels]) -> Pixels:
    """The sum of mean pictures, each times its factor, in [-1, 1] and cut off there: (H, W, C), uint8."""
    means = [factor * (group.mean(axis=0) / 127.5 - 1) for factor, group in zip(factors, pictures, strict=True)]
    return np.asarray(((np.sum(means, axis=0).clip(-1, 1) + 1) * 127.5).round(), np.uint8)
