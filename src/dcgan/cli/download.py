"""`dcgan find-names` and `dcgan download`: from names of people to pictures on disk."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from dcgan.cli.console import answer, progress_bar
from dcgan.cli.flags import AsJson, Overwrite, Switch
from dcgan.cli.outputs import check_files
from dcgan.errors import UsageError

Contact = Annotated[
    str, Parameter(help="Address at which hosts can reach you, sent in the user agent; some hosts require one.")
]
AllowPrivate = Annotated[bool, Switch, Parameter(help="Allow addresses of the local network.")]


def find_names(
    *,
    out: Path,
    born_after: int = 1930,
    register: Literal["dbpedia", "wikidata"] = "dbpedia",
    limit: int = 10_000,
    contact: Contact = "",
    endpoint: str = "",
    allow_private: AllowPrivate = False,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Ask a public register for names of people whose pictures you can look for.

    The result is a CSV with the columns name, born and person; you can also write it by hand. Addresses of pictures
    come from elsewhere, such as a search or a collection with licenses; `dcgan download` takes a CSV of them. This
    needs the extra: pip install 'dcgan[download]'.

    For example:

    - `dcgan find-names --out people.csv`
    - `dcgan find-names --register wikidata --born-after 1950 --limit 2000 --contact me@example.org --out people.csv`

    Args:
        out: CSV to write.
        born_after: Earliest year of birth.
        register: Whom to ask: DBpedia, as the paper did, or Wikidata, for people with pages in many languages.
        limit: Largest number of names.
        endpoint: Another address that answers the register's queries, such as a mirror.
    """
    from dcgan.curation import people

    check_files({"--out": (out, (".csv",))}, overwrite=overwrite)
    with progress_bar("asking for names") as bar:
        names = people.find_names(
            out,
            born_after=born_after,
            register=register,
            limit=limit,
            contact=contact,
            endpoint=endpoint,
            allow_private=allow_private,
            on_progress=bar,
        )
    answer(str(names), {"path": str(names.path), "names": names.count}, as_json)


def download(
    addresses: Path,
    /,
    *,
    out: Path,
    contact: Contact = "",
    delay: float = 1.0,
    parallel: int = 16,
    retries: int = 3,
    timeout: float = 60.0,
    max_bytes: int = 20_000_000,
    allow_private: AllowPrivate = False,
    as_json: AsJson = False,
) -> None:
    """Download the pictures of a list of addresses, politely.

    OUT has a sub-folder for each name, so that it is a source with labels, and OUT/downloads.csv lists every address
    with its outcome and its other columns, such as the license. Each host is asked at most once in --delay seconds, and
    only for what its robots.txt allows. Addresses of the local network are refused, and files that are not pictures are
    not kept. After a stop, the same command goes on where it ended. This needs the extra: pip install
    'dcgan[download]'.

    For example:

    - `dcgan download addresses.csv --out photos`
    - `dcgan download addresses.csv --out photos --contact me@example.org --delay 2 --parallel 32 --json`

    Args:
        addresses: CSV with a column url and, if you like, name, license and others.
        out: Folder to make, or to go on with.
        delay: Seconds between two requests to one host, at least.
        parallel: How many hosts are asked at once.
        retries: How often an address is tried again after a temporary failure.
        timeout: Seconds that one picture may take, once its host is asked.
        max_bytes: Larger files are not downloaded.
    """
    from dcgan.curation import download as room

    if out.is_file():
        raise UsageError(f"--out {out} is a file; name a folder")
    try:
        with progress_bar("downloading") as bar:
            report = room.download(
                addresses,
                out,
                contact=contact,
                delay=delay,
                parallel=parallel,
                retries=retries,
                timeout=timeout,
                max_bytes=max_bytes,
                allow_private=allow_private,
                on_progress=bar,
            )
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(f"stopped: what was downloaded is in {out}; the same command goes on") from error
    answer(str(report), report.facts(), as_json)
