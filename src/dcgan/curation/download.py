"""Pictures from a list of addresses, as the paper gathered its faces: from the results of a search for names."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from dcgan.atomic_files import write_atomic
from dcgan.curation.download_files import JOURNAL_FILE, LIST_FILE, read_addresses, read_journal, write_list
from dcgan.data import formats
from dcgan.errors import DcganError, UsageError
from dcgan.files import distinct_files, folder_name
from dcgan.progress import notebook_bar
from dcgan.types import OnProgress
from dcgan.words import counted

if TYPE_CHECKING:
    from dcgan.curation.web import PoliteClient

DOWNLOADED, TOO_LARGE, PRIVATE = "downloaded", "too large", "private address"
_SUFFIXES = {"JPEG": ".jpg", "JPEG 2000": ".jp2", "JPEG XL": ".jxl", "Photoshop": ".psd"}
_FIRST_WAIT = 2.0  # seconds before an address is tried again, doubled each time
_LONGEST_WAIT = 120.0


@dataclass(frozen=True, kw_only=True)
class DownloadReport:
    """What became of a list of addresses.

    Attributes:
        path: The folder, with a sub-folder for each name.
        addresses: How many different ones there are.
        outcomes: How many of them have which outcome: "downloaded", or why not.
        before: How many had theirs before this call.
        seconds: How long it took.
    """

    path: Path
    addresses: int
    outcomes: Mapping[str, int]
    before: int
    seconds: float

    @property
    def list_file(self) -> Path:
        """All addresses with their outcomes and their other columns, as CSV."""
        return self.path / LIST_FILE

    def facts(self) -> dict[str, object]:
        """The result as JSON has it."""
        return {
            "path": str(self.path),
            "addresses": self.addresses,
            "outcomes": dict(self.outcomes),
            "before": self.before,
            "list_file": str(self.list_file),
            "seconds": round(self.seconds, 2),
        }

    def __str__(self) -> str:
        got = self.outcomes.get(DOWNLOADED, 0)
        lines = [f"{got:,} of {counted(self.addresses, 'picture')} downloaded: {self.path}"]
        failed = {reason: count for reason, count in self.outcomes.items() if reason != DOWNLOADED}
        if failed:
            reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(failed.items()))
            lines.append(f"{sum(failed.values()):,} are missing: {reasons}")
        if self.before:
            lines.append(f"{self.before:,} were settled before")
        lines.append(f"all addresses are listed in {self.list_file}")
        return "\n".join(lines)


@notebook_bar("downloading")
def download(
    addresses: str | Path,
    out: str | Path,
    *,
    contact: str = "",
    delay: float = 1.0,
    parallel: int = 16,
    retries: int = 3,
    timeout: float = 60.0,
    max_bytes: int = 20_000_000,
    allow_private: bool = False,
    on_progress: OnProgress | None = None,
) -> DownloadReport:
    """Download pictures, politely, into a folder with a sub-folder for each name, which is then a source with labels.

    It keeps to each host's robots.txt, asks a host once in `delay` seconds, and refuses addresses of the local network.
    What is no picture is not kept. All columns of the list, such as the license and the page that a picture comes from,
    are kept beside the outcome. Called again after a stop, it goes on: what is settled is not asked for again, and what
    failed for a passing reason is, or was refused by a limit that is another now.

    Args:
        addresses: CSV with a column "url" (or "image") and, if you like, "name" (or "label") and others.
        out: Folder to make, or to go on with.
        contact: An address that hosts can write to, a part of the user agent; some refuse those who give none.
        delay: Seconds between two requests to one host, at least; robots.txt may ask for more.
        parallel: How many hosts are asked at once, 1 to 256.
        retries: How often an address is tried again after a passing failure.
        timeout: Seconds that one picture may take, once its host is asked.
        max_bytes: Larger files are not downloaded.
        allow_private: Allow addresses of the local network.
        on_progress: Called with (addresses settled, addresses in all).

    Raises:
        SourceError: The list cannot be read, or has no column of addresses.
        UsageError: A value is out of its range.
        DcganError: `out` cannot be written, or aiohttp is not installed.
    """
    began, out = time.monotonic(), Path(out)
    for parameter, value, least, most in (
        ("delay", delay, 0, 3600),
        ("parallel", parallel, 1, 256),
        ("retries", retries, 0, 20),
        ("timeout", timeout, 1, 3600),
        ("max_bytes", max_bytes, 1, 1 << 29),
    ):
        if not least <= value <= most:
            raise UsageError(f"`{parameter}` must be {least:,} to {most:,}, not {value:g}")
    check_installed()
    rows_by_url = read_addresses(Path(addresses))
    try:
        out.mkdir(parents=True, exist_ok=True)
        journal_before = read_journal(out / JOURNAL_FILE)
        settled = {url for url, entry in journal_before.items() if not _is_allowed_now(entry, max_bytes, allow_private)}
        todo = [row for url, row in rows_by_url.items() if url not in settled]
        before = len(rows_by_url) - len(todo)
        with (out / JOURNAL_FILE).open("a", encoding="utf-8") as journal:
            if journal.tell():
                journal.write("\n")  # the last line may be that of a process that was killed
            work = _Downloads(out, journal, todo, before, retries, max_bytes, on_progress)
            asyncio.run(work.run(parallel, contact, delay, timeout, allow_private))
        outcomes = read_journal(out / JOURNAL_FILE, passing=True)
        write_list(out / LIST_FILE, rows_by_url, outcomes)
    except OSError as error:
        raise DcganError(f"cannot write {error.filename or out}: {error.strerror or error}") from error
    return DownloadReport(
        path=out,
        addresses=len(rows_by_url),
        outcomes=Counter(outcomes[url]["outcome"] for url in rows_by_url if url in outcomes),
        before=before,
        seconds=time.monotonic() - began,
    )


def check_installed() -> None:
    """Check that what talks to the web is installed.

    Raises:
        DcganError: It is not.
    """
    if find_spec("aiohttp") is None or find_spec("protego") is None:
        raise DcganError("downloading needs the extra: pip install 'dcgan[download]'")


class _Downloads:
    """A list of addresses on its way."""

    def __init__(
        self,
        out: Path,
        journal: IO[str],
        todo: Sequence[Mapping[str, str]],
        before: int,
        retries: int,
        max_bytes: int,
        on_progress: OnProgress | None,
    ) -> None:
        self._out, self._journal, self._todo = out, journal, todo
        self._done, self._total = before, before + len(todo)
        self._retries, self._max_bytes, self._on_progress = retries, max_bytes, on_progress

    async def run(self, parallel: int, contact: str, delay: float, timeout: float, allow_private: bool) -> None:
        """Fetch all: each host's one after the other, and several hosts at once."""
        from dcgan.curation.web import polite_client

        by_host: dict[str, list[Mapping[str, str]]] = {}
        for row in self._todo:
            by_host.setdefault(_host_of(row["url"]), []).append(row)
        waiting = iter(by_host.values())
        async with polite_client(
            contact=contact, delay=delay, timeout=timeout, parallel=parallel, allow_private=allow_private
        ) as client:
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(parallel, len(by_host))):
                        group.create_task(self._work(client, waiting))
            except* OSError as errors:
                raise errors.exceptions[0] from None

    async def _work(self, client: "PoliteClient", hosts: Iterable[list[Mapping[str, str]]]) -> None:
        for rows in hosts:
            for row in rows:
                self._settle(row["url"], await self._outcome(client, row))

    async def _outcome(self, client: "PoliteClient", row: Mapping[str, str]) -> dict[str, object]:
        from dcgan.curation.web import FetchError

        wait = _FIRST_WAIT
        for attempt in range(self._retries + 1):
            try:
                fetched = await client.fetch(row["url"], self._max_bytes)
            except FetchError as error:
                if not error.passing or attempt == self._retries:
                    limit = {"limit": self._max_bytes} if error.reason == TOO_LARGE else {}
                    return {"outcome": error.reason, "detail": error.detail, "passing": error.passing, **limit}
                await asyncio.sleep(min(max(wait, error.wait), _LONGEST_WAIT))
                wait *= 2
                continue
            return self._keep(row, fetched.content, fetched.url, fetched.content_type)
        raise AssertionError  # the last attempt returns

    def _keep(self, row: Mapping[str, str], content: bytes, url: str, content_type: str) -> dict[str, object]:
        """Write what was fetched, if it is a whole picture."""
        kind = formats.sniff(content[: formats.HEAD_BYTES])
        if kind is None:
            return {"outcome": "not a picture", "detail": f"it came as {content_type or 'nothing'}"}
        if formats.is_truncated(content, kind):
            return {"outcome": "truncated", "detail": f"{len(content):,} bytes", "passing": True}
        digest = sha256(content).hexdigest()
        (folder,) = distinct_files([folder_name(row["name"])], taken=(JOURNAL_FILE, LIST_FILE))
        name = Path(folder) / (digest[:20] + _SUFFIXES.get(kind, f".{kind.lower()}"))
        (self._out / name).parent.mkdir(parents=True, exist_ok=True)
        write_atomic(self._out / name, content)
        return {"outcome": DOWNLOADED, "file": name.as_posix(), "sha256": digest, "bytes": len(content), "from": url}

    def _settle(self, url: str, outcome: Mapping[str, object]) -> None:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        self._journal.write(json.dumps({"url": url, "at": at, **outcome}) + "\n")
        self._journal.flush()
        self._done += 1
        if self._on_progress:
            self._on_progress(self._done, self._total)


def _is_allowed_now(entry: Mapping[str, object], max_bytes: int, allow_private: bool) -> bool:
    """Whether an address was refused by a limit of an earlier call that is none of this one."""
    limit = entry.get("limit")
    if entry["outcome"] == TOO_LARGE:
        return not isinstance(limit, int) or limit < max_bytes
    return entry["outcome"] == PRIVATE and allow_private


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
