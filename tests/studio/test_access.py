"""Who is let into the studio."""

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.studio.running import Client, running

from dcgan.errors import DcganError, UsageError
from dcgan.studio.host import Studio


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("studio")) as studio:
        yield studio.address


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("studio"), password="correct horse") as studio:
        yield studio.address


def test_the_address_lets_a_browser_in_by_a_cookie_that_no_script_and_no_other_site_can_use(address: str) -> None:
    client = Client(address)
    assert client.get("/api/state").status == 401
    answer = client.get(urlsplit(address).path)
    assert answer.status == 200
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(answer.headers["Set-Cookie"].split("; "))
    assert client.enter().get("/api/state").status == 200
    assert b"dcgan studio" in client.get("/").content


@pytest.mark.parametrize("path", ["/enter/", "/enter/guess", "/", "/api/state", "/api/none", "/../etc/passwd"])
def test_nobody_who_does_not_know_the_address_gets_anything(address: str, path: str) -> None:
    answer = Client(address).get(path)
    assert answer.status == 401
    assert "printed" in answer.error
    assert "Set-Cookie" not in answer.headers


def test_a_browser_that_comes_without_the_address_is_told_what_to_open(address: str) -> None:
    answer = Client(address).ask("GET", "/", headers={"Accept": "text/html"})
    assert answer.status == 401
    assert b"Open the whole address" in answer.content


def test_the_cookie_of_one_studio_does_not_open_another(address: str, tmp_path: Path) -> None:
    client = Client(address).enter()
    with running(tmp_path) as other:
        assert Client(other.address, client.cookie).get("/api/state").status == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:80"},
        {"Host": "["},
        {"Host": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:9999"},
    ],
)
def test_a_page_from_elsewhere_cannot_use_a_browser_that_has_been_let_in(address: str, headers: dict[str, str]) -> None:
    assert Client(address).enter().ask("GET", "/api/state", headers=headers).status == 403


@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1", "[::1]:80"])
def test_a_tunnel_may_lead_here_by_any_name_of_this_machine(address: str, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert Client(address).enter().ask("GET", "/api/state", headers=headers).status == 200


def test_browsers_are_told_to_run_and_load_nothing_from_elsewhere(address: str) -> None:
    for path in ("/", "/page/studio/look.css", "/api/state", "/none"):
        headers = Client(address).enter().get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/page/../server.py",
        "/page/..%2fserver.py",
        "/page/%2e%2e/host.py",
        "/page//etc/passwd",
        "/page/studio/login.html",
    ],
)
def test_only_the_pages_own_files_are_sent(address: str, path: str) -> None:
    assert Client(address).enter().get(path).status in (400, 401, 404)


def test_the_password_opens_the_studio_from_anywhere_and_a_wrong_one_costs_time(guarded: str) -> None:
    client = Client(guarded)
    assert urlsplit(guarded).path == "/"  # the address alone opens nothing
    form = client.ask("GET", "/", headers={"Accept": "text/html", "Host": "studio.example"})
    assert (form.status, b'type="password"' in form.content) == (401, True)
    began = time.monotonic()
    wrong = client.ask("POST", "/login", "password=wrong+horse")
    assert time.monotonic() - began > 1
    assert (wrong.status, b"not the password" in wrong.content) == (403, True)
    assert client.get("/enter/").status == 401
    right = client.ask("POST", "/login", "password=correct+horse", {"Host": "studio.example"})
    assert right.status == 303
    client.cookie = right.headers["Set-Cookie"].partition(";")[0]
    assert client.ask("GET", "/api/state", headers={"Host": "studio.example"}).status == 200


def test_other_machines_need_a_password_that_is_worth_the_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="set a password"):
        Studio(tmp_path, host="0.0.0.0", port=0)
    with pytest.raises(UsageError, match="8 characters"):
        Studio(tmp_path, host="0.0.0.0", port=0, password="short")


def test_what_cannot_be_served_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with running(tmp_path) as studio, pytest.raises(DcganError, match="`port` 0"):
        Studio(tmp_path, port=urlsplit(studio.address).port or 0)
    with pytest.raises(UsageError, match="`folder`"):
        Studio(tmp_path / "none", port=0)
    with pytest.raises(UsageError, match="`host`"):
        Studio(tmp_path, host="no.such.host.invalid", port=0, password="correct horse")
