"""A packed set that is in memory alone."""

from dcgan.data.packed import PackedSet


class InMemory(PackedSet):
    """A set that has no index: it shares its pictures with itself alone."""

    def shared_with(self, other: PackedSet) -> int:
        return len(self) if other is self else 0
