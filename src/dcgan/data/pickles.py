"""Pickles of numpy arrays, as CIFAR-10 comes in, read without running what they ask for.

A pickle is a program that names functions to call. Each of the few that arrays need is replaced here by one that does
nothing but remember its arguments; numpy itself sees only plain numbers whose count was checked.
"""

import io
import math
import pickle
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

_KINDS = "biuf"  # booleans, whole numbers, floats


def unpickle(data: bytes) -> object:
    """What a pickle of lists, dicts, numbers, bytes and arrays of numbers holds; text of Python 2 is bytes.

    Raises:
        ValueError: It is damaged, or asks for anything else.
    """
    try:
        return _arrays_in(_Reader(io.BytesIO(data), encoding="bytes").load())
    except Exception as error:  # whatever a damaged file makes of the parser
        raise ValueError((str(error) or type(error).__name__).splitlines()[0]) from error


class _DType:
    """Stands for a `numpy.dtype` in a pickle."""

    def __init__(self, name: object, *_: object) -> None:
        text = name.decode("ascii") if isinstance(name, bytes) else name
        if not isinstance(text, str) or len(text) > 8:
            raise ValueError("it has an array of an unknown type")
        self._name = text
        self._order = "="

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) < 3 or state[2] is not None:
            raise ValueError("it has an array of an unknown type")
        order = state[1].decode("ascii") if isinstance(state[1], bytes) else state[1]
        if order not in ("<", ">", "|", "="):
            raise ValueError("it has an array of an unknown byte order")
        self._order = order

    def build(self) -> np.dtype[np.generic]:
        """The type itself, of plain numbers."""
        dtype = np.dtype(self._name)
        if dtype.kind not in _KINDS or dtype.hasobject:
            raise ValueError(f"it has an array of {self._name}, not of numbers")
        return dtype.newbyteorder("=" if self._order == "|" else self._order)  # type: ignore[arg-type]


class _Array:
    """Stands for a `numpy.ndarray` in a pickle."""

    def __init__(self, *_: object) -> None:
        self._array: NDArray[np.generic] | None = None

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) != 5:
            raise ValueError("it has an array without its state")
        _, shape, dtype, in_fortran_order, data = state
        self._array = _array(data, dtype, shape, "F" if in_fortran_order else "C")

    def get(self) -> NDArray[np.generic]:
        """The array itself."""
        if self._array is None:
            raise ValueError("it has an array without its state")
        return self._array


def _array(data: object, dtype: object, shape: object, order: object = "C") -> NDArray[np.generic]:
    if not isinstance(dtype, _DType):
        raise ValueError("it has an array without a type")
    if not isinstance(data, bytes | bytearray):  # of an array of objects it is a list, which numpy would trust
        raise ValueError("it has an array of Python objects, not of numbers")
    if not isinstance(shape, tuple) or not all(type(side) is int and side >= 0 for side in shape):
        raise ValueError(f"it has an array of the shape {shape}")
    kind = dtype.build()
    if math.prod(shape) * kind.itemsize != len(data):
        raise ValueError(f"it has an array of the shape {shape} with {len(data)} bytes")
    return np.frombuffer(data, kind).reshape(shape, order="F" if order == "F" else "C")


def _from_buffer(data: object, dtype: object, shape: object, order: object) -> _Array:
    made = _Array()
    made._array = _array(data, dtype, shape, order)
    return made


def _encode(text: object, encoding: object) -> bytes:
    """Stands for `_codecs.encode`, by which Python 3 writes bytes in pickles of an older protocol."""
    if encoding not in ("latin1", b"latin1") or not isinstance(text, str):
        raise ValueError("it has text in an unknown encoding")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    """Stands for `bytes()`, by which Python 3 writes empty bytes in such pickles."""
    return b""


class _Reader(pickle._Unpickler):  # in Python: the one in C takes gigabytes for a number of a few bytes
    """Calls the stand-ins above and nothing else."""

    _ALLOWED: Mapping[tuple[str, str], Callable[..., object]] = {
        ("_codecs", "encode"): _encode,
        ("__builtin__", "bytes"): _no_bytes,
        ("numpy", "ndarray"): _Array,
        ("numpy", "dtype"): _DType,
        ("numpy.core.multiarray", "_reconstruct"): _Array,
        ("numpy._core.multiarray", "_reconstruct"): _Array,
        ("numpy.core.numeric", "_frombuffer"): _from_buffer,
        ("numpy._core.numeric", "_frombuffer"): _from_buffer,
    }

    def find_class(self, module: str, name: str) -> object:
        """The stand-in for the class or function of that name."""
        if (module, name) not in self._ALLOWED:
            raise ValueError(f"it asks for {module}.{name}, which could run code")
        stand_in = self._ALLOWED[module, name]
        return lambda *given: stand_in(*given)  # new each time, so that nothing can be changed in it for the next


def _arrays_in(content: object) -> object:
    """A dict, and the lists of arrays in it, with arrays in place of what stood for them."""
    if isinstance(content, _Array):
        return content.get()
    if isinstance(content, dict):
        return {key: value.get() if isinstance(value, _Array) else value for key, value in content.items()}
    return content
