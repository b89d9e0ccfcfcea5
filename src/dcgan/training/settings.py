"""What is written once about a field of the recipe: its help text and what it may be."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Protocol, TypedDict, TypeVar, Unpack

from dcgan.registry import Registry

T = TypeVar("T")


class Choices(Protocol):
    """Names, or numbers, of which a value is one: a registry or a tuple."""

    def __iter__(self) -> Iterator[object]: ...
    def __contains__(self, value: object, /) -> bool: ...


class Rules(TypedDict, total=False):
    """What a value may be, apart from None where that is the default."""

    minimum: float
    above: float
    maximum: float
    below: float
    unit: str
    choices: Choices
    only_with: tuple[str, tuple[str, ...]]  # another setting, and the values of it that read this one


class Setting(Mapping[str, object]):
    """What is written once about a field of the recipe: its help text, validation and errors come from here.

    It is the field's metadata: the command line shows its "help", and "setting" is this object.
    """

    def __init__(self, text: str, rules: Rules) -> None:
        self.text = text
        self.minimum, self.above = rules.get("minimum"), rules.get("above")
        self.maximum, self.below = rules.get("maximum"), rules.get("below")
        self.unit = rules.get("unit", "")
        self.choices = rules.get("choices")
        self.only_with = rules.get("only_with")

    def __getitem__(self, key: str) -> object:
        match key:
            case "help":
                return self._help()
            case "setting":
                return self
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(("help", "setting"))

    def __len__(self) -> int:
        return 2

    def _help(self) -> str:
        if isinstance(self.choices, Registry):
            choices = (f"{name}: {meaning}" if meaning else name for name, meaning in self.choices.meanings.items())
            return f"{self.text} {'; '.join(choices)}."
        if self.choices is not None:
            return f"{self.text} {self.allowed}."
        return f"{self.text} {self.allowed[0].upper()}{self.allowed[1:]}." if self.allowed else self.text

    @property
    def allowed(self) -> str:
        """What values are allowed, in words; empty if all are."""
        if self.choices is not None:
            *names, last = (str(choice) for choice in self.choices)
            return f"{', '.join(names)} or {last}"
        low = self.minimum if self.above is None else self.above
        high = self.maximum if self.below is None else self.below
        if low is None:
            return ""
        if high is None:
            return f"{_plain(low)} or more{self.unit}" if self.above is None else f"more than {_plain(low)}, and finite"
        if self.above is not None:
            words = "between {} and {}" if self.below is not None else "above {} and at most {}"
        else:
            words = "at least {} and below {}" if self.below is not None else "{} to {}"
        return words.format(_plain(low), _plain(high)) + self.unit

    def allows(self, value: object) -> bool:
        """Whether a value of the right type is allowed."""
        if self.choices is not None:
            return value in self.choices
        if not isinstance(value, int | float):
            return True
        return (
            (self.minimum is None or value >= self.minimum)
            and (self.above is None or value > self.above)
            and (self.maximum is None or value <= self.maximum)
            and (self.below is None or value < self.below)
            and value < float("inf")
        )


def setting(default: T, text: str, **rules: Unpack[Rules]) -> T:
    """A field of the recipe: its default, its help text, and what it may be."""
    return field(default=default, metadata=Setting(text, rules))


def _plain(number: float) -> str:
    return {2**63 - 1: "2^63 - 1"}.get(int(number), f"{number}")
