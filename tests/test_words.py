"""Words of messages."""

import pytest

from dcgan.words import counted, some_of


@pytest.mark.parametrize(
    ("count", "noun", "expected"),
    [(0, "picture", "0 pictures"), (1, "frame", "1 frame"), (1200, "box", "1,200 boxes"), (1, "box", "1 box")],
)
def test_a_number_stands_with_its_noun(count: int, noun: str, expected: str) -> None:
    assert counted(count, noun) == expected


def test_of_many_names_the_first_are_listed() -> None:
    names = [str(number) for number in range(1012)]
    assert some_of(names[:2]) == "0, 1"
    assert some_of(names) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 1,002 more"
