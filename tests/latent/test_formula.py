"""Formulas of vector arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcgan.errors import UsageError
from dcgan.latent.formula import Term, parse_formula, written


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("smiling", [(1, "smiling")]),
        ("smiling - neutral + glasses", [(1, "smiling"), (-1, "neutral"), (1, "glasses")]),
        ("- a + b", [(-1, "a"), (1, "b")]),
        ("2*a-.5 * b", [(2, "a"), (-0.5, "b")]),
        ("long-hair - short_2", [(1, "long-hair"), (-1, "short_2")]),
        ("  männlich+Frau ", [(1, "männlich"), (1, "Frau")]),
        ("a \N{MINUS SIGN} b", [(1, "a"), (-1, "b")]),
        ("a + a", [(1, "a"), (1, "a")]),
    ],
)
def test_formulas_as_people_write_them(text: str, terms: list[tuple[float, str]]) -> None:
    assert parse_formula(text) == tuple(Term(factor, name) for factor, name in terms)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("a b", "is missing before 'b'"),
        ("a +", "but the formula ends"),
        ("a - - b", "not '-'"),
        ("2 * 3", "not '3'"),
        ("2 a", "not '2'"),
        ("a / b", "not a name, a number or a sign"),
        ("a + (b)", "not a name, a number or a sign"),
        ("* a", "not '\\*'"),
    ],
)
def test_what_is_no_formula_is_pointed_at(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_formula(text)


def test_the_mark_stands_under_what_is_wrong() -> None:
    with pytest.raises(UsageError) as caught:
        parse_formula("glasses ? hat")
    lines = str(caught.value).splitlines()
    assert lines[1].index("?") == lines[2].index("^")


factors = st.sampled_from([-3.0, -1.0, -0.5, 1e-5, 1.0, 1.23456789, 2.5, 1e20])
names = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)


@given(st.lists(st.builds(Term, factors, names), min_size=1, max_size=6))
def test_terms_as_text_are_the_formula_again(terms: list[Term]) -> None:
    assert parse_formula(written(terms)) == tuple(terms)
