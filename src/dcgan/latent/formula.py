"""Formulas of vector arithmetic as people write them: "smiling - neutral + 2 * glasses"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dcgan.errors import UsageError

NAME = re.compile(r"[^\W\d]\w*(?:-\w+)*")
MOST_TERMS = 12  # terms; a figure has a column for each
_TOKEN = re.compile(rf"\s*(?:(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<name>{NAME.pattern})|(?P<sign>[-+*]))")


@dataclass(frozen=True)
class Term:
    """One part of a sum: a factor times a concept."""

    factor: float
    name: str

    def __str__(self) -> str:
        sign, size = "-" if self.factor < 0 else "+", abs(self.factor)
        number = np.format_float_positional(size, trim="-")  # no exponent, which does not parse
        return f"{sign} {self.name}" if size == 1 else f"{sign} {number} * {self.name}"


def parse_formula(text: str) -> tuple[Term, ...]:
    """The terms of a formula, in their order.

    Names begin with a letter and may hold letters, digits, _ and -; so a minus between names needs a space before it.

    Raises:
        UsageError: It is no such formula; the message points at where it goes wrong.
    """
    terms: list[Term] = []
    tokens = _tokens(text.replace("\N{MINUS SIGN}", "-"))
    position = 0
    while position < len(tokens):
        sign = 1.0
        kind, word, at = tokens[position]
        if kind == "sign" and word in "+-":
            sign = -1.0 if word == "-" else 1.0
            position += 1
        elif terms:
            raise _wrong(text, at, f"+ or - is missing before {word!r}")
        factor = 1.0
        if position + 1 < len(tokens) and tokens[position][0] == "number" and tokens[position + 1][1] == "*":
            factor = float(tokens[position][1])
            position += 2
        if position == len(tokens) or tokens[position][0] != "name":
            word, at = tokens[position][1:] if position < len(tokens) else ("", len(text))
            raise _wrong(
                text, at, f"a concept's name belongs here, {f'not {word!r}' if word else 'but the formula ends'}"
            )
        terms.append(Term(sign * factor, tokens[position][1]))
        position += 1
    if len(terms) > MOST_TERMS:
        raise UsageError(f"the formula has {len(terms)} terms; at most {MOST_TERMS} are allowed")
    if not terms:
        raise UsageError('the formula is empty; write for example "smiling - neutral + glasses"')
    return tuple(terms)


def why_no_name(name: str) -> str | None:
    """Why a concept cannot be called `name`, with a name that it can have; None if it can."""
    if NAME.fullmatch(name):
        return None
    near = re.sub(r"[^\w-]+|--+", "-", name).strip("-_0123456789")
    such_as = f", such as {near}" if NAME.fullmatch(near) else ""
    return (
        f"a concept cannot be called {name!r}, because formulas use signs and spaces: start with a letter, then use "
        f"letters, digits, _ and -{such_as}"
    )


def written(terms: Sequence[Term]) -> str:
    """A formula as text, which parses into these terms."""
    return " ".join(map(str, terms)).removeprefix("+ ")


def _tokens(text: str) -> list[tuple[str, str, int]]:
    """(kind, word, position) of each token."""
    tokens, position = [], 0
    while text[position:].strip():
        found = _TOKEN.match(text, position)
        if not found:
            at = len(text) - len(text[position:].lstrip())
            raise _wrong(text, at, "this is not a name, a number or a sign")
        kind = str(found.lastgroup)
        tokens.append((kind, found[kind], found.start(kind)))
        position = found.end()
    return tokens


def _wrong(text: str, position: int, what: str) -> UsageError:
    pointed = f"  {text}\n  {' ' * position}^"
    return UsageError(f'the formula does not parse: {what}\n{pointed}\nwrite for example "smiling - neutral + hat"')
