"""Names of people to look for pictures of, from DBpedia (as in section 4.2 of the paper) or Wikidata."""

import asyncio
import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dcgan.atomic_files import write_atomic
from dcgan.curation.download import check_installed
from dcgan.errors import DcganError, UsageError
from dcgan.progress import notebook_bar
from dcgan.types import OnProgress

PAGE = 5_000  # rows of an answer
_TIMEOUT = 120.0  # seconds for an answer
_MOST_BYTES = 64 << 20  # of an answer


@dataclass(frozen=True)
class Register:
    """A public register of people that answers SPARQL."""

    endpoint: str
    query: str
    """With places for the year, the number of rows and where they begin; it asks for ?person, ?name and ?born."""


REGISTERS: Mapping[str, Register] = {
    "dbpedia": Register(
        "https://dbpedia.org/sparql",
        """
        PREFIX dbo: <http://dbpedia.org/ontology/>
        PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
        SELECT DISTINCT ?person ?name ?born WHERE {{
          ?person a dbo:Person ; rdfs:label ?name ; dbo:birthDate ?born .
          FILTER (lang(?name) = "en" && ?born >= "{year}-01-01"^^xsd:date)
        }} ORDER BY ?person LIMIT {rows} OFFSET {start}
        """,
    ),
    "wikidata": Register(
        "https://query.wikidata.org/sparql",
        """
        SELECT DISTINCT ?person ?name ?born WHERE {{
          ?person wdt:P31 wd:Q5 ; wdt:P569 ?born ; wikibase:sitelinks ?links ; rdfs:label ?name .
          FILTER (?links >= 40 && ?born >= "{year}-01-01T00:00:00Z"^^xsd:dateTime && lang(?name) = "en")
        }} ORDER BY ?person LIMIT {rows} OFFSET {start}
        """,
    ),
}
"""The registers, by name. That of Wikidata is asked for people who have pages in many languages."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """Names that were found.

    Attributes:
        path: CSV with the columns name, born (a date) and person (the address of the entry).
        count: How many there are.
    """

    path: Path
    count: int

    def __str__(self) -> str:
        return f"{self.count:,} names: {self.path}"


@notebook_bar("asking for names")
def find_names(
    out: str | Path,
    *,
    born_after: int = 1930,
    register: str = "dbpedia",
    limit: int = 10_000,
    contact: str = "",
    endpoint: str = "",
    allow_private: bool = False,
    on_progress: OnProgress | None = None,
) -> Names:
    """Ask a register for names of people, and write them as CSV, in pages of some thousand.

    The CSV may as well be written by hand. Addresses of pictures for the names come from elsewhere: from a search, or
    a collection with licenses; `download` takes a CSV of them.

    Args:
        out: CSV to write.
        born_after: In that year or later; the paper: the modern era.
        register: "dbpedia" or "wikidata".
        limit: How many names at most.
        contact: An address that the host can write to, a part of the user agent; Wikidata wants one.
        endpoint: Another address that answers the register's queries, such as a copy.
        allow_private: Allow an endpoint in the local network.
        on_progress: Called with (names so far, `limit`).

    Raises:
        UsageError: A value is out of its range.
        DcganError: The register does not answer, or not as it should; or `out` cannot be written.
    """
    if register not in REGISTERS:
        raise UsageError(f"`register` must be one of {', '.join(REGISTERS)}, not {register!r}")
    if not 0 <= born_after <= 9999:
        raise UsageError(f"`born_after` must be a year, 0 to 9999, not {born_after}")
    if limit < 1:
        raise UsageError(f"`limit` must be 1 or more, not {limit}")
    check_installed()
    asked = REGISTERS[register]
    people = asyncio.run(
        _ask(endpoint or asked.endpoint, asked.query, born_after, limit, contact, allow_private, on_progress)
    )
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(["name", "born", "person"])
    writer.writerows((name, born, person) for person, (name, born) in people.items())
    out = Path(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(out, lines.getvalue())
    except OSError as error:
        raise DcganError(f"cannot write {out}: {error.strerror or error}") from error
    return Names(path=out, count=len(people))


async def _ask(
    endpoint: str,
    query: str,
    year: int,
    limit: int,
    contact: str,
    allow_private: bool,
    on_progress: OnProgress | None,
) -> dict[str, tuple[str, str]]:
    """Name and date of birth of each person, page by page."""
    from yarl import URL

    from dcgan.curation.web import FetchError, polite_client

    try:
        base = URL(endpoint)
    except ValueError as error:
        raise UsageError(f"`endpoint` {endpoint} is not an address: {error}") from error
    people: dict[str, tuple[str, str]] = {}
    async with polite_client(contact=contact, timeout=_TIMEOUT, allow_private=allow_private) as client:
        start = 0
        while len(people) < limit:
            words = " ".join(query.format(year=f"{year:04}", rows=PAGE, start=start).split())
            address = base.update_query(query=words, format="json")
            try:
                answer = await client.fetch(str(address), _MOST_BYTES, is_interface=True)
                page = [*_entries(json.loads(answer.content))]
            except FetchError as error:
                raise DcganError(
                    f"{endpoint} does not answer: {error}; try again later, or ask for fewer names with `limit`"
                ) from error
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise DcganError(f"{endpoint} does not answer with query results in JSON: check `endpoint`") from error
            before = len(people)
            for person, name, born in page:
                if person in people or len(people) < limit:
                    people[person] = name, born
            start += PAGE
            if on_progress:
                on_progress(len(people), limit)
            if len(page) < PAGE or len(people) == before:  # an endpoint may begin anew for each page
                break
    return people


def _entries(answer: Any) -> Iterator[tuple[str, str, str]]:
    """Person, name and date of birth of each row of an answer."""
    for row in answer["results"]["bindings"]:
        yield row["person"]["value"], row["name"]["value"], row["born"]["value"].partition("T")[0]
