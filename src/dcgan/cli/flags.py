"""Checking what flags say."""

from dcgan.errors import UsageError


def need(condition: bool, flag: str, range_: str, value: object) -> None:
    """Refuse a value of a flag that is out of its range."""
    if not condition:
        raise UsageError(f"{flag} must be {range_}, not {value}")
