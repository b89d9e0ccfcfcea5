"""Results print as a line or two: arrays by type and shape, not number by number."""

import reprlib
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray


class ShortRepr:
    """Gives a dataclass (`repr=False`) a `repr` that fits a screen, whatever arrays it holds.

    Example:
        >>> dcgan.interpolate(model, [1, 2, 3], frames=5)
        Walk(z=float32 (2, 5, 100), pixels=uint8 (2, 5, 64, 64, 3), labels=('1', '2', '3'), ...)
    """

    def __repr__(self) -> str:
        values = (f"{one.name}={_SHORT.repr(getattr(self, one.name))}" for one in fields(self) if one.repr)  # type: ignore[arg-type]
        return f"{type(self).__name__}({', '.join(values)})"


class _Short(reprlib.Repr):
    """`reprlib.Repr`, which finds the method of a value by the name of its type."""

    def repr_ndarray(self, array: NDArray[np.generic], level: int) -> str:  # noqa: ARG002  # reprlib's signature
        return f"{array.dtype} {array.shape}"

    repr_memmap = repr_ndarray


_SHORT = _Short()
_SHORT.maxstring = _SHORT.maxother = 240
