"""Finding the latent vectors of a concept among many, by what a classifier says of their pictures."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dcgan.data.packed import PackedSet
from dcgan.errors import LatentError
from dcgan.types import Latents

ABSENT = "none"  # the value of an attribute that a picture lacks
_SHOWN = 12  # of what a set knows, in an error

Answers = NDArray[np.bool_]  # (N, A)
Logits = NDArray[np.float32]  # (N, A)


@dataclass(frozen=True)
class Question:
    """Something to ask of a picture: "glasses", "hair_length=long", "kitchen" (a label)."""

    name: str
    value: str | None = None

    def __str__(self) -> str:
        return self.name if self.value is None else f"{self.name}={self.value}"


@dataclass(frozen=True)
class Condition:
    """A question, and the answer that is wanted."""

    question: Question
    wanted: bool

    def __str__(self) -> str:
        return f"{'' if self.wanted else 'no '}{self.question}"


def parse_conditions(text: str) -> tuple[Condition, ...]:
    """Conditions as people write them: "glasses, no hat, hair_length=long".

    Raises:
        LatentError: A part is empty.
    """
    conditions = []
    for part in text.split(","):
        words = re.fullmatch(r"\s*(no\s+)?([^\s=][^=]*?)\s*(?:=\s*(\S.*?)\s*)?", part)
        if not words:
            raise LatentError(f"{text!r}: {part.strip()!r} is no condition; write for example: glasses, no hat")
        conditions.append(Condition(Question(words[2], words[3]), not words[1]))
    return tuple(conditions)


def answer(data: PackedSet, questions: Sequence[Question]) -> Answers:
    """What a packed set knows of its own pictures: (N, A), in the order of its pictures.

    A name with a value asks whether the attribute has that value ("label" is one, too). A name alone asks whether an
    attribute that some pictures lack is there, or else whether it is the label.

    Raises:
        LatentError: The set has no such attribute, value or label, or all pictures have it, or none.
    """
    table = data.index()
    used = table["row"].to_numpy() >= 0
    labels = [label for label, kept in zip(table["label"].to_pylist(), used, strict=True) if kept]
    attributes = [dict(a or ()) for a, kept in zip(table["attributes"].to_pylist(), used, strict=True) if kept]
    rows = [{**known, "label": label} for known, label in zip(attributes, labels, strict=True)]
    columns = [_ask(rows, question) for question in questions]
    for question, column in zip(questions, columns, strict=True):
        if column.all() or not column.any():
            which = "all" if column.all() else "none"
            raise LatentError(f"{which} of the pictures have {question!s}, so it cannot be learned from them")
    return np.stack(columns, axis=1)


def _ask(rows: list[dict[str, str | None]], question: Question) -> NDArray[np.bool_]:
    name, value = question.name, question.value
    values = {row.get(name) for row in rows}
    if value is not None:
        if value not in values:
            known = ", ".join(sorted(str(v) for v in values if v is not None)[:_SHOWN]) or "no such attribute"
            raise LatentError(f"it knows no picture with {question!s}; of {name} it has: {known}")
        return np.array([row.get(name) == value for row in rows])
    if name != "label" and ABSENT in values:
        return np.array([row.get(name, ABSENT) != ABSENT for row in rows])
    labels = {row["label"] for row in rows}
    if name in labels:
        return np.array([row["label"] == name for row in rows])
    names = {name for row in rows[:1000] for name in row if name != "label"}
    known = (
        ", ".join(sorted({*names, *(label for label in labels if label)})[:_SHOWN])
        or "no labels; put pictures into folders"
    )
    hint = f"; write {name}=VALUE" if name in names else ""
    raise LatentError(f"it knows no {name!r}{hint}. It knows: {known}")


def surest(logits: Logits, wanted: Sequence[bool], count: int) -> NDArray[np.int64]:
    """The pictures of which a classifier is surest that all conditions hold: positions (count,), the surest first.

    Args:
        logits: (N, A), one column a condition.
        wanted: A answers.
        count: How many.

    Raises:
        ValueError: The conditions hold for fewer.
    """
    margins = (logits * np.where(wanted, 1, -1)).min(axis=1)  # a chain is as strong as its weakest link
    found = int((margins > 0).sum())
    if found < count:
        raise ValueError(f"{found} of {len(logits):,} pictures are such; {count} are wanted")
    return np.argsort(-margins, kind="stable")[:count]


def least_squares_axis(z: Latents, logits: NDArray[np.float32], wanted: bool = True) -> NDArray[np.float32]:
    """The direction in which a classifier's logit rises fastest, by least squares of the logits on z.

    It is scaled so that adding it lifts the fitted logit from the mean of the pictures without to that of those with.

    Args:
        z: (N, D).
        logits: (N,).
        wanted: Whether to move toward the attribute, or away from it.

    Returns:
        (D,).

    Raises:
        ValueError: All pictures have the attribute, or none has, or there are too few.
    """
    has = logits > 0
    if has.all() or not has.any() or len(z) <= z.shape[1]:
        raise ValueError(f"{int(has.sum())} of {len(z):,} pictures have it; an axis needs some with and some without")
    design = np.column_stack([z, np.ones(len(z))]).astype(np.float64)
    slope = np.linalg.lstsq(design, logits.astype(np.float64), rcond=None)[0][:-1]
    rise = logits[has].mean() - logits[~has].mean()
    axis = slope * rise / (slope @ slope)
    return np.asarray(axis if wanted else -axis, np.float32)
