"""Formulas of vector arithmetic as people write them: "smiling - neutral + 2 * glasses"."""

import re
from dataclasses import dataclass

from dcgan.errors import LatentError

NAME = re.compile(r"[^\W\d]\w*(?:-\w+)*")
MOST = 12  # terms; a figure has a column for each
_TOKEN = re.compile(rf"\s*(?:(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<name>{NAME.pattern})|(?P<sign>[-+*]))")


@dataclass(frozen=True)
class Term:
    """One part of a sum: so many times a concept."""

    factor: float
    name: str

    def __str__(self) -> str:
        sign, size = "-" if self.factor < 0 else "+", abs(self.factor)
        return f"{sign} {self.name}" if size == 1 else f"{sign} {size:g} * {self.name}"


def parse_formula(text: str) -> tuple[Term, ...]:
    """The terms of a formula, in their order.

    Names begin with a letter and may hold letters, digits, _ and -; so a minus between names needs a space before it.

    Raises:
        LatentError: It is no such formula; the message points at the place.
    """
    terms: list[Term] = []
    tokens = _tokens(text.replace("\N{MINUS SIGN}", "-"))
    place = 0
    while place < len(tokens):
        sign = 1.0
        kind, word, at = tokens[place]
        if kind == "sign" and word in "+-":
            sign = -1.0 if word == "-" else 1.0
            place += 1
        elif terms:
            raise _wrong(text, at, f"+ or - is missing before {word!r}")
        factor = 1.0
        if place + 1 < len(tokens) and tokens[place][0] == "number" and tokens[place + 1][1] == "*":
            factor = float(tokens[place][1])
            place += 2
        if place == len(tokens) or tokens[place][0] != "name":
            found = f"not {tokens[place][1]!r}" if place < len(tokens) else "but the formula ends"
            raise _wrong(
                text, tokens[place][2] if place < len(tokens) else len(text), f"a concept's name belongs here, {found}"
            )
        terms.append(Term(sign * factor, tokens[place][1]))
        place += 1
    if len(terms) > MOST:
        raise LatentError(f"the formula has {len(terms)} terms; a sum may have {MOST}")
    if not terms:
        raise LatentError('the formula is empty; write for example "smiling - neutral + glasses"')
    return tuple(terms)


def _tokens(text: str) -> list[tuple[str, str, int]]:
    """(kind, word, place) of each token."""
    tokens, place = [], 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if not found:
            raise _wrong(
                text, place + len(text[place:]) - len(text[place:].lstrip()), "this is no name, number or sign"
            )
        kind = str(found.lastgroup)
        tokens.append((kind, found[kind], found.start(kind)))
        place = found.end()
    return tokens


def _wrong(text: str, place: int, what: str) -> LatentError:
    pointed = f"  {text}\n  {' ' * place}^"
    return LatentError(f'the formula does not parse: {what}\n{pointed}\nwrite for example "smiling - neutral + hat"')
