"""Tables with a column of encoded pictures: Parquet files, and the Arrow files of Hugging Face's `save_to_disk`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dcgan.data import formats
from dcgan.data.items import Content, Item, Reason, Skipped
from dcgan.data.kinds import Candidate, SourceKind, existing
from dcgan.data.picture_files import on_one_line
from dcgan.errors import SourceError, command
from dcgan.files import parse_json

_ROWS_AT_ONCE = 64
_LABELS = ("label", "labels", "class", "fine_label", "category", "y")
_MOST_TRIED = 16  # rows that tell whether a column has pictures


@dataclass(frozen=True)
class Columns:
    """Where a table has its pictures and labels.

    Attributes:
        picture: The column of encoded pictures.
        label: The column of labels, if there is one.
        names: What numbers in it mean, if Hugging Face says that it has classes; None if it does not.
    """

    picture: str
    label: str | None
    names: Sequence[str] | None


class Table:
    """The pictures of one table, row by row.

    Args:
        path: A Parquet file, or an Arrow file of `save_to_disk`.
        column: The column of pictures. Default: the only one there is, by its type and content.

    Raises:
        SourceError: It cannot be read, or has no column of pictures, or several and none was chosen.
    """

    def __init__(self, path: Path, column: str = "") -> None:
        self.description = f"table {path}"
        self.ignored: Mapping[str, int] = {}
        """Nothing is ignored."""
        self._path = path
        try:
            schema, self.total = _schema(path), _count(path)
            self._columns = find_columns(str(path), schema, self._first_rows, column)
            type_ = schema.field(self._columns.picture).type
            self._has_paths = pa.types.is_struct(type_) and type_.get_field_index("path") >= 0
        except (pa.ArrowException, OSError) as error:
            raise SourceError(f"{path} cannot be read: {on_one_line(str(error))}") from error
        if not self.total:
            raise SourceError(f"{path} holds no pictures: it has no rows")

    def __iter__(self) -> Iterator[Item]:
        columns = [self._columns.picture, *([self._columns.label] if self._columns.label else [])]
        row = 0
        for batch in _batches(self._path, columns):
            for values in batch.to_pylist():
                yield item_of(f"{row:06d}", values, self._columns, self._path.parent.joinpath)
                row += 1

    def files(self) -> Iterator[Path]:
        """The table, and the files that it names in place of pictures."""
        yield self._path
        column = self._columns.picture
        if not self._has_paths:
            return
        with suppress(pa.ArrowException, OSError):  # a damaged one is reported when it is read
            for batch in _batches(self._path, [f"{column}.path" if _is_parquet(self._path) else column]):
                paths = filter(None, pc.struct_field(batch.column(0), "path").to_pylist())
                yield from (self._path.parent / path for path in paths if (self._path.parent / path).is_file())

    def _first_rows(self, column: str) -> Iterator[object]:
        for batch in _batches(self._path, [column]):
            yield from batch.column(0).to_pylist()


def find_columns(where: str, schema: pa.Schema, values: Callable[[str], Iterator[object]], column: str) -> Columns:
    """Find the pictures and the labels of a table.

    Args:
        where: Of which table, for messages.
        schema: Its columns; what Hugging Face says of them is believed.
        values: Gives the values of a column, row by row.
        column: The column of pictures if it is known, or "".

    Raises:
        SourceError: There is no column of pictures, or there are several.
    """
    features = _features(schema)
    names = schema.names
    if column and column not in names:
        raise SourceError(f"{where} has no column {column!r}; it has {', '.join(names)}")
    found = [name for name in names if features.get(name, {}).get("_type") == "Image"]
    found = found or [name for name in names if _may_hold(schema.field(name).type) and _has_picture(values(name))]
    if not column and len(found) > 1:
        remedy = command("prepare", "SOURCE", "OUT", "--column", found[0])
        several = f"{where} has several columns of pictures: {', '.join(found)}"
        raise SourceError(f"{several}; choose one when you prepare it: {remedy}")
    if not column and not found:
        raise SourceError(f"{where} has no column of encoded pictures; its columns are {', '.join(names) or 'none'}")
    label = next((name for name in names if features.get(name, {}).get("_type") == "ClassLabel"), None)
    label = label or next((name for name in _LABELS if name in names and _is_label(schema.field(name).type)), None)
    return Columns(column or found[0], label, _class_names(features.get(label or "", {})))


def item_of(name: str, row: Mapping[str, object], columns: Columns, at: Callable[[str], Content]) -> Item:
    """A row as an item.

    Args:
        name: What it is called.
        row: Its values by column.
        columns: Which are which.
        at: Gives the picture at a path that stands in its place.
    """
    return Item(name, _content(row[columns.picture], at), _label(row.get(columns.label or ""), columns.names))


def _content(value: object, at: Callable[[str], Content] | None = None) -> Content:
    path = ""
    if isinstance(value, dict):
        path = str(value.get("path") or "")
        value = value.get("bytes")
    if isinstance(value, bytes):
        return value
    if path and at:
        return at(path)
    if value is None:
        return Skipped(Reason.EMPTY, "no value")
    return Skipped(Reason.NOT_A_PICTURE, f"a value of type {type(value).__name__}")


def _class_names(feature: Mapping[str, object]) -> list[str] | None:
    if feature.get("_type") != "ClassLabel":
        return None
    names = feature.get("names")
    return [str(name) for name in names] if isinstance(names, list) else []


def _label(value: object, names: Sequence[str] | None) -> str | None:
    if value is None:
        return None
    if isinstance(value, int) and names is not None:
        if value < 0:  # Hugging Face's -1: not known
            return None
        if value < len(names):
            return on_one_line(names[value])
    return on_one_line(str(value))


def _features(schema: pa.Schema) -> Mapping[str, Mapping[str, object]]:
    """What Hugging Face says of the columns, by name."""
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        info = parse_json((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {str(name): feature for name, feature in info.items() if isinstance(feature, dict)}
    return {}


def _may_hold(type_: pa.DataType) -> bool:
    if pa.types.is_struct(type_):
        return type_.get_field_index("bytes") >= 0 and _may_hold(type_.field("bytes").type)
    return bool(pa.types.is_binary(type_) or pa.types.is_large_binary(type_))


def _is_label(type_: pa.DataType) -> bool:
    if pa.types.is_dictionary(type_):  # categories
        return _is_label(type_.value_type)
    return bool(pa.types.is_integer(type_) or pa.types.is_string(type_) or pa.types.is_large_string(type_))


def _has_picture(values: Iterator[object]) -> bool:
    for value, _ in zip(values, range(_MOST_TRIED), strict=False):
        content = _content(value)
        if isinstance(content, bytes) and formats.sniff(content[: formats.HEAD_BYTES]):
            return True
    return False


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _schema(path: Path) -> pa.Schema:
    if _is_parquet(path):
        return pq.read_schema(path)
    with pa.memory_map(str(path)) as file, pa.ipc.open_stream(file) as stream:
        return stream.schema


def _count(path: Path) -> int:
    if _is_parquet(path):
        return int(pq.read_metadata(path).num_rows)
    with pa.memory_map(str(path)) as file, pa.ipc.open_stream(file) as stream:
        return sum(batch.num_rows for batch in stream)


def _batches(path: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Some columns, a few rows at once."""
    if _is_parquet(path):
        with pq.ParquetFile(path, pre_buffer=False) as file:
            yield from file.iter_batches(_ROWS_AT_ONCE, columns=columns)
        return
    with pa.memory_map(str(path)) as file, pa.ipc.open_stream(file) as stream:
        for batch in stream:
            chosen = batch.select(columns)
            chosen.validate(full=True)  # a damaged one would end the process
            for start in range(0, batch.num_rows, _ROWS_AT_ONCE):
                yield chosen.slice(start, _ROWS_AT_ONCE)


def _open_file(candidate: Candidate) -> Table:
    return Table(existing(candidate), candidate.options.column)


def _is_file(candidate: Candidate) -> bool:
    return candidate.path is not None and candidate.path.is_file() and candidate.head[:4] == b"PAR1"


def _files(candidate: Candidate) -> Iterator[Path]:
    return Table(existing(candidate), candidate.options.column).files()


PARQUET = SourceKind(_is_file, _open_file, _files)
