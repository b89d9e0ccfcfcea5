"""Checks of whole numbers, which Python would let be of any type."""

from numbers import Integral

from dcgan.errors import UsageError

LARGEST_SEED = 2**63 - 1


def is_whole(value: object, least: int, most: int | None = None) -> bool:
    """Whether it is a whole number within its range."""
    return isinstance(value, Integral) and least <= int(value) and (most is None or int(value) <= most)


def check_whole(name: str, value: object, least: int, most: int | None = None) -> None:
    """Refuse what is no whole number, or out of its range.

    Raises:
        UsageError: It is; the message has the name of the parameter.
    """
    if not is_whole(value, least, most):
        kind = "" if isinstance(value, Integral) else "a whole number, "
        highest = "or more" if most is None else "to 2^63 - 1" if most == LARGEST_SEED else f"to {most:,}"
        raise UsageError(f"`{name}` must be {kind}{least:,} {highest}, not {value!r}")
