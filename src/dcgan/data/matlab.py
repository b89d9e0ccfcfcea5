"""MATLAB files, read in a process of its own: a damaged one can crash the library that reads them."""

import json
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcgan.atomic_files import temporary_folder
from dcgan.data.own_process import read_apart
from dcgan.errors import SourceError
from dcgan.files import parse_json

MAT, MAT_73 = b"MATLAB 5.0 MAT-file", b"MATLAB 7.3 MAT-file"
_SECONDS = 600.0  # that a file may take
_NAMES = "names.json"


def load_mat(path: Path) -> Mapping[str, NDArray[np.generic]]:
    """The arrays of numbers and of text in a MATLAB file, by name.

    Raises:
        SourceError: It cannot be read, or scipy is not installed.
    """
    with path.open("rb") as file:
        if file.read(len(MAT_73)) == MAT_73:
            raise SourceError(
                f"{path} is in the format of MATLAB 7.3, which dcgan does not read: save it again with -v7"
            )
    if find_spec("scipy") is None:
        raise SourceError(f"{path}: MATLAB files need the extra: pip install 'dcgan[features]'")
    with temporary_folder("matlab") as folder:
        read_apart(path, __name__, unpack.__name__, folder, seconds=_SECONDS)
        names = parse_json((folder / _NAMES).read_text("utf-8"))
        return {name: np.load(folder / f"{number}.npy", allow_pickle=False) for number, name in enumerate(names)}


def unpack(path: str, folder: str) -> None:
    """Write the arrays of a MATLAB file as .npy files into a folder, and their names; in the other process."""
    from scipy.io import loadmat

    try:
        content = loadmat(path)
    except Exception as error:  # whatever a damaged file makes of the parser
        sys.exit((str(error) or type(error).__name__).splitlines()[0])
    names: list[str] = []
    for name, value in content.items():
        if isinstance(value, np.ndarray):
            array = value
            if array.dtype.hasobject:  # cells, of which those of text are of use
                array = np.array([_text(cell) for cell in array.ravel()], np.str_)
            np.save(Path(folder) / f"{len(names)}.npy", array)
            names.append(name)
    (Path(folder) / _NAMES).write_text(json.dumps(names), "utf-8")


def _text(cell: object) -> str:
    values = np.asarray(cell).ravel()
    return str(values[0]) if len(values) == 1 else ""
