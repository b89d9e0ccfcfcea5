"""Pictures of a list come down politely; whatever a server does is an outcome, and a stop loses nothing."""

import csv
import gc
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.curation.web_server import Web, web_server

import dcgan
from dcgan.curation import download as room
from dcgan.curation.download import DownloadReport, download
from dcgan.curation.people import find_names
from dcgan.curation.web import FetchError, check_public
from dcgan.data.cache import open_pictures
from dcgan.errors import DcganError, SourceError, UsageError


@pytest.fixture
def web() -> Iterator[Web]:
    with web_server() as server:
        yield server


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_FIRST_WAIT", 0.01)


def write_list(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def fetch(web: Web, tmp_path: Path, *paths: str, **options: object) -> DownloadReport:
    addresses = write_list(tmp_path / "list.csv", [{"url": web.at(path), "name": "Ada"} for path in paths])
    options = {"delay": 0, "allow_private": True, **options}
    return download(addresses, tmp_path / "out", **options)  # type: ignore[arg-type]


def outcome(web: Web, tmp_path: Path, path: str, **options: object) -> str:
    (only,) = fetch(web, tmp_path, path, **options).outcomes
    return only


def listed(folder: Path) -> list[dict[str, str]]:
    with (folder / "downloads.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_pictures_lie_in_a_folder_for_each_name_and_the_list_keeps_all_columns(web: Web, tmp_path: Path) -> None:
    rows = [
        {"url": web.at("/photos/1.jpg"), "name": "Ada", "license": "CC0"},
        {"url": web.at("/photos/2.jpg"), "name": "AC/DC", "license": "CC BY"},
        {"url": web.at("/png.jpg"), "name": "Ada", "license": ""},
        {"url": web.at("/photos/1.jpg"), "name": "Ada", "license": "again"},
    ]
    report = download(write_list(tmp_path / "a.csv", rows), tmp_path / "out", delay=0, allow_private=True)
    assert (report.addresses, report.outcomes) == (3, {"downloaded": 3})
    first, second, third = listed(tmp_path / "out")
    assert [row["license"] for row in (first, second, third)] == ["CC0", "CC BY", ""]
    assert [Path(row["file"]).parent.name for row in (first, second, third)] == ["Ada", "AC_DC", "Ada"]
    assert Path(third["file"]).suffix == ".png"  # by its content
    for row in (first, second, third):
        assert (tmp_path / "out" / row["file"]).stat().st_size == int(row["bytes"])
    packed = open_pictures(tmp_path / "out", size=8)
    assert packed.label_names == ("AC_DC", "Ada")
    assert "3 of 3 pictures downloaded" in str(report)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/page.jpg", "not a picture"),
        ("/cut.jpg", "truncated"),
        ("/none.jpg", "not found"),
        ("/secret/1.jpg", "forbidden by robots.txt"),
        ("/to-secret.jpg", "forbidden by robots.txt"),
        ("/moved.jpg", "downloaded"),
        ("/loop.jpg", "too many redirections"),
        ("/huge.jpg", "too large"),
        ("/endless.jpg", "too large"),
        ("/slow.jpg", "took too long"),
        ("/flaky.jpg", "downloaded"),
        ("/down.jpg", "refused by the host"),
    ],
)
def test_whatever_a_server_does_is_an_outcome(path: str, expected: str, web: Web, tmp_path: Path) -> None:
    assert outcome(web, tmp_path, path, max_bytes=100_000, timeout=1, retries=1) == expected
    files = [file for file in (tmp_path / "out").rglob("*") if file.is_file() and file.suffix in (".jpg", ".part")]
    assert len(files) == (expected == "downloaded")


@pytest.mark.parametrize(
    "address", ["ftp://example.org/a.jpg", "no address", "http://", "http://[::1", "file:///etc/passwd"]
)
def test_what_is_no_address_of_the_web_is_an_outcome(address: str, tmp_path: Path) -> None:
    report = download(write_list(tmp_path / "a.csv", [{"url": address}]), tmp_path / "out")
    assert report.outcomes == {"bad address": 1}


def test_a_host_that_does_not_listen_is_an_outcome_that_may_change(tmp_path: Path) -> None:
    with web_server() as gone:
        address = gone.at("/photos/1.jpg")
    rows = [{"url": address}]
    report = download(write_list(tmp_path / "a.csv", rows), tmp_path / "out", allow_private=True, retries=0)
    assert report.outcomes == {"no connection": 1}


def test_addresses_of_the_local_network_are_refused_by_name_too(web: Web, tmp_path: Path) -> None:
    for address in (web.at("/photos/1.jpg"), f"http://localhost:{web.server_port}/photos/1.jpg", "http://[::1]/a.jpg"):
        report = download(write_list(tmp_path / "a.csv", [{"url": address}]), tmp_path / "out", retries=0)
        assert report.outcomes == {"private address": 1}, address
    assert not web.asked
    for private in ("10.0.0.1", "192.168.1.1", "169.254.169.254", "fe80::1%eth0", "::ffff:127.0.0.1"):
        with pytest.raises(FetchError, match="private address"):
            check_public(private)
    check_public("93.184.216.34")


@pytest.mark.parametrize("name", ["downloads.csv", "Downloads.jsonl"])
def test_a_name_that_is_that_of_a_file_of_the_verb_gets_a_folder_of_another(
    name: str, web: Web, tmp_path: Path
) -> None:
    rows = write_list(tmp_path / "list.csv", [{"url": web.at("/photos/1.jpg"), "name": name}])
    download(rows, tmp_path / "out", delay=0, allow_private=True)
    (row,) = listed(tmp_path / "out")
    assert row["file"].startswith(f"{name}-2/")


def test_rules_of_robots_that_come_late_are_kept_too(web: Web, tmp_path: Path) -> None:
    web.pause = 0.2
    assert outcome(web, tmp_path, "/secret/1.jpg") == "forbidden by robots.txt"


def test_robots_are_read_once_and_the_delay_is_kept(web: Web, tmp_path: Path) -> None:
    fetch(web, tmp_path, *(f"/photos/{number}.jpg" for number in range(4)), delay=0.2, contact="me@example.org")
    assert web.asked["/robots.txt"] == 1
    waits = [later - earlier for earlier, later in zip(web.times, web.times[1:], strict=False)]
    assert min(waits) > 0.15
    (agent,) = web.agents
    assert agent.startswith("dcgan/")
    assert agent.endswith("(me@example.org)")


def test_a_longer_delay_that_robots_ask_for_is_kept_and_one_of_hours_means_no(web: Web, tmp_path: Path) -> None:
    web.robots = "User-agent: *\nCrawl-delay: 0.3\n"
    fetch(web, tmp_path, "/photos/1.jpg", "/photos/2.jpg")
    assert web.times[1] - web.times[0] > 0.25
    web.robots = "User-agent: dcgan\nCrawl-delay: 7200\n"
    assert fetch(web, tmp_path, "/photos/3.jpg").outcomes == {"forbidden by robots.txt": 1}


def test_a_column_of_the_list_is_not_taken_for_what_became_of_it(web: Web, tmp_path: Path) -> None:
    addresses = write_list(tmp_path / "a.csv", [{"url": web.at("/none.jpg"), "file": "mine.jpg", "license": "CC0"}])
    download(addresses, tmp_path / "out", delay=0, allow_private=True)
    (row,) = listed(tmp_path / "out")
    assert (row["file"], row["file (own)"], row["license"]) == ("", "mine.jpg", "CC0")


def test_the_time_that_a_picture_may_take_does_not_run_while_it_waits_its_turn(web: Web, tmp_path: Path) -> None:
    paths = [f"/photos/{number}.jpg" for number in range(3)]
    assert fetch(web, tmp_path, *paths, delay=1.3, timeout=1, retries=0).outcomes == {"downloaded": 3}


def test_what_a_limit_refused_is_asked_for_where_the_limit_is_another(web: Web, tmp_path: Path) -> None:
    path = "/photos/1.jpg"
    assert outcome(web, tmp_path, path, max_bytes=10) == "too large"
    assert fetch(web, tmp_path, path, max_bytes=9).before == 1
    assert outcome(web, tmp_path, path) == "downloaded"
    assert outcome(web, tmp_path, "/photos/2.jpg", allow_private=False) == "private address"
    assert fetch(web, tmp_path, "/photos/2.jpg", allow_private=False).before == 1
    assert outcome(web, tmp_path, "/photos/2.jpg") == "downloaded"


def test_what_is_settled_is_not_asked_again_and_passing_failures_are(web: Web, tmp_path: Path) -> None:
    paths = ("/photos/1.jpg", "/none.jpg", "/flaky.jpg")
    first = fetch(web, tmp_path, *paths, retries=0)
    assert first.outcomes == {"downloaded": 1, "not found": 1, "refused by the host": 1}
    with (tmp_path / "out" / "downloads.jsonl").open("a") as journal:
        journal.write('{"url": "http://127')  # as a killed process leaves it
    second = fetch(web, tmp_path, *paths, retries=0)
    assert (second.before, second.outcomes) == (2, {"downloaded": 2, "not found": 1})
    assert web.asked["/photos/1.jpg"] == web.asked["/none.jpg"] == 1
    assert "2 were settled before" in str(second)


def test_a_stop_keeps_what_there_is(web: Web, tmp_path: Path) -> None:
    def stop(done: int, total: int | None) -> None:
        if done == 3:
            raise KeyboardInterrupt

    paths = [f"/photos/{number}.jpg" for number in range(8)]
    with pytest.raises(KeyboardInterrupt):
        fetch(web, tmp_path, *paths, on_progress=stop)
    gc.collect()  # asyncio tells of the stopped task then: here, and not while something else is being compiled
    assert fetch(web, tmp_path, *paths).before == 3
    assert web.asked.total() - web.asked["/robots.txt"] == 8


def test_hosts_that_are_slow_do_not_hold_up_the_others(web: Web, tmp_path: Path) -> None:
    with web_server() as other:
        rows = [{"url": web.at("/slow.jpg")}, {"url": other.at("/photos/1.jpg")}]
        order: list[int] = []
        report = download(
            write_list(tmp_path / "a.csv", rows),
            tmp_path / "out",
            timeout=1,
            retries=0,
            allow_private=True,
            on_progress=lambda done, _: order.append(done),
        )
    assert report.outcomes == {"downloaded": 1, "took too long": 1}
    entries = [json.loads(line) for line in (tmp_path / "out" / "downloads.jsonl").read_text().splitlines()]
    assert [entry["outcome"] for entry in entries] == ["downloaded", "took too long"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "has no column url"),
        (b"page,name\na,b\n", "has no column url or image or address; it has page, name"),
        (b"url\n\n", "has no addresses"),
        (b"url\n\xff\xfe\n", "is not a CSV"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(content: bytes, expected: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(SourceError, match=expected):
        download(tmp_path / "a.csv", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_list_that_is_not_there_and_values_out_of_range_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot read"):
        download(tmp_path / "none.csv", tmp_path / "out")
    with pytest.raises(UsageError, match="`parallel` must be 1 to 256, not 0"):
        download(tmp_path / "none.csv", tmp_path / "out", parallel=0)


def test_without_the_extra_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "find_spec", lambda _: None)
    with pytest.raises(DcganError, match=r"pip install 'dcgan\[download\]'"):
        download(tmp_path / "a.csv", tmp_path / "out")


def test_names_are_asked_for_page_by_page(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcgan.curation.people.PAGE", 3)
    web.robots = "User-agent: *\nDisallow: /\n"  # the interface is there to be asked
    for register in ("dbpedia", "wikidata"):
        options = {"register": register, "endpoint": web.at("/sparql"), "allow_private": True}
        monkeypatch.setattr("dcgan.curation.web.PoliteClient._turn", no_wait)
        names = find_names(tmp_path / "people.csv", **options)  # type: ignore[arg-type]
        assert names.count == 7
        with names.path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert rows[6] == {"name": "person 6", "born": "1950-02-03", "person": "http://it/person 6"}
    assert find_names(tmp_path / "few.csv", limit=4, **options).count == 4  # type: ignore[arg-type]
    web.people = ["a", "b", "b", "b", "c"]  # one with several dates of birth
    assert find_names(tmp_path / "all.csv", limit=3, **options).count == 3  # type: ignore[arg-type]


def test_a_register_that_gives_the_same_page_again_ends_the_list(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dcgan.curation.people.PAGE", 3)
    monkeypatch.setattr("dcgan.curation.web.PoliteClient._turn", no_wait)
    web.keeps_offset = False
    assert find_names(tmp_path / "people.csv", endpoint=web.at("/sparql"), allow_private=True).count == 3


@pytest.mark.parametrize("endpoint", ["http://[bad", "http://a:99999/"])
def test_an_endpoint_that_is_no_address_is_refused(endpoint: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"`endpoint` .* is not an address"):
        find_names(tmp_path / "people.csv", endpoint=endpoint)


async def no_wait(*_: object) -> None:
    pass


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/photos/1.jpg", "does not answer with query results"), ("/none", "does not answer: not found")],
)
def test_a_register_that_answers_something_else_is_an_error(path: str, expected: str, web: Web, tmp_path: Path) -> None:
    with pytest.raises(DcganError, match=expected):
        find_names(tmp_path / "people.csv", endpoint=web.at(path), allow_private=True)
    assert not (tmp_path / "people.csv").exists()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"register": "phone book"}, "`register` must be one of dbpedia, wikidata"),
        ({"born_after": -1}, "`born_after` must be a year"),
        ({"limit": 0}, "`limit` must be 1"),
    ],
)
def test_wrong_use_of_a_register_is_refused(options: dict[str, object], expected: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=expected):
        find_names(tmp_path / "people.csv", **options)  # type: ignore[arg-type]


def test_they_are_functions_of_the_package() -> None:
    assert dcgan.download is download
    assert dcgan.find_names is find_names
