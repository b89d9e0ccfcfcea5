"""Attributes: what people ask of pictures, which pictures of a packed set have them, and which samples show them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcgan.data.packed import PackedSet
from dcgan.errors import LatentError, UsageError
from dcgan.latent.attribute_classifier import AttributeLabels, Logits
from dcgan.types import Latents
from dcgan.words import some_of

ABSENT = "none"  # the value of an attribute that a picture lacks


@dataclass(frozen=True)
class AttributeQuery:
    """An attribute that a picture may have: "glasses", "hair_length=long", "kitchen" (a label)."""

    name: str
    value: str | None = None

    def __str__(self) -> str:
        return self.name if self.value is None else f"{self.name}={self.value}"


@dataclass(frozen=True)
class Condition:
    """An attribute, and whether it shall be there."""

    query: AttributeQuery
    present: bool

    def __str__(self) -> str:
        return f"{'' if self.present else 'no '}{self.query}"


def parse_conditions(text: str) -> tuple[Condition, ...]:
    """Conditions as people write them: "glasses, no hat, hair_length=long".

    Raises:
        UsageError: A part is empty.
    """
    conditions = []
    for part in text.split(","):
        words = re.fullmatch(r"\s*(no\s+)?([^\s=][^=]*?)\s*(?:=\s*(\S.*?)\s*)?", part)
        if not words:
            raise UsageError(f"{text!r}: {part.strip()!r} is not a condition; write for example: glasses, no hat")
        conditions.append(Condition(AttributeQuery(words[2], words[3]), not words[1]))
    return tuple(conditions)


def attribute_labels(data: PackedSet, queries: Sequence[AttributeQuery]) -> AttributeLabels:
    """Which pictures of a packed set have each attribute, by its index: (N, A), in the order of its pictures.

    A query with a value asks whether the attribute has that value ("label" is an attribute, too). A name alone asks
    whether an attribute that some pictures lack is there, or else whether it is the label.

    Raises:
        LatentError: The set has no such attribute, value or label, or all pictures have it, or none.
    """
    used = data.used("label", "attributes").to_pylist()
    rows = [{**dict(row["attributes"] or ()), "label": row["label"]} for row in used]
    columns = [_column(rows, query) for query in queries]
    for query, column in zip(queries, columns, strict=True):
        if column.all() or not column.any():
            which = "all" if column.all() else "none"
            raise LatentError(f"{which} of the pictures have {query!s}, so it cannot be learned from them")
    return np.stack(columns, axis=1)


def _column(rows: Sequence[Mapping[str, str | None]], query: AttributeQuery) -> NDArray[np.bool_]:
    """Which rows of the index have an attribute: (N,)."""
    name, value = query.name, query.value
    values = {row.get(name) for row in rows}
    if value is not None:
        if value not in values:
            others = some_of(sorted(v for v in values if v is not None)) or "no value at all"
            raise LatentError(f"no picture of the source has {query!s}; of {name} it has: {others}")
        return np.array([row.get(name) == value for row in rows])
    if name != "label" and ABSENT in values:
        return np.array([row.get(name, ABSENT) != ABSENT for row in rows])
    labels = {row["label"] for row in rows}
    if name in labels:
        return np.array([row["label"] == name for row in rows])
    names = {name for row in rows[:1000] for name in row if name != "label"}
    choices = some_of(sorted({*names, *(label for label in labels if label)}))
    hint = f"; write {name}=VALUE" if name in names else ""
    raise LatentError(
        f"no picture of the source has an attribute or label {name!r}{hint}. "
        f"It has: {choices or 'no labels; put pictures into folders'}"
    )


def top_confident(logits: Logits, present: Sequence[bool], count: int) -> NDArray[np.int64]:
    """The samples of which a classifier is most confident that all conditions hold: indices (count,), best first.

    Args:
        logits: (N, A), one column a condition.
        present: A booleans, whether each attribute shall be there.
        count: How many.

    Raises:
        LatentError: The conditions hold for fewer.
    """
    margins = (logits * np.where(present, 1, -1)).min(axis=1)  # the confidence in the least certain condition
    found = int((margins > 0).sum())
    if found < count:
        raise LatentError(f"the conditions hold for {found} of {len(logits):,} samples, and {count} are needed")
    return np.argsort(-margins, kind="stable")[:count]


def least_squares_axis(
    z: Latents, logits: NDArray[np.float32], present: bool = True, noise_dim: int | None = None
) -> NDArray[np.float32]:
    """The direction in which a classifier's logit rises fastest, by least squares of the logits on z.

    It is scaled so that adding it raises the fitted logit from the mean of samples without the attribute to that of
    samples with it.

    Args:
        z: (N, D).
        logits: (N,).
        present: Whether to move toward the attribute, or away from it.
        noise_dim: How many of the first numbers of z the axis may change; the others, a label, are fitted, too, and
            are 0 in the axis. Default: all.

    Returns:
        (D,).

    Raises:
        LatentError: All samples have the attribute, or none has, or there are too few.
    """
    has = logits > 0
    if has.all() or not has.any() or len(z) <= z.shape[1]:
        raise LatentError(
            f"{int(has.sum())} of {len(z):,} samples have the attribute; an axis needs samples with it and samples "
            f"without, and more than {z.shape[1]} in all: raise `pool`"
        )
    design = np.column_stack([z, np.ones(len(z))]).astype(np.float64)
    slope = np.linalg.lstsq(design, logits.astype(np.float64), rcond=None)[0][:-1]
    if noise_dim is not None:
        slope[noise_dim:] = 0
    rise = logits[has].mean() - logits[~has].mean()
    axis = slope * rise / (slope @ slope)
    return np.asarray(axis if present else -axis, np.float32)
