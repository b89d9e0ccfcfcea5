"""Where pictures come from: opening a source of whatever kind `dcgan.choices.SOURCES` lists."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from dcgan.choices import SOURCES, describe_sources
from dcgan.data.items import Item, PartedSource, Reason, Skipped, Source, WrappedSource
from dcgan.data.kinds import Candidate, SourceKind, are_paths
from dcgan.data.packed import PackedSet, is_packed_set
from dcgan.data.packed_pictures import PackedPictures
from dcgan.data.picture_files import on_one_line
from dcgan.data.prepare_options import PrepareOptions
from dcgan.data.python_sources import PictureSequence
from dcgan.errors import DcganError, SourceError, UsageError
from dcgan.files import DATASET_FILE

PictureSource = str | Path | PackedSet | Source | PictureSequence
"""Whatever pictures can be taken from: a path, a name such as "drawn-faces:5000", a packed set, an object with the
members of `Source`, a numpy array or a pair of it and its labels, a list of PIL pictures, or a data set."""


def open_source(source: PictureSource, options: PrepareOptions | None = None) -> Source:
    """Open a source of pictures; those of a packed set are taken as they are.

    Args:
        source: A path, a name, or a Python object.
        options: What its pictures are made into, where that concerns how it is read; by default those of `prepare`.

    Raises:
        SourceError: It is missing, cannot be read or holds no picture; the message says what it holds instead.
        PackedSetError: It is a packed set, and broken, or of recordings or videos that are cut otherwise.
        UsageError: It is the empty text, or an object of your own that is no `Source`.
    """
    options = options or PrepareOptions()
    if isinstance(source, PackedSet):
        return PackedPictures(source, options)
    if isinstance(source, str | Path) and is_packed_set(source):
        return PackedPictures(PackedSet.open(source), options)
    if isinstance(source, Source):
        return _checked(source)
    candidate = Candidate(source, options)
    try:
        opened = find_kind(candidate).open(candidate)
    except DcganError:
        raise
    except Exception as error:  # the boundary of all readers: whatever a library makes of a damaged or hostile file
        raise SourceError(f"{source} cannot be read: {_why(error)}") from error
    return _Guarded(opened) if isinstance(source, str | Path) else opened


def source_files(source: PictureSource, options: PrepareOptions) -> Iterable[Path]:
    """The files that the pictures of a path come from, in a fixed order; none if they are drawn.

    Raises:
        SourceError: It is no source.
    """
    if isinstance(source, str | Path) and is_packed_set(source):
        return (Path(source) / DATASET_FILE,)
    candidate = Candidate(source, options)
    return find_kind(candidate).files(candidate)


def place_of(source: PictureSource, options: PrepareOptions) -> Path | None:
    """A file or folder that is there wherever a source can be read; None if it is no path."""
    if isinstance(source, PackedSet):
        return source.path
    if isinstance(source, str | Path) and Path(source).exists():
        return Path(source)
    if isinstance(source, str) or are_paths(source):
        return next(iter(source_files(source, options)), None)
    return None


def _checked(source: Source) -> Source:
    """A source of the user's own, with what it says of itself."""
    numbers, counts = ("total", int, "a number"), ("ignored", Mapping, "counts by kind, or {}")
    for name, kind, words in (("description", str, "a text"), numbers, counts):
        value = getattr(source, name)
        if not isinstance(value, kind):
            raise UsageError(f"`{name}` of a {type(source).__name__} must be {words}, not {value!r}")
    return source


class _Guarded(WrappedSource):
    """A source of files whose reader cannot end the work: what it raises on the way becomes a reason, at its end."""

    @property
    def parts(self) -> Iterator[Source]:
        """Those of a source of sources, or only itself."""
        if isinstance(self._source, PartedSource):
            yield from map(_Guarded, self._source.parts)
        else:
            yield self

    def __iter__(self) -> Iterator[Item]:
        try:
            yield from self._source
        except DcganError:
            raise
        except Exception as error:
            yield Item(self.description, Skipped(Reason.CORRUPT, f"reading ended here: {_why(error)}"))


def _why(error: Exception) -> str:
    return on_one_line((str(error) or type(error).__name__).splitlines()[0])


def find_kind(candidate: Candidate) -> SourceKind:
    """The kind of a source.

    Raises:
        SourceError: It is of none; the message lists those there are.
        UsageError: It is the empty text.
    """
    if isinstance(candidate.given, str) and not candidate.given:
        raise UsageError("`source` is empty; name a folder, an archive or an array file")
    for name in reversed(SOURCES.names):
        kind = SOURCES[name]
        if kind.recognizes(candidate):
            return kind
    raise SourceError(_explain(candidate))


def _explain(candidate: Candidate) -> str:
    given, path = candidate.given, candidate.path
    if not isinstance(given, str | Path):
        sources = describe_sources(in_python=True)
        return f"an object of type {type(given).__name__} is not a source of pictures. Sources: {sources}"
    if path is None:
        return f"{given}: no such file or folder. Sources: {describe_sources(in_python=False)}"
    if not path.is_file():
        return f"{path} is neither a file nor a folder"
    sources = describe_sources(in_python=False)
    return f"{path} is not a source of pictures. Sources, recognized by content and not by name: {sources}"
