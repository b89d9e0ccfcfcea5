"""Archives of pictures, read member by member: nothing is ever extracted to disk, so names like ../x do no harm."""

import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from tarfile import EOFHeaderError  # type: ignore[attr-defined]  # it is public, but the stubs lack it

from dcgan.data.formats import HEAD_BYTES
from dcgan.data.items import Item, Reason, Skipped, Source
from dcgan.data.kinds import Candidate, SourceKind, existing, file_kind
from dcgan.data.opening import MAX_BYTES
from dcgan.data.picture_files import MediaFiles, has_extension, on_one_line, printable
from dcgan.data.prepare_options import MAX_EXPANSION
from dcgan.data.zip_recovery import Member, recover_members
from dcgan.errors import SourceError

_AT_MOST = f"at most {MAX_BYTES >> 20} MB are read"
_CLASS = ".cls"  # WebDataset: such a file beside a picture holds its label
_LONGEST_CLASS = 1024  # bytes of a label
_SMALL = 64 << 20  # bytes of a member that may expand as it likes
_SMALL_ARCHIVE = 1 << 30  # bytes of a compressed .tar that may expand as it likes
_LONGEST_HEADER = 1 << 20  # bytes of a name, or of what else precedes a file in a .tar
_LONG_HEADERS = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, b"X")


class ZipArchive:
    """The pictures of a .zip, by name, labeled as those of a folder. Of a truncated archive what can be read is used.

    Raises:
        SourceError: It cannot be read or holds no picture.
    """

    def __init__(self, path: Path, max_expansion: int = MAX_EXPANSION) -> None:
        self.description = f"archive {path}"
        self._path = path
        self._max_expansion = max_expansion
        self._files: MediaFiles[zipfile.ZipInfo | Member] = MediaFiles()
        self._broken: Skipped | None = None
        try:
            self._list()
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error
        except zipfile.BadZipFile as error:
            self._broken = Skipped(Reason.TRUNCATED, f"the archive is truncated: {error}")
        except Exception as error:  # a directory of an unknown version, names in no encoding, and whatever else
            self._broken = Skipped(Reason.CORRUPT, f"the archive's directory is damaged: {_why(error)}")
        if self._broken:
            self._files = MediaFiles()
            self._list_recovered()
        self._files.finish(str(path))

    @property
    def total(self) -> int:
        """How many items it yields."""
        return len(self._files) + bool(self._broken)

    @property
    def ignored(self) -> Mapping[str, int]:
        """How many files were ignored, by kind."""
        return self._files.ignored

    def __iter__(self) -> Iterator[Item]:
        if self._broken:
            yield from self._read_recovered()
            return
        with zipfile.ZipFile(self._path) as archive:
            for name, member in self._files:
                if isinstance(member, zipfile.ZipInfo):
                    yield Item(name, _read_zipped(archive, member, self._max_expansion), self._files.label(name))

    def _list(self) -> None:
        with zipfile.ZipFile(self._path) as archive:
            for member in archive.infolist():
                if not member.is_dir():
                    self._files.add(printable(member.filename), member, partial(_zipped_head, archive, member))

    def _list_recovered(self) -> None:
        with self._path.open("rb") as file:
            for member in recover_members(file):
                self._files.add(printable(member.name), member, partial(member.head, file))

    def _read_recovered(self) -> Iterator[Item]:
        with self._path.open("rb") as file:
            for name, member in self._files:
                if isinstance(member, Member):
                    yield Item(name, member.read(file), self._files.label(name))
        assert self._broken
        yield Item(self._path.name, self._broken)


class TarArchive:
    """The pictures of a .tar, compressed or not, in the order of the archive, labeled as those of a folder.

    Of a truncated archive what can be read is used. The archive is read twice: for its names, then for its pictures.

    Raises:
        SourceError: It cannot be read or holds no picture.
    """

    def __init__(self, path: Path, max_expansion: int = MAX_EXPANSION) -> None:
        self.description = f"archive {path}"
        self._path = path
        self._max_expansion = max_expansion
        self._files: MediaFiles[int] = MediaFiles()  # by position in the archive
        self._broken: Skipped | None = None
        self._classes: dict[str, str] = {}  # of WebDataset: by what a picture's name begins with
        try:
            with _Tar(path, max_expansion) as archive:
                for position, member in enumerate(archive):
                    self._list_member(archive, position, member)
                self._broken = archive.broken
        except Exception as error:  # whatever tarfile and the decompressors raise
            raise SourceError(f"{path} cannot be read: {_why(error)}") from error
        self._files.finish(str(path), keep_order=True)

    @property
    def total(self) -> int:
        """How many items it yields."""
        return len(self._files) + bool(self._broken)

    @property
    def ignored(self) -> Mapping[str, int]:
        """How many files were ignored, by kind."""
        return self._files.ignored

    def __iter__(self) -> Iterator[Item]:
        pictures = iter(self._files)
        name, next_position = next(pictures)
        with _Tar(self._path, self._max_expansion) as archive:
            for position, member in enumerate(archive):
                if position != next_position:
                    continue
                label = self._classes.get(_sample_of(name)) or self._files.label(name)
                yield Item(name, archive.read(member), label)
                name, next_position = next(pictures, ("", -1))
        if self._broken:
            yield Item(self._path.name, self._broken)

    def _list_member(self, archive: "_Tar", position: int, member: tarfile.TarInfo) -> None:
        name = printable(member.name)
        if member.isdir():
            return
        if name.endswith(_CLASS) and 0 < member.size <= _LONGEST_CLASS:
            text = archive.head(member, _LONGEST_CLASS).decode("utf-8", "backslashreplace").strip()
            self._classes[_sample_of(name)] = on_one_line(text)
        elif member.isfile() or has_extension(name):
            self._files.add(name, position, partial(archive.head, member))
        else:
            self._files.ignore(name)


def _sample_of(name: str) -> str:
    """What the files of one sample share in a WebDataset: the path up to the first dot of the name."""
    folder, slash, file = name.rpartition("/")
    return folder + slash + file.partition(".")[0]


class _TarFile(tarfile.TarFile):
    """Remembers what ended it: tarfile itself takes a broken header for the end of the archive."""

    ended_by: tarfile.TarError | None = None
    members: list[tarfile.TarInfo]


class _TarInfo(tarfile.TarInfo):
    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_TarInfo":
        """A header; one that goes on for megabytes, which tarfile would hold in memory, is damaged."""
        member = super().frombuf(buf, encoding, errors)
        if member.type in _LONG_HEADERS and member.size > _LONGEST_HEADER:
            raise tarfile.HeaderError(f"a header of {member.size >> 20} MB")
        return member

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> "_TarInfo":
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.HeaderError as error:
            if isinstance(tarfile_, _TarFile):
                tarfile_.ended_by = error
            raise


class _Tar:
    """A .tar read from front to end. At its end `broken` says why it ended before the archive does, or is None."""

    def __init__(self, path: Path, max_expansion: int) -> None:
        self.broken: Skipped | None = None
        self._max_expansion = max_expansion
        self._most = max(_SMALL_ARCHIVE, max_expansion * path.stat().st_size)  # bytes
        self._tar = _TarFile.open(path, tarinfo=_TarInfo)

    def __enter__(self) -> "_Tar":
        return self

    def __exit__(self, *_: object) -> None:
        self._tar.close()

    def __iter__(self) -> Iterator[tarfile.TarInfo]:
        try:
            while (member := self._tar.next()) is not None:
                yield member
                self._tar.members.clear()  # tarfile keeps them all, a kilobyte each
                if member.offset_data + member.size > self._most:
                    detail = f"from here on the archive is {_more_than(self._max_expansion)}"
                    self.broken = Skipped(Reason.BOMB, detail)
                    return
        except Exception as error:  # a header in a header in a header, and whatever else
            self.broken = Skipped(Reason.TRUNCATED, f"the archive is truncated: {_why(error)}")
            return
        if not isinstance(self._tar.ended_by, EOFHeaderError):
            self.broken = Skipped(Reason.TRUNCATED, f"the archive is truncated: {self._tar.ended_by}")

    def head(self, member: tarfile.TarInfo, count: int = HEAD_BYTES) -> bytes:
        """The first bytes of a file."""
        try:
            content = self._tar.extractfile(member) if member.isfile() else None
            return content.read(count) if content else b""
        except Exception:  # it is read once more, and then it has a reason
            return b""

    def read(self, member: tarfile.TarInfo) -> bytes | Skipped:
        """All of a file."""
        if not member.isfile():
            return Skipped(Reason.UNSUPPORTED, "a link or device inside an archive")
        if member.size > MAX_BYTES:
            return Skipped(Reason.UNSUPPORTED, f"a file of {member.size >> 20} MB; {_AT_MOST}")
        try:
            content = self._tar.extractfile(member)
            return content.read() if content else b""
        except Exception as error:  # whatever tarfile and the decompressors raise
            return Skipped(Reason.TRUNCATED, f"the archive is truncated: {_why(error)}")


def _zipped_head(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(member) as content:
            return content.read(HEAD_BYTES)
    except Exception:  # encrypted, or a compression that zipfile lacks, or damaged
        return b""


def _read_zipped(archive: zipfile.ZipFile, member: zipfile.ZipInfo, max_expansion: int) -> bytes | Skipped:
    if member.flag_bits & 1:
        return Skipped(Reason.ENCRYPTED, "unpack the archive with its password first")
    if member.file_size > MAX_BYTES:
        return Skipped(Reason.BOMB, f"expands to {member.file_size >> 20} MB; {_AT_MOST}")
    if member.file_size > max(_SMALL, max_expansion * member.compress_size):
        return Skipped(Reason.BOMB, f"{member.file_size >> 20} MB, {_more_than(max_expansion)}")
    try:
        return archive.read(member)
    except NotImplementedError as error:
        return Skipped(Reason.UNSUPPORTED, str(error))
    except EOFError:
        return Skipped(Reason.TRUNCATED, "the archive is truncated")
    except Exception as error:  # whatever zipfile and the decompressors raise
        return Skipped(Reason.CORRUPT, _why(error))


def _more_than(max_expansion: int) -> str:
    return f"more than {max_expansion} times its compressed size; if you trust it, raise max_expansion"


def _why(error: Exception) -> str:
    first = (str(error) or type(error).__name__).splitlines()[0]  # tarfile goes on with every compression
    return on_one_line(first.rstrip(":"))


def _is_tar(path: Path, head: bytes) -> bool:
    if head[257:262] == b"ustar":
        return True
    try:
        return tarfile.is_tarfile(path)  # written before 1988, without a signature
    except Exception:  # it tries every compression, whatever the file is: one may ask for gigabytes of memory
        return False


def _archive_kind(recognizes: Callable[[Path, bytes], bool], archive: type[ZipArchive | TarArchive]) -> SourceKind:
    def open_archive(candidate: Candidate) -> Source:
        return archive(existing(candidate), candidate.options.max_expansion)

    return SourceKind(file_kind(recognizes, archive).recognizes, open_archive)


ZIP = _archive_kind(lambda _, head: head.startswith((b"PK\3\4", b"PK\5\6")), ZipArchive)
TAR = _archive_kind(_is_tar, TarArchive)
