"""Files of a download: the list of addresses that it is given, its journal, and the list that it ends with."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path

from dcgan.atomic_files import new_file
from dcgan.errors import SourceError

JOURNAL_FILE, LIST_FILE = "downloads.jsonl", "downloads.csv"
URL_COLUMNS, NAME_COLUMNS = ("url", "image", "address"), ("name", "label")


def read_addresses(file: Path) -> dict[str, dict[str, str]]:
    """The rows of a list of addresses by the address, each address once.

    Raises:
        SourceError: It cannot be read, or has no column of addresses, or no row.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines, restkey="", strict=True)
            columns = {name.strip().lower(): name for name in reader.fieldnames or ()}
            url = next((columns[name] for name in URL_COLUMNS if name in columns), None)
            if url is None:
                raise SourceError(f"{file} has no column {' or '.join(URL_COLUMNS)}; it has {', '.join(columns)}")
            name = next((columns[name] for name in NAME_COLUMNS if name in columns), None)
            rows: dict[str, dict[str, str]] = {}
            for row in reader:
                address = (row[url] or "").strip()
                if address:
                    others = {key: value or "" for key, value in row.items() if key and key not in (url, name)}
                    given = {"url": address, "name": (row[name] or "").strip() if name else ""}
                    rows.setdefault(address, {**others, **given})
    except OSError as error:
        raise SourceError(f"cannot read {file}: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{file} is not a CSV file: {error}") from error
    if not rows:
        raise SourceError(f"{file} has no addresses: its column {' or '.join(URL_COLUMNS)} is empty")
    return rows


def read_journal(file: Path, *, passing: bool = False) -> dict[str, dict[str, str]]:
    """The outcomes by address, the last of each; those that may change only with `passing`."""
    outcomes: dict[str, dict[str, str]] = {}
    if not file.exists():
        return outcomes
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:  # the last one, of a process that was killed
                continue
            if isinstance(entry, dict) and "url" in entry and "outcome" in entry:
                outcomes[str(entry["url"])] = entry
    return {url: entry for url, entry in outcomes.items() if passing or not entry.get("passing")}


def write_list(
    file: Path, rows_by_url: Mapping[str, Mapping[str, str]], outcomes: Mapping[str, Mapping[str, object]]
) -> None:
    """Write every address with its outcome and its own columns; "file (own)" is one that is called as a fact is."""
    facts = ("outcome", "detail", "file", "sha256", "bytes", "from", "at")
    own = {key: f"{key} (own)" if key in facts else key for row in rows_by_url.values() for key in row}
    with new_file(file) as partial, partial.open("w", newline="", encoding="utf-8") as lines:
        columns = dict.fromkeys(("name", "url", *facts, *own.values()))
        writer = csv.DictWriter(lines, list(columns), restval="")
        writer.writeheader()
        for url, row in rows_by_url.items():
            found = {fact: value for fact, value in outcomes.get(url, {}).items() if fact in facts}
            writer.writerow({**{own[key]: value for key, value in row.items()}, **found})
