"""What can be chosen by name, written once: help texts, validation and errors come from here.

Other packages add choices by entry points, in the group that a registry names:

    [project.entry-points."dcgan.losses"]
    my-loss = "my_package:my_loss"

Built-in choices are named by where they stand and imported when they are first used, so that listing them is quick.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from pkgutil import resolve_name
from typing import Generic, TypeVar

from dcgan.errors import UsageError

T = TypeVar("T")


@dataclass(frozen=True)
class Choice:
    """A built-in choice.

    Attributes:
        target: Where it stands: "package.module:name".
        meaning: In a few words, for help texts and tables.
    """

    target: str
    meaning: str


class Registry(Generic[T]):
    """The choices of one kind, by their names.

    Args:
        kind: What is chosen; the name of the parameter that chooses it.
        group: Entry-point group by which other packages add to it.
        built_in: Those that come with dcgan.
        fits: Whether something that is added is such a choice.
        form: What it must be, for the message where it is not.

    Example:
        >>> LOSSES["hinge"]
        >>> LOSSES.add("mine", my_loss)  # for this process
    """

    def __init__(
        self,
        kind: str,
        group: str,
        built_in: Mapping[str, Choice],
        *,
        fits: Callable[[object], bool] = lambda _: True,
        form: str = "",
    ) -> None:
        self.kind = kind
        self.group = group
        self._built_in = built_in
        self._fits, self._form = fits, form
        self._added: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        """The choice of that name.

        Raises:
            UsageError: There is none, or the package that offers it cannot be imported.
        """
        if name in self._added:
            return self._added[name]
        if name in self._built_in:
            entry: T = resolve_name(self._built_in[name].target)
        elif name in self._offered:
            entry = self._load(self._offered[name])
        else:
            raise UsageError(f"`{self.kind}` must be one of {', '.join(self.names)}, not {name!r}")
        return self._added.setdefault(name, entry)

    def __contains__(self, name: object) -> bool:
        return name in self._added or name in self._built_in or name in self._offered

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """All names, those of dcgan first."""
        return tuple(dict.fromkeys((*self._built_in, *self._added, *self._offered)))

    @property
    def meanings(self) -> dict[str, str]:
        """A few words on each, by name; for those of other packages which package it is."""
        offered = {name: _package(entry) for name, entry in self._offered.items()}
        return {
            name: self._built_in[name].meaning if name in self._built_in else offered.get(name, "added by this program")
            for name in self
        }

    def is_built_in(self, name: str) -> bool:
        """Whether the choice of that name comes with dcgan."""
        return name in self._built_in

    def add(self, name: str, entry: T) -> None:
        """Offer another choice in this process.

        Raises:
            UsageError: The name is taken, or `entry` is no such choice.
        """
        if name in self:
            raise UsageError(f"`{self.kind}` {name} exists already; choose another name")
        self._added[name] = self._checked(name, entry)

    def _checked(self, name: str, entry: T) -> T:
        if not self._fits(entry):
            raise UsageError(f"`{self.kind}` {name} must be {self._form}")
        return entry

    @cached_property
    def _offered(self) -> dict[str, EntryPoint]:
        return {entry.name: entry for entry in entry_points(group=self.group)}

    def _load(self, entry: EntryPoint) -> T:
        try:
            loaded: T = entry.load()
        except Exception as error:  # whatever a stranger's module does when it is imported
            raise UsageError(f"`{self.kind}` {entry.name} {_package(entry)} cannot be loaded: {error}") from error
        return self._checked(entry.name, loaded)


def _package(entry: EntryPoint) -> str:
    return f"of the package {entry.dist.name}" if entry.dist else "of another package"
