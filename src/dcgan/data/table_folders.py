"""Folders of tables: Parquet files of one split, and Hugging Face data sets as `save_to_disk` leaves them."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from dcgan.data.items import Source
from dcgan.data.joined import Joined
from dcgan.data.kinds import Candidate, SourceKind, existing
from dcgan.data.picture_files import has_extension, is_hidden
from dcgan.data.tables import Table
from dcgan.errors import SourceError
from dcgan.files import DATASET_FILE, parse_json

STATE_FILE, DICT_FILE = "state.json", "dataset_dict.json"  # of `save_to_disk`
_SHARD = re.compile(r"(.+)-\d{5}-of-\d{5}(?:-[0-9a-f]+)?\.parquet")  # train-00000-of-00001, and older ones a hash
_SPLITS = ("train", "training", "validation", "valid", "val", "dev", "test", "testing", "eval", "evaluation")


def _tables_in(folder: Path) -> list[Path]:
    """The tables of a folder, in order.

    Raises:
        SourceError: They belong to several splits, or are not as the folder says.
    """
    if (folder / DICT_FILE).is_file():
        splits = sorted(state.parent.name for state in folder.glob(f"*/{STATE_FILE}"))
        named = ", ".join(str(folder / split) for split in splits)
        raise SourceError(f"{folder} holds several splits; name one: {named}")
    if (folder / STATE_FILE).is_file():
        try:
            state = parse_json((folder / STATE_FILE).read_bytes())
            return [folder / Path(str(file["filename"])).name for file in state["_data_files"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SourceError(f"{folder / STATE_FILE} is damaged: {error}") from error
    files = _parquet_files(folder)
    tables = {split: file for file in files if (split := _split_of(file))}
    if len(tables) > 1:
        last, file = max(tables.items())
        example = file.with_name(f"{last}-*.parquet") if _SHARD.fullmatch(file.name) else file
        raise SourceError(f"{folder} holds the splits {', '.join(sorted(tables))}; name one, such as {str(example)!r}")
    return files


def _split_of(file: Path) -> str:
    """The split that a table's name says it is of: "train" of train.parquet and of its shards; "" if it says none."""
    if shard := _SHARD.fullmatch(file.name):
        return shard[1]
    return file.stem if file.stem.lower() in _SPLITS else ""


def _is_folder(candidate: Candidate) -> bool:
    path = candidate.path
    if path is None or not path.is_dir() or (path / DATASET_FILE).exists():
        return False
    if (path / DICT_FILE).is_file() or (path / STATE_FILE).is_file():
        return True
    if any(has_extension(entry.name) or (entry.is_dir() and entry.name != "data") for entry in _visible(path)):
        return False  # a folder of pictures, which has a table beside them
    return bool(_parquet_files(path))


def _parquet_files(folder: Path) -> list[Path]:
    found = [*folder.glob("*.parquet"), *folder.glob("data/*.parquet")]
    return sorted(file for file in found if not is_hidden(file.name))


def _visible(folder: Path) -> Iterator[Path]:
    return (entry for entry in folder.iterdir() if not is_hidden(entry.name))


def _open_folder(candidate: Candidate) -> Source:
    folder, column = existing(candidate), candidate.options.column
    files = _tables_in(folder)
    return Joined({name: Table(file, column) for name, file in zip(_names_of(files, folder), files, strict=True)})


def _names_of(files: Sequence[Path], folder: Path) -> list[str]:
    """What the tables of a folder are called: with the sub-folder only where one alone does not tell them apart."""
    names = [file.stem for file in files]
    if len(set(names)) == len(names):
        return names
    return [file.relative_to(folder).with_suffix("").as_posix() for file in files]


def _files(candidate: Candidate) -> Iterator[Path]:
    for file in _tables_in(existing(candidate)):
        yield from Table(file, candidate.options.column).files()


TABLE_FOLDER = SourceKind(_is_folder, _open_folder, _files)
