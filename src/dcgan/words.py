"""Words of messages: numbers with their nouns, and lists of names."""

from collections.abc import Sequence

MOST_NAMED = 10  # names that a message lists


def counted(count: int, noun: str) -> str:
    """A number with its noun: "1 box", "1,200 boxes"."""
    return f"{count:,} {noun if count == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """More than one: "pictures", "boxes", "classes"."""
    return noun + ("es" if noun.endswith(("s", "x")) else "s")


def either(names: Sequence[str]) -> str:
    """Names to choose from: ".png", ".npy or .parquet", ".png, .jpg or .webp"."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def some_of(names: Sequence[str]) -> str:
    """Names for a message: the first ten, and how many more there are."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
