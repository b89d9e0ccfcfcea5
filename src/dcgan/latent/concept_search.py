"""Finding concepts among a model's samples: by hand-picked seeds, or by a classifier of attributes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from PIL import Image

from dcgan.data.sources import PictureSource
from dcgan.errors import LatentError, UsageError
from dcgan.figures.labeled_grid import labeled_grid
from dcgan.figures.notebook import html_of
from dcgan.figures.theme import THEMES, Theme
from dcgan.latent.attribute_classifier import Logits, train_attribute_classifier
from dcgan.latent.attributes import (
    Condition,
    attribute_labels,
    least_squares_axis,
    parse_conditions,
    top_confident,
)
from dcgan.latent.concepts import Concept, check_name, concept_of_axis, concept_of_seeds
from dcgan.model import Model
from dcgan.model_pictures import open_for
from dcgan.progress import notebook_bar
from dcgan.short_repr import ShortRepr
from dcgan.types import Latents, OnProgress, Pixels

TRAINING_PICTURES = 20_000  # of the source that a classifier is trained on, at most, chosen at random
DOUBTFUL = 0.9  # accuracy below which a classifier's choices should be looked at
SHOWN = 12  # examples of a concept in the figure
LARGEST_POOL = 10_000_000
CHUNK = 512  # samples generated at once

Definition = str | Sequence[int]
"""Conditions on attributes, such as "glasses, no hat, hair_length=long"; or seeds."""


@dataclass(frozen=True, eq=False, repr=False)
class Concepts(ShortRepr, Mapping[str, Concept]):
    """Concepts that were found, by name.

    Attributes:
        by_name: The concepts, in the order of their definitions.
        pixels: Of each that is no axis, the pictures of its examples, (N, H, W, C).
        accuracy: Of the classifier on held-out pictures, for each attribute, 0 to 1; empty where none was needed.
    """

    by_name: Mapping[str, Concept]
    pixels: Mapping[str, Pixels]
    accuracy: Mapping[str, float]

    def __getitem__(self, name: str) -> Concept:
        return self.by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_name)

    def __len__(self) -> int:
        return len(self.by_name)

    @property
    def doubtful(self) -> list[str]:
        """The attributes that the classifier gets wrong too often for its choices to be trusted unseen."""
        return [name for name, accuracy in self.accuracy.items() if accuracy < DOUBTFUL]

    def figure(self, theme: Theme = THEMES["light"]) -> Image.Image:
        """A line of examples for each concept.

        Raises:
            UsageError: All of them are axes, which no picture shows.
        """
        if not self.pixels:
            raise UsageError("an axis has no pictures: see what it does with `dcgan turn`")
        columns = min(SHOWN, *map(len, self.pixels.values()))  # rows of one length
        return labeled_grid(np.stack([rows[:columns] for rows in self.pixels.values()]), theme, rows=[*self.pixels])

    def _repr_html_(self) -> str:
        axes = [f"<p><code>{escape(name)}</code>: an axis</p>" for name in self if self[name].is_axis]
        return (html_of(self.figure()) if self.pixels else "") + "".join(axes)


@notebook_bar("finding concepts")
def find_concepts(
    model: Model,
    source: PictureSource | None,
    definitions: Mapping[str, Definition],
    *,
    axis: bool = False,
    examples: int = 9,
    pool: int = 5000,
    on_progress: OnProgress | None = None,
) -> Concepts:
    """Find the latent vectors of concepts.

    A definition by seeds is what it says. For conditions, a small classifier is trained on the attributes or labels of
    the source; of the seeds 0 to `pool` - 1 those are taken of which it is most confident that all conditions hold. As
    an axis, a concept is the direction of least squares of the classifier's logits on z. The classifier is trained on
    the CPU.

    Args:
        model: Whose samples.
        source: Labeled pictures: anything that holds pictures with labels or attributes, such as a folder of folders,
            a packed set, or "drawn-faces". None if all definitions are seeds.
        definitions: By the names of the concepts, conditions such as "glasses, no hat" or "hair_length=long", or seeds.
        axis: Find axes in place of examples; each for a single condition.
        examples: Samples of each concept that is defined by conditions, 1 or more.
        pool: How many seeds to choose from, `examples` to 10,000,000.
        on_progress: Called with (done, total) as the source is prepared, as the classifier is trained, and as the pool
            is generated, each from 0.

    Raises:
        UsageError: A value is out of its range, or definitions, source and axis do not go together.
        LatentError: The source does not know an attribute, or the conditions hold for too few samples.
        SourceError: The source cannot be read, or holds no usable picture.

    Example:
        >>> concepts = dcgan.find_concepts(model, "drawn-faces", {"cool": "glasses, hat", "mine": [3, 17, 40]})
        >>> dcgan.arithmetic(model, "cool - mine", concepts=concepts)
    """
    check_definitions(definitions, source is not None, axis=axis, examples=examples, pool=pool)
    model.check_draws()
    conditions = {name: parse_conditions(text) for name, text in definitions.items() if isinstance(text, str)}
    found = {
        name: concept_of_seeds(name, chosen, model)
        for name, chosen in definitions.items()
        if not isinstance(chosen, str)
    }
    accuracy: dict[str, float] = {}
    if source is not None:
        queries = list(dict.fromkeys(condition.query for parts in conditions.values() for condition in parts))
        data = open_for(model, source, on_progress=on_progress)
        labels = attribute_labels(data, queries)
        classifier = train_attribute_classifier(data.pixels, labels, most=TRAINING_PICTURES, on_progress=on_progress)
        accuracy = {str(query): round(float(a), 4) for query, a in zip(queries, classifier.accuracy, strict=True)}
        z = model.latents(range(pool))
        parts = []
        for start in range(0, pool, CHUNK):
            parts.append(classifier.logits(model.generate(z[start : start + CHUNK])))
            if on_progress:
                on_progress(min(start + CHUNK, pool), pool)
        logits = np.concatenate(parts)
        for name, each in conditions.items():
            columns = logits[:, [queries.index(condition.query) for condition in each]]
            found[name] = _choose(model, name, each, z, columns, axis, examples)
    by_name = {name: found[name] for name in definitions}
    pixels = {name: model.generate(concept.z) for name, concept in by_name.items() if not concept.is_axis}
    return Concepts(by_name, pixels, accuracy)


def check_definitions(
    definitions: Mapping[str, Definition], has_source: bool, *, axis: bool, examples: int, pool: int
) -> None:
    """Refuse what `find_concepts` cannot do, before a source is opened.

    Raises:
        UsageError: A value is out of its range, or definitions, source and axis do not go together.
        LatentError: A concept cannot be called so.
    """
    conditions = {name: parse_conditions(text) for name, text in definitions.items() if isinstance(text, str)}
    by_seeds = {name: chosen for name, chosen in definitions.items() if not isinstance(chosen, str)}
    for name in definitions:
        check_name(name)
    if not definitions:
        raise UsageError("`definitions` is empty: name a concept, with seeds or conditions")
    if examples < 1:
        raise UsageError(f"`examples` must be 1 or more, not {examples}")
    if axis and not 1 <= pool <= LARGEST_POOL:
        raise UsageError(f"`pool` must be 1 to {LARGEST_POOL:,}, not {pool}")
    if not axis and not examples <= pool <= LARGEST_POOL:
        raise UsageError(f"`pool` must be {examples}, as many as `examples`, to {LARGEST_POOL:,}, not {pool}")
    if empty := [name for name, chosen in by_seeds.items() if not len(chosen)]:
        raise UsageError(f"{', '.join(empty)}: a concept needs at least one seed")
    if conditions and not has_source:
        raise UsageError(f"{', '.join(conditions)}: conditions need a `source` of labeled pictures to learn them from")
    if has_source and not conditions:
        raise UsageError(
            "`source` is for definitions by conditions, and no definition has conditions: leave it out, or write "
            "label=7 for a label that is a number"
        )
    if axis and by_seeds:
        raise UsageError(f"{', '.join(by_seeds)}: an axis is found from conditions, not from seeds; leave `axis` out")
    if axis and (many := [name for name, parts in conditions.items() if len(parts) > 1]):
        raise UsageError(f"{', '.join(many)}: an axis can have only one condition")


def _choose(
    model: Model, name: str, conditions: Sequence[Condition], z: Latents, logits: Logits, axis: bool, examples: int
) -> Concept:
    """The concept of conditions, by a classifier's logits (N, A) of the pool z (N, D), one column a condition."""
    present = [condition.present for condition in conditions]
    try:
        if axis:
            return concept_of_axis(name, least_squares_axis(z, logits[:, 0], present[0], model.interface.noise_dim))
        return concept_of_seeds(name, top_confident(logits, present, examples).tolist(), model)
    except LatentError as error:
        fewer = "" if axis else "; raise `pool`, or ask for fewer `examples`"
        raise LatentError(f"{name}: {error}{fewer}") from error
